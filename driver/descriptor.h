// A descriptor of ours: a stable handle whose contents are what the application asked for (bindings, and
// fields set by hand). It can be carried to the descriptor of any underlying statement.
//
// Implicit descriptors are members of their statement: the driver manager asks for all four when it allocates
// a statement and keeps them for the statement's life, before any node is known. Explicit ones are the
// application's; each backend gets an underlying descriptor of its own when the descriptor is first used
// there.
//
// What the application set is state: a SQLBindCol or SQLBindParameter on a record replaces the fields set on
// it before; a field set again moves to the end, because the order matters when fields are applied (TYPE
// resets dependent fields, DATA_PTR comes last). Every change raises the revision; a backend remembers which
// one it carries.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "driver/backend.h"
#include "driver/gate.h"

namespace freshread {

class Connection;
class Statement;

// The arguments of SQLBindCol (the last four) or SQLBindParameter.
struct Binding {
    SQLUSMALLINT number = 0;
    SQLSMALLINT io_type = 0;
    SQLSMALLINT c_type = 0;
    SQLSMALLINT sql_type = 0;
    SQLULEN column_size = 0;
    SQLSMALLINT digits = 0;
    SQLPOINTER buffer = nullptr;
    SQLLEN buffer_length = 0;
    SQLLEN* indicator = nullptr;
    // SQLBindParameter: the statement whose implementation descriptor it describes the parameter in. A
    // descriptor that statements share has the buffers of all of them, each statement the descriptions of its
    // own.
    const Statement* through = nullptr;
    std::uint64_t revision = 0;
};

// The arguments of SQLSetDescField.
struct Field {
    SQLSMALLINT record = 0;
    SQLSMALLINT id = 0;
    SQLPOINTER value = nullptr;
    SQLINTEGER length = 0;
    std::string text{};  // owned UTF-8 text, when is_text
    bool is_text = false;
    std::uint64_t revision = 0;
};

class Descriptor {
 public:
    static constexpr HandleTag kTag = HandleTag::Descriptor;
    enum class Kind : std::uint8_t {
        ApplicationRow,
        ApplicationParameter,
        ImplementationRow,
        ImplementationParameter,
        Explicit
    };

    HandleTag tag = kTag;
    Diagnostics diagnostics{};

    Descriptor(Kind kind, Connection& connection, Statement* owner)
        : kind_(kind), connection_(&connection), owner_(owner) {}
    ~Descriptor();
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    void begin_call() {
        diagnostics.clear();
        served_.handle = SQL_NULL_HDESC;
    }

    [[nodiscard]] Kind kind() const { return kind_; }
    [[nodiscard]] bool is_explicit() const { return kind_ == Kind::Explicit; }
    [[nodiscard]] Connection& connection() const { return *connection_; }
    [[nodiscard]] Statement* owner() const { return owner_; }

    // The contents, with the revision at which each came.
    [[nodiscard]] const std::vector<Binding>& bindings() const { return bindings_; }
    [[nodiscard]] const std::vector<Field>& fields() const { return fields_; }
    [[nodiscard]] std::uint64_t revision() const { return revision_; }
    // The revision at which all bindings were last dropped (SQL_UNBIND, SQL_RESET_PARAMS).
    [[nodiscard]] std::uint64_t cleared_at() const { return cleared_at_; }

    void bind(Binding binding);
    void set_field(Field field);
    void clear_bindings();
    // SQLCopyDesc: becomes what `source` is.
    void become(const Descriptor& source);
    // SQLCopyDesc from a result: becomes what the underlying descriptor says of types and sizes.
    void become_what(const DriverLibrary& library, SQLHDESC handle);

    // The underlying descriptor for calls the application makes on this handle: of the node the statement's
    // result or next execution is on; of an explicit one, of the node it was used on last. Throws
    // DriverError.
    struct Underlying {
        const DriverLibrary* library = nullptr;
        SQLHDESC handle = SQL_NULL_HDESC;
    };
    [[nodiscard]] Underlying& reach();
    // Reaches the leader's next time, when a replica refused. False when there was no replica to leave.
    [[nodiscard]] bool leave_replica();
    // Explicit only: this descriptor on one backend, made there if it is missing, with its fields carried as
    // far as the driver takes them. Throws DriverError.
    [[nodiscard]] SQLHDESC on(Backend& backend);
    // Explicit only: up to which revision a backend's underlying descriptor has the bindings, whichever
    // statement they were made through there.
    [[nodiscard]] std::uint64_t bound_on(const Backend& backend) const {
        const auto here = explicit_.find(&backend);
        return here == explicit_.end() ? 0 : here->second.bound;
    }
    void note_bound_on(const Backend& backend) {
        const auto here = explicit_.find(&backend);
        if (here != explicit_.end()) here->second.bound = revision_;
    }
    void forget(const Backend& backend) {
        explicit_.erase(&backend);
        if (last_ == &backend) last_ = nullptr;
    }
    // Whose records are this handle's records, if a call was handed on.
    [[nodiscard]] const Underlying& served() const { return served_; }

 private:
    struct OnBackend {
        SQLHDESC handle = SQL_NULL_HDESC;
        std::uint64_t revision = 0;
        std::uint64_t bound = 0;
    };

    Kind kind_;
    Connection* connection_;
    Statement* owner_;
    std::vector<Binding> bindings_{};
    std::vector<Field> fields_{};
    std::uint64_t revision_ = 0;
    std::uint64_t cleared_at_ = 0;
    std::map<const Backend*, OnBackend> explicit_{};
    Backend* last_ = nullptr;  // explicit: where it was used last
    Underlying served_{};
};

// Sets the fields that are newer than `since` on an underlying descriptor. False when it refused one.
[[nodiscard]] bool carry_fields(const DriverLibrary& library, SQLHDESC handle, const Descriptor& from,
                                std::uint64_t since);

}  // namespace freshread
