// ODBC Programmer's Reference: attributes of environments, connections and statements.
#include "driver/connection.h"
#include "driver/encoding.h"
#include "driver/gate.h"
#include "driver/own_attributes.h"
#include "driver/statement.h"
#include "driver/text_attributes.h"

using namespace freshread;

namespace {

template <typename Char>
Attribute attribute_of(SQLINTEGER id, SQLPOINTER value, SQLINTEGER length) {
    Attribute attribute{id, value, length};
    attribute.is_text = is_text_attribute(id);
    attribute.wide = is_wide<Char>;
    if (attribute.is_text) {
        attribute.text = attribute_text<Char>(value, length);
        attribute.value = nullptr;
    }
    return attribute;
}

template <typename Char>
SQLRETURN set_connection_attribute(SQLHDBC handle, SQLINTEGER id, SQLPOINTER value, SQLINTEGER length) {
    return gate<Connection>(handle, [&](Connection& connection) {
        return is_own_attribute(id) ? set_own_attribute(connection, id, value, length)
                                    : connection.set_attribute(attribute_of<Char>(id, value, length));
    });
}

SQLRETURN get_connection_attribute(SQLHDBC handle, SQLINTEGER id, SQLPOINTER value, SQLINTEGER capacity,
                                   SQLINTEGER* length, bool wide) {
    return gate<Connection>(handle, [&](Connection& connection) {
        return is_own_attribute(id) ? get_own_attribute(connection, id, value, capacity, length)
                                    : connection.get_attribute(id, value, capacity, length, wide);
    });
}

}  // namespace

extern "C" {

SQLRETURN SQL_API SQLSetEnvAttr(SQLHENV handle, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER) {
    return gate<Environment>(
        handle, [&](Environment& environment) { return environment.set_attribute(attribute, value); });
}

SQLRETURN SQL_API SQLGetEnvAttr(SQLHENV handle, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER,
                                SQLINTEGER*) {
    return gate<Environment>(
        handle, [&](Environment& environment) { return environment.get_attribute(attribute, value); });
}

SQLRETURN SQL_API SQLSetConnectAttr(SQLHDBC handle, SQLINTEGER attribute, SQLPOINTER value,
                                    SQLINTEGER length) {
    return set_connection_attribute<SQLCHAR>(handle, attribute, value, length);
}

SQLRETURN SQL_API SQLSetConnectAttrW(SQLHDBC handle, SQLINTEGER attribute, SQLPOINTER value,
                                     SQLINTEGER length) {
    return set_connection_attribute<SQLWCHAR>(handle, attribute, value, length);
}

SQLRETURN SQL_API SQLGetConnectAttr(SQLHDBC handle, SQLINTEGER attribute, SQLPOINTER value,
                                    SQLINTEGER capacity, SQLINTEGER* length) {
    return get_connection_attribute(handle, attribute, value, capacity, length, false);
}

SQLRETURN SQL_API SQLGetConnectAttrW(SQLHDBC handle, SQLINTEGER attribute, SQLPOINTER value,
                                     SQLINTEGER capacity, SQLINTEGER* length) {
    return get_connection_attribute(handle, attribute, value, capacity, length, true);
}

SQLRETURN SQL_API SQLSetStmtAttr(SQLHSTMT handle, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER length) {
    return gate<Statement>(handle, [&](Statement& statement) {
        return statement.set_attribute(attribute, value, length, false);
    });
}

SQLRETURN SQL_API SQLSetStmtAttrW(SQLHSTMT handle, SQLINTEGER attribute, SQLPOINTER value,
                                  SQLINTEGER length) {
    return gate<Statement>(handle, [&](Statement& statement) {
        return statement.set_attribute(attribute, value, length, true);
    });
}

SQLRETURN SQL_API SQLGetStmtAttr(SQLHSTMT handle, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER capacity,
                                 SQLINTEGER* length) {
    return gate<Statement>(handle, [&](Statement& statement) {
        return statement.get_attribute(attribute, value, capacity, length, false);
    });
}

SQLRETURN SQL_API SQLGetStmtAttrW(SQLHSTMT handle, SQLINTEGER attribute, SQLPOINTER value,
                                  SQLINTEGER capacity, SQLINTEGER* length) {
    return gate<Statement>(handle, [&](Statement& statement) {
        return statement.get_attribute(attribute, value, capacity, length, true);
    });
}

}  // extern "C"
