#include "driver/session_settings.h"

#include <algorithm>
#include <cctype>

namespace freshread {

namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

}  // namespace

bool SessionSettings::note(const StatementClass& statement, std::string_view text, bool in_transaction) {
    constexpr std::size_t kMostSettings = 100;
    if (statement.local_setting) return true;  // ends with its transaction, which lives on the leader
    if (statement.statements != 1 || !statement.functions.empty() ||
        durable_.size() + pending_.size() >= kMostSettings)
        return false;
    const std::string words = lower(text);
    // Concerns transactions, which replicas do not run in autocommit.
    if (words.find("default_transaction_") != std::string::npos) return true;
    if (words.find("discard") != std::string::npos || words.find('?') != std::string::npos) return false;
    (in_transaction ? pending_ : durable_).emplace_back(text);
    return true;
}

void SessionSettings::committed() {
    std::move(pending_.begin(), pending_.end(), std::back_inserter(durable_));
    pending_.clear();
}

void SessionSettings::clear() {
    durable_.clear();
    pending_.clear();
}

}  // namespace freshread
