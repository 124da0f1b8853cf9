#include "routing/query_scanner.h"

#include "routing/identifier.h"
#include "routing/query_scanner_operands.h"

namespace freshread {

QueryScanner::QueryScanner(TokenStream& stream, StatementFacts& facts, StatementClass& result)
    : stream_(stream), facts_(facts), result_(result) {}

// A query or a definition of one that breaks off.
void QueryScanner::end_frame() {
    const Clause clause = here().clause;
    const bool open = clause == Clause::QueryHead || clause == Clause::CteName || clause == Clause::CteBody;
    if (open && !definition_) facts_.not_understood = true;
}

// The name that was taken is what a relation is called from there on.
inline bool QueryScanner::is_alias() const {
    if (here().clause != Clause::FromDone || here().kind == FrameKind::Columns ||
        here().callee == Callee::Table)
        return false;
    return !stream_.at(TokenKind::Dot) && !stream_.at(TokenKind::OpenParen);
}

// The string that was taken, in double quotes, would be a column if it was a name, and all the same for that:
// between what stands before it and behind it, neither of which looks at what it is.
bool QueryScanner::is_value_in_any_quotes() const {
    if (here().clause != Clause::Expression || here().kind == FrameKind::Columns ||
        here().callee == Callee::Table)
        return false;
    constexpr auto passes = [](const Token& token) {
        if (token.kind == TokenKind::Operator || token.kind == TokenKind::Comma) return true;
        const Keyword keyword = token.keyword;
        return keyword.reserved && (keyword.word == Word::Syntax || keyword.word == Word::Like);
    };
    constexpr auto ends = [](const Token& token) {
        switch (token.keyword.word) {
            case Word::As:
            case Word::From:
            case Word::Group:
            case Word::Limit:
            case Word::Order:
                return true;
            default:
                return token.kind == TokenKind::CloseParen || token.kind == TokenKind::Semicolon ||
                       token.kind == TokenKind::End;
        }
    };
    const Token& follower = stream_.peek();
    return (previous().kind == TokenKind::OpenParen || passes(previous())) &&
           (passes(follower) || ends(follower));
}

void QueryScanner::walk() {
    for (;;) {
        pass_operands();
        const TokenKind ahead = stream_.peek().kind;
        if (ahead <= TokenKind::Semicolon && (ahead == TokenKind::End || depth_ == 0)) return;
        const Token& token = stream_.take_step();
        if (token.kind != TokenKind::Identifier && at_head()) leave_head(token.kind);
        if (frame().callee == Callee::SetConfig) note_set_config_argument(token);

        switch (token.kind) {
            case TokenKind::Identifier:
            case TokenKind::QuotedIdentifier:
                if (token.keyword.word != Word::None) {
                    // What keyword() says of it, without asking: AND, IN, DESC ...
                    if (token.keyword.word == Word::Syntax && token.keyword.reserved &&
                        here().clause == Clause::Expression) {
                        after_operand_ = false;
                        break;
                    }
                    if (keyword(token.keyword)) break;
                }
                if (is_alias()) {
                    frame().clause = Clause::FromAliased;
                    after_operand_ = true;
                } else {
                    name(token);
                }
                break;
            case TokenKind::String:
                if (token.text.front() == '"' && is_value_in_any_quotes()) ++facts_.indifferent_quotes;
                after_operand_ = true;
                break;
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
                if (!is_everywhere_operator(token.text) &&
                    !is_builtin_operator(token.text, stream_.dialect()))
                    unknown(token.text);
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
    }
}

// Something that is no word stands where a query may begin.
void QueryScanner::leave_head(TokenKind kind) {
    if (frame().clause == Clause::Head) {
        frame().clause = Clause::Expression;
    } else if (kind != TokenKind::OpenParen) {
        facts_.not_understood = true;
    }
}

void QueryScanner::scan(Start start) {
    definition_ = start == Start::Definition || start == Start::Relation;
    Clause clause = Clause::Expression;
    if (start == Start::Query) clause = Clause::QueryHead;
    if (start == Start::Relation) clause = Clause::Target;
    frames_[0] = {FrameKind::Query, clause, TokenKind::End, Callee::Function, true, false, 0,
                  Literal::Missing};
    here_ = frames_.data();
    stream_.begin_steps();
    walk();
    if (depth_ > 0) facts_.not_understood = true;
    end_frame();
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
            push(previous().keyword.word == Word::As ? FrameKind::Columns : FrameKind::Group, Clause::Head,
                 closer);
            break;
        case Clause::Grouping:
            push(FrameKind::Group,
                 previous().keyword.word == Word::Grouping ? Clause::Grouping : Clause::Head, closer);
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
            const bool body =
                previous().keyword.word == Word::As || equals_folded(previous().text, "materialized");
            const bool query = previous().kind == TokenKind::CloseParen;
            if (query) here.clause = Clause::Expression;
            push(FrameKind::Group, body || query ? Clause::QueryHead : Clause::Head, closer);
            break;
        }
        default: {
            const bool query = previous().keyword.word == Word::Exists;
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
    after_operand_ = false;
    if (depth_ + 1 == kMaxDepth) {
        pass_too_deep();
        return;
    }
    here_ = &frames_[++depth_];
    *here_ = {kind, clause, closer, callee, true, false, 0, Literal::Missing};
}

// To behind the parenthesis, bracket or brace that closes what was opened. What stands between is not
// understood; noted is what the session has to know of all the same.
void QueryScanner::pass_too_deep() {
    facts_.not_understood = true;
    after_operand_ = true;
    for (std::size_t open = 1; open > 0 && !stream_.at(TokenKind::End);) {
        const Token token = stream_.take();
        switch (token.kind) {
            case TokenKind::OpenParen:
            case TokenKind::OpenBracket:
            case TokenKind::OpenBrace:
                ++open;
                break;
            case TokenKind::CloseParen:
            case TokenKind::CloseBracket:
            case TokenKind::CloseBrace:
                --open;
                break;
            case TokenKind::Assignment:
                if (!postgresql()) facts_.assigns_variable = true;
                break;
            case TokenKind::Identifier:
            case TokenKind::QuotedIdentifier: {
                if (!stream_.at(TokenKind::OpenParen)) break;
                const auto effect =
                    effect_of_function(QualifiedName{token.text, {}, token.text, 1}, stream_.dialect());
                if (effect == FunctionEffect::SetsSession) facts_.assigns_variable = true;
                if (effect == FunctionEffect::Locking) result_.functions.add(token.text);
                break;
            }
            default:
                break;
        }
    }
}

void QueryScanner::close(const Token& token) {
    after_operand_ = true;
    if (depth_ == 0) {
        facts_.not_understood = true;
        return;
    }
    end_frame();
    const Frame closed = frame();
    --depth_;
    --here_;
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
