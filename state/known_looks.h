// What one process has looked up in the user table, with the generation loaded before (state/generations.h).
//
// Only what allows a replica is kept: while a mark is open, or base is unset, the leader answers, and looking
// again costs little beside that. So nothing is missed of a process that was killed between its commit and
// its bump: it has not sent the write of its mark, and what it closed is not kept as open.
//
// Not thread-safe: the owner locks.
#pragma once

#include <cstddef>
#include <cstring>
#include <unordered_map>

#include "state/generations.h"
#include "state/user_table.h"

namespace freshread {

class KnownLooks {
 public:
    // Nothing when the user was not looked up in this generation.
    [[nodiscard]] const UserLook* find(const UserKey& user, const Generation& generation) const {
        const auto known = looks_.find(user);
        return known != looks_.end() && known->second.generation == generation ? &known->second.look
                                                                               : nullptr;
    }
    void keep(const UserKey& user, const Generation& generation, const UserLook& look) {
        if (!look.base_set || look.mark_open) return;
        if (looks_.size() >= kMost) looks_.clear();
        looks_.insert_or_assign(user, Known{generation, look});
    }

 private:
    static constexpr std::size_t kMost = 1024;

    struct Known {
        Generation generation{};
        UserLook look{};
    };
    // Keys are keyed hashes: any part of one will do.
    struct Hash {
        std::size_t operator()(const UserKey& user) const noexcept {
            std::size_t part = 0;
            std::memcpy(&part, user.data(), sizeof part);
            return part;
        }
    };
    std::unordered_map<UserKey, Known, Hash> looks_;
};

}  // namespace freshread
