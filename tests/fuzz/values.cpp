#include "values.h"

#include <sqlext.h>

#include <algorithm>
#include <cstring>

namespace fuzz {

namespace {

template <typename T>
std::string bytes_of(const T& value) {
    std::string bytes(sizeof(T), '\0');
    std::memcpy(bytes.data(), &value, sizeof(T));
    return bytes;
}

std::string value_of(Random& random, SQLSMALLINT c_type) {
    const int small = random.below(14);
    switch (c_type) {
        case SQL_C_SBIGINT:
            return bytes_of(SQLBIGINT{small});
        case SQL_C_SHORT:
            return bytes_of(static_cast<SQLSMALLINT>(small));
        case SQL_C_DOUBLE:
            return bytes_of(SQLDOUBLE{small + 0.5});
        case SQL_C_FLOAT:
            return bytes_of(static_cast<SQLREAL>(small + 0.25));
        case SQL_C_BIT:
        case SQL_C_UTINYINT:
            return bytes_of(static_cast<SQLCHAR>(small % 2));
        case SQL_C_TYPE_DATE:
            return bytes_of(SQL_DATE_STRUCT{2020, 2, static_cast<SQLUSMALLINT>(small + 1)});
        case SQL_C_TYPE_TIME:
            return bytes_of(SQL_TIME_STRUCT{static_cast<SQLUSMALLINT>(small), 5, 6});
        case SQL_C_TYPE_TIMESTAMP:
            return bytes_of(
                SQL_TIMESTAMP_STRUCT{2020, 2, static_cast<SQLUSMALLINT>(small + 1), 4, 5, 6, 125000000});
        case SQL_C_NUMERIC: {
            SQL_NUMERIC_STRUCT numeric{};
            numeric.precision = 6;
            numeric.scale = 2;
            numeric.sign = 1;
            numeric.val[0] = static_cast<SQLCHAR>(small * 10);
            return bytes_of(numeric);
        }
        case SQL_C_GUID:
            return bytes_of(SQLGUID{1, 2, 3, {4, 5, 6, 7, 8, 9, 10, static_cast<unsigned char>(small)}});
        case SQL_C_CHAR:
        case SQL_C_BINARY:
            return random.pick<std::string>(
                {std::to_string(small), "item 3", "%", "text", "h\xC3\xA9", "2020-01-02"});
        case SQL_C_WCHAR: {
            const std::string text = random.pick<std::string>({std::to_string(small), "item 4", "wide"});
            std::string wide;
            for (const char c : text) wide += bytes_of(static_cast<SQLWCHAR>(c));
            return wide + std::string(2, '\0');
        }
        default:
            return bytes_of(SQLINTEGER{small});
    }
}

}  // namespace

void fill_values(Random& random, SQLSMALLINT c_type, SQLLEN stride, unsigned char* slot, SQLLEN* indicators,
                 bool at_execution) {
    for (std::size_t row = 0; row < kMostRows; ++row) {
        const std::string value = value_of(random, c_type);
        const bool is_text = c_type == SQL_C_CHAR || c_type == SQL_C_WCHAR || c_type == SQL_C_BINARY;
        const auto width = is_text ? static_cast<std::size_t>(stride) : value.size();
        SQLLEN indicator = is_text && random.percent(60) && c_type != SQL_C_BINARY
                               ? SQLLEN{SQL_NTS}
                               : static_cast<SQLLEN>(value.size());
        if (c_type == SQL_C_WCHAR && indicator > 0) indicator -= 2;
        if (random.percent(8)) indicator = SQL_NULL_DATA;
        if (random.percent(1)) indicator = random.pick<SQLLEN>({SQL_DEFAULT_PARAM, SQL_IGNORE});
        if (at_execution) indicator = random.pick<SQLLEN>({SQL_DATA_AT_EXEC, SQL_LEN_DATA_AT_EXEC(10)});
        for (const std::size_t place : {row * width, row * kRowWise}) {
            std::copy_n(value.data(), value.size(), slot + place);
            if (is_text) slot[place + value.size()] = 0;
        }
        indicators[row] = indicator;
        std::memcpy(reinterpret_cast<unsigned char*>(indicators) + row * kRowWise, &indicator,
                    sizeof(indicator));
    }
}

}  // namespace fuzz
