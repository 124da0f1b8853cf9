#include "routing/transaction_statement.h"

#include "routing/identifier.h"

namespace freshread {

namespace {

using Access = TransactionModes::Access;
using Isolation = TransactionModes::Isolation;

void control(StatementFacts& facts, TransactionVerb verb) {
    facts.kind = StatementKind::Transaction;
    facts.reason = Reason::TransactionControl;
    facts.verb = verb;
}

void take_transaction_word(TokenStream& stream) {
    for (const std::string_view word : {"work", "transaction", "tran"}) {
        if (stream.take_word(word)) return;
    }
}

bool read_isolation(TokenStream& stream, Isolation& isolation) {
    if (stream.take_word("serializable")) {
        isolation = Isolation::Serializable;
    } else if (stream.take_word("repeatable")) {
        isolation = Isolation::RepeatableRead;
        return stream.take_word("read");
    } else if (stream.take_word("read")) {
        isolation = stream.at_word("committed") ? Isolation::ReadCommitted : Isolation::ReadUncommitted;
        return stream.take_word("committed") || stream.take_word("uncommitted");
    } else {
        return false;
    }
    return true;
}

// One of: ISOLATION LEVEL ..., READ ONLY, READ WRITE, [NOT] DEFERRABLE, WITH CONSISTENT SNAPSHOT, SNAPSHOT
// '...'
bool read_mode(TokenStream& stream, TransactionModes& modes) {
    if (stream.take_word("isolation"))
        return stream.take_word("level") && read_isolation(stream, modes.isolation);
    if (stream.take_word("read")) {
        modes.access = stream.at_word("only") ? Access::ReadOnly : Access::ReadWrite;
        return stream.take_word("only") || stream.take_word("write");
    }
    if (stream.take_word("not")) return stream.take_word("deferrable");
    if (stream.take_word("with")) return stream.take_word("consistent") && stream.take_word("snapshot");
    if (stream.take_word("snapshot")) {
        if (!stream.at(TokenKind::String)) return false;
        (void)stream.take();
        return true;
    }
    return stream.take_word("deferrable");
}

void read_modes(TokenStream& stream, StatementFacts& facts) {
    while (!stream.at_statement_end()) {
        if (!read_mode(stream, facts.modes)) return;
        if (stream.at(TokenKind::Comma)) (void)stream.take();
    }
}

// [AND [NO] CHAIN], and MariaDB's [[NO] RELEASE]. What is missing or too much stays for the caller to find.
bool read_chain(TokenStream& stream) {
    bool chain = false;
    if (stream.at_word("and") && stream.at_word("chain", 1)) {
        (void)stream.take();
        chain = stream.take_word("chain");
    } else if (stream.at_word("and") && stream.at_word("no", 1) && stream.at_word("chain", 2)) {
        (void)stream.take();
        (void)stream.take();
        (void)stream.take();
    }
    if (stream.at_word("no") && stream.at_word("release", 1)) (void)stream.take();
    (void)stream.take_word("release");
    return chain;
}

void take_string(TokenStream& stream) {
    if (stream.at(TokenKind::String)) (void)stream.take();
}

bool is_identifier(TokenKind kind) {
    return kind == TokenKind::Identifier || kind == TokenKind::QuotedIdentifier;
}

}  // namespace

void read_begin(TokenStream& stream, StatementFacts& facts) {
    control(facts, TransactionVerb::Begin);
    take_transaction_word(stream);
    read_modes(stream, facts);
}

void read_start(TokenStream& stream, StatementFacts& facts) {
    if (!stream.take_word("transaction")) {
        facts.not_understood = true;  // START SLAVE and the like
        return;
    }
    control(facts, TransactionVerb::Begin);
    read_modes(stream, facts);
}

void read_commit(TokenStream& stream, StatementFacts& facts) {
    if (stream.take_word("prepared")) {
        control(facts, TransactionVerb::CommitPrepared);
        take_string(stream);
        return;
    }
    take_transaction_word(stream);
    control(facts, read_chain(stream) ? TransactionVerb::CommitAndChain : TransactionVerb::Commit);
}

void read_rollback(TokenStream& stream, StatementFacts& facts) {
    if (stream.take_word("prepared")) {
        control(facts, TransactionVerb::RollbackPrepared);
        take_string(stream);
        return;
    }
    take_transaction_word(stream);
    if (stream.take_word("to")) {
        read_savepoint(stream, facts);
        return;
    }
    control(facts, read_chain(stream) ? TransactionVerb::RollbackAndChain : TransactionVerb::Rollback);
}

void read_savepoint(TokenStream& stream, StatementFacts& facts) {
    control(facts, TransactionVerb::Savepoint);
    if (stream.at_word("savepoint") && is_identifier(stream.peek(1).kind)) (void)stream.take();
    if (is_identifier(stream.peek().kind)) (void)stream.take();
}

void read_prepare_transaction(TokenStream& stream, StatementFacts& facts) {
    (void)stream.take_word("transaction");
    control(facts, TransactionVerb::PrepareTransaction);
    take_string(stream);
}

void read_xa(TokenStream& stream, StatementFacts& facts) {
    if (stream.take_word("start") || stream.take_word("begin")) {
        control(facts, TransactionVerb::Begin);
    } else if (stream.take_word("end")) {
        control(facts, TransactionVerb::Savepoint);
    } else if (stream.take_word("prepare")) {
        control(facts, TransactionVerb::PrepareTransaction);
    } else if (stream.take_word("commit")) {
        control(facts, TransactionVerb::CommitPrepared);
    } else if (stream.take_word("rollback")) {
        control(facts, TransactionVerb::RollbackPrepared);
    } else if (stream.take_word("recover")) {
        facts.node_dependent = true;
    } else {
        return;
    }
    // gtrid [, bqual [, formatID]] and options
    while (stream.at(TokenKind::String) || stream.at(TokenKind::Comma) || stream.at(TokenKind::Number)) {
        (void)stream.take();
    }
    if (stream.take_word("one")) {
        (void)stream.take_word("phase");
        control(facts, TransactionVerb::Commit);
    }
    for (const std::string_view word : {"join", "resume", "suspend", "for", "migrate", "format"}) {
        (void)stream.take_word(word);
    }
}

void read_set_transaction(TokenStream& stream, StatementFacts& facts, bool lasting) {
    control(facts, TransactionVerb::SetTransaction);
    read_modes(stream, facts);
    if (lasting) facts.modes = {};
}

bool is_transaction_setting(std::string_view name) {
    return equals_folded(name, "transaction_read_only") || equals_folded(name, "transaction_isolation") ||
           equals_folded(name, "transaction_deferrable");
}

void read_transaction_setting(TokenStream& stream, StatementFacts& facts, std::string_view setting) {
    control(facts, TransactionVerb::SetTransaction);
    const Token token = stream.take();
    auto value = token.text;
    if (token.kind == TokenKind::String && value.size() >= 2 && value.front() == '\'') {
        value = value.substr(1, value.size() - 2);
    }
    if (equals_folded(setting, "transaction_read_only")) {
        // Anything but a plain "no" is taken as a promise that was not made.
        const bool yes = equals_folded(value, "on") || equals_folded(value, "true") || value == "1" ||
                         equals_folded(value, "yes");
        facts.modes.access = yes ? Access::ReadOnly : Access::ReadWrite;
    } else if (equals_folded(setting, "transaction_isolation")) {
        if (equals_folded(value, "serializable")) facts.modes.isolation = Isolation::Serializable;
        if (equals_folded(value, "repeatable read")) facts.modes.isolation = Isolation::RepeatableRead;
        if (equals_folded(value, "read committed")) facts.modes.isolation = Isolation::ReadCommitted;
        if (equals_folded(value, "read uncommitted")) facts.modes.isolation = Isolation::ReadUncommitted;
        if (facts.modes.isolation == Isolation::Default) facts.not_understood = true;
    }
}

}  // namespace freshread
