// Hints: comments that start with `freshread`, e.g. /* freshread leader */. Grammar: the word, then items
// parted by spaces or commas: leader, replica, fresh, policy=NAME, user=NAME, token=TOKEN. They combine over
// all comments of a text; of two users, or two policies, the first counts.
#pragma once

#include <string_view>

#include "routing/statement_class.h"

namespace freshread {

// `comment` is what stands between the delimiters. A comment that is no hint changes nothing.
void read_hint(std::string_view comment, Hints& hints);

}  // namespace freshread
