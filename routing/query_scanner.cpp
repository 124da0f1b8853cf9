#include "routing/query_scanner.h"

#include "routing/identifier.h"
#include "routing/system_relations.h"

namespace freshread {

namespace {

bool is_name(TokenKind kind) {
    return kind == TokenKind::Identifier || kind == TokenKind::QuotedIdentifier;
}

// Views into one text, `first` not behind `last`.
std::string_view span_of(std::string_view first, std::string_view last) {
    return {first.data(), static_cast<std::size_t>(last.data() + last.size() - first.data())};
}

}  // namespace

QueryScanner::QueryScanner(TokenStream& stream, StatementFacts& facts, StatementClass& result)
    : stream_(stream), facts_(facts), result_(result) {}

void QueryScanner::scan(Start start) {
    definition_ = start == Start::Definition || start == Start::Relation;
    Clause clause = Clause::Expression;
    if (start == Start::Query) clause = Clause::QueryHead;
    if (start == Start::Relation) clause = Clause::Target;
    frames_[0] = {FrameKind::Query, clause, TokenKind::End, Callee::Function, true, false, 0,
                  Literal::Missing};
    while (!stream_.at(TokenKind::End) && !(depth_ == 0 && stream_.at(TokenKind::Semicolon))) step();
    if (depth_ > 0) facts_.not_understood = true;
    end_frame();
}

// A query or a definition of one that breaks off.
void QueryScanner::end_frame() {
    const Clause clause = here().clause;
    const bool open = clause == Clause::QueryHead || clause == Clause::CteName || clause == Clause::CteBody;
    if (open && !definition_) facts_.not_understood = true;
}

void QueryScanner::step() {
    const Token token = stream_.take();
    current_ = token.text;
    const bool is_word = token.kind == TokenKind::Identifier;
    const Keyword meaning = token.keyword;
    if (!is_word && frame().clause == Clause::Head) frame().clause = Clause::Expression;
    if (!is_word && frame().clause == Clause::QueryHead && token.kind != TokenKind::OpenParen)
        facts_.not_understood = true;
    if (depth_ > 0 && frame().callee == Callee::SetConfig) note_set_config_argument(token);

    switch (token.kind) {
        case TokenKind::Identifier:
        case TokenKind::QuotedIdentifier:
            if (meaning.word == Word::None || !keyword(meaning)) name(token);
            break;
        case TokenKind::String:
        case TokenKind::Number:
            after_operand_ = true;
            break;
        case TokenKind::Parameter:
            after_operand_ = true;
            attribute();
            break;
        case TokenKind::Variable:
            facts_.node_dependent = true;
            after_operand_ = true;
            break;
        case TokenKind::Operator:
            after_operand_ = token.text == "*" && !after_operand_;
            // psqlodbc replaces @@IDENTITY by the currval() of the connection's last insert.
            if (token.text == "@@" && stream_.at_word("identity")) facts_.leader_session = true;
            if (!is_builtin_operator(token.text, stream_.dialect())) unknown(token.text);
            break;
        case TokenKind::Cast:
            type();
            break;
        case TokenKind::Assignment:
            if (!postgresql()) facts_.assigns_variable = true;
            after_operand_ = false;
            break;
        case TokenKind::Comma:
            comma();
            break;
        case TokenKind::OpenParen:
        case TokenKind::OpenBracket:
            open(token);
            break;
        case TokenKind::OpenBrace:
            open_brace();
            break;
        case TokenKind::CloseParen:
        case TokenKind::CloseBracket:
        case TokenKind::CloseBrace:
            close(token);
            break;
        case TokenKind::Colon:
            // a[1:2], and JSON_OBJECT('k': v)
            if (frame().closer != TokenKind::CloseBracket && frame().kind != FrameKind::Call)
                facts_.not_understood = true;
            after_operand_ = false;
            break;
        case TokenKind::Dot:
            after_operand_ = false;
            break;
        case TokenKind::Semicolon:  // inside parentheses: only CREATE RULE has that
            frame().clause = Clause::Head;
            if (!definition_) facts_.not_understood = true;
            break;
        case TokenKind::Broken:
        case TokenKind::Comment:
        case TokenKind::End:
            facts_.not_understood = true;
            break;
    }
    previous_ = meaning.word;
    previous_text_ = token.text;
    previous_kind_ = token.kind;
}

QualifiedName QueryScanner::take_name(const Token& first) {
    QualifiedName name{first.text, {}, first.text, 1};
    while (stream_.at(TokenKind::Dot)) {
        const auto& part = stream_.peek(1);
        const bool all_columns = part.kind == TokenKind::Operator && part.text == "*";
        if (!is_name(part.kind) && !all_columns && !(mariadb() && part.kind == TokenKind::Number)) break;
        (void)stream_.take();
        name.qualifier = name.text;
        name.last = stream_.take().text;
        name.text = span_of(first.text, name.last);
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
    const QualifiedName name = take_name(first);
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
            result_.ctes.push_back(name.text);
            here.clause = Clause::CteBody;
            return;
        default:
            break;
    }
    if (here.clause == Clause::CteBody) behind_cte_body();
    // Oracle's spelling, MariaDB's too when told so.
    if (name.parts > 1 && !postgresql() &&
        (names_same(name.last, "nextval") || names_same(name.last, "currval"))) {
        facts_.writes_at_once = true;
    }
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
    return passing && previous_ == Word::By && (equals_folded(word, "ref") || equals_folded(word, "value"));
}

// COLUMNS in XMLTABLE, whose list goes to the end of the call, or in JSON_TABLE, where parentheses are around
// it.
bool QueryScanner::begins_columns(const Token& word) {
    if (word.kind != TokenKind::Identifier || !equals_folded(word.text, "columns")) return false;
    if (!after_operand_ || stream_.at(TokenKind::Dot)) return false;
    const bool opens = stream_.at(TokenKind::OpenParen);
    // PASSING BY VALUE columns(...) is a call.
    if (opens && (equals_folded(previous_text_, "value") || equals_folded(previous_text_, "ref")))
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
    if (previous_kind_ != TokenKind::CloseParen) return;
    if (!equals_folded(current_, "search") && !equals_folded(current_, "cycle")) facts_.not_understood = true;
}

// An unreserved word that is no call although a parenthesis follows. REQUIRES: unquoted, the parenthesis
// ahead.
bool QueryScanner::syntax_before_parenthesis(const QualifiedName& name, bool behind_operand) const {
    const auto word = name.text;
    if (equals_folded(word, "rows") || equals_folded(word, "range") || equals_folded(word, "groups")) {
        return behind_operand;  // the frame of a window
    }
    if (equals_folded(word, "first") || equals_folded(word, "next")) return previous_ == Word::Fetch;
    if (equals_folded(word, "materialized")) return here().clause == Clause::CteBody;
    if (equals_folded(word, "against")) return behind_operand && mariadb();  // MATCH (a) AGAINST ('x')
    if (equals_folded(word, "conflict")) return previous_ == Word::On && facts_.writes;
    if (equals_folded(word, "varying")) {
        return equals_folded(previous_text_, "character") || equals_folded(previous_text_, "char") ||
               equals_folded(previous_text_, "bit");
    }
    if (equals_folded(word, "second")) {  // INTERVAL '1.5' SECOND(1)
        const bool interval = previous_kind_ == TokenKind::String ||
                              equals_folded(previous_text_, "interval") ||
                              equals_folded(previous_text_, "to");
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
    result_.tables.push_back(name.text);
    facts_.names_relations = true;
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
    const Token opener = stream_.take();
    const auto dialect = stream_.dialect();
    const bool apart = opener.text.data() != name.text.data() + name.text.size();
    if (apart && dialect == Dialect::MariaDb && is_builtin_only_when_adjacent(name.text)) {
        // By this name alone it would pass for the built-in one.
        facts_.writes_at_once = true;
        result_.functions.push_back(name.text);
        push(FrameKind::Call, Clause::Head, TokenKind::CloseParen);
        return;
    }
    const bool unquoted = name.parts == 1 && fold(name.text.back()) >= '0' && name.text.back() != '`' &&
                          name.text.back() != ']';
    if (depth_ > 0 && frame().callee == Callee::Odbc && unquoted && is_odbc_scalar_function(name.text)) {
        result_.functions.push_back(name.text);
        push(FrameKind::Call, Clause::Head, TokenKind::CloseParen, Callee::Construct);
        return;
    }
    if (unquoted && is_language_construct(name.text, dialect)) {
        // PostgreSQL keeps some of them in its catalog as functions.
        if (effect_of_function(name, dialect) != FunctionEffect::Unknown)
            result_.functions.push_back(name.text);
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
        result_.functions.push_back(name.text);
        push(FrameKind::Call, Clause::Head, TokenKind::CloseParen, Callee::Table);
        return;
    }
    Callee callee = is_builtin_type(name, dialect) ? Callee::Type : Callee::Function;
    switch (effect_of_function(name, dialect)) {
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
    result_.functions.push_back(name.text);
    push(FrameKind::Call, Clause::Head, TokenKind::CloseParen, callee);
}

// Something that may run code which is not built in, by what it is called.
void QueryScanner::unknown(std::string_view written) {
    facts_.unknown_function = true;
    result_.functions.push_back(written);
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

void QueryScanner::open(const Token& token) {
    Frame& here = frame();
    if (token.kind == TokenKind::OpenBracket) {
        push(FrameKind::Group, Clause::Expression, TokenKind::CloseBracket);
        return;
    }
    constexpr auto closer = TokenKind::CloseParen;
    switch (here.clause) {
        case Clause::From:
            here.clause = Clause::FromDone;
            push(FrameKind::Query, Clause::From, closer);
            break;
        case Clause::FromDone:
            // FROM f() AS (a integer); otherwise a list of columns or of indexes.
            push(previous_ == Word::As ? FrameKind::Columns : FrameKind::Group, Clause::Head, closer);
            break;
        case Clause::Grouping:
            push(FrameKind::Group, previous_ == Word::Grouping ? Clause::Grouping : Clause::Head, closer);
            break;
        case Clause::Target:  // INHERITS (a, b)
            push(FrameKind::Query, Clause::Target, closer);
            here.clause = Clause::TargetDone;
            break;
        case Clause::QueryHead:
            here.clause = Clause::Expression;
            push(FrameKind::Group, Clause::QueryHead, closer);
            break;
        case Clause::CteBody: {
            const bool body = previous_ == Word::As || equals_folded(previous_text_, "materialized");
            const bool query = previous_kind_ == TokenKind::CloseParen;
            if (query) here.clause = Clause::Expression;
            push(FrameKind::Group, body || query ? Clause::QueryHead : Clause::Head, closer);
            break;
        }
        default: {
            const bool query = previous_ == Word::Exists;
            push(FrameKind::Group, query ? Clause::QueryHead : Clause::Head, closer);
            break;
        }
    }
}

// ODBC escapes: {fn f(x)}, {d '...'}, {oj a left join b ...}. {call ...} at the head of a statement is not
// seen here.
void QueryScanner::open_brace() {
    Frame& here = frame();
    constexpr auto closer = TokenKind::CloseBrace;
    if (stream_.take_word("fn")) {
        push(FrameKind::Group, Clause::Expression, closer, Callee::Odbc);
    } else if (here.clause == Clause::From && stream_.take_word("oj")) {
        here.clause = Clause::FromDone;
        push(FrameKind::Query, Clause::From, closer);
    } else {
        constexpr std::string_view kLiterals[] = {"d", "t", "ts", "guid", "escape", "interval", "limit"};
        bool known = false;
        for (const auto literal : kLiterals) known = known || stream_.take_word(literal);
        if (!known) facts_.not_understood = true;
        push(FrameKind::Group, Clause::Expression, closer);
    }
}

void QueryScanner::push(FrameKind kind, Clause clause, TokenKind closer, Callee callee) {
    ++depth_;
    after_operand_ = false;
    if (depth_ >= kMaxDepth) {
        facts_.not_understood = true;
        return;
    }
    frames_[depth_] = {kind, clause, closer, callee, true, false, 0, Literal::Missing};
}

void QueryScanner::close(const Token& token) {
    after_operand_ = true;
    if (depth_ == 0) {
        facts_.not_understood = true;
        return;
    }
    if (depth_ >= kMaxDepth) {
        --depth_;
        return;
    }
    end_frame();
    const Frame closed = frame();
    --depth_;
    if (closed.closer != token.kind) facts_.not_understood = true;
    if (closed.callee == Callee::SetConfig) finish_set_config(closed);
    if (closed.callee == Callee::Table && !closed.has_columns) facts_.unknown_function = true;
    // numeric(3, 2) '1.25' is a cast, and so is mytype(3) '...'.
    const bool cast = closed.kind == FrameKind::Call && closed.callee != Callee::Type;
    if (cast && stream_.at(TokenKind::String) && !mariadb()) unknown(stream_.peek().text);
    attribute();
}

void QueryScanner::comma() {
    Frame& here = frame();
    after_operand_ = false;
    if (here.argument < 255) ++here.argument;
    here.expects_name = true;
    switch (here.clause) {
        case Clause::FromDone:
        case Clause::FromAliased:
        case Clause::JoinOn:
            here.clause = here.kind == FrameKind::Query ? Clause::From : Clause::Expression;
            break;
        case Clause::TargetDone:
            here.clause = here.kind == FrameKind::Query ? Clause::Target : Clause::Expression;
            break;
        case Clause::CteBody:
            here.clause = Clause::CteName;
            break;
        default:
            break;
    }
}

void QueryScanner::note_set_config_argument(const Token& token) {
    Frame& here = frame();
    if (here.argument != 2 || token.kind == TokenKind::CloseParen) return;
    const auto body = token.kind == TokenKind::String && token.text.size() > 2 && token.text.front() == '\''
                          ? token.text.substr(1, token.text.size() - 2)
                          : token.text;
    if (here.local == Literal::Missing && (equals_folded(body, "true") || equals_folded(body, "t"))) {
        here.local = Literal::True;
    } else if (here.local == Literal::Missing && (equals_folded(body, "false") || equals_folded(body, "f"))) {
        here.local = Literal::False;
    } else {
        here.local = Literal::Other;
    }
}

void QueryScanner::finish_set_config(const Frame& closed) {
    if (closed.local == Literal::True) {
        facts_.local_setting = true;
    } else if (closed.local == Literal::False) {
        facts_.sets_lasting = true;
    } else {
        facts_.not_understood = true;
    }
}

}  // namespace freshread
