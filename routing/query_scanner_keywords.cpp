// What each keyword does to the clause in which the scanner stands.
#include "routing/identifier.h"
#include "routing/query_scanner.h"

namespace freshread {

namespace {

bool begins_query(Word word) {
    return word == Word::Select || word == Word::With || word == Word::Values || word == Word::Table;
}

}  // namespace

bool QueryScanner::in_from() const {
    switch (here().clause) {
        case Clause::From:
        case Clause::FromDone:
        case Clause::FromAliased:
        case Clause::JoinOn:
        case Clause::Target:
        case Clause::TargetDone:
            return true;
        default:
            return false;
    }
}

bool QueryScanner::query_may_begin() const {
    const Clause clause = here().clause;
    return clause == Clause::Head || clause == Clause::QueryHead || clause == Clause::CteBody ||
           clause == Clause::From || definition_ || facts_.writes;
}

bool QueryScanner::keyword(Keyword keyword) {
    Frame& here = frame();
    bool syntax = keyword.reserved;
    bool ends_operand = false;
    switch (keyword.word) {
        case Word::None:
            return false;
        case Word::Exists:
        case Word::Syntax:
        case Word::Partition:
        case Word::Distinct:
        case Word::Lateral:
        case Word::Only:
            break;
        case Word::Not:
            operand_before_not_ = after_operand_;
            break;
        case Word::Operand:
            syntax = syntax || !stream_.at(TokenKind::OpenParen);
            ends_operand = true;
            if (here.clause == Clause::QueryHead) facts_.not_understood = true;
            if (here.clause == Clause::Head) here.clause = Clause::Expression;
            break;
        case Word::As:
            as_keyword();
            return true;
        case Word::By:
            syntax = syntax || previous().keyword.word == Word::Order ||
                     previous().keyword.word == Word::Group || previous().keyword.word == Word::Partition;
            break;
        case Word::Delete:
        case Word::Insert:
        case Word::Merge:
        case Word::Replace:
        case Word::Update:
            syntax = modifying_keyword(keyword) || (syntax && !stream_.at(TokenKind::OpenParen));
            break;
        case Word::Escape:
            syntax = syntax || after_operand_ || here.callee == Callee::Construct;
            break;
        case Word::Execute:
            syntax = definition_ && is_name(stream_.peek().kind);
            break;
        case Word::Filter:
        case Word::Over:
            syntax = syntax || previous().kind == TokenKind::CloseParen;
            break;
        case Word::For:
            for_keyword();
            break;
        case Word::From:
            from_keyword();
            break;
        case Word::Group:
            if (!equals_folded(previous().text, "within")) here.clause = Clause::Grouping;
            break;
        case Word::Grouping:
            syntax = here.clause == Clause::Grouping;
            break;
        case Word::Infix:
        case Word::Like:
            syntax = infix_keyword(keyword);
            if (definition_ && keyword.word == Word::Like && !after_operand_) {
                here.clause = Clause::Target;
                syntax = true;
            }
            break;
        case Word::Into:
            facts_.writes = true;
            here.clause = Clause::Target;
            if (stream_.at_word("temp") || stream_.at_word("temporary") || stream_.at_word("local") ||
                stream_.at_word("global")) {
                // The name may also be `temp`: then the table is not a temporary one, and saying so costs
                // little.
                facts_.creates_temporary = facts_.creates_temporary || facts_.kind == StatementKind::Read;
            }
            break;
        case Word::Join:
        case Word::StraightJoin:
            syntax = join_keyword(keyword);
            break;
        case Word::JoinModifier:
            syntax = join_modifier(keyword);
            break;
        case Word::Lock:
            if (stream_.at_word("in")) {
                facts_.locks = true;
                syntax = true;
            }
            break;
        case Word::Next:
            syntax = next_value();
            break;
        case Word::On:
            if (here.clause == Clause::FromDone || here.clause == Clause::FromAliased) {
                here.clause = Clause::JoinOn;
            } else if (definition_ && depth_ == 0) {
                here.clause = Clause::Target;
            }
            break;
        case Word::OperatorCall:
            if (!stream_.at(TokenKind::OpenParen)) return false;
            operator_call();
            return true;
        case Word::Fetch:
        case Word::Having:
        case Word::Limit:
        case Word::Order:
        case Word::Returning:
        case Word::Set:
        case Word::Where:
        case Word::Window:
            syntax = end_of_from(keyword);
            break;
        case Word::Reference:
            syntax = definition_keyword() || syntax;
            break;
        case Word::Rows:
            if (here.clause == Clause::From && stream_.keyword().word == Word::From) {
                (void)stream_.take();
                syntax = true;
            }
            break;
        case Word::Select:
            if (!query_may_begin()) facts_.not_understood = true;
            here.kind = FrameKind::Query;
            here.clause = Clause::Expression;
            break;
        case Word::SetOperation:
            here.kind = FrameKind::Query;
            here.clause = Clause::QueryHead;
            break;
        case Word::SqlCalcFoundRows:
            if (mariadb()) facts_.leader_session = true;
            break;
        case Word::Table:
            syntax = table_keyword();
            break;
        case Word::TableSample:
            if (!in_from()) return false;
            table_sample();
            return true;
        case Word::Using:
            if (using_names_relations_ && depth_ == using_depth_ && in_from()) {
                here.clause = Clause::From;
                using_names_relations_ = false;
            }
            break;
        case Word::Values:
            if (at_head() || in_from() || here.clause == Clause::CteBody) {
                here.clause = Clause::Expression;
                syntax = syntax || !stream_.at(TokenKind::Dot);
            }
            break;
        case Word::Varying:
            return false;
        case Word::With:
            if (with_keyword()) return true;
            break;
    }
    if (!syntax) return false;
    if (here.clause == Clause::QueryHead && previous().keyword.word != Word::SetOperation) {
        // Only UNION is followed by a word, ALL or DISTINCT, before its query.
        if (keyword.word != Word::SetOperation) facts_.not_understood = true;
    }
    if (here.clause == Clause::CteBody) behind_cte_body();
    after_operand_ = ends_operand;
    return true;
}

bool QueryScanner::infix_keyword(Keyword keyword) const {
    return keyword.reserved || after_operand_ ||
           (previous().keyword.word == Word::Not && operand_before_not_);
}

bool QueryScanner::end_of_from(Keyword keyword) {
    Frame& here = frame();
    // WITH x AS (...) CYCLE a SET b USING c
    if (keyword.word == Word::Set && here.clause == Clause::CteBody) return true;
    const bool clause_ends = in_from() || here.clause == Clause::Grouping;
    if (!keyword.reserved && !(clause_ends && keyword.word == Word::Set) && !after_operand_) return false;
    if (!keyword.reserved && stream_.at(TokenKind::OpenParen) && keyword.word != Word::Set) return false;
    here.clause = Clause::Expression;
    return true;
}

void QueryScanner::from_keyword() {
    // x IS DISTINCT FROM y
    if (previous().keyword.word == Word::Distinct) return;
    Frame& here = frame();
    if (here.kind == FrameKind::Query) here.clause = Clause::From;
}

bool QueryScanner::with_keyword() {
    Frame& here = frame();
    if (stream_.at_word("ordinality")) {
        (void)stream_.take();
        return true;
    }
    const std::size_t name_at = stream_.at_word("recursive") ? 1 : 0;
    const bool named = is_name(stream_.peek(name_at).kind);
    const auto& follower = stream_.peek(name_at + 1);
    const bool defines =
        named && (follower.kind == TokenKind::OpenParen || stream_.at_word("as", name_at + 1));
    const bool head = at_head();
    if (!defines || !(head || here.kind == FrameKind::Query)) {
        // Table hints of other servers.
        if (stream_.dialect() == Dialect::Generic && stream_.at(TokenKind::OpenParen))
            facts_.not_understood = true;
        return false;
    }
    (void)stream_.take_word("recursive");
    here.kind = FrameKind::Query;
    here.clause = Clause::CteName;
    return true;
}

bool QueryScanner::table_keyword() {
    Frame& here = frame();
    const bool derived = here.clause == Clause::From && previous().kind == TokenKind::OpenParen;
    const bool head = at_head() || here.clause == Clause::CteBody || derived;
    if (head) here.kind = FrameKind::Query;
    if (!head && !definition_ && here.clause != Clause::Target) facts_.not_understood = true;
    here.clause = Clause::Target;
    return true;
}

bool QueryScanner::join_keyword(Keyword keyword) {
    Frame& here = frame();
    const bool joins = here.clause == Clause::FromDone || here.clause == Clause::FromAliased ||
                       here.clause == Clause::TargetDone || (here.clause == Clause::JoinOn && after_operand_);
    if (!joins) return keyword.reserved;
    here.clause = Clause::From;
    return true;
}

// LEFT and RIGHT are functions too.
bool QueryScanner::join_modifier(Keyword keyword) {
    if (!in_from()) return keyword.reserved && !stream_.at(TokenKind::OpenParen);
    const auto follower = stream_.keyword().word;
    if (follower != Word::Join && follower != Word::JoinModifier && follower != Word::StraightJoin)
        return false;
    frame().clause = Clause::FromAliased;  // also behind the condition of the join before
    return true;
}

void QueryScanner::for_keyword() {
    const auto strength = stream_.keyword();
    if (strength.word == Word::Update || stream_.at_word("share") || stream_.at_word("no") ||
        stream_.at_word("key")) {
        facts_.locks = true;
        (void)stream_.take_word("no");
        (void)stream_.take_word("key");
        (void)stream_.take();
        frame().clause = stream_.take_word("of") ? Clause::Target : Clause::Expression;
    } else if (mariadb() && in_from() && strength.word == Word::Join) {
        (void)stream_.take();  // USE INDEX FOR JOIN (i)
    } else if (definition_ && depth_ == 0 && begins_query(strength.word)) {
        frame().clause = Clause::Head;  // DECLARE c CURSOR FOR SELECT
    }
}

void QueryScanner::as_keyword() {
    Frame& here = frame();
    after_operand_ = false;
    if (here.kind == FrameKind::Call && here.callee != Callee::Labels && here.callee != Callee::Table) {
        type();
        return;
    }
    switch (here.clause) {
        case Clause::CteBody:
        case Clause::From:
        case Clause::FromDone:
            return;
        case Clause::FromAliased:  // FROM f() WITH ORDINALITY AS t (a, n)
            here.clause = Clause::FromDone;
            return;
        default:
            break;
    }
    if (definition_ && depth_ == 0 &&
        (begins_query(stream_.keyword().word) || stream_.at(TokenKind::OpenParen))) {
        here.clause = Clause::Head;  // CREATE VIEW v AS SELECT
        return;
    }
    if (here.clause == Clause::TargetDone) return;
    // A label may be any word, but a call is never one.
    if (!definition_ && is_name(stream_.peek().kind) && stream_.peek(1).kind != TokenKind::OpenParen) {
        (void)stream_.take();
        after_operand_ = true;
    }
}

// INSERT, UPDATE, DELETE, MERGE and REPLACE where a statement may begin, or as they only occur in one.
bool QueryScanner::modifying_keyword(Keyword keyword) {
    Frame& here = frame();
    const auto follower = stream_.keyword().word;
    const bool head = at_head() || here.clause == Clause::CteBody;
    bool modifies = head && is_name(stream_.peek().kind);
    switch (keyword.word) {
        case Word::Delete:
            modifies = modifies || follower == Word::From;
            break;
        case Word::Update:
            modifies = modifies || (is_name(stream_.peek().kind) && stream_.keyword(1).word == Word::Set);
            break;
        default:
            modifies = modifies || follower == Word::Into;
            break;
    }
    // ON CONFLICT DO UPDATE SET, ON DUPLICATE KEY UPDATE, WHEN MATCHED THEN DELETE: of a statement already
    // known.
    if (!modifies) return facts_.writes && !stream_.at(TokenKind::OpenParen) && !stream_.at(TokenKind::Dot);
    facts_.writes = true;
    here.kind = FrameKind::Query;
    here.clause = keyword.word == Word::Delete ? Clause::Expression : Clause::Target;
    using_names_relations_ = keyword.word == Word::Delete || keyword.word == Word::Merge;
    using_depth_ = depth_;
    return true;
}

// A word after which a definition names a relation.
bool QueryScanner::definition_keyword() {
    if (!definition_) return false;
    if (!is_name(stream_.peek().kind) && !stream_.at(TokenKind::OpenParen)) return false;
    frame().clause = Clause::Target;
    return true;
}

// NEXT VALUE FOR s and PREVIOUS VALUE FOR s, which are nextval(s) and lastval(s).
bool QueryScanner::next_value() {
    if (!stream_.at_word("value") || stream_.keyword(1).word != Word::For) return false;
    facts_.writes_at_once = true;
    return true;
}

}  // namespace freshread
