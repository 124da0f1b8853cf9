// Descriptions of result columns: all fields, before and after execution, small buffers, columns that are not
// there.
#include "application.h"

namespace conformance {

namespace {

constexpr SQLUSMALLINT kFields[] = {SQL_DESC_AUTO_UNIQUE_VALUE,
                                    SQL_DESC_BASE_COLUMN_NAME,
                                    SQL_DESC_BASE_TABLE_NAME,
                                    SQL_DESC_CASE_SENSITIVE,
                                    SQL_DESC_CATALOG_NAME,
                                    SQL_DESC_CONCISE_TYPE,
                                    SQL_DESC_COUNT,
                                    SQL_DESC_DISPLAY_SIZE,
                                    SQL_DESC_FIXED_PREC_SCALE,
                                    SQL_DESC_LABEL,
                                    SQL_DESC_LENGTH,
                                    SQL_DESC_LITERAL_PREFIX,
                                    SQL_DESC_LITERAL_SUFFIX,
                                    SQL_DESC_LOCAL_TYPE_NAME,
                                    SQL_DESC_NAME,
                                    SQL_DESC_NULLABLE,
                                    SQL_DESC_NUM_PREC_RADIX,
                                    SQL_DESC_OCTET_LENGTH,
                                    SQL_DESC_PRECISION,
                                    SQL_DESC_SCALE,
                                    SQL_DESC_SCHEMA_NAME,
                                    SQL_DESC_SEARCHABLE,
                                    SQL_DESC_TABLE_NAME,
                                    SQL_DESC_TYPE,
                                    SQL_DESC_TYPE_NAME,
                                    SQL_DESC_UNNAMED,
                                    SQL_DESC_UNSIGNED,
                                    SQL_DESC_UPDATABLE,
                                    SQL_COLUMN_COUNT,
                                    SQL_COLUMN_NAME,
                                    SQL_COLUMN_LENGTH,
                                    SQL_COLUMN_PRECISION,
                                    SQL_COLUMN_SCALE,
                                    SQL_COLUMN_NULLABLE,
                                    1211,
                                    1212,
                                    4711};

void all_fields(const Statement& statement, SQLUSMALLINT column) {
    for (const SQLUSMALLINT field : kFields) {
        for (const std::size_t room : {60U, 3U}) {
            Out text = statement.out(room);
            SQLSMALLINT length = -77;
            SQLLEN value = 0x7777777777777777;
            say("column %u field %u room %zu", column, field, room);
            TEXT(statement, ColAttribute, column, field, text.data(), text.bytes(), &length, &value);
            say("    text %s length %d value %lx", text.shown().c_str(), length, value);
        }
    }
}

}  // namespace

void columns(const Run& run) {
    const Environment environment(run);
    const Connection connection(environment, run);
    connection.connect();
    connection.make_schema();
    const Statement statement(connection);
    say("= nothing prepared");
    statement.show_columns();
    all_fields(statement, 1);
    const char* query =
        "SELECT id, name AS \"Name of it\", price, made, seen, ok, raw, note, weight, id + 1, 'x'::char(5) "
        "AS c, "
        "1::bigint AS b, '{1,2}'::int[] AS a, '1 day'::interval AS i, 'u'::unknown FROM conformance.item "
        "ORDER BY id";
    say("= prepared");
    statement.prepare(query);
    statement.show_columns();
    all_fields(statement, 2);
    say("= executed");
    CALL(statement, Execute);
    statement.show_columns();
    for (SQLUSMALLINT column = 0; column < 17; ++column) all_fields(statement, column);
    say("= small buffers");
    for (const std::size_t room : {5U, 1U, 0U}) {
        Out name = statement.out(room);
        SQLSMALLINT length = -77;
        TEXT(statement, DescribeCol, 2, name, name.characters(), &length, nullptr, nullptr, nullptr, nullptr);
        say("    name %s length %d", name.shown().c_str(), length);
    }
    TEXT(statement, DescribeCol, 2, nullptr, 0, nullptr, nullptr, nullptr, nullptr, nullptr);
    SQLSMALLINT length = -77;
    Out name = statement.out(20);
    TEXT(statement, DescribeCol, 2, name, -1, &length, nullptr, nullptr, nullptr, nullptr);
    TEXT(statement, DescribeCol, 0, name, name.characters(), &length, nullptr, nullptr, nullptr, nullptr);
    TEXT(statement, DescribeCol, 99, name, name.characters(), &length, nullptr, nullptr, nullptr, nullptr);
    TEXT(statement, ColAttribute, 2, SQL_DESC_NAME, nullptr, 0, &length, nullptr);
    TEXT(statement, ColAttribute, 2, SQL_DESC_NAME, name.data(), -3, &length, nullptr);
    TEXT(statement, ColAttribute, 2, SQL_DESC_TYPE, nullptr, 0, nullptr, nullptr);
    statement.close();
    say("= after closing");
    statement.show_columns();
    say("= of a write");
    statement.execute("UPDATE conformance.target SET name = NULL");
    statement.show_columns();
    all_fields(statement, 1);
    say("= names that are not ASCII, and long ones");
    statement.execute(
        "SELECT 1 AS \"caf\xc3\xa9\", 2 AS "
        "\"a_rather_long_name_of_a_column_that_ends_at_63_characters_or_s\"");
    statement.show_columns();
    for (SQLUSMALLINT column = 1; column < 3; ++column) all_fields(statement, column);
}

}  // namespace conformance
