// A data source of odbc.ini as the driver opens it: the same settings, connection and decisions, in this
// process, without a driver manager.
#pragma once

#include <string>

#include "driver/connection.h"
#include "driver/environment.h"

namespace freshread {

class DataSource {
 public:
    // `name`: a DSN, or a whole connection string ("DSN=name;User=alice"). Throws std::runtime_error with the
    // driver's words when it cannot be opened.
    // `user`: in place of its User=, unless empty.
    explicit DataSource(const std::string& name, const std::string& user = {});
    ~DataSource();
    DataSource(const DataSource&) = delete;
    DataSource& operator=(const DataSource&) = delete;

    [[nodiscard]] Connection& connection() { return connection_; }
    void close();

 private:
    Environment environment_{};
    Connection connection_{environment_};
};

}  // namespace freshread
