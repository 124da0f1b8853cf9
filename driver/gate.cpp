#include "driver/gate.h"

namespace freshread {

SQLRETURN post_current_exception(Diagnostics& diagnostics) noexcept {
    try {
        try {
            throw;
        } catch (const DriverError& error) {
            diagnostics.post(error.sqlstate(), error.what());
        } catch (const std::bad_alloc&) {
            diagnostics.post("HY001", "Memory could not be allocated");
        } catch (const std::exception& error) {
            diagnostics.post("HY000", error.what());
        } catch (...) {
            diagnostics.post("HY000", "An unexpected error");
        }
    } catch (...) {
        // Not even the record could be stored: the return code has to do.
        return SQL_ERROR;
    }
    return SQL_ERROR;
}

}  // namespace freshread
