// Descriptors: implicit and explicit, read, set, copied, shared by statements, freed while in use.
#include <cstring>
#include "player.h"

#include "tests/conformance/descriptor_fields.h"
#include "values.h"

namespace fuzz::moves {

using conformance::is_pointer_field;
using conformance::is_text_field;
using conformance::number;
using conformance::Out;
using conformance::say;

void get_descriptor(Player& player, Random& random) {
    const DescriptorHandle descriptor = player.descriptor(random);
    if (!descriptor.handle) return;
    const bool wide = player.wide(random);
    auto record = random.pick<SQLSMALLINT>({1, 1, 2, 3, 0, 20, -1});
    // Records of an application descriptor that were not bound: psqlodbc shows as many as the widest result
    // had columns that was seen on this statement (on another node, that was another one), not initialised.
    if (!descriptor.name.ends_with("IRD") && !descriptor.name.ends_with("IPD")) record = 0;
    if (random.percent(35)) {
        Out name(player.room(wide, random.pick<std::size_t>({40, 40, 3, 1})), wide);
        SQLSMALLINT name_length = -77;
        SQLSMALLINT type = -77;
        SQLSMALLINT subtype = -77;
        SQLLEN length = -77;
        SQLSMALLINT precision = -77;
        SQLSMALLINT scale = -77;
        SQLSMALLINT nullable = -77;
        player.did(SQL_HANDLE_DESC, descriptor.handle,
                   "SQLGetDescRec " + descriptor.name + " " + std::to_string(record),
                   EITHER(wide, GetDescRec, descriptor.handle, record, name, name.characters(), &name_length,
                          &type, &subtype, &length, &precision, &scale, &nullable));
        say("    %s (%d) type %d %d length %ld precision %d scale %d nullable %d", name.shown().c_str(),
            name_length, type, subtype, length, precision, scale, nullable);
        return;
    }
    const SQLSMALLINT field = random.pick(conformance::kDescriptorFields);
    Out value(player.room(wide, random.pick<std::size_t>({40, 40, 8})), wide);
    SQLINTEGER length = -77;
    const SQLRETURN result = player.did(
        SQL_HANDLE_DESC, descriptor.handle,
        "SQLGetDescField " + descriptor.name + " " + std::to_string(record) + " " + std::to_string(field),
        EITHER(wide, GetDescField, descriptor.handle, record, field, value.data(), value.bytes(), &length));
    std::string shown = value.shown();
    if (SQL_SUCCEEDED(result) && is_pointer_field(field)) {
        SQLPOINTER pointer = nullptr;
        std::memcpy(&pointer, value.data(), sizeof(pointer));
        shown = player.memory.name_of(pointer);
    }
    say("    %s (%d)", shown.c_str(), static_cast<int>(length));
}

void set_descriptor_field(Player& player, Random& random) {
    const DescriptorHandle descriptor = player.descriptor(random);
    if (!descriptor.handle) return;
    const bool wide = player.wide(random);
    const int statement = random.below(kStatements);
    auto record = random.pick<SQLSMALLINT>({1, 1, 2, 3, 4, 0, -1});
    SQLSMALLINT field = random.pick(conformance::kDescriptorFields);
    if (random.percent(40))
        field = random.pick<SQLSMALLINT>(
            {SQL_DESC_TYPE, SQL_DESC_CONCISE_TYPE, SQL_DESC_DATA_PTR, SQL_DESC_COUNT, SQL_DESC_PRECISION,
             SQL_DESC_SCALE, SQL_DESC_OCTET_LENGTH, SQL_DESC_INDICATOR_PTR, SQL_DESC_OCTET_LENGTH_PTR});
    SQLLEN value = random.pick<SQLLEN>({0, 1, 2, 4, 10, 40});
    SQLPOINTER pointer = nullptr;
    const int slot = kColumn0 + (record > 0 ? record : 1);
    switch (field) {
        case SQL_DESC_ARRAY_SIZE:
            value = random.pick<SQLLEN>({1, 2, 4, 0});
            break;
        case SQL_DESC_BIND_TYPE:
            value = random.pick<SQLLEN>({0, kRowWise});
            break;
        case SQL_DESC_COUNT:
            value = random.pick<SQLLEN>({0, 1, 2, 5, 8});
            break;
        case SQL_DESC_TYPE:
        case SQL_DESC_CONCISE_TYPE:
            value = random.percent(60) ? random.pick(kCTypes) : random.pick(kSqlTypes);
            break;
        case SQL_DESC_LENGTH:
        case SQL_DESC_OCTET_LENGTH:
            value = random.pick(kBufferLengths);
            break;
        case SQL_DESC_ARRAY_STATUS_PTR:
            pointer = player.memory.array(statement, 0);
            break;
        case SQL_DESC_BIND_OFFSET_PTR:
            pointer = player.memory.array(statement, 2);
            break;
        case SQL_DESC_ROWS_PROCESSED_PTR:
            pointer = player.memory.array(statement, 1);
            break;
        case SQL_DESC_DATA_PTR:
            pointer = player.memory.slot(statement, slot);
            break;
        case SQL_DESC_INDICATOR_PTR:
        case SQL_DESC_OCTET_LENGTH_PTR:
            pointer = player.memory.indicators(statement, slot);
            break;
        default:
            break;
    }
    const std::string label = "SQLSetDescField " + descriptor.name + " " + std::to_string(record) + " " +
                              std::to_string(field) + " ";
    if (is_text_field(field)) {
        conformance::In text(random.pick({"a name", "id", ""}));
        SQLPOINTER bytes =
            wide ? static_cast<SQLPOINTER>(static_cast<SQLWCHAR*>(text)) : static_cast<SQLCHAR*>(text);
        player.did(SQL_HANDLE_DESC, descriptor.handle, label + "text",
                   EITHER(wide, SetDescField, descriptor.handle, record, field, bytes, SQL_NTS));
        return;
    }
    if (is_pointer_field(field)) {
        if (random.percent(20)) pointer = nullptr;
        player.did(SQL_HANDLE_DESC, descriptor.handle, label + player.memory.name_of(pointer),
                   EITHER(wide, SetDescField, descriptor.handle, record, field, pointer, SQL_IS_POINTER));
        return;
    }
    player.did(SQL_HANDLE_DESC, descriptor.handle, label + std::to_string(value),
               EITHER(wide, SetDescField, descriptor.handle, record, field, number(value), SQL_IS_INTEGER));
}

void set_descriptor_record(Player& player, Random& random) {
    const DescriptorHandle descriptor = player.descriptor(random);
    if (!descriptor.handle) return;
    const int statement = random.below(kStatements);
    const auto record = random.pick<SQLSMALLINT>({1, 1, 2, 3, 0});
    const SQLSMALLINT type =
        random.percent(80) ? random.pick(kCTypes) : random.pick<SQLSMALLINT>({SQL_DATETIME, SQL_INTERVAL});
    const auto subtype = random.pick<SQLSMALLINT>({0, SQL_CODE_DATE, SQL_CODE_TIMESTAMP, 99});
    const SQLLEN length = random.pick(kBufferLengths);
    const auto precision = random.pick<SQLSMALLINT>({0, 5, 10});
    const auto scale = random.pick<SQLSMALLINT>({0, 2});
    const int slot = kColumn0 + (record > 0 ? record : 1);
    SQLPOINTER data = random.percent(15) ? nullptr : player.memory.slot(statement, slot);
    SQLLEN* indicator = random.percent(15) ? nullptr : player.memory.indicators(statement, slot);
    player.did(SQL_HANDLE_DESC, descriptor.handle,
               "SQLSetDescRec " + descriptor.name + " " + std::to_string(record) + " type " +
                   std::to_string(type) + " " + std::to_string(subtype) + " " + std::to_string(length) + " " +
                   std::to_string(precision) + " " + std::to_string(scale) + " " +
                   player.memory.name_of(data) + " " + player.memory.name_of(indicator),
               SQLSetDescRec(descriptor.handle, record, type, subtype, length, precision, scale, data,
                             indicator, indicator));
}

void copy_descriptor(Player& player, Random& random) {
    const DescriptorHandle from = player.descriptor(random);
    const DescriptorHandle to = player.descriptor(random);
    if (!from.handle || !to.handle) return;
    player.did(SQL_HANDLE_DESC, to.handle, "SQLCopyDesc " + from.name + " to " + to.name,
               SQLCopyDesc(from.handle, to.handle));
}

void use_descriptor(Player& player, Random& random) {
    const StatementHandle& statement = player.statement(random);
    const SQLINTEGER attribute = random.pick<SQLINTEGER>({SQL_ATTR_APP_ROW_DESC, SQL_ATTR_APP_PARAM_DESC});
    // psqlodbc fetches into a descriptor that came in force behind the execution only when another execution
    // made room for as many columns in it.
    if (attribute == SQL_ATTR_APP_ROW_DESC) SQLFreeStmt(statement.handle, SQL_CLOSE);
    SQLHDESC handle = SQL_NULL_HDESC;
    std::string name = "null";
    if (random.percent(70)) {
        // Mostly of the same connection.
        const int chosen = random.percent(90) ? statement.connection() + kConnections * random.below(2)
                                              : random.below(kDescriptors);
        handle = player.explicit_descriptor(chosen);
        player.used(chosen) = true;
        name = "descriptor " + std::to_string(chosen);
    }
    player.did(statement, "SQLSetStmtAttr " + std::to_string(attribute) + " " + name,
               SQLSetStmtAttr(statement.handle, attribute, handle, SQL_IS_POINTER));
}

void free_descriptor(Player& player, Random& random) {
    if (random.percent(15)) {
        const DescriptorHandle any = player.descriptor(random);
        // The driver manager frees an implicit one for which the driver says so.
        if (any.name.starts_with("s")) return;
    }
    const int chosen = random.below(kDescriptors);
    SQLHDESC& descriptor = player.explicit_descriptor(chosen);
    // Of a statement that loses its descriptor so, psqlodbc does not set up the implicit one again: SQLFetch
    // and SQLBulkOperations then fail or succeed as it happens (seen with 13.02; tests/conformance frees one
    // in use).
    if (player.used(chosen)) return;
    const SQLRETURN result = SQLFreeHandle(SQL_HANDLE_DESC, descriptor);
    player.did(SQL_HANDLE_DESC, descriptor, "free descriptor " + std::to_string(chosen), result);
    if (SQL_SUCCEEDED(result)) descriptor = SQL_NULL_HDESC;
}

}  // namespace fuzz::moves
