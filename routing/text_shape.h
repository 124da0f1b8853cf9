// The shape of a statement text: the text with its plain literals taken out. Texts of one shape differ in the
// digits of numbers and in the contents of strings only, and the classifier (routing/classifier.h) gives them
// the same class, unless belongs_to_shape says no; so an application that writes its values into the text has
// it classified once.
//
//   select name from t where id = 4711 and town = 'Bern'    select name from t where id = # and town = '
//
// A number is taken out when nothing that could belong to it stands beside it (letters, dots, $, @, _), a
// string when it opens with a bare quote. What no rule here is sure of stays as it is written, and a text
// with a comment, a backslash, a dollar quote or a control character has no shape: comments carry hints, and
// the others make it depend on settings where a string ends. Only texts that begin with SELECT, INSERT,
// UPDATE, DELETE, WITH or VALUES have one: what others mean may hang on a literal (EXPLAIN (ANALYZE 0), SET x
// = 1).
//
// Two texts of one shape have the same names at the same order, but not at the same places.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "routing/dialect.h"
#include "routing/statement_class.h"

namespace freshread {

// The shape, written into `room`, which only ever grows: it stays until the next call, and nothing is
// allocated once the room suffices. Nothing when the text has none. Linear.
[[nodiscard]] std::optional<std::string_view> shape_of(std::string_view text, Dialect dialect,
                                                       std::string& room);

// The class of a text with a shape is that of every text of it: no literal can have made it what it is, as in
// set_config(name, value, local).
[[nodiscard]] bool belongs_to_shape(const StatementClass& is);

}  // namespace freshread
