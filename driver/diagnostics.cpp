#include "driver/diagnostics.h"

namespace freshread {

void Diagnostics::post(std::string_view sqlstate, std::string_view message) {
    records_.push_back({std::string(sqlstate), 0, "[Freshread][ODBC Driver]" + std::string(message)});
}

const DiagnosticRecord* Diagnostics::record(SQLSMALLINT number) const {
    if (number < 1 || number > count()) return nullptr;
    return &records_[static_cast<std::size_t>(number) - 1];
}

}  // namespace freshread
