// What scanning one statement of a text has brought to light. The classifier draws its conclusion from this.
#pragma once

#include "routing/statement_class.h"

namespace freshread {

struct StatementFacts {
    // What the leading words say the statement is, were everything in it harmless. Read for queries.
    StatementKind kind = StatementKind::Read;
    Reason reason = Reason::ReadOnReplica;

    bool explained = false;         // EXPLAIN without ANALYZE: planned, not run
    bool writes = false;            // INSERT, UPDATE, DELETE ..., also inside WITH; SELECT INTO
    bool writes_at_once = false;    // nextval() and its kin, CALL, DO
    bool runs_routine = false;      // CALL, DO, EXECUTE, FETCH
    bool locks = false;             // FOR UPDATE, advisory locks
    bool unknown_function = false;  // a function, type or operator that is not built in
    bool not_understood = false;    // beyond the grammar known here
    bool leader_session = false;    // currval() and its kin
    bool temporary = false;         // names pg_temp, or creates a temporary object
    bool creates_temporary = false;
    bool node_dependent = false;
    bool sets_session = false;  // set_config()
    bool sets_lasting = false;  // set_config(..., false)
    bool local_setting = false;
    bool assigns_variable = false;  // @x := 1 in a query
    bool implicit_commit = false;
    bool changes_autocommit = false;
    bool turns_autocommit_on = false;
    bool names_relations = false;
    bool own_among_others = false;  // SET @a = 1, @freshread_b = 2
    bool defines = false;           // CREATE, ALTER, DROP, IMPORT
    std::uint32_t indifferent_quotes = 0;

    TransactionVerb verb = TransactionVerb::None;
    TransactionModes modes{};
};

}  // namespace freshread
