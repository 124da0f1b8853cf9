// A statement handle of an underlying driver, and which part of our statement's spec it carries already.
#pragma once

#include <array>
#include <cstdint>

#include "driver/backend.h"
#include "driver/descriptor.h"

namespace freshread {

class UnderlyingStatement {
 public:
    // Throws DriverError when the driver gives no statement (its records are copied).
    UnderlyingStatement(Backend& backend, Diagnostics& diagnostics);
    ~UnderlyingStatement();
    UnderlyingStatement(const UnderlyingStatement&) = delete;
    UnderlyingStatement& operator=(const UnderlyingStatement&) = delete;

    [[nodiscard]] const DriverLibrary& library() const { return *library_; }
    [[nodiscard]] SQLHSTMT handle() const { return handle_; }
    [[nodiscard]] Backend& backend() const { return *backend_; }

    // The underlying descriptor that is in force for this statement now. Throws DriverError.
    [[nodiscard]] SQLHDESC descriptor(Descriptor::Kind kind);
    // The implicit one, also while an explicit one is in force in its place. Throws DriverError.
    [[nodiscard]] SQLHDESC implicit_descriptor(Descriptor::Kind kind);
    // An explicit one takes the place of the implicit one. Throws DriverError.
    void keep_implicit_descriptor(Descriptor::Kind kind) { implicit_.at(index_of(kind)) = descriptor(kind); }

    // An execution came back, with whatever result.
    void executed() {
        has_result = true;
        nothing_asks_leader = false;
        fetches = 0;
    }

    // Its driver has freed it already.
    void abandon() { handle_ = SQL_NULL_HSTMT; }

    // What it carries. Zero: nothing yet.
    std::uint64_t revision = 0;  // of the whole spec: equal means there is nothing to do
    std::uint64_t attributes_revision = 0;
    std::uint64_t cursor_name_revision = 0;
    std::uint64_t text_revision = 0;  // of the prepared text
    struct Carried {
        const Descriptor* from = nullptr;
        std::uint64_t revision = 0;
    };
    Carried row{};        // application row descriptor
    Carried parameter{};  // application parameter descriptor
    std::uint64_t implementation_parameter_revision = 0;
    bool shortened_timeout = false;  // it has less of the query timeout than the statement
    // Calls since the last execution that may have handed out rows; the one that failed is one of them.
    unsigned fetches = 0;
    bool nothing_asks_leader = false;  // when the first fetch finds none (driver/empty_read.h)
    bool has_result = false;  // an execution left something that SQLFreeStmt(SQL_CLOSE) would discard

 private:
    static std::size_t index_of(Descriptor::Kind kind) {
        return kind == Descriptor::Kind::ApplicationRow ? 0 : 1;
    }

    const DriverLibrary* library_;
    SQLHSTMT handle_ = SQL_NULL_HSTMT;
    Backend* backend_;
    std::array<SQLHDESC, 2> implicit_{};  // of the application's two kinds, once an explicit one was in force
};

}  // namespace freshread
