// Descriptors in transcripts: their fields, read and set through the wide or the ANSI functions.
#pragma once

#include "application.h"

namespace conformance {

inline constexpr SQLSMALLINT kDescriptorFields[] = {SQL_DESC_ALLOC_TYPE,
                                                    SQL_DESC_ARRAY_SIZE,
                                                    SQL_DESC_ARRAY_STATUS_PTR,
                                                    SQL_DESC_BIND_OFFSET_PTR,
                                                    SQL_DESC_BIND_TYPE,
                                                    SQL_DESC_COUNT,
                                                    SQL_DESC_ROWS_PROCESSED_PTR,
                                                    SQL_DESC_AUTO_UNIQUE_VALUE,
                                                    SQL_DESC_BASE_COLUMN_NAME,
                                                    SQL_DESC_BASE_TABLE_NAME,
                                                    SQL_DESC_CASE_SENSITIVE,
                                                    SQL_DESC_CATALOG_NAME,
                                                    SQL_DESC_CONCISE_TYPE,
                                                    SQL_DESC_DATA_PTR,
                                                    SQL_DESC_DATETIME_INTERVAL_CODE,
                                                    SQL_DESC_DATETIME_INTERVAL_PRECISION,
                                                    SQL_DESC_DISPLAY_SIZE,
                                                    SQL_DESC_FIXED_PREC_SCALE,
                                                    SQL_DESC_INDICATOR_PTR,
                                                    SQL_DESC_LABEL,
                                                    SQL_DESC_LENGTH,
                                                    SQL_DESC_LITERAL_PREFIX,
                                                    SQL_DESC_LITERAL_SUFFIX,
                                                    SQL_DESC_LOCAL_TYPE_NAME,
                                                    SQL_DESC_NAME,
                                                    SQL_DESC_NULLABLE,
                                                    SQL_DESC_NUM_PREC_RADIX,
                                                    SQL_DESC_OCTET_LENGTH,
                                                    SQL_DESC_OCTET_LENGTH_PTR,
                                                    SQL_DESC_PARAMETER_TYPE,
                                                    SQL_DESC_PRECISION,
                                                    SQL_DESC_ROWVER,
                                                    SQL_DESC_SCALE,
                                                    SQL_DESC_SCHEMA_NAME,
                                                    SQL_DESC_SEARCHABLE,
                                                    SQL_DESC_TABLE_NAME,
                                                    SQL_DESC_TYPE,
                                                    SQL_DESC_TYPE_NAME,
                                                    SQL_DESC_UNNAMED,
                                                    SQL_DESC_UNSIGNED,
                                                    SQL_DESC_UPDATABLE,
                                                    4711};

[[nodiscard]] bool is_text_field(SQLSMALLINT field);
[[nodiscard]] bool is_pointer_field(SQLSMALLINT field);

class Descriptor : public Handle {
 public:
    Descriptor(SQLHDESC handle, const Run& run) : Handle(SQL_HANDLE_DESC, handle, run) {}
    [[nodiscard]] static Descriptor of(const Statement& statement, SQLINTEGER attribute);
    // An explicit one. The caller frees it with SQLFreeHandle, or the connection does.
    [[nodiscard]] static Descriptor made_on(const Connection& connection);

    SQLRETURN set(SQLSMALLINT record, SQLSMALLINT field, SQLPOINTER value, SQLINTEGER length) const;
    SQLRETURN set_text(SQLSMALLINT record, SQLSMALLINT field, const char* text) const;
    void get(SQLSMALLINT record, SQLSMALLINT field, std::size_t room = 40) const;
    void show_record(SQLSMALLINT record, std::size_t room) const;
    // Every field of the header and of records 0 to `most`.
    void show(const char* name, SQLSMALLINT most) const;
};

}  // namespace conformance
