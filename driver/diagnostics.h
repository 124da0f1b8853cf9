// The diagnostic records that Freshread itself posts on a handle, and the exception that becomes one.
//
// What the underlying driver reported stays with the underlying driver's handle (driver/entry_diagnostics.cpp
// shows our records first, then those); only records of a handle that is about to vanish are copied here.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "driver/odbc.h"

namespace freshread {

struct DiagnosticRecord {
    std::string sqlstate;  // five characters
    SQLINTEGER native = 0;
    std::string message;  // UTF-8, with its component prefix
};

// Thrown inside the driver, turned into SQL_ERROR and a record at the gate (driver/gate.h).
class DriverError : public std::runtime_error {
 public:
    DriverError(std::string_view sqlstate, const std::string& message)
        : std::runtime_error(message), sqlstate_(sqlstate) {}
    [[nodiscard]] const std::string& sqlstate() const { return sqlstate_; }

 private:
    std::string sqlstate_;
};

class Diagnostics {
 public:
    // `message` without prefix: "[Freshread][ODBC Driver]" is put before it.
    void post(std::string_view sqlstate, std::string_view message);
    void copy(DiagnosticRecord record) { records_.push_back(std::move(record)); }
    void clear() {
        if (!records_.empty()) records_.clear();
    }
    [[nodiscard]] bool empty() const { return records_.empty(); }
    [[nodiscard]] SQLSMALLINT count() const { return static_cast<SQLSMALLINT>(records_.size()); }
    // `number` counts from 1; null when there is no such record.
    [[nodiscard]] const DiagnosticRecord* record(SQLSMALLINT number) const;

 private:
    std::vector<DiagnosticRecord> records_;
};

}  // namespace freshread
