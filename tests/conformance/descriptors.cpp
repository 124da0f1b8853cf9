// Implicit descriptors: every field read and set, records, counts, what binding does to them and they to
// binding.
#include "descriptor_fields.h"

namespace conformance {

void descriptors(const Run& run) {
    const Environment environment(run);
    const Connection connection(environment, run);
    connection.connect();
    connection.make_schema();
    const Statement statement(connection);
    const Descriptor ard = Descriptor::of(statement, SQL_ATTR_APP_ROW_DESC);
    const Descriptor apd = Descriptor::of(statement, SQL_ATTR_APP_PARAM_DESC);
    const Descriptor ird = Descriptor::of(statement, SQL_ATTR_IMP_ROW_DESC);
    const Descriptor ipd = Descriptor::of(statement, SQL_ATTR_IMP_PARAM_DESC);
    const auto all = [&](const char* when) {
        say("= %s", when);
        ard.show("ARD", 3);
        apd.show("APD", 3);
        ird.show("IRD", 3);
        ipd.show("IPD", 3);
    };
    all("fresh");
    SQLINTEGER id = 5;
    SQLLEN id_indicator = 0;
    char name[20] = "item 5";
    SQLLEN name_indicator = SQL_NTS;
    CALL(statement, BindCol, 1, SQL_C_SLONG, &id, 0, &id_indicator);
    // psqlodbc does not initialise the record of a column that is left out.
    char text[20] = "";
    CALL(statement, BindCol, 2, SQL_C_CHAR, text, 20, &name_indicator);
    CALL(statement, BindCol, 3, SQL_C_CHAR, name, 20, &name_indicator);
    CALL(statement, BindParameter, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &id, 0, &id_indicator);
    CALL(statement, BindParameter, 2, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 40, 0, name, 20,
         &name_indicator);
    all("bound");
    statement.prepare("SELECT id, price, name FROM conformance.item WHERE id = ? OR name = ? ORDER BY id");
    all("prepared");
    CALL(statement, Execute);
    all("executed");
    CALL(statement, Fetch);
    say("    id %d name %s", static_cast<int>(id), name);
    all("fetched");
    statement.close();

    say("= fields set by hand");
    SQL_NUMERIC_STRUCT price = {};
    SQLLEN price_indicator = -77;
    ard.set(2, SQL_DESC_TYPE, number(SQL_C_NUMERIC), SQL_IS_SMALLINT);
    ard.set(2, SQL_DESC_PRECISION, number(8), SQL_IS_SMALLINT);
    ard.set(2, SQL_DESC_SCALE, number(2), SQL_IS_SMALLINT);
    ard.set(2, SQL_DESC_OCTET_LENGTH_PTR, &price_indicator, SQL_IS_POINTER);
    ard.set(2, SQL_DESC_INDICATOR_PTR, &price_indicator, SQL_IS_POINTER);
    ard.set(2, SQL_DESC_DATA_PTR, &price, SQL_IS_POINTER);
    for (const char* sql : {"SELECT id, price FROM conformance.item WHERE id = 3",
                            "UPDATE conformance.target SET name = 'x' WHERE id = ?",
                            "SELECT id, price FROM conformance.item WHERE id = 4", "SELECT 1, 12.5"}) {
        CALL(statement, FreeStmt, SQL_CLOSE);
        statement.execute(sql);
        CALL(statement, Fetch);
        say("    id %d price %s (%ld)", static_cast<int>(id), shown_bytes(&price, sizeof(price)).c_str(),
            price_indicator);
    }
    statement.close();
    all("after fields set by hand");

    say("= everything that can be set wrong");
    for (const Descriptor* descriptor : {&ard, &apd, &ird, &ipd}) {
        for (const SQLSMALLINT field : kDescriptorFields) {
            for (const int value : {1, 4, -77}) {
                say("value %d", value);
                if (is_text_field(field))
                    descriptor->set_text(1, field, "given");
                else if (is_pointer_field(field))
                    descriptor->set(1, field, nullptr, SQL_IS_POINTER);
                else if (field != SQL_DESC_ARRAY_SIZE && field != SQL_DESC_BIND_TYPE &&
                         field != SQL_DESC_COUNT)
                    descriptor->set(1, field, number(value), SQL_IS_SMALLINT);
            }
            descriptor->get(field == SQL_DESC_COUNT ? 0 : 1, field);
        }
        descriptor->set(0, SQL_DESC_COUNT, number(1), SQL_IS_SMALLINT);
        descriptor->set(0, SQL_DESC_COUNT, number(-1), SQL_IS_SMALLINT);
        descriptor->set(-1, SQL_DESC_TYPE, number(1), SQL_IS_SMALLINT);
    }
    all("after wrong fields");
    CALL(statement, FreeStmt, SQL_UNBIND);
    CALL(statement, FreeStmt, SQL_RESET_PARAMS);
    all("unbound and reset");

    say("= records");
    // Application descriptors are not shown here: psqlodbc leaves fields of records that were not bound
    // uninitialised.
    const Statement other(connection);
    const Descriptor row = Descriptor::of(other, SQL_ATTR_APP_ROW_DESC);
    const Descriptor parameter = Descriptor::of(other, SQL_ATTR_APP_PARAM_DESC);
    const Descriptor implementation = Descriptor::of(other, SQL_ATTR_IMP_PARAM_DESC);
    const Descriptor result = Descriptor::of(other, SQL_ATTR_IMP_ROW_DESC);
    SQLLEN length = -77;
    SQLLEN indicator = -77;
    CALL(row, SetDescRec, 1, SQL_C_SLONG, 0, 4, 0, 0, &id, &length, &indicator);
    other.execute("SELECT id, name FROM conformance.item WHERE id = 6");
    id = -1;
    CALL(other, Fetch);
    say("    id %d (%ld, %ld)", static_cast<int>(id), length, indicator);
    result.show_record(2, 30);
    result.show_record(2, 3);
    result.show_record(9, 30);
    result.show_record(-1, 30);
    other.close();
    id = 7;
    length = 4;
    CALL(parameter, SetDescRec, 1, SQL_C_SLONG, 0, 4, 0, 0, &id, &length, &length);
    CALL(implementation, SetDescRec, 1, SQL_INTEGER, 0, 4, 0, 0, nullptr, nullptr, nullptr);
    CALL(result, SetDescRec, 1, SQL_INTEGER, 0, 4, 0, 0, nullptr, nullptr, nullptr);
    CALL(row, SetDescRec, -1, SQL_INTEGER, 0, 4, 0, 0, nullptr, nullptr, nullptr);
    CALL(row, SetDescRec, 2, 4711, 0, 4, 0, 0, nullptr, nullptr, nullptr);
    SQL_TIMESTAMP_STRUCT stamp{};
    CALL(row, SetDescRec, 2, SQL_DATETIME, SQL_CODE_TIMESTAMP, sizeof(stamp), 0, 0, &stamp, &indicator,
         &indicator);
    implementation.show("IPD", 2);
    other.execute("SELECT id, seen FROM conformance.item WHERE id = ?");
    CALL(other, Fetch);
    say("    id %d seen %d (%ld)", static_cast<int>(id), stamp.year, indicator);
    say("= a field of a record that nobody bound, carried to the other node");
    const Statement moving(connection);
    moving.execute("/* freshread replica */ SELECT 1, 2, 3");
    Descriptor::of(moving, SQL_ATTR_APP_ROW_DESC).set(2, SQL_DESC_INDICATOR_PTR, nullptr, SQL_IS_POINTER);
    for (const char* node : {"leader", "replica"}) {
        moving.close();
        moving.execute("/* freshread " + std::string(node) + " */ SELECT 'a', 'b'");
        moving.show_rows();
    }
}

}  // namespace conformance
