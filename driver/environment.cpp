#include "driver/environment.h"

#include <algorithm>

#include "driver/connection.h"

namespace freshread {

Environment::~Environment() {
    tag = HandleTag::Freed;
    for (const auto& [library, handle] : underlying_) library->FreeHandle(SQL_HANDLE_ENV, handle);
}

SQLRETURN Environment::set_attribute(SQLINTEGER attribute, SQLPOINTER value) {
    switch (attribute) {
        case SQL_ATTR_ODBC_VERSION: {
            const auto version = static_cast<SQLINTEGER>(reinterpret_cast<std::intptr_t>(value));
            if (version != SQL_OV_ODBC2 && version != SQL_OV_ODBC3 && version != SQL_OV_ODBC3_80)
                throw DriverError(
                    "HY024", "SQL_ATTR_ODBC_VERSION accepts SQL_OV_ODBC2, SQL_OV_ODBC3 and SQL_OV_ODBC3_80");
            odbc_version_ = version;
            return SQL_SUCCESS;
        }
        case SQL_ATTR_OUTPUT_NTS:
            if (reinterpret_cast<std::intptr_t>(value) == SQL_TRUE) return SQL_SUCCESS;
            throw DriverError("HYC00", "SQL_ATTR_OUTPUT_NTS can only be SQL_TRUE");
        case SQL_ATTR_CONNECTION_POOLING:
        case SQL_ATTR_CP_MATCH:
            return SQL_SUCCESS;
        default:
            throw DriverError("HY092", "This environment attribute is not known");
    }
}

SQLRETURN Environment::get_attribute(SQLINTEGER attribute, SQLPOINTER value) {
    auto* number = static_cast<SQLINTEGER*>(value);
    if (!number) return SQL_SUCCESS;
    switch (attribute) {
        case SQL_ATTR_ODBC_VERSION:
            *number = odbc_version_;
            return SQL_SUCCESS;
        case SQL_ATTR_OUTPUT_NTS:
            *number = SQL_TRUE;
            return SQL_SUCCESS;
        case SQL_ATTR_CONNECTION_POOLING:
        case SQL_ATTR_CP_MATCH:
            *number = 0;
            return SQL_SUCCESS;
        default:
            throw DriverError("HY092", "This environment attribute is not known");
    }
}

SQLRETURN Environment::end_transactions(SQLSMALLINT completion) {
    std::vector<Connection*> connections;
    {
        const std::scoped_lock lock(mutex_);
        connections = connections_;
    }
    SQLRETURN worst = SQL_SUCCESS;
    for (Connection* connection : connections) {
        if (!connection->connected()) continue;
        connection->begin_call();
        const SQLRETURN result = connection->end_transaction(completion);
        if (result == SQL_ERROR) {
            diagnostics.post(
                "HY000", "SQLEndTran failed on a connection of this environment; its own records say why");
            worst = SQL_ERROR;
        } else if (result == SQL_SUCCESS_WITH_INFO && worst == SQL_SUCCESS) {
            worst = result;
        }
    }
    return worst;
}

SQLHENV Environment::underlying(const DriverLibrary& library) {
    const std::scoped_lock lock(mutex_);
    const auto known = underlying_.find(&library);
    if (known != underlying_.end()) return known->second;
    SQLHENV handle = SQL_NULL_HENV;
    if (!SQL_SUCCEEDED(library.AllocHandle(SQL_HANDLE_ENV, library.environment_input, &handle)))
        throw DriverError("IM004", "The underlying driver '" + library.path +
                                       "' gave no environment (SQLAllocHandle failed)");
    if (library.SetEnvAttr) {
        const auto declare = [&](SQLINTEGER version) {
            const auto value = reinterpret_cast<SQLPOINTER>(static_cast<std::intptr_t>(version));
            return SQL_SUCCEEDED(library.SetEnvAttr(handle, SQL_ATTR_ODBC_VERSION, value, SQL_IS_INTEGER));
        };
        // A driver of ODBC 3.5 refuses to be told of 3.8; the driver manager falls back in the same way.
        if (!declare(odbc_version_) && !(odbc_version_ == SQL_OV_ODBC3_80 && declare(SQL_OV_ODBC3))) {
            library.FreeHandle(SQL_HANDLE_ENV, handle);
            throw DriverError("IM005",
                              "The underlying driver '" + library.path + "' refused SQL_ATTR_ODBC_VERSION");
        }
    }
    underlying_.emplace(&library, handle);
    return handle;
}

bool Environment::newer_than(const DriverLibrary& library) {
    if (odbc_version_ != SQL_OV_ODBC3_80 || !library.GetEnvAttr) return false;
    SQLINTEGER version = odbc_version_;
    library.GetEnvAttr(underlying(library), SQL_ATTR_ODBC_VERSION, &version, SQL_IS_INTEGER, nullptr);
    return version != odbc_version_;
}

void Environment::add(Connection& connection) {
    const std::scoped_lock lock(mutex_);
    connections_.push_back(&connection);
}

void Environment::remove(Connection& connection) {
    const std::scoped_lock lock(mutex_);
    std::erase(connections_, &connection);
}

bool Environment::has_connections() {
    const std::scoped_lock lock(mutex_);
    return !connections_.empty();
}

}  // namespace freshread
