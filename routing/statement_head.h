// The kinds of statements: reads one statement from its leading words on and says what it is and what it
// does.
#pragma once

#include "routing/statement_facts.h"
#include "routing/token_stream.h"

namespace freshread {

// From the first token of a statement up to its semicolon, which stays, or the end of the text.
void read_statement(TokenStream& stream, StatementFacts& facts, StatementClass& result);

}  // namespace freshread
