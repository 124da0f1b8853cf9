#include "driver/own_attributes.h"

#include "driver/connection.h"
#include "driver/encoding.h"
#include "driver/freshread.h"
#include "driver/text_attributes.h"

namespace freshread {

namespace {

constexpr SQLINTEGER kWide = FRESHREAD_ATTR_USER_W - FRESHREAD_ATTR_USER;

constexpr bool is_wide_attribute(SQLINTEGER id) {
    return (id & kWide) != 0;
}

template <typename Char>
std::string text_in(SQLPOINTER value, SQLINTEGER bytes) {
    if (bytes < 0 && bytes != SQL_NTS) throw DriverError("HY090", "The length of the value is negative");
    return attribute_text<Char>(value, bytes);
}

// True when it did not fit.
template <typename Char>
bool give(const std::string& text, SQLPOINTER value, SQLINTEGER capacity, SQLINTEGER* length) {
    const auto size = static_cast<SQLINTEGER>(sizeof(Char));
    SQLINTEGER characters = 0;
    const bool cut = copy_out(text, static_cast<Char*>(value), capacity / size, &characters);
    if (length) *length = characters * size;
    return cut;
}

std::string value_of(Connection& connection, SQLINTEGER id) {
    switch (id) {
        case FRESHREAD_ATTR_USER:
            return connection.user();
        case FRESHREAD_ATTR_TOKEN:
            return connection.token();
        case FRESHREAD_ATTR_POLICY:
            return std::string(name_of(connection.choices().policy));
        default: {
            const auto last = connection.last_route();
            return last.known ? connection.told(last.node, last.reason) : std::string();
        }
    }
}

SQLRETURN set_token(Connection& connection, const std::optional<std::string>& token) {
    if (!token) {
        connection.forget_token();
        return SQL_SUCCESS;
    }
    if (!connection.connected()) throw DriverError("08003", "The connection is not open");
    const std::string warning = connection.heed_token(*token);
    if (warning.empty()) return SQL_SUCCESS;
    connection.diagnostics.post("01000", warning);
    return SQL_SUCCESS_WITH_INFO;
}

}  // namespace

bool is_own_attribute(SQLINTEGER id) {
    const SQLINTEGER narrow = id & ~kWide;
    return narrow >= FRESHREAD_ATTR_USER && narrow <= FRESHREAD_ATTR_TOKEN;
}

SQLRETURN set_own_attribute(Connection& connection, SQLINTEGER id, SQLPOINTER value, SQLINTEGER length) {
    std::optional<std::string> text;
    if (value)
        text = is_wide_attribute(id) ? text_in<SQLWCHAR>(value, length) : text_in<SQLCHAR>(value, length);
    switch (id & ~kWide) {
        case FRESHREAD_ATTR_USER:
            if (text && text->empty())
                throw DriverError("HY024",
                                  "The attribute FRESHREAD_ATTR_USER has the value ''; accepted: a name");
            connection.act_for(Identity::Word::Attribute, text);
            return SQL_SUCCESS;
        case FRESHREAD_ATTR_POLICY:
            try {
                connection.choose("Policy", text);
            } catch (const DriverError& error) {
                throw DriverError("HY024", error.what());
            }
            return SQL_SUCCESS;
        case FRESHREAD_ATTR_TOKEN:
            return set_token(connection, text);
        default:
            throw DriverError("HY092", "The attribute FRESHREAD_ATTR_LAST_ROUTE cannot be set");
    }
}

SQLRETURN get_own_attribute(Connection& connection, SQLINTEGER id, SQLPOINTER value, SQLINTEGER capacity,
                            SQLINTEGER* length) {
    if (!connection.connected()) throw DriverError("08003", "The connection is not open");
    const std::string text = value_of(connection, id & ~kWide);
    const bool cut = is_wide_attribute(id) ? give<SQLWCHAR>(text, value, capacity, length)
                                           : give<SQLCHAR>(text, value, capacity, length);
    if (!cut) return SQL_SUCCESS;
    connection.diagnostics.post("01004", "The value did not fit into the buffer");
    return SQL_SUCCESS_WITH_INFO;
}

}  // namespace freshread
