// The environment handle: what the application asked of it, and one environment of every underlying driver,
// made when a connection first needs that driver.
//
// `mutex_` guards the list of connections and the underlying environments. Underlying environments live as
// long as this one.
#pragma once

#include <map>
#include <mutex>
#include <vector>

#include "driver/driver_library.h"
#include "driver/gate.h"

namespace freshread {

class Connection;

class Environment {
 public:
    static constexpr HandleTag kTag = HandleTag::Environment;

    HandleTag tag = kTag;
    Diagnostics diagnostics{};

    Environment() = default;
    ~Environment();
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;

    void begin_call() { diagnostics.clear(); }

    SQLRETURN set_attribute(SQLINTEGER attribute, SQLPOINTER value);
    SQLRETURN get_attribute(SQLINTEGER attribute, SQLPOINTER value);
    // Every connected connection, one after the other (ODBC, SQLEndTran, environment).
    SQLRETURN end_transactions(SQLSMALLINT completion);

    // The underlying driver's environment, with the ODBC version the application declared. Throws DriverError
    // (IM004, IM005).
    [[nodiscard]] SQLHENV underlying(const DriverLibrary& library);
    // The application declared ODBC 3.80, and this driver answers that it is older: what the driver manager
    // would warn of if it were connected directly.
    [[nodiscard]] bool newer_than(const DriverLibrary& library);

    void add(Connection& connection);
    void remove(Connection& connection);
    [[nodiscard]] bool has_connections();

 private:
    std::mutex mutex_;
    SQLINTEGER odbc_version_ = SQL_OV_ODBC3;
    std::vector<Connection*> connections_{};
    std::map<const DriverLibrary*, SQLHENV> underlying_{};
};

}  // namespace freshread
