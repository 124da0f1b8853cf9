#include "driver/serialized_library.h"

#include <algorithm>
#include <mutex>
#include <vector>

namespace freshread {

namespace {

struct SerializedDriver {
    DriverLibrary raw;
    Threading threading;
    std::mutex mutex{};
};

// What the table gives out as a handle. Its children are guarded by `children_mutex`: at Threading::Statement
// their own calls do not hold this handle's lock.
struct SerializedHandle {
    SerializedHandle(SerializedDriver& its_driver, SQLSMALLINT its_type, SQLHANDLE its_handle,
                     SerializedHandle* its_parent)
        : driver(its_driver),
          type(its_type),
          handle(its_handle),
          parent(its_parent),
          lock(chosen_lock(its_driver)) {}

    [[nodiscard]] static SerializedHandle* of(SQLHANDLE handle) {
        return static_cast<SerializedHandle*>(handle);
    }

    [[nodiscard]] SerializedHandle* add(SQLSMALLINT child_type, SQLHANDLE child_handle) {
        const std::scoped_lock guard(children_mutex);
        return children
            .emplace_back(std::make_unique<SerializedHandle>(driver, child_type, child_handle, this))
            .get();
    }
    [[nodiscard]] SerializedHandle* find(SQLSMALLINT child_type, SQLHANDLE child_handle) {
        const std::scoped_lock guard(children_mutex);
        const auto found = std::find_if(children.begin(), children.end(), [&](const auto& child) {
            return child->type == child_type && child->handle == child_handle;
        });
        return found == children.end() ? nullptr : found->get();
    }
    void remove(const SerializedHandle* child) {
        const std::scoped_lock guard(children_mutex);
        std::erase_if(children, [&](const auto& other) { return other.get() == child; });
    }
    // The driver has freed them with this handle's end.
    void remove_all() {
        const std::scoped_lock guard(children_mutex);
        children.clear();
    }

    SerializedDriver& driver;
    const SQLSMALLINT type;
    const SQLHANDLE handle;
    SerializedHandle* const parent;
    std::mutex own{};
    std::mutex& lock;
    std::mutex children_mutex{};
    std::vector<std::unique_ptr<SerializedHandle>> children{};

 private:
    [[nodiscard]] std::mutex& chosen_lock(SerializedDriver& its_driver) {
        if (type == SQL_HANDLE_ENV || its_driver.threading == Threading::Library) return its_driver.mutex;
        const bool shares =
            its_driver.threading == Threading::Connection || (parent && parent->type == SQL_HANDLE_STMT);
        return type != SQL_HANDLE_DBC && shares ? parent->lock : own;
    }
};

// One function of the table, for `Function`, the member of DriverLibrary it stands for.
template <auto Function>
struct Serialized;

template <typename... Arguments, SQLRETURN (*DriverLibrary::*Function)(SQLHANDLE, Arguments...)>
struct Serialized<Function> {
    static SQLRETURN call(SQLHANDLE handle, Arguments... arguments) {
        auto* serialized = SerializedHandle::of(handle);
        if (!serialized) return SQL_INVALID_HANDLE;
        const std::scoped_lock guard(serialized->lock);
        return (serialized->driver.raw.*Function)(serialized->handle, arguments...);
    }
};

// SQLEndTran and the diagnostic functions.
template <typename... Arguments, SQLRETURN (*DriverLibrary::*Function)(SQLSMALLINT, SQLHANDLE, Arguments...)>
struct Serialized<Function> {
    static SQLRETURN call(SQLSMALLINT type, SQLHANDLE handle, Arguments... arguments) {
        auto* serialized = SerializedHandle::of(handle);
        if (!serialized) return SQL_INVALID_HANDLE;
        const std::scoped_lock guard(serialized->lock);
        return (serialized->driver.raw.*Function)(type, serialized->handle, arguments...);
    }
};

SQLRETURN allocate_environment(SerializedDriver& driver, SQLHANDLE* output) {
    const std::scoped_lock guard(driver.mutex);
    SQLHANDLE made = SQL_NULL_HANDLE;
    const SQLRETURN result = driver.raw.AllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &made);
    if (SQL_SUCCEEDED(result)) *output = new SerializedHandle(driver, SQL_HANDLE_ENV, made, nullptr);
    return result;
}

SQLRETURN SQL_API allocate_handle(SQLSMALLINT type, SQLHANDLE input, SQLHANDLE* output) {
    *output = SQL_NULL_HANDLE;
    if (!input) return SQL_INVALID_HANDLE;
    if (type == SQL_HANDLE_ENV) return allocate_environment(*static_cast<SerializedDriver*>(input), output);
    SerializedHandle& parent = *SerializedHandle::of(input);
    const std::scoped_lock guard(parent.lock);
    SQLHANDLE made = SQL_NULL_HANDLE;
    const SQLRETURN result = parent.driver.raw.AllocHandle(type, parent.handle, &made);
    if (SQL_SUCCEEDED(result)) *output = parent.add(type, made);
    return result;
}

SQLRETURN SQL_API free_handle(SQLSMALLINT type, SQLHANDLE handle) {
    auto* serialized = SerializedHandle::of(handle);
    if (!serialized) return SQL_INVALID_HANDLE;
    SQLRETURN result = SQL_ERROR;
    {
        const std::scoped_lock guard(serialized->lock);
        result = serialized->driver.raw.FreeHandle(type, serialized->handle);
    }
    if (!SQL_SUCCEEDED(result)) return result;
    if (serialized->parent)
        serialized->parent->remove(serialized);
    else
        delete serialized;
    return result;
}

SQLRETURN SQL_API disconnect(SQLHDBC handle) {
    auto* serialized = SerializedHandle::of(handle);
    if (!serialized) return SQL_INVALID_HANDLE;
    const std::scoped_lock guard(serialized->lock);
    const SQLRETURN result = serialized->driver.raw.Disconnect(serialized->handle);
    if (SQL_SUCCEEDED(result)) serialized->remove_all();
    return result;
}

// Not behind the call it cancels, unless the driver may be entered by one thread only.
SQLRETURN SQL_API cancel(SQLHSTMT handle) {
    auto* serialized = SerializedHandle::of(handle);
    if (!serialized) return SQL_INVALID_HANDLE;
    std::unique_lock guard(serialized->lock, std::defer_lock);
    if (serialized->driver.threading == Threading::Library) guard.lock();
    return serialized->driver.raw.Cancel(serialized->handle);
}

SQLRETURN SQL_API copy_descriptor(SQLHDESC source, SQLHDESC target) {
    auto* from = SerializedHandle::of(source);
    auto* to = SerializedHandle::of(target);
    if (!from || !to) return SQL_INVALID_HANDLE;
    std::unique_lock first(from->lock, std::defer_lock);
    std::unique_lock second(to->lock, std::defer_lock);
    if (&from->lock == &to->lock)
        first.lock();
    else
        std::lock(first, second);
    return to->driver.raw.CopyDesc(from->handle, to->handle);
}

bool is_descriptor(SQLINTEGER attribute) {
    return attribute == SQL_ATTR_APP_ROW_DESC || attribute == SQL_ATTR_APP_PARAM_DESC ||
           attribute == SQL_ATTR_IMP_ROW_DESC || attribute == SQL_ATTR_IMP_PARAM_DESC;
}

template <auto Function>
SQLRETURN SQL_API set_statement_attribute(SQLHSTMT handle, SQLINTEGER attribute, SQLPOINTER value,
                                          SQLINTEGER length) {
    if (is_descriptor(attribute) && value) value = SerializedHandle::of(value)->handle;
    return Serialized<Function>::call(handle, attribute, value, length);
}

template <auto Function>
SQLRETURN SQL_API get_statement_attribute(SQLHSTMT handle, SQLINTEGER attribute, SQLPOINTER value,
                                          SQLINTEGER capacity, SQLINTEGER* length) {
    const SQLRETURN result = Serialized<Function>::call(handle, attribute, value, capacity, length);
    if (!SQL_SUCCEEDED(result) || !is_descriptor(attribute) || !value) return result;
    auto& descriptor = *static_cast<SQLHDESC*>(value);
    SerializedHandle& statement = *SerializedHandle::of(handle);
    SerializedHandle* known = statement.parent->find(SQL_HANDLE_DESC, descriptor);
    if (!known) known = statement.find(SQL_HANDLE_DESC, descriptor);
    if (!known) known = statement.add(SQL_HANDLE_DESC, descriptor);
    descriptor = known;
    return result;
}

}  // namespace

std::unique_ptr<DriverLibrary> serialized(const DriverLibrary& raw, Threading threading) {
    auto table = std::make_unique<DriverLibrary>();
    table->path = raw.path;
    // Never freed: drivers are not unloaded either.
    table->environment_input = new SerializedDriver{raw, threading};
#define X(name) \
    if (raw.name) table->name = &Serialized<&DriverLibrary::name>::call;
    FRESHREAD_PLAIN_FUNCTIONS(X)
#undef X
#define X(name)                                                          \
    if (raw.name) table->name = &Serialized<&DriverLibrary::name>::call; \
    if (raw.name##W) table->name##W = &Serialized<&DriverLibrary::name##W>::call;
    FRESHREAD_TEXT_FUNCTIONS(X)
#undef X
    table->AllocHandle = allocate_handle;
    table->FreeHandle = free_handle;
    table->Disconnect = disconnect;
    if (raw.Cancel) table->Cancel = cancel;
    if (raw.CopyDesc) table->CopyDesc = copy_descriptor;
    if (raw.SetStmtAttr) table->SetStmtAttr = set_statement_attribute<&DriverLibrary::SetStmtAttr>;
    if (raw.SetStmtAttrW) table->SetStmtAttrW = set_statement_attribute<&DriverLibrary::SetStmtAttrW>;
    if (raw.GetStmtAttr) table->GetStmtAttr = get_statement_attribute<&DriverLibrary::GetStmtAttr>;
    if (raw.GetStmtAttrW) table->GetStmtAttrW = get_statement_attribute<&DriverLibrary::GetStmtAttrW>;
    return table;
}

}  // namespace freshread
