#include "routing/hints.h"

#include "routing/identifier.h"

namespace freshread {

namespace {

constexpr std::string_view kSeparators = " \t\r\n\f\v,";

std::string_view take_item(std::string_view& rest) {
    const auto begin = rest.find_first_not_of(kSeparators);
    if (begin == std::string_view::npos) {
        rest = {};
        return {};
    }
    rest.remove_prefix(begin);
    const auto item = rest.substr(0, rest.find_first_of(kSeparators));
    rest.remove_prefix(item.size());
    return item;
}

// The value of `name=value`; nothing when the item is something else or the value is missing.
std::string_view value_of(std::string_view item, std::string_view name) {
    if (!starts_folded(item, name) || item.size() <= name.size() + 1 || item[name.size()] != '=') return {};
    return item.substr(name.size() + 1);
}

// False when the item is not understood.
bool read_item(std::string_view item, Hints& hints) {
    if (equals_folded(item, "leader")) {
        hints.leader = true;
    } else if (equals_folded(item, "replica")) {
        hints.replica = true;
    } else if (equals_folded(item, "fresh")) {
        hints.fresh = true;
    } else if (const auto policy = policy_named(value_of(item, "policy"))) {
        if (!hints.policy) hints.policy = policy;
    } else if (const auto user = value_of(item, "user"); !user.empty()) {
        if (hints.user.empty()) hints.user = user;
    } else if (const auto token = value_of(item, "token"); !token.empty()) {
        if (hints.token.empty()) hints.token = token;
    } else {
        return false;
    }
    return true;
}

}  // namespace

void read_hint(std::string_view comment, Hints& hints) {
    auto rest = comment;
    if (!equals_folded(take_item(rest), "freshread")) return;
    bool any = false;
    for (auto item = take_item(rest); !item.empty(); item = take_item(rest)) {
        any = true;
        if (!read_item(item, hints) && hints.malformed.empty()) hints.malformed = item;
    }
    if (!any && hints.malformed.empty()) hints.malformed = comment;
}

}  // namespace freshread
