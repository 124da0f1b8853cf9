// The classifier: SQL text to StatementClass. Default-deny: a text is a Read only when every token of it is
// understood and known to be harmless; whatever is not is a Write, a LockingRead ... or Unknown, and runs on
// the leader, tracked.
//
// Relations are taken as plain here: whether a name is a table or a view over a function that writes is the
// catalog's knowledge, and the caller's to ask. So is what a built-in operator or cast does to a type of the
// user, whether `t.f` is a column or the call f(t), and whether search_path puts a user's function before a
// built-in one of the same name.
//
// A text of several statements is a Read when each of them is; else Unknown, with the verb of the last
// transaction control in it and every flag that any of them has. A broken text is Unknown too, but keeps the
// verb and the names of what came before.
//
// Linear in the text; allocates only for the names it returns. Any byte string is accepted. Thread-safe: no
// state.
#pragma once

#include <string_view>

#include "routing/dialect.h"
#include "routing/statement_class.h"

namespace freshread {

// `text` must outlive the result, whose views point into it.
[[nodiscard]] StatementClass classify(std::string_view text, const LexicalSettings& settings);

}  // namespace freshread
