#include "routing/statement_head.h"

#include <span>

#include "routing/identifier.h"
#include "routing/query_scanner.h"
#include "routing/session_statement.h"
#include "routing/transaction_statement.h"

namespace freshread {

namespace {

using Start = QueryScanner::Start;

void scan(TokenStream& stream, StatementFacts& facts, StatementClass& result, Start start) {
    QueryScanner(stream, facts, result).scan(start);
}

void set_kind(StatementFacts& facts, StatementKind kind, Reason reason) {
    facts.kind = kind;
    facts.reason = reason;
}

bool begins_query(const TokenStream& stream) {
    if (stream.at(TokenKind::OpenParen)) return true;
    switch (stream.keyword().word) {
        case Word::Select:
        case Word::Values:
        case Word::Table:
        case Word::With:
        case Word::Insert:
        case Word::Update:
        case Word::Delete:
        case Word::Merge:
        case Word::Replace:
            return true;
        default:
            return false;
    }
}

bool begins_definition(const TokenStream& stream) {
    return stream.at_word("create") || stream.at_word("alter") || stream.at_word("drop") ||
           stream.at_word("import");
}

// Statements whose leading word says it all. The rest is walked over for the names in it.
struct Plain {
    std::string_view word;
    StatementKind kind;
    Reason reason;
    Start start;
    bool at_once;  // takes effect, or may, before the transaction commits
};

constexpr auto kWrite = StatementKind::Write;
constexpr auto kSession = StatementKind::LeaderSession;
constexpr auto kLocking = StatementKind::LockingRead;

constexpr Plain kPostgreSql[] = {
    {"alter", kWrite, Reason::Write, Start::Definition, false},
    {"analyse", kWrite, Reason::Write, Start::Relation, false},
    {"analyze", kWrite, Reason::Write, Start::Relation, false},
    {"call", kWrite, Reason::Write, Start::Expression, true},
    {"checkpoint", kWrite, Reason::Write, Start::Expression, true},
    {"close", kSession, Reason::LeaderSession, Start::Expression, false},
    {"cluster", kWrite, Reason::Write, Start::Relation, true},
    {"comment", kWrite, Reason::Write, Start::Definition, false},
    {"copy", kWrite, Reason::Write, Start::Relation, false},
    {"deallocate", kSession, Reason::LeaderSession, Start::Expression, false},
    {"declare", kSession, Reason::LeaderSession, Start::Definition, false},
    {"do", kWrite, Reason::Write, Start::Expression, true},
    {"drop", kWrite, Reason::Write, Start::Definition, true},
    {"execute", kSession, Reason::LeaderSession, Start::Expression, true},
    {"fetch", kSession, Reason::LeaderSession, Start::Expression, true},
    {"grant", kWrite, Reason::Write, Start::Definition, false},
    {"import", kWrite, Reason::Write, Start::Definition, false},
    {"listen", kSession, Reason::LeaderSession, Start::Expression, false},
    {"load", kSession, Reason::LeaderSession, Start::Expression, true},
    {"lock", kLocking, Reason::LockingRead, Start::Relation, false},
    {"move", kSession, Reason::LeaderSession, Start::Expression, true},
    {"notify", kSession, Reason::LeaderSession, Start::Expression, false},
    {"reassign", kWrite, Reason::Write, Start::Expression, false},
    {"refresh", kWrite, Reason::Write, Start::Relation, true},
    {"reindex", kWrite, Reason::Write, Start::Definition, true},
    {"revoke", kWrite, Reason::Write, Start::Definition, false},
    {"security", kWrite, Reason::Write, Start::Definition, false},
    {"truncate", kWrite, Reason::Write, Start::Relation, false},
    {"unlisten", kSession, Reason::LeaderSession, Start::Expression, false},
    {"vacuum", kWrite, Reason::Write, Start::Relation, true},
};

// Also of generic servers. What is missing here is Unknown and as safe.
constexpr Plain kMariaDb[] = {
    {"alter", kWrite, Reason::Write, Start::Definition, true},
    {"call", kWrite, Reason::Write, Start::Expression, true},
    {"close", kSession, Reason::LeaderSession, Start::Expression, true},
    {"deallocate", kSession, Reason::LeaderSession, Start::Expression, false},
    {"declare", kSession, Reason::LeaderSession, Start::Definition, true},
    {"do", kWrite, Reason::Write, Start::Expression, true},
    {"drop", kWrite, Reason::Write, Start::Definition, true},
    {"execute", kSession, Reason::LeaderSession, Start::Expression, true},
    {"fetch", kSession, Reason::LeaderSession, Start::Expression, true},
    {"flush", kWrite, Reason::Write, Start::Expression, true},
    {"get", kSession, Reason::LeaderSession, Start::Expression, false},
    {"grant", kWrite, Reason::Write, Start::Definition, true},
    {"handler", kSession, Reason::LeaderSession, Start::Expression, false},
    {"kill", kWrite, Reason::Write, Start::Expression, true},
    {"load", kWrite, Reason::Write, Start::Definition, true},
    {"lock", kSession, Reason::LeaderSession, Start::Definition, true},
    {"optimize", kWrite, Reason::Write, Start::Definition, true},
    {"purge", kWrite, Reason::Write, Start::Expression, true},
    {"rename", kWrite, Reason::Write, Start::Definition, true},
    {"repair", kWrite, Reason::Write, Start::Definition, true},
    {"revoke", kWrite, Reason::Write, Start::Definition, true},
    {"stop", kWrite, Reason::Write, Start::Expression, true},
    {"truncate", kWrite, Reason::Write, Start::Relation, true},
    {"unlock", kSession, Reason::LeaderSession, Start::Expression, true},
};

bool read_plain(TokenStream& stream, StatementFacts& facts, StatementClass& result) {
    const auto table = stream.dialect() == Dialect::PostgreSql ? std::span<const Plain>(kPostgreSql)
                                                               : std::span<const Plain>(kMariaDb);
    const auto* plain = find_folded(table, stream.peek().text,
                                    [](const Plain& entry) -> std::string_view { return entry.word; });
    if (plain == nullptr) return false;
    (void)stream.take();
    set_kind(facts, plain->kind, plain->reason);
    facts.writes_at_once = plain->at_once;
    facts.runs_routine = plain->word == "call" || plain->word == "do" || plain->word == "execute" ||
                         plain->word == "fetch" || plain->word == "move";
    facts.implicit_commit = stream.dialect() == Dialect::MariaDb && plain->at_once && plain->word != "call" &&
                            plain->word != "do" && plain->word != "execute" && plain->word != "fetch" &&
                            plain->word != "kill" && plain->word != "close" && plain->word != "declare";
    // What was prepared may be a SET, or make a temporary table.
    if (stream.dialect() == Dialect::MariaDb && plain->word == "execute") facts.assigns_variable = true;
    scan(stream, facts, result, plain->start);
    return true;
}

// The body of a routine holds semicolons: in PostgreSQL between BEGIN ATOMIC and its END, elsewhere up to the
// end of the text.
void take_routine(TokenStream& stream) {
    std::size_t blocks = 0;
    const bool whole_text = stream.dialect() != Dialect::PostgreSql;
    while (!stream.at(TokenKind::End)) {
        if (stream.at(TokenKind::Semicolon) && blocks == 0 && !whole_text) return;
        if (stream.at_word("begin") && stream.at_word("atomic", 1)) ++blocks;
        if (blocks > 0 && stream.at_word("case")) ++blocks;
        if (blocks > 0 && stream.at_word("end")) --blocks;
        (void)stream.take();
    }
}

void read_create(TokenStream& stream, StatementFacts& facts, StatementClass& result) {
    set_kind(facts, StatementKind::Write, Reason::Write);
    facts.writes_at_once = stream.dialect() != Dialect::PostgreSql;
    facts.implicit_commit = stream.dialect() == Dialect::MariaDb;
    constexpr std::string_view kModifiers[] = {"or",       "replace",      "global",    "local",
                                               "unlogged", "foreign",      "recursive", "temporary",
                                               "temp",     "materialized", "aggregate"};
    for (bool more = true; more;) {
        more = false;
        for (const auto modifier : kModifiers) {
            if (!stream.at_word(modifier)) continue;
            if (modifier == "temporary" || modifier == "temp") {
                facts.creates_temporary = true;
                facts.implicit_commit = false;
            }
            (void)stream.take();
            more = true;
        }
    }
    // MariaDB: CREATE DEFINER=x PROCEDURE
    const bool definer = stream.at_word("definer");
    for (const std::string_view routine : {"function", "procedure", "event", "package"}) {
        if (!stream.at_word(routine) && !definer) continue;
        take_routine(stream);
        return;
    }
    if (stream.at_word("trigger") && stream.dialect() != Dialect::PostgreSql) {
        take_routine(stream);
        return;
    }
    scan(stream, facts, result, Start::Definition);
    if (facts.temporary) facts.creates_temporary = true;
}

void read_query(TokenStream& stream, StatementFacts& facts, StatementClass& result) {
    scan(stream, facts, result, Start::Query);
}

// DECLARE name ... CURSOR ... FOR query, which EXPLAIN does not open. DECLARE is ahead.
void read_explained_cursor(TokenStream& stream, StatementFacts& facts, StatementClass& result) {
    (void)stream.take();
    (void)stream.take();  // its name, which may be FOR's
    while (!stream.at_statement_end() && !stream.at_word("for")) (void)stream.take();
    (void)stream.take_word("for");
    if (!begins_query(stream)) facts.not_understood = true;
    read_query(stream, facts, result);
}

// What EXPLAIN may explain.
void read_explained(TokenStream& stream, StatementFacts& facts, StatementClass& result) {
    if (begins_query(stream)) {
        read_query(stream, facts, result);
    } else if (stream.at_word("create")) {
        (void)stream.take();
        read_create(stream, facts, result);
    } else if (facts.explained && stream.dialect() == Dialect::PostgreSql && stream.at_word("declare")) {
        read_explained_cursor(stream, facts, result);
    } else if (!read_plain(stream, facts, result)) {
        facts.not_understood = true;
        stream.take_rest();
    }
}

// The name may be quoted, and an escape in it may be any letter.
bool names_analyze(const Token& token) {
    if (token.kind == TokenKind::QuotedIdentifier && token.text.front() != '"') return true;
    const bool name = token.kind == TokenKind::Identifier || token.kind == TokenKind::QuotedIdentifier;
    return name && (names_same(token.text, "analyze") || names_same(token.text, "analyse"));
}

// EXPLAIN ( option [value], ... ): true when it runs the statement. The parenthesis is ahead.
bool read_explain_options(TokenStream& stream) {
    bool analyze = false;
    while (!stream.at_statement_end()) {
        const Token token = stream.take();
        if (token.kind == TokenKind::CloseParen) break;
        if (!names_analyze(token)) continue;
        const bool off = stream.at_word("false") || stream.at_word("off") ||
                         (stream.at(TokenKind::Number) && stream.peek().text == "0");
        analyze = analyze || !off;
    }
    return analyze;
}

bool opens_query(const TokenStream& stream) {
    if (!stream.at(TokenKind::OpenParen)) return false;
    const auto inner = stream.keyword(1).word;
    return stream.peek(1).kind == TokenKind::OpenParen || inner == Word::Select || inner == Word::With ||
           inner == Word::Values || inner == Word::Table;
}

void read_explain(TokenStream& stream, StatementFacts& facts, StatementClass& result) {
    bool analyze = false;
    if (stream.at(TokenKind::OpenParen) && !opens_query(stream)) {
        analyze = read_explain_options(stream);
    } else {
        for (bool more = true; more;) {
            more = false;
            for (const std::string_view option : {"analyze", "analyse"}) {
                if (!stream.take_word(option)) continue;
                analyze = true;
                more = true;
            }
            for (const std::string_view option : {"verbose", "extended", "partitions"}) {
                more = stream.take_word(option) || more;
            }
            if (stream.at_word("format") && stream.peek(1).kind == TokenKind::Operator) {
                (void)stream.take();
                (void)stream.take();
                (void)stream.take();
                more = true;
            }
        }
    }
    facts.explained = !analyze;
    if (stream.dialect() == Dialect::PostgreSql || begins_query(stream)) {
        read_explained(stream, facts, result);
        return;
    }
    if (stream.at_word("for")) {  // FOR CONNECTION n
        facts.node_dependent = true;
        stream.take_rest();
        return;
    }
    scan(stream, facts, result, Start::Relation);  // DESCRIBE t
}

// ODBC: {call p(?)}, {?= call f(?)}; anything else in braces is no statement.
void read_escape(TokenStream& stream, StatementFacts& facts, StatementClass& result) {
    (void)stream.take();
    if (stream.at(TokenKind::Parameter)) {
        (void)stream.take();
        if (stream.at(TokenKind::Operator)) (void)stream.take();
    }
    if (!stream.take_word("call")) facts.not_understood = true;
    set_kind(facts, StatementKind::Write, Reason::Write);
    facts.writes_at_once = facts.runs_routine = true;
    while (!stream.at_statement_end()) {
        const Token token = stream.take();
        if (token.kind == TokenKind::Identifier && stream.at(TokenKind::OpenParen)) {
            result.functions.add(token.text);
        }
    }
}

// The statements that need more than a table. False when the word begins none of them.
bool read_structured(TokenStream& stream, StatementFacts& facts, StatementClass& result) {
    const bool postgresql = stream.dialect() == Dialect::PostgreSql;
    const bool mariadb = stream.dialect() == Dialect::MariaDb;
    if (stream.at_word("prepare") && stream.at_word("transaction", 1)) {
        (void)stream.take();
        read_prepare_transaction(stream, facts);
    } else if (stream.take_word("prepare")) {
        set_kind(facts, StatementKind::LeaderSession, Reason::LeaderSession);
        scan(stream, facts, result, Start::Definition);
    } else if (stream.take_word("set")) {
        read_set(stream, facts, result);
    } else if (stream.take_word("show")) {
        read_show(stream, facts, result);
    } else if (stream.take_word("reset")) {
        read_reset(stream, facts);
    } else if (stream.take_word("discard")) {
        read_discard(stream, facts);
    } else if (stream.take_word("use")) {
        read_use(stream, facts);
    } else if (mariadb && stream.at_word("begin") && stream.at_word("not", 1)) {
        facts.not_understood = true;  // a compound statement
        take_routine(stream);
    } else if (stream.take_word("begin")) {
        read_begin(stream, facts);
    } else if (stream.take_word("start")) {
        read_start(stream, facts);
        if (facts.not_understood) stream.take_rest();
    } else if (stream.take_word("commit") || (postgresql && stream.take_word("end"))) {
        read_commit(stream, facts);
    } else if (stream.take_word("rollback") || (postgresql && stream.take_word("abort"))) {
        read_rollback(stream, facts);
    } else if (stream.take_word("savepoint") || stream.take_word("release")) {
        read_savepoint(stream, facts);
    } else if (mariadb && stream.take_word("xa")) {
        read_xa(stream, facts);
    } else if (stream.take_word("create")) {
        read_create(stream, facts, result);
    } else if (stream.take_word("explain") ||
               (!postgresql && (stream.take_word("describe") || stream.take_word("desc")))) {
        read_explain(stream, facts, result);
    } else if (mariadb && stream.take_word("analyze")) {
        if (stream.at_word("format") || (begins_query(stream) && !stream.at_word("table"))) {
            read_explain(stream, facts, result);
            facts.explained = false;
        } else {
            set_kind(facts, StatementKind::Write, Reason::Write);
            facts.writes_at_once = true;
            facts.implicit_commit = true;
            scan(stream, facts, result, Start::Definition);
        }
    } else {
        return false;
    }
    return true;
}

}  // namespace

void read_statement(TokenStream& stream, StatementFacts& facts, StatementClass& result) {
    if (begins_query(stream)) {
        read_query(stream, facts, result);
    } else if (stream.at(TokenKind::OpenBrace)) {
        read_escape(stream, facts, result);
    } else if (stream.at(TokenKind::Identifier)) {
        facts.defines = begins_definition(stream);
        if (!read_structured(stream, facts, result) && !read_plain(stream, facts, result))
            facts.not_understood = true;
    } else {
        facts.not_understood = true;
    }
    // Words behind the end that is known here: not a statement this understands.
    if (!stream.at_statement_end()) {
        facts.not_understood = true;
        stream.take_rest();
    }
    if (stream.broken()) facts.not_understood = true;
}

}  // namespace freshread
