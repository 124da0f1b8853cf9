#include "routing/session_statement.h"

#include "routing/builtin_names.h"
#include "routing/identifier.h"
#include "routing/query_scanner.h"
#include "routing/transaction_statement.h"

namespace freshread {

namespace {

void session_state(StatementFacts& facts) {
    facts.kind = StatementKind::SessionState;
    facts.reason = Reason::SessionState;
}

// `freshread.x`, `freshread x` and `@freshread_x`, from the next token on.
bool at_freshread(const TokenStream& stream) {
    if (stream.at(TokenKind::Variable)) {
        const auto name = stream.peek().text;
        return starts_folded(name, "@freshread_") || starts_folded(name, "@freshread.");
    }
    if (!stream.at_word("freshread")) return false;
    const auto follower = stream.peek(1).kind;
    return follower == TokenKind::Dot || follower == TokenKind::Identifier;
}

// Of @@session.`a` and the like, a.
std::string_view bare_name(const Token& target) {
    const auto dot = target.text.rfind('.');
    auto name = dot == std::string_view::npos ? target.text : target.text.substr(dot + 1);
    while (!name.empty() && (name.front() == '@' || name.front() == '`')) name.remove_prefix(1);
    while (!name.empty() && name.back() == '`') name.remove_suffix(1);
    return name;
}

bool names_autocommit(const Token& target) {
    const auto name = bare_name(target);
    return equals_folded(name, "autocommit") || equals_folded(name, "implicit_transactions");
}

// What this session writes from now on may never reach a replica; or, with the value that comes, `a IS NULL`
// finds the row that this session has inserted last.
bool keeps_from_replicas(const Token& target, const TokenStream& stream) {
    const auto name = bare_name(target);
    if (equals_folded(name, "sql_auto_is_null"))
        return stream.peek(1).text != "0" && !stream.at_word("off", 1);
    return equals_folded(name, "sql_log_bin") || equals_folded(name, "skip_replication");
}

// The targets and values of SET as far as they are constants, which every node would take alike.
class Assignments {
 public:
    Assignments(TokenStream& stream, StatementFacts& facts, StatementClass& result)
        : stream_(stream), facts_(facts), result_(result) {}

    void read() {
        bool target = true;
        while (!stream_.at_statement_end()) {
            if (target) {
                read_target();
                target = false;
                continue;
            }
            const Token token = stream_.take();
            // PostgreSQL: SET search_path TO a, b
            target = token.kind == TokenKind::Comma && stream_.dialect() != Dialect::PostgreSql;
            read_value(token);
            const bool equals = token.kind == TokenKind::Operator || token.kind == TokenKind::Assignment;
            if (!equals || value_tokens_ > 0) ++value_tokens_;
            value_ = token.text;
        }
        facts_.turns_autocommit_on =
            autocommit_ && value_tokens_ == 1 && facts_.kind == StatementKind::SessionState &&
            (value_ == "1" || equals_folded(value_, "on") || equals_folded(value_, "true"));
        if (computed_ && facts_.kind == StatementKind::SessionState) facts_.assigns_variable = true;
    }

 private:
    void read_target() {
        if (stream_.take_word("global") || stream_.take_word("persist") ||
            stream_.take_word("persist_only")) {
            facts_.kind = StatementKind::Write;
            facts_.reason = Reason::Write;
        }
        (void)(stream_.take_word("session") || stream_.take_word("local"));
        if (at_freshread(stream_)) facts_.not_understood = facts_.own_among_others = true;
        const Token token = stream_.take();
        note_target(token);
        previous_ = token.text.ends_with('.') ? TokenKind::Dot : token.kind;  // @@session.`autocommit`
        if (starts_folded(token.text, "@@global") || starts_folded(token.text, "@@persist")) {
            facts_.kind = StatementKind::Write;
            facts_.reason = Reason::Write;
        }
    }

    void note_target(const Token& token) {
        if (stream_.dialect() == Dialect::PostgreSql) return;
        facts_.changes_autocommit = facts_.changes_autocommit || names_autocommit(token);
        const bool variable = token.text.starts_with('@') && !token.text.starts_with("@@");
        autocommit_ = stream_.dialect() == Dialect::MariaDb && !variable &&
                      equals_folded(bare_name(token), "autocommit");
        facts_.assigns_variable = facts_.assigns_variable || keeps_from_replicas(token, stream_);
    }

    void read_value(const Token& token) {
        switch (token.kind) {
            case TokenKind::Identifier:
                if (token.keyword.word == Word::Select) facts_.not_understood = true;
                [[fallthrough]];
            case TokenKind::QuotedIdentifier:
                if (stream_.at(TokenKind::OpenParen)) read_call(token);
                if (previous_ == TokenKind::Dot) note_target(token);
                break;
            case TokenKind::Variable:
            case TokenKind::OpenBrace:
                computed_ = true;
                break;
            default:
                break;
        }
        previous_ = token.kind;
    }

    void read_call(const Token& token) {
        computed_ = true;
        if (token.kind == TokenKind::Identifier && is_language_construct(token.text, stream_.dialect()))
            return;
        result_.functions.add(token.text);
        if (effect_of_function(token.text, stream_.dialect()) != FunctionEffect::Harmless)
            facts_.unknown_function = true;
    }

    TokenStream& stream_;
    StatementFacts& facts_;
    StatementClass& result_;
    bool computed_ = false;
    bool autocommit_ = false;  // is the last target
    TokenKind previous_ = TokenKind::End;
    std::size_t value_tokens_ = 0;
    std::string_view value_{};
};

// SET TRANSACTION and SET SESSION CHARACTERISTICS; `session`: the word SESSION was taken before.
bool read_set_modes(TokenStream& stream, StatementFacts& facts, bool session) {
    if (stream.take_word("transaction")) {
        read_set_transaction(stream, facts, session);
        return true;
    }
    if (!session || !stream.take_word("characteristics")) return false;
    (void)stream.take_word("as");
    (void)stream.take_word("transaction");
    read_set_transaction(stream, facts, true);
    return true;
}

// PostgreSQL: SET name { TO | = } ..., ROLE, TIME ZONE, SESSION AUTHORIZATION ...
void read_postgresql_setting(TokenStream& stream, StatementFacts& facts) {
    const Token name = stream.take();
    if (is_transaction_setting(name.text) && stream.peek().kind != TokenKind::Dot) {
        (void)stream.take();  // TO or =
        read_transaction_setting(stream, facts, name.text);
        return;
    }
    while (!stream.at_statement_end()) {
        // No setting takes a call; a parenthesis can only be INTERVAL(n).
        if (stream.at(TokenKind::OpenParen) && !equals_folded(name.text, "time")) facts.not_understood = true;
        (void)stream.take();
    }
}

}  // namespace

void read_set(TokenStream& stream, StatementFacts& facts, StatementClass& result) {
    session_state(facts);
    const bool postgresql = stream.dialect() == Dialect::PostgreSql;
    if (stream.at_word("global") && stream.at_word("transaction", 1)) {
        facts.kind = StatementKind::Write;
        facts.reason = Reason::Write;
        stream.take_rest();
        return;
    }
    const bool session = stream.take_word("session");
    const bool local = !session && stream.take_word("local");
    if (at_freshread(stream)) {
        facts.kind = StatementKind::Freshread;
        facts.local_setting = local && postgresql;
        stream.take_rest();
        return;
    }
    if (read_set_modes(stream, facts, session)) return;
    if (stream.take_word("constraints")) {
        facts.local_setting = true;
        if (stream.take_word("all")) {
            stream.take_rest();
        } else {
            QueryScanner(stream, facts, result).scan(QueryScanner::Start::Relation);
        }
        return;
    }
    if (postgresql) {
        facts.local_setting = local;
        read_postgresql_setting(stream, facts);
        return;
    }
    // MariaDB's passwords and default roles are data. SET STATEMENT ... FOR runs another statement.
    if (stream.at_word("password") || stream.at_word("default")) {
        facts.kind = StatementKind::Write;
        facts.reason = Reason::Write;
        stream.take_rest();
        return;
    }
    if (stream.at_word("statement")) {
        facts.not_understood = true;
        stream.take_rest();
        return;
    }
    Assignments(stream, facts, result).read();
}

void read_reset(TokenStream& stream, StatementFacts& facts) {
    if (at_freshread(stream)) {
        facts.kind = StatementKind::Freshread;
        facts.reason = Reason::SessionState;
    } else if (stream.dialect() == Dialect::MariaDb) {
        facts.kind = StatementKind::Write;  // RESET MASTER and the like
        facts.reason = Reason::Write;
    } else if (stream.at_word("transaction") || is_transaction_setting(stream.peek().text)) {
        facts.kind = StatementKind::Transaction;
        facts.reason = Reason::TransactionControl;
        facts.verb = TransactionVerb::SetTransaction;
    } else {
        session_state(facts);
    }
    stream.take_rest();
}

void read_discard(TokenStream& stream, StatementFacts& facts) {
    session_state(facts);
    stream.take_rest();
}

void read_use(TokenStream& stream, StatementFacts& facts) {
    session_state(facts);
    if (stream.dialect() == Dialect::PostgreSql) facts.not_understood = true;
    stream.take_rest();
}

void read_show(TokenStream& stream, StatementFacts& facts, StatementClass& result) {
    if (at_freshread(stream)) {
        facts.kind = StatementKind::Freshread;
        facts.reason = Reason::SessionState;
        stream.take_rest();
        return;
    }
    facts.node_dependent = true;
    // MariaDB: SHOW CREATE TABLE t
    const bool names_objects = stream.dialect() != Dialect::PostgreSql;
    QueryScanner(stream, facts, result)
        .scan(names_objects ? QueryScanner::Start::Definition : QueryScanner::Start::Expression);
}

}  // namespace freshread
