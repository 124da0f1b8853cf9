// Session state: SET, RESET, DISCARD, USE, SHOW. Called behind the word; each reads on to where the statement
// should end and leaves there what it does not understand.
#pragma once

#include "routing/statement_facts.h"
#include "routing/token_stream.h"

namespace freshread {

void read_set(TokenStream& stream, StatementFacts& facts, StatementClass& result);
void read_reset(TokenStream& stream, StatementFacts& facts);
void read_discard(TokenStream& stream, StatementFacts& facts);
void read_use(TokenStream& stream, StatementFacts& facts);
void read_show(TokenStream& stream, StatementFacts& facts, StatementClass& result);

}  // namespace freshread
