#include "driver/driver_library.h"

#include <dlfcn.h>
#include <link.h>

#include <map>
#include <memory>
#include <mutex>

#include "driver/diagnostics.h"

namespace freshread {

namespace {

// The address at which the dynamic loader mapped the library of `symbol`.
const void* base_of(const void* symbol) {
    Dl_info info{};
    return symbol && ::dladdr(symbol, &info) != 0 ? info.dli_fbase : nullptr;
}

class Symbols {
 public:
    explicit Symbols(const std::string& path) : path_(path) {
        handle_ = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (!handle_) {
            const char* why = ::dlerror();  // NOLINT(concurrency-mt-unsafe): glibc keeps it per thread
            throw DriverError("IM003", "The underlying driver '" + path +
                                           "' cannot be loaded: " + (why ? why : "no reason given"));
        }
        link_map* map = nullptr;
        if (::dlinfo(handle_, RTLD_DI_LINKMAP, &map) == 0 && map) own_base_ = base_of(map->l_ld);
    }

    template <typename Function>
    void find(const char* name, Function& function) const {
        void* symbol = ::dlsym(handle_, name);
        // dlsym also searches the libraries the driver is linked with: what comes from one of those is not
        // the driver's.
        if (!symbol || base_of(symbol) != own_base_) return;
        function = reinterpret_cast<Function>(symbol);
    }

    [[nodiscard]] const std::string& path() const { return path_; }

 private:
    std::string path_;
    void* handle_ = nullptr;
    const void* own_base_ = nullptr;
};

std::unique_ptr<DriverLibrary> read_table(const std::string& path) {
    const Symbols symbols(path);
    auto library = std::make_unique<DriverLibrary>();
    library->path = path;
#define X(name) symbols.find("SQL" #name, library->name);
    FRESHREAD_PLAIN_FUNCTIONS(X)
#undef X
#define X(name)                               \
    symbols.find("SQL" #name, library->name); \
    symbols.find("SQL" #name "W", library->name##W);
    FRESHREAD_TEXT_FUNCTIONS(X)
#undef X
    const bool connects = library->DriverConnect || library->DriverConnectW;
    if (!library->AllocHandle || !library->FreeHandle || !library->Disconnect || !connects)
        throw DriverError("IM003", "The underlying driver '" + path +
                                       "' is not an ODBC 3 driver: it lacks SQLAllocHandle, SQLFreeHandle, "
                                       "SQLDisconnect or SQLDriverConnect");
    return library;
}

}  // namespace

const DriverLibrary& DriverLibrary::load(const std::string& path) {
    static std::mutex mutex;
    static auto* loaded =
        new std::map<std::string, std::unique_ptr<DriverLibrary>>();  // outlives every exit handler
    const std::scoped_lock lock(mutex);
    auto& library = (*loaded)[path];
    if (!library) library = read_table(path);
    return *library;
}

}  // namespace freshread
