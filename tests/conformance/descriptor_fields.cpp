#include "descriptor_fields.h"

#include <cstring>

namespace conformance {

bool is_text_field(SQLSMALLINT field) {
    switch (field) {
        case SQL_DESC_BASE_COLUMN_NAME:
        case SQL_DESC_BASE_TABLE_NAME:
        case SQL_DESC_CATALOG_NAME:
        case SQL_DESC_LABEL:
        case SQL_DESC_LITERAL_PREFIX:
        case SQL_DESC_LITERAL_SUFFIX:
        case SQL_DESC_LOCAL_TYPE_NAME:
        case SQL_DESC_NAME:
        case SQL_DESC_SCHEMA_NAME:
        case SQL_DESC_TABLE_NAME:
        case SQL_DESC_TYPE_NAME:
            return true;
        default:
            return false;
    }
}

bool is_pointer_field(SQLSMALLINT field) {
    switch (field) {
        case SQL_DESC_ARRAY_STATUS_PTR:
        case SQL_DESC_BIND_OFFSET_PTR:
        case SQL_DESC_ROWS_PROCESSED_PTR:
        case SQL_DESC_DATA_PTR:
        case SQL_DESC_INDICATOR_PTR:
        case SQL_DESC_OCTET_LENGTH_PTR:
            return true;
        default:
            return false;
    }
}

Descriptor Descriptor::of(const Statement& statement, SQLINTEGER attribute) {
    return {statement.descriptor(attribute), statement.run()};
}

Descriptor Descriptor::made_on(const Connection& connection) {
    SQLHDESC handle = SQL_NULL_HDESC;
    connection.did("SQLAllocHandle(SQL_HANDLE_DESC)",
                   SQLAllocHandle(SQL_HANDLE_DESC, connection.handle(), &handle));
    return {handle, connection.run()};
}

SQLRETURN Descriptor::set(SQLSMALLINT record, SQLSMALLINT field, SQLPOINTER value, SQLINTEGER length) const {
    const SQLRETURN result = wide() ? SQLSetDescFieldW(handle_, record, field, value, length)
                                    : SQLSetDescField(handle_, record, field, value, length);
    return did("set field " + std::to_string(field) + " of record " + std::to_string(record), result);
}

SQLRETURN Descriptor::set_text(SQLSMALLINT record, SQLSMALLINT field, const char* text) const {
    In in(text);
    return set(record, field,
               wide() ? static_cast<void*>(static_cast<SQLWCHAR*>(in)) : static_cast<SQLCHAR*>(in), SQL_NTS);
}

void Descriptor::get(SQLSMALLINT record, SQLSMALLINT field, std::size_t room) const {
    Out value = out(room);
    SQLINTEGER length = -77;
    const SQLRETURN result =
        wide() ? SQLGetDescFieldW(handle_, record, field, value.data(), value.bytes(), &length)
               : SQLGetDescField(handle_, record, field, value.data(), value.bytes(), &length);
    std::string shown = value.shown();
    if (SQL_SUCCEEDED(result) && is_pointer_field(field)) {
        SQLPOINTER pointer = nullptr;
        std::memcpy(&pointer, value.data(), sizeof(pointer));
        shown = pointer ? "a pointer" : "null";
    }
    did("get field " + std::to_string(field) + " of record " + std::to_string(record) + ": " + shown +
            " length " + std::to_string(length),
        result);
}

void Descriptor::show_record(SQLSMALLINT record, std::size_t room) const {
    Out name = out(room);
    SQLSMALLINT name_length = -77;
    SQLSMALLINT type = -77;
    SQLSMALLINT subtype = -77;
    SQLLEN length = -77;
    SQLSMALLINT precision = -77;
    SQLSMALLINT scale = -77;
    SQLSMALLINT nullable = -77;
    TEXT(*this, GetDescRec, record, name, name.characters(), &name_length, &type, &subtype, &length,
         &precision, &scale, &nullable);
    say("    record %d name %s (%d) type %d %d length %ld precision %d scale %d nullable %d", record,
        name.shown().c_str(), name_length, type, subtype, length, precision, scale, nullable);
}

void Descriptor::show(const char* name, SQLSMALLINT most) const {
    say("- %s", name);
    // The count is the header's. Of a record psqlodbc tells it only until it has parsed the statement, and
    // which node's has been parsed by then is chance.
    for (SQLSMALLINT record = 0; record <= most; ++record)
        for (const SQLSMALLINT field : kDescriptorFields)
            if (record == 0 || field != SQL_DESC_COUNT) get(record, field);
    for (SQLSMALLINT record = 0; record <= most; ++record) show_record(record, 30);
}

}  // namespace conformance
