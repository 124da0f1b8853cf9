#include "tests/consistency/tokens.h"

#include <array>
#include <filesystem>
#include <fstream>

#include "driver/freshread.h"
#include "tests/consistency/scoreboard.h"

namespace freshread::consistency {

namespace {

std::string file_of(const std::string& directory, int process, int thread) {
    return directory + "/token-" + std::to_string(process) + "-" + std::to_string(thread);
}

}  // namespace

Tokens::Tokens(const std::string& directory, int user, int process, int thread)
    : own_(file_of(directory, process, thread)) {
    for (int other = 0; other < kProcesses; ++other)
        for (int number = 0; number < kThreads; ++number)
            if (user_of(other, number) == user) all_.push_back(file_of(directory, other, number));
}

void Tokens::hand_on(test::Client& client) const {
    std::array<char, 256> token{};
    SQLINTEGER length = 0;
    if (!SQL_SUCCEEDED(SQLGetConnectAttr(client.handle(), FRESHREAD_ATTR_TOKEN, token.data(),
                                         static_cast<SQLINTEGER>(token.size()), &length)))
        throw test::error_of(SQL_HANDLE_DBC, client.handle());
    const std::string made = own_ + ".new";
    std::ofstream(made) << token.data();
    std::filesystem::rename(made, own_);
}

void Tokens::take_over(test::Client& client) const {
    for (const std::string& path : all_) {
        std::string token;
        if (!std::getline(std::ifstream(path), token)) continue;
        if (!SQL_SUCCEEDED(SQLSetConnectAttr(client.handle(), FRESHREAD_ATTR_TOKEN, token.data(), SQL_NTS)))
            throw test::error_of(SQL_HANDLE_DBC, client.handle());
    }
}

}  // namespace freshread::consistency
