// EmptyRead=leader: what a replica found nothing for is asked again on the leader.
#pragma once

#include "driver/statement.h"

namespace freshread {

// Whether a read that the replica has answered is to be asked on the leader now. A driver that does not tell
// how many rows there are, before they are fetched, leaves it to the first fetch, unless the statement has
// parameters: the application may change their values until then.
[[nodiscard]] bool found_nothing(const Statement& statement, UnderlyingStatement& underlying,
                                 SQLRETURN result);

}  // namespace freshread
