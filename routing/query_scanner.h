// Walks over the tokens of one statement: finds the relations it names, the functions, types and operators it
// uses, the places where it writes or locks. One pass, no recursion, a stack of fixed depth.
//
// It does not parse: it keeps, per open parenthesis, in which clause it stands, and from that tells an alias
// from a table and a column list from a call. Where it cannot tell, it takes what keeps the statement off a
// replica: a word before a parenthesis is a call, a word before a literal is a type.
//
// Known limit: PostgreSQL reads `t.f` as the call f(t) when t has no column f. That is taken as a column
// here; the same for a parenthesised row, `(t).f`, is taken as a call.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "routing/builtin_names.h"
#include "routing/statement_facts.h"
#include "routing/token_stream.h"

namespace freshread {

class QueryScanner {
 public:
    // What the next token of the statement begins.
    enum class Start : std::uint8_t {
        Query,       // SELECT, INSERT, WITH ...
        Definition,  // the rest of CREATE, ALTER, GRANT ...
        Relation,    // a list of relations, as in TRUNCATE a, b
        Expression,  // anything else
    };

    // `result` receives the names.
    QueryScanner(TokenStream& stream, StatementFacts& facts, StatementClass& result);

    // Up to the end of the statement: its semicolon, which stays, or the end of the text.
    void scan(Start start);

 private:
    enum class FrameKind : std::uint8_t {
        Query,    // FROM names relations
        Group,    // parentheses, brackets or braces of an expression
        Call,     // arguments
        Columns,  // alias (a, b) or (a integer, b text)
    };
    enum class Clause : std::uint8_t {
        // Heads.
        QueryHead,  // a query must begin; what comes behind is no head
        Head,       // a query may begin
        // With that one, where columns stand.
        Expression,  // any expression
        Grouping,    // GROUP BY: ROLLUP, CUBE and GROUPING SETS
        JoinOn,      // the condition of a join
        From,        // a relation or a table function must come
        FromDone,    // its alias may come
        FromAliased,
        Target,  // a relation must come: INTO, UPDATE, TABLE
        TargetDone,
        CteName,
        CteBody,  // between the name of a CTE and the next
    };
    enum class Callee : std::uint8_t {
        Function,
        Type,
        Construct,
        Labels,  // its arguments may have labels: XMLFOREST(a AS b)
        Table,   // XMLTABLE, JSON_TABLE
        SetConfig,
        Odbc,
    };
    enum class Literal : std::uint8_t { Missing, True, False, Other };

    struct Frame {
        FrameKind kind;
        Clause clause;
        TokenKind closer;
        Callee callee;
        bool expects_name;  // Columns: at the start of an element
        bool has_columns;   // Table: COLUMNS was seen
        std::uint8_t argument;
        Literal local;  // set_config's third argument
    };

    static constexpr std::size_t kMaxDepth = 256;

    void walk();
    void leave_head(TokenKind kind);
    // query_scanner_operands.h
    void pass_operands();
    [[nodiscard]] std::ptrdiff_t length_of_operand(const Token* at, const Token& before, bool& after_operand);
    [[nodiscard]] std::ptrdiff_t length_of_plain_word(const Token* at, const Token& before,
                                                      bool& after_operand);
    [[nodiscard]] bool is_alias() const;
    [[nodiscard]] bool is_value_in_any_quotes() const;
    // query_scanner_keywords.cpp. True when the word was part of the grammar here; false when it is a name.
    [[nodiscard]] bool keyword(Keyword keyword);
    [[nodiscard]] bool infix_keyword(Keyword keyword) const;
    [[nodiscard]] bool end_of_from(Keyword keyword);
    void from_keyword();
    bool with_keyword();
    [[nodiscard]] bool table_keyword();
    [[nodiscard]] bool join_keyword(Keyword keyword);
    [[nodiscard]] bool join_modifier(Keyword keyword);
    void for_keyword();
    void as_keyword();
    [[nodiscard]] bool modifying_keyword(Keyword keyword);
    [[nodiscard]] bool definition_keyword();
    [[nodiscard]] bool next_value();

    // query_scanner_names.cpp
    void name(const Token& first);
    [[nodiscard]] QualifiedName take_name(const Token& first);
    [[nodiscard]] bool syntax_before_parenthesis(const QualifiedName& name, bool behind_operand) const;
    [[nodiscard]] bool syntax_before_literal(const QualifiedName& name) const;
    [[nodiscard]] bool begins_columns(const Token& word);
    [[nodiscard]] bool skipped_before_relation(const Token& token) const;
    void relation(const QualifiedName& name);
    void call(const QualifiedName& name);
    void column_name(const Token& first);
    void type();
    void operator_call();
    void table_sample();
    void attribute();
    void unknown(std::string_view written);

    void open(const Token& token);
    void open_brace();
    void push(FrameKind kind, Clause clause, TokenKind closer, Callee callee = Callee::Function);
    void pass_too_deep();
    void close(const Token& token);
    void end_frame();
    void behind_cte_body();
    void comma();
    void note_set_config_argument(const Token& token);
    void finish_set_config(const Frame& frame);

    // What the step of walk() began with, and the one before.
    [[nodiscard]] const Token& current() const { return stream_.step(); }
    [[nodiscard]] const Token& previous() const { return stream_.step_before(); }
    [[nodiscard]] const Frame& here() const { return *here_; }
    [[nodiscard]] Frame& frame() { return *here_; }
    [[nodiscard]] bool in_from() const;
    [[nodiscard]] bool at_head() const { return here().clause <= Clause::Head; }
    [[nodiscard]] bool query_may_begin() const;
    [[nodiscard]] bool postgresql() const { return stream_.dialect() == Dialect::PostgreSql; }
    [[nodiscard]] bool mariadb() const { return stream_.dialect() == Dialect::MariaDb; }

    TokenStream& stream_;
    StatementFacts& facts_;
    StatementClass& result_;
    std::array<Frame, kMaxDepth> frames_;  // those up to depth_ are set
    Frame* here_ = nullptr;                // at depth_
    std::size_t depth_ = 0;
    bool definition_ = false;
    bool using_names_relations_ = false;  // DELETE ... USING, MERGE ... USING
    std::size_t using_depth_ = 0;
    bool after_operand_ = false;
    bool operand_before_not_ = false;
};

}  // namespace freshread
