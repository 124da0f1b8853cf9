// Transaction control: BEGIN to XA. Each function is called behind the word it is named after and reads on to
// where the statement should end; what it does not understand it leaves there.
//
// Sources: PostgreSQL documentation, "SQL Commands"; MariaDB documentation, "Transactions" and "XA
// Transactions".
#pragma once

#include "routing/statement_facts.h"
#include "routing/token_stream.h"

namespace freshread {

void read_begin(TokenStream& stream, StatementFacts& facts);
void read_start(TokenStream& stream, StatementFacts& facts);
void read_commit(TokenStream& stream, StatementFacts& facts);
void read_rollback(TokenStream& stream, StatementFacts& facts);
void read_savepoint(TokenStream& stream, StatementFacts& facts);  // RELEASE too
void read_prepare_transaction(TokenStream& stream, StatementFacts& facts);
void read_xa(TokenStream& stream, StatementFacts& facts);

// Behind SET ... TRANSACTION. Modes of the session's later transactions (`lasting`) are not those of the
// current one and are left out.
void read_set_transaction(TokenStream& stream, StatementFacts& facts, bool lasting);

// SET transaction_read_only = on and its kin, from their value on.
void read_transaction_setting(TokenStream& stream, StatementFacts& facts, std::string_view setting);
[[nodiscard]] bool is_transaction_setting(std::string_view name);

}  // namespace freshread
