#include "driver/identity.h"

#include <algorithm>

#include "state/user_key.h"

namespace freshread {

void Identity::name(Word word, std::string user) {
    const UserKey key = key_of_name(user);
    named_.at(static_cast<std::size_t>(word)) = Named{std::move(user), key};
}

void Identity::forget(Word word) {
    named_.at(static_cast<std::size_t>(word)).reset();
}

const UserKey& Identity::key(std::string_view hinted) {
    if (hinted.empty()) return key();
    if (hinted_.name != hinted) hinted_ = {std::string(hinted), key_of_name(hinted)};
    return hinted_.key;
}

const Identity::Named& Identity::strongest() const {
    const auto found =
        std::find_if(named_.rbegin(), named_.rend(), [](const auto& named) { return named.has_value(); });
    return found == named_.rend() ? nobody_ : **found;
}

}  // namespace freshread
