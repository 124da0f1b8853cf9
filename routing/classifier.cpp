#include "routing/classifier.h"

#include "routing/statement_head.h"
#include "routing/token_stream.h"

namespace freshread {

namespace {

struct Conclusion {
    StatementKind kind;
    Reason reason;
};

// Planning a write takes locks that a standby refuses.
bool bound_to_node(const StatementFacts& facts) {
    return facts.node_dependent || (facts.writes && facts.explained);
}

// A statement that begins like a query and was understood: the strictest of what was found in it.
Conclusion conclude_query(const StatementFacts& facts) {
    const bool writes = facts.writes && !facts.explained;
    if (facts.temporary || facts.creates_temporary)
        return {StatementKind::LeaderSession, Reason::TemporaryTable};
    if (writes) return {StatementKind::Write, Reason::Write};
    if (facts.unknown_function) return {StatementKind::Unknown, Reason::UnknownFunction};
    if (facts.writes_at_once) return {StatementKind::Write, Reason::Write};
    if (facts.leader_session || facts.assigns_variable)
        return {StatementKind::LeaderSession, Reason::LeaderSession};
    if (facts.sets_session) {
        const bool repeatable = !facts.names_relations && !facts.node_dependent && !facts.locks &&
                                !facts.explained && facts.local_setting != facts.sets_lasting;
        if (!repeatable) return {StatementKind::LeaderSession, Reason::LeaderSession};
        return {StatementKind::SessionState, Reason::SessionState};
    }
    if (facts.locks) return {StatementKind::LockingRead, Reason::LockingRead};
    return {StatementKind::Read, bound_to_node(facts) ? Reason::NodeDependent : Reason::ReadOnReplica};
}

Conclusion conclude(const StatementFacts& facts) {
    if (facts.not_understood || facts.changes_autocommit)
        return {StatementKind::Unknown, Reason::UnknownStatement};
    switch (facts.kind) {
        case StatementKind::Read:
            return conclude_query(facts);
        case StatementKind::Write:
            if (facts.temporary || facts.creates_temporary) {
                return {StatementKind::LeaderSession, Reason::TemporaryTable};
            }
            if (facts.explained && !facts.unknown_function)
                return {StatementKind::Read, Reason::NodeDependent};
            break;
        case StatementKind::SessionState:
            if (facts.unknown_function) return {StatementKind::Unknown, Reason::UnknownFunction};
            if (facts.assigns_variable) return {StatementKind::LeaderSession, Reason::LeaderSession};
            break;
        default:
            break;
    }
    return {facts.kind, facts.reason};
}

bool runs_tracked(StatementKind kind) {
    return kind == StatementKind::Write || kind == StatementKind::LockingRead ||
           kind == StatementKind::LeaderSession || kind == StatementKind::Unknown;
}

// What one statement adds to the class of the whole text.
void merge(StatementClass& result, const StatementFacts& facts, Dialect dialect) {
    const auto [kind, reason] = conclude(facts);
    const bool read_but_for_functions = kind == StatementKind::Unknown && reason == Reason::UnknownFunction &&
                                        facts.kind == StatementKind::Read && !facts.writes_at_once &&
                                        !facts.locks && !facts.leader_session && !facts.assigns_variable &&
                                        !facts.sets_session;
    // Outside PostgreSQL a table may be of an engine that knows no transactions.
    const bool at_once = facts.writes_at_once || facts.unknown_function || kind == StatementKind::Unknown ||
                         (dialect != Dialect::PostgreSql && kind == StatementKind::Write);
    const bool sets = facts.sets_session && (facts.sets_lasting || !facts.local_setting);
    const bool alters =
        (sets && kind != StatementKind::SessionState) ||
        (facts.kind == StatementKind::SessionState && kind != facts.kind && !facts.turns_autocommit_on) ||
        facts.assigns_variable;

    const bool first = result.statements == 0;
    const bool mergeable = first || (result.kind == StatementKind::Read && kind == StatementKind::Read);
    const bool read_so_far = first || result.kind == StatementKind::Read || result.read_but_for_functions;
    ++result.statements;

    const bool own = kind == StatementKind::Freshread || result.kind == StatementKind::Freshread;
    result.own_among_others = result.own_among_others || facts.own_among_others || (own && !first);
    result.effect_before_commit = result.effect_before_commit || (runs_tracked(kind) && at_once);
    result.local_setting = result.local_setting || facts.local_setting;
    result.implicit_commit = result.implicit_commit || facts.implicit_commit;
    result.changes_autocommit = result.changes_autocommit || facts.changes_autocommit;
    result.node_dependent = result.node_dependent || bound_to_node(facts);
    result.defines = result.defines || facts.defines;
    result.may_set = result.may_set || facts.runs_routine || facts.unknown_function ||
                     (kind == StatementKind::Unknown && !facts.turns_autocommit_on);
    result.turns_autocommit_on = first && facts.turns_autocommit_on;
    result.indifferent_quotes += facts.indifferent_quotes;
    result.creates_temporary = result.creates_temporary || facts.creates_temporary;
    result.alters_session = result.alters_session || alters;
    result.read_but_for_functions = read_so_far && (kind == StatementKind::Read || read_but_for_functions) &&
                                    (read_but_for_functions || result.read_but_for_functions);
    if (facts.verb != TransactionVerb::None) {
        result.verb = facts.verb;
        result.modes = facts.modes;
    }

    if (first) {
        result.kind = kind;
        result.reason = reason;
        return;
    }
    if (mergeable) {
        if (reason == Reason::NodeDependent) result.reason = reason;
        return;
    }
    const bool sets_state = kind == StatementKind::SessionState || result.kind == StatementKind::SessionState;
    result.alters_session = result.alters_session || sets_state;
    result.kind = StatementKind::Unknown;
    result.reason = Reason::SeveralStatements;
    result.effect_before_commit = true;
}

}  // namespace

StatementClass classify(std::string_view text, const LexicalSettings& settings) {
    StatementClass result;
    TokenStream stream(text, settings, result.hints);
    for (;;) {
        while (stream.at(TokenKind::Semicolon)) (void)stream.take();
        if (stream.at(TokenKind::End)) break;
        StatementFacts facts;
        read_statement(stream, facts, result);
        merge(result, facts, settings.dialect);
    }
    // What the server skips of such a comment is its version's choice.
    if (stream.saw_conditional_comment()) result.turns_autocommit_on = false;
    if (stream.saw_conditional_comment() && !runs_tracked(result.kind)) {
        result.alters_session = result.alters_session || result.kind == StatementKind::SessionState;
        result.kind = StatementKind::Unknown;
        result.reason = Reason::UnknownStatement;
        result.effect_before_commit = true;
        result.read_but_for_functions = false;
    }
    return result;
}

}  // namespace freshread
