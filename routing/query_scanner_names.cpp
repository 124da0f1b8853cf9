// What a name is where it stands: a relation, a call, a type, a label.
#include "routing/identifier.h"
#include "routing/query_scanner.h"
#include "routing/system_relations.h"

namespace freshread {

namespace {

// Views into one text, `first` not behind `last`.
std::string_view span_of(std::string_view first, std::string_view last) {
    return {first.data(), static_cast<std::size_t>(last.data() + last.size() - first.data())};
}

}  // namespace

QualifiedName QueryScanner::take_name(const Token& token) {
    const std::string_view first = token.text;  // the token is gone when more are taken
    QualifiedName name{first, {}, first, 1};
    while (stream_.at(TokenKind::Dot)) {
        const auto& part = stream_.peek(1);
        const bool all_columns = part.kind == TokenKind::Operator && part.text == "*";
        if (!is_name(part.kind) && !all_columns && !(mariadb() && part.kind == TokenKind::Number)) break;
        (void)stream_.take();
        name.qualifier = name.text;
        name.last = stream_.take().text;
        name.text = span_of(first, name.last);
        ++name.parts;
        if (all_columns) break;
    }
    return name;
}

void QueryScanner::name(const Token& first) {
    Frame& here = frame();
    if (here.kind == FrameKind::Columns && here.expects_name) {
        column_name(first);
        return;
    }
    if (here.clause == Clause::Target && skipped_before_relation(first)) return;
    if (here.callee == Callee::Table && begins_columns(first)) return;

    const bool unquoted = first.kind == TokenKind::Identifier;
    const QualifiedName name =
        stream_.at(TokenKind::Dot) ? take_name(first) : QualifiedName{first.text, {}, first.text, 1};
    const bool opens = stream_.at(TokenKind::OpenParen);
    const bool behind_operand = after_operand_;
    after_operand_ = true;
    switch (here.clause) {
        case Clause::QueryHead:
            facts_.not_understood = true;
            [[fallthrough]];
        case Clause::Head:
            here.clause = Clause::Expression;
            break;
        case Clause::From:
            here.clause = Clause::FromDone;
            if (opens) {
                call(name);
            } else {
                relation(name);
            }
            return;
        case Clause::Target:
            here.clause = Clause::TargetDone;
            relation(name);
            // TABLE f(x) and TABLE(f(x)) are not PostgreSQL's, and call f.
            if (opens && !definition_ && !facts_.writes) facts_.not_understood = true;
            return;
        case Clause::FromDone:
            here.clause = Clause::FromAliased;
            if (!opens) return;
            (void)stream_.take();
            push(FrameKind::Columns, Clause::Expression, TokenKind::CloseParen);
            return;
        case Clause::CteName:
            result_.ctes.add(name.text);
            here.clause = Clause::CteBody;
            return;
        default:
            break;
    }
    if (here.clause == Clause::CteBody) behind_cte_body();
    if (name.parts > 1 && !postgresql() && names_sequence_function(name.last)) facts_.writes_at_once = true;
    if (opens) {
        if (!unquoted || !syntax_before_parenthesis(name, behind_operand)) call(name);
    } else if (stream_.at(TokenKind::String) && !mariadb() && !is_builtin_type(name, stream_.dialect()) &&
               !syntax_before_literal(name)) {
        unknown(name.text);
    }
}

// A word that is no type although a literal follows: PASSING BY REF '<a/>', and PATH in a list of columns.
bool QueryScanner::syntax_before_literal(const QualifiedName& name) const {
    const auto word = name.text;
    if (here().callee == Callee::Table && equals_folded(word, "path")) return true;
    const bool passing = here().callee == Callee::Construct || here().callee == Callee::Table;
    return passing && previous().keyword.word == Word::By &&
           (equals_folded(word, "ref") || equals_folded(word, "value"));
}

// COLUMNS in XMLTABLE, whose list goes to the end of the call, or in JSON_TABLE, where parentheses are around
// it.
bool QueryScanner::begins_columns(const Token& word) {
    if (word.kind != TokenKind::Identifier || !equals_folded(word.text, "columns")) return false;
    if (!after_operand_ || stream_.at(TokenKind::Dot)) return false;
    const bool opens = stream_.at(TokenKind::OpenParen);
    // PASSING BY VALUE columns(...) is a call.
    if (opens && (equals_folded(previous().text, "value") || equals_folded(previous().text, "ref")))
        return false;
    Frame& here = frame();
    here.has_columns = true;
    after_operand_ = false;
    if (opens) {
        (void)stream_.take();
        push(FrameKind::Columns, Clause::Expression, TokenKind::CloseParen, Callee::Table);
        frame().has_columns = true;
    } else {
        here.kind = FrameKind::Columns;
        here.expects_name = true;
    }
    return true;
}

// A word behind `WITH x AS (...)` that begins no query: only SEARCH and CYCLE may come.
void QueryScanner::behind_cte_body() {
    if (previous().kind != TokenKind::CloseParen) return;
    if (!equals_folded(current().text, "search") && !equals_folded(current().text, "cycle"))
        facts_.not_understood = true;
}

// An unreserved word that is no call although a parenthesis follows. REQUIRES: unquoted, the parenthesis
// ahead.
bool QueryScanner::syntax_before_parenthesis(const QualifiedName& name, bool behind_operand) const {
    const auto word = name.text;
    if (equals_folded(word, "rows") || equals_folded(word, "range") || equals_folded(word, "groups")) {
        return behind_operand;  // the frame of a window
    }
    if (equals_folded(word, "first") || equals_folded(word, "next"))
        return previous().keyword.word == Word::Fetch;
    if (equals_folded(word, "materialized")) return here().clause == Clause::CteBody;
    if (equals_folded(word, "against")) return behind_operand && mariadb();  // MATCH (a) AGAINST ('x')
    if (equals_folded(word, "conflict")) return previous().keyword.word == Word::On && facts_.writes;
    if (equals_folded(word, "varying")) {
        return equals_folded(previous().text, "character") || equals_folded(previous().text, "char") ||
               equals_folded(previous().text, "bit");
    }
    if (equals_folded(word, "second")) {  // INTERVAL '1.5' SECOND(1)
        const bool interval = previous().kind == TokenKind::String ||
                              equals_folded(previous().text, "interval") ||
                              equals_folded(previous().text, "to");
        return interval && stream_.peek(1).kind == TokenKind::Number &&
               stream_.peek(2).kind == TokenKind::CloseParen;
    }
    return false;
}

// Words that may stand between INTO, UPDATE, TABLE ... and the relation, unless they are its name.
bool QueryScanner::skipped_before_relation(const Token& token) const {
    if (token.kind != TokenKind::Identifier || !is_name(stream_.peek().kind)) return false;
    const auto follower = stream_.keyword();
    if ((follower.reserved && follower.word != Word::Table) || follower.word == Word::Set ||
        follower.word == Word::Values) {
        return equals_folded(token.text, "if") || equals_folded(token.text, "exists");
    }
    constexpr std::string_view kSkipped[] = {"if",       "exists",       "temp",         "temporary",
                                             "unlogged", "local",        "global",       "low_priority",
                                             "ignore",   "quick",        "concurrently", "constraints",
                                             "view",     "materialized", "foreign",      "sequence"};
    for (const auto skipped : kSkipped) {
        if (equals_folded(token.text, skipped)) return true;
    }
    return false;
}

void QueryScanner::relation(const QualifiedName& name) {
    result_.tables.add(name.text);
    facts_.names_relations = true;
    if (is_plainly_users(name, stream_.dialect())) return;
    switch (kind_of_relation(name, stream_.dialect())) {
        case SystemRelation::Temporary:
            facts_.temporary = true;
            break;
        case SystemRelation::NodeDependent:
            facts_.node_dependent = true;
            break;
        case SystemRelation::None:
            break;
    }
}

// The name stands before a parenthesis, which is taken.
void QueryScanner::call(const QualifiedName& name) {
    const char* const opener = stream_.take().text.data();
    const auto dialect = stream_.dialect();
    const bool apart = opener != name.text.data() + name.text.size();
    if (apart && dialect == Dialect::MariaDb && is_builtin_only_when_adjacent(name.text)) {
        // By this name alone it would pass for the built-in one.
        facts_.writes_at_once = true;
        result_.functions.add(name.text);
        push(FrameKind::Call, Clause::Head, TokenKind::CloseParen);
        return;
    }
    const bool unquoted = name.parts == 1 && fold(name.text.back()) >= '0' && name.text.back() != '`' &&
                          name.text.back() != ']';
    if (depth_ > 0 && frame().callee == Callee::Odbc && unquoted && is_odbc_scalar_function(name.text)) {
        result_.functions.add(name.text);
        push(FrameKind::Call, Clause::Head, TokenKind::CloseParen, Callee::Construct);
        return;
    }
    const BuiltinCall builtin = builtin_call(name, dialect);
    if (unquoted && builtin.construct) {
        // PostgreSQL keeps some of them in its catalog as functions.
        if (builtin.effect != FunctionEffect::Unknown) result_.functions.add(name.text);
        const bool labels = equals_folded(name.text, "xmlattributes") ||
                            equals_folded(name.text, "xmlforest") ||
                            equals_folded(name.text, "xmlnamespaces");
        const bool table = equals_folded(name.text, "xmltable") || equals_folded(name.text, "json_table");
        push(FrameKind::Call, Clause::Head, TokenKind::CloseParen,
             labels  ? Callee::Labels
             : table ? Callee::Table
                     : Callee::Construct);
        return;
    }
    if (unquoted && postgresql() && equals_folded(name.text, "json_table")) {
        // Before release 17 a function like any other; but no function has a list of columns.
        result_.functions.add(name.text);
        push(FrameKind::Call, Clause::Head, TokenKind::CloseParen, Callee::Table);
        return;
    }
    Callee callee = builtin.type ? Callee::Type : Callee::Function;
    switch (builtin.effect) {
        case FunctionEffect::Harmless:
            break;
        case FunctionEffect::NodeDependent:
            facts_.node_dependent = true;
            break;
        case FunctionEffect::Locking:
            facts_.locks = true;
            break;
        case FunctionEffect::LeaderSession:
            facts_.leader_session = true;
            break;
        case FunctionEffect::SetsSession:
            facts_.sets_session = true;
            callee = Callee::SetConfig;
            break;
        case FunctionEffect::Write:
            facts_.writes_at_once = true;
            break;
        case FunctionEffect::Unknown:
            facts_.unknown_function = true;
            break;
    }
    result_.functions.add(name.text);
    push(FrameKind::Call, Clause::Head, TokenKind::CloseParen, callee);
}

// Something that may run code which is not built in, by what it is called.
void QueryScanner::unknown(std::string_view written) {
    facts_.unknown_function = true;
    result_.functions.add(written);
}

// One element of `AS t (a, b)` or `AS (a integer, b text)`; its name has been taken.
void QueryScanner::column_name(const Token& first) {
    frame().expects_name = false;
    if (stream_.at(TokenKind::OpenParen)) {
        call(take_name(first));
        return;
    }
    after_operand_ = true;
    if (stream_.at_word("for")) return;  // FOR ORDINALITY
    if (is_name(stream_.peek().kind)) type();
}

void QueryScanner::type() {
    after_operand_ = true;
    (void)stream_.take_word("setof");
    if (!is_name(stream_.peek().kind)) {
        facts_.not_understood = true;
        return;
    }
    const Token first = stream_.take();
    const QualifiedName name = take_name(first);
    if (!mariadb() && !is_builtin_type(name, stream_.dialect())) unknown(name.text);
    if (names_same(name.text, "interval")) {
        constexpr std::string_view kFields[] = {"year", "month", "day", "hour", "minute", "second", "to"};
        for (bool more = true; more;) {
            more = false;
            for (const auto field : kFields) more = stream_.take_word(field) || more;
        }
    }
    while (stream_.at_word("precision") || stream_.at_word("varying") || stream_.at_word("character") ||
           stream_.at_word("char")) {
        (void)stream_.take();
    }
    if (!stream_.at(TokenKind::OpenParen)) return;
    (void)stream_.take();
    push(FrameKind::Group, Clause::Expression, TokenKind::CloseParen, Callee::Type);
}

// OPERATOR(schema.+), its parenthesis ahead.
void QueryScanner::operator_call() {
    const Token opener = stream_.take();
    bool builtin = true;
    std::string_view last = opener.text;
    while (!stream_.at(TokenKind::CloseParen) && !stream_.at_statement_end()) {
        const Token token = stream_.take();
        last = token.text;
        if (token.kind == TokenKind::Operator) {
            builtin = builtin && is_builtin_operator(token.text, stream_.dialect());
        } else if (is_name(token.kind)) {
            builtin = builtin && names_same(token.text, "pg_catalog");
        } else if (token.kind != TokenKind::Dot) {
            builtin = false;
        }
    }
    if (!builtin) unknown(span_of(opener.text, last).substr(1));
    if (stream_.at(TokenKind::CloseParen)) {
        (void)stream_.take();
    } else {
        facts_.not_understood = true;
    }
    after_operand_ = false;
}

void QueryScanner::table_sample() {
    if (!is_name(stream_.peek().kind)) return;
    const Token first = stream_.take();
    const QualifiedName method = take_name(first);
    const bool builtin =
        method.parts == 1 && (names_same(method.last, "bernoulli") || names_same(method.last, "system"));
    if (!builtin) unknown(method.text);
}

// Behind something of a composite type, `.name` may be a call.
void QueryScanner::attribute() {
    if (!stream_.at(TokenKind::Dot)) return;
    const auto& part = stream_.peek(1);
    if (is_name(part.kind)) unknown(part.text);
}

}  // namespace freshread
