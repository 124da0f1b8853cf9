#include "tests/driver/mock_driver.h"

#include <dlfcn.h>
#include <odbcinst.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <stdexcept>

#include "tests/driver/test_cluster.h"

namespace freshread::test {

namespace {

mock::Control& control_of(const char* library) {
    void* handle = ::dlopen(library, RTLD_NOW | RTLD_LOCAL);
    void* symbol = handle ? ::dlsym(handle, mock::kControlFunction) : nullptr;
    if (!symbol) throw std::runtime_error(std::string("cannot load ") + library);
    return *reinterpret_cast<mock::Control* (*)()>(symbol)();
}

std::string node_through(const char* library, const std::string& node, const std::string& more) {
    return "{DSN=pg_" + node + ";DRIVER=" + library + ";Node=" + node + ";" + more + "}";
}

}  // namespace

mock::Control& mock_driver() {
    static mock::Control& control = control_of(FRESHREAD_MOCK_DRIVER);
    return control;
}

mock::Control& sparse_mock_driver() {
    static mock::Control& control = control_of(FRESHREAD_SPARSE_MOCK_DRIVER);
    return control;
}

std::string mock_node(const std::string& node, const std::string& more) {
    return node_through(FRESHREAD_MOCK_DRIVER, node, more);
}

std::string mock_direct(const std::string& node, const std::string& more) {
    // With a DSN the driver manager would take that one's driver.
    std::string text = "DRIVER=" FRESHREAD_MOCK_DRIVER ";Node=" + node + ";" + more + ";";
    for (const char* key : {"Servername", "Port", "Database", "SSLmode", "Username", "Password"}) {
        std::array<char, 256> value{};
        SQLGetPrivateProfileString(("pg_" + node).c_str(), key, "", value.data(),
                                   static_cast<int>(value.size()), "odbc.ini");
        text.append(key).append("=").append(value.data()).append(";");
    }
    return text;
}

std::string sparse_mock_node(const std::string& node) {
    return node_through(FRESHREAD_SPARSE_MOCK_DRIVER, node, {});
}

std::string freshread_over(const std::string& leader, const std::string& replica, const std::string& more) {
    return "Driver=Freshread;Leader=" + leader + ";Replicas=" + replica +
           ";Explain=yes;Policy=any;MarkAge=100ms;StateDir=" + fresh_state_directory() + ";" + more;
}

std::vector<std::string> calls_of(const std::string& node, const std::string& function,
                                  const std::string& containing) {
    const auto all = mock_driver().calls(node);
    std::vector<std::string> calls;
    std::copy_if(all.begin(), all.end(), std::back_inserter(calls), [&](const std::string& call) {
        return call.substr(0, call.find(' ')) == function && call.find(containing) != std::string::npos;
    });
    return calls;
}

std::vector<std::string> records_of(SQLSMALLINT type, SQLHANDLE handle) {
    std::vector<std::string> records;
    for (SQLSMALLINT number = 1;; ++number) {
        std::array<SQLCHAR, 6> state{};
        std::array<SQLCHAR, 2048> text{};
        SQLINTEGER native = 0;
        SQLSMALLINT length = 0;
        if (!SQL_SUCCEEDED(SQLGetDiagRec(type, handle, number, state.data(), &native, text.data(),
                                         static_cast<SQLSMALLINT>(text.size()), &length)))
            return records;
        records.push_back(std::string(reinterpret_cast<const char*>(state.data())) + " " +
                          std::to_string(native) + " " + reinterpret_cast<const char*>(text.data()));
    }
}

std::vector<std::string> record_fields_of(SQLSMALLINT type, SQLHANDLE handle) {
    SQLINTEGER count = 0;
    SQLGetDiagField(type, handle, 0, SQL_DIAG_NUMBER, &count, SQL_IS_INTEGER, nullptr);
    std::vector<std::string> records;
    for (SQLSMALLINT number = 1; number <= count; ++number) {
        std::array<SQLCHAR, 6> state{};
        std::array<SQLCHAR, 2048> text{};
        SQLINTEGER native = 0;
        SQLSMALLINT length = 0;
        SQLGetDiagField(type, handle, number, SQL_DIAG_SQLSTATE, state.data(),
                        static_cast<SQLSMALLINT>(state.size()), &length);
        SQLGetDiagField(type, handle, number, SQL_DIAG_MESSAGE_TEXT, text.data(),
                        static_cast<SQLSMALLINT>(text.size()), &length);
        SQLGetDiagField(type, handle, number, SQL_DIAG_NATIVE, &native, SQL_IS_INTEGER, nullptr);
        records.push_back(std::string(reinterpret_cast<const char*>(state.data())) + " " +
                          std::to_string(native) + " " + reinterpret_cast<const char*>(text.data()));
    }
    return records;
}

}  // namespace freshread::test
