// A read's way that needs no second decision: the replica that served the last read of policy `position`, and
// what tells that the next one would go there, too.
//
//   witness   the store of users' positions has nothing new of the user (state/generation_file.h)
//   epoch     nothing happened on the connection that routing looks at: everything but a replica's read
//   raises
//             the connection's epoch (Connection::changed)
//   proof     the statement was proven harmless with the catalog that still is the current one, and that is
//             asked about often enough
//
// The replica's own position only rises while its connection lives, so what satisfied the user still does.
// Kept by the connection, and by each statement for itself, where it is looked at without a lock.
#pragma once

#include <cstdint>

#include "state/clock.h"
#include "state/generation_file.h"

namespace freshread {

class Backend;

struct SettledRoute {
    Backend* replica = nullptr;  // null: nothing is settled
    std::uint64_t epoch = 0;
    Witness witness{};
    std::uint64_t proof = 0;    // ClassifiedText::proof of the texts it holds for
    std::uint64_t catalog = 0;  // Catalog::revision
    BootTime until{0};          // then the catalog's age is looked at again
};

}  // namespace freshread
