#include "driver/driver_library.h"

#include <dlfcn.h>
#include <link.h>
#include <odbcinst.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "driver/diagnostics.h"
#include "driver/serialized_library.h"

namespace freshread {

namespace {

// The address at which the dynamic loader mapped the library of `symbol`.
const void* base_of(const void* symbol) {
    Dl_info info{};
    return symbol && ::dladdr(symbol, &info) != 0 ? info.dli_fbase : nullptr;
}

// The directory of the library that `symbol` comes from, with its slash; empty when it is not known.
std::string directory_of(const void* symbol) {
    Dl_info info{};
    if (::dladdr(symbol, &info) == 0 || !info.dli_fname) return {};
    const std::string path = info.dli_fname;
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
}

// Where a driver that odbcinst.ini names without a directory is looked for, as the driver manager does, whose
// own directory of drivers is compiled into it: beside this driver, in `odbc` beside libodbcinst, then
// wherever the dynamic loader looks.
std::vector<std::string> places_of(const std::string& name) {
    if (name.find('/') != std::string::npos) return {name};
    std::vector<std::string> places;
    const std::string own = directory_of(reinterpret_cast<const void*>(&places_of));
    const std::string installer = directory_of(reinterpret_cast<const void*>(&SQLGetPrivateProfileString));
    if (!own.empty()) places.push_back(own + name);
    if (!installer.empty()) places.push_back(installer + "odbc/" + name);
    places.push_back(name);
    return places;
}

class Symbols {
 public:
    explicit Symbols(const std::string& path) {
        for (const std::string& place : places_of(path)) {
            // A file that is there and cannot be loaded is the one that was meant: its reason is the one to
            // tell.
            if (place != path && ::access(place.c_str(), F_OK) != 0) continue;
            handle_ = ::dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
            break;
        }
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

 private:
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

const DriverLibrary& DriverLibrary::load(const std::string& path, Threading threading) {
    using Tables = std::map<std::pair<std::string, Threading>, std::unique_ptr<DriverLibrary>>;
    static std::mutex mutex;
    static auto* loaded = new Tables();  // outlives every exit handler
    const std::scoped_lock lock(mutex);
    auto& library = (*loaded)[{path, threading}];
    if (library) return *library;
    auto raw = read_table(path);
    library = threading == Threading::Free ? std::move(raw) : serialized(*raw, threading);
    return *library;
}

}  // namespace freshread
