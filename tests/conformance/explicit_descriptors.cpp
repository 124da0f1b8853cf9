// Explicit descriptors: shared, copied, exchanged, freed while in force; and used wrongly.
#include <cstring>

#include "descriptor_fields.h"

namespace conformance {

namespace {

void use(const Statement& statement, SQLINTEGER attribute, SQLHDESC handle) {
    statement.did("use descriptor as " + std::to_string(attribute),
                  SQLSetStmtAttr(statement.handle(), attribute, handle, SQL_IS_POINTER));
}

SQLRETURN copy(const Descriptor& from, const Descriptor& to) {
    return to.did("copy descriptor", SQLCopyDesc(from.handle(), to.handle()));
}

}  // namespace

void explicit_descriptors(const Run& run) {
    const Environment environment(run);
    const Connection connection(environment, run);
    connection.connect();
    connection.make_schema();
    const Descriptor shared = Descriptor::made_on(connection);
    shared.show("explicit", 1);
    const Statement first(connection);
    const Statement second(connection);
    SQLINTEGER id = -1;
    SQLLEN indicator = -77;
    char name[20] = "";
    SQLLEN name_indicator = -77;
    use(first, SQL_ATTR_APP_ROW_DESC, shared.handle());
    use(second, SQL_ATTR_APP_ROW_DESC, shared.handle());
    say("    same %d", first.descriptor(SQL_ATTR_APP_ROW_DESC) == shared.handle());
    CALL(first, BindCol, 1, SQL_C_SLONG, &id, 0, &indicator);
    CALL(second, BindCol, 2, SQL_C_CHAR, name, 20, &name_indicator);
    shared.show("bound through two statements", 2);
    const auto read = [&](const Statement& statement, const char* sql) {
        id = -1;
        std::strcpy(name, "");
        statement.execute(sql);
        CALL(statement, Fetch);
        say("    id %d (%ld) name %s (%ld)", static_cast<int>(id), indicator, name, name_indicator);
        statement.close();
    };
    const char* query = "SELECT id, name FROM conformance.item WHERE id = 6";
    read(first, query);
    read(second, query);
    first.execute("INSERT INTO conformance.target VALUES (1, 'w')");
    read(first, query);
    read(second, "SELECT id, name FROM conformance.target");
    CALL(second, FreeStmt, SQL_UNBIND);
    read(first, query);

    say("= back to the implicit one");
    CALL(first, BindCol, 1, SQL_C_SLONG, &id, 0, &indicator);
    use(first, SQL_ATTR_APP_ROW_DESC, SQL_NULL_HDESC);
    read(first, query);
    read(second, query);
    use(first, SQL_ATTR_APP_ROW_DESC, shared.handle());
    read(first, query);

    say("= the implicit one while an explicit one is in force");
    {
        const Statement third(connection);
        const Descriptor implicit = Descriptor::of(third, SQL_ATTR_APP_ROW_DESC);
        CALL(third, BindCol, 3, SQL_C_SLONG, &id, 0, &indicator);
        implicit.show("before", 3);
        use(third, SQL_ATTR_APP_ROW_DESC, shared.handle());
        implicit.show("meanwhile", 3);
        use(third, SQL_ATTR_APP_ROW_DESC, SQL_NULL_HDESC);
        implicit.show("afterwards", 3);
    }

    say("= copies");
    const Descriptor target = Descriptor::made_on(connection);
    const Descriptor ard = Descriptor::of(second, SQL_ATTR_APP_ROW_DESC);
    copy(shared, target);
    target.show("a copy", 2);
    use(second, SQL_ATTR_APP_ROW_DESC, target.handle());
    read(second, query);
    first.execute("SELECT id, price, name FROM conformance.item WHERE id = 8");
    const Descriptor ird = Descriptor::of(first, SQL_ATTR_IMP_ROW_DESC);
    const Descriptor from_result = Descriptor::made_on(connection);
    copy(ird, from_result);
    from_result.show("a copy of a result", 3);
    copy(shared, ird);
    const Descriptor apd = Descriptor::of(second, SQL_ATTR_APP_PARAM_DESC);
    const Descriptor ipd = Descriptor::of(second, SQL_ATTR_IMP_PARAM_DESC);
    copy(shared, apd);
    copy(apd, ipd);
    copy(ird, ipd);
    apd.show("APD", 2);
    ipd.show("IPD", 3);
    copy(ipd, from_result);
    copy(ard, shared);
    first.close();
    copy(ird, from_result);

    say("= for parameters");
    const Descriptor parameters = Descriptor::made_on(connection);
    use(first, SQL_ATTR_APP_PARAM_DESC, parameters.handle());
    use(second, SQL_ATTR_APP_PARAM_DESC, parameters.handle());
    SQLINTEGER wanted = 3;
    CALL(first, BindParameter, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &wanted, 0, nullptr);
    first.execute("SELECT name FROM conformance.item WHERE id = ?");
    first.show_rows();
    first.close();
    CALL(second, BindParameter, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &wanted, 0, nullptr);
    second.execute("SELECT name FROM conformance.item WHERE id = ?");
    second.show_rows();
    second.close();

    say("= wrong use");
    use(first, SQL_ATTR_APP_ROW_DESC, ird.handle());
    use(first, SQL_ATTR_APP_ROW_DESC, ard.handle());
    use(first, SQL_ATTR_IMP_ROW_DESC, shared.handle());
    use(first, SQL_ATTR_IMP_PARAM_DESC, shared.handle());
    const Descriptor own = Descriptor::of(first, SQL_ATTR_IMP_ROW_DESC);
    own.did("free an implicit descriptor", SQLFreeHandle(SQL_HANDLE_DESC, own.handle()));
    {
        const Connection other(environment, run);
        other.connect();
        const Statement foreign(other);
        use(foreign, SQL_ATTR_APP_ROW_DESC, shared.handle());
        const Descriptor remote = Descriptor::made_on(other);
        copy(shared, remote);
        remote.show("copied from another connection", 1);
    }

    say("= freed");
    // Not while in force: psqlodbc goes on using the memory it has freed.
    for (const Statement* statement : {&first, &second}) {
        use(*statement, SQL_ATTR_APP_ROW_DESC, SQL_NULL_HDESC);
        use(*statement, SQL_ATTR_APP_PARAM_DESC, SQL_NULL_HDESC);
    }
    for (const Descriptor* descriptor : {&shared, &target, &parameters})
        descriptor->did("free", SQLFreeHandle(SQL_HANDLE_DESC, descriptor->handle()));
    read(first, query);
    read(second, query);
}

}  // namespace conformance
