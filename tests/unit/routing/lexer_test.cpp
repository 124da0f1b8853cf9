#include "routing/lexer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "classification.h"

namespace freshread {
namespace {

char letter_of(TokenKind kind) {
    switch (kind) {
        case TokenKind::End:
            return '.';
        case TokenKind::Identifier:
            return 'i';
        case TokenKind::QuotedIdentifier:
            return 'q';
        case TokenKind::String:
            return 's';
        case TokenKind::Number:
            return 'n';
        case TokenKind::Parameter:
            return '?';
        case TokenKind::Variable:
            return '@';
        case TokenKind::Operator:
            return 'o';
        case TokenKind::Cast:
            return ':';
        case TokenKind::Comment:
            return 'c';
        case TokenKind::Broken:
            return '!';
        default:
            return 'p';
    }
}

// One letter per token, and the texts of them.
std::string kinds_of(std::string_view text, const LexicalSettings& settings) {
    Lexer lexer(text, settings);
    std::string kinds;
    for (auto token = lexer.next(); token.kind != TokenKind::End; token = lexer.next())
        kinds += letter_of(token.kind);
    return kinds;
}

std::vector<std::string> texts_of(std::string_view text, const LexicalSettings& settings) {
    Lexer lexer(text, settings);
    std::vector<std::string> texts;
    for (auto token = lexer.next(); token.kind != TokenKind::End; token = lexer.next())
        texts.emplace_back(token.text);
    return texts;
}

using Texts = std::vector<std::string>;

Word word_of(std::string_view text) {
    Lexer lexer(text, kMariaDb);
    return lexer.next().keyword.word;
}

// Behind eight letters, at the end of the text and before it, in any case.
TEST(Lexer, keywords_are_whole_words) {
    EXPECT_EQ(word_of("straight_join"), Word::StraightJoin);
    EXPECT_EQ(word_of("STRAIGHT_Join x"), Word::StraightJoin);
    EXPECT_EQ(word_of("straight"), Word::None);
    EXPECT_EQ(word_of("straight_joi x y z"), Word::None);
    EXPECT_EQ(word_of("straight_joint"), Word::None);
    EXPECT_EQ(word_of("distinct"), Word::Distinct);
    EXPECT_EQ(word_of("distinctrow t"), Word::Distinct);
    EXPECT_EQ(word_of("distinctr t"), Word::None);
    EXPECT_EQ(word_of("As"), Word::As);
    EXPECT_EQ(word_of("aS a longer text"), Word::As);
    EXPECT_EQ(word_of("a"), Word::None);
    EXPECT_EQ(word_of("as_"), Word::None);
    EXPECT_EQ(word_of("a\x53 b c d e"), Word::As);
    EXPECT_EQ(word_of("sql\x1f"
                      "calc_found_rows"),
              Word::None);
}

// What is left of a run of operator characters is read as if it stood alone.
TEST(Lexer, signs_at_the_end_of_an_operator_are_operators_each) {
    EXPECT_EQ(texts_of("1 *+-+ 2", kPostgreSql), (std::vector<std::string>{"1", "*", "+", "-", "+", "2"}));
    EXPECT_EQ(texts_of("1 @+-+ 2", kPostgreSql), (std::vector<std::string>{"1", "@+-+", "2"}));
    EXPECT_EQ(texts_of("?+?+-?", kPostgreSql), (std::vector<std::string>{"?", "+?+-?"}));
    EXPECT_EQ(texts_of("?+?+-?", kGeneric), (std::vector<std::string>{"?", "+", "?", "+-?"}));
    EXPECT_EQ(texts_of("a+-+b +- c", kMariaDb), (std::vector<std::string>{"a", "+-+", "b", "+-", "c"}));
}

TEST(Lexer, ReadsStringsOfPostgreSql) {
    EXPECT_EQ(texts_of("'it''s' x", kPostgreSql), (Texts{"'it''s'", "x"}));
    EXPECT_EQ(texts_of(R"('a\' x)", kPostgreSql), (Texts{R"('a\')", "x"}));
    EXPECT_EQ(texts_of(R"(E'a\' x' y)", kPostgreSql), (Texts{R"(E'a\' x')", "y"}));
    EXPECT_EQ(texts_of(R"(e'\\' y)", kPostgreSql), (Texts{R"(e'\\')", "y"}));
    EXPECT_EQ(kinds_of("U&'x' N'x' B'1' X'1f' n", kPostgreSql), "ssssi");
    EXPECT_EQ(kinds_of("$$a'b$$ $t$ $$ $u$ $t$ a$1 $1", kPostgreSql), "ssi?");
    EXPECT_EQ(kinds_of("$t$ x $T$", kPostgreSql), "!");
    LexicalSettings escapes = kPostgreSql;
    escapes.backslash_escapes = true;
    EXPECT_EQ(texts_of(R"('a\' x' y)", escapes), (Texts{R"('a\' x')", "y"}));
}

TEST(Lexer, ContinuesStringsOverLines) {
    EXPECT_EQ(kinds_of("'a'\n'b'", kPostgreSql), "s");
    EXPECT_EQ(kinds_of("'a' 'b'", kPostgreSql), "ss");
    EXPECT_EQ(texts_of("E'a' -- c\n  'b\\'c' d", kPostgreSql), (Texts{"E'a' -- c\n  'b\\'c'", "d"}));
    EXPECT_EQ(kinds_of("'a'\n'b'", kMariaDb), "ss");
}

TEST(Lexer, ReadsStringsOfMariaDb) {
    EXPECT_EQ(texts_of(R"('a\' x' "b\" y" z)", kMariaDb), (Texts{R"('a\' x')", R"("b\" y")", "z"}));
    EXPECT_EQ(kinds_of("\"a\" `b``c`", kMariaDb), "sq");
    EXPECT_EQ(kinds_of("\"a\"", {Dialect::MariaDb, true, true}), "q");
    EXPECT_EQ(texts_of(R"('a\' x)", LexicalSettings{Dialect::MariaDb, false, false}),
              (Texts{R"('a\')", "x"}));
}

TEST(Lexer, ReadsQuotedIdentifiers) {
    EXPECT_EQ(texts_of(R"("a""b" c)", kPostgreSql), (Texts{R"("a""b")", "c"}));
    EXPECT_EQ(texts_of(R"(U&"a" c)", kPostgreSql), (Texts{R"(U&"a")", "c"}));
    EXPECT_EQ(texts_of("[a]]b] c", kGeneric), (Texts{"[a]]b]", "c"}));
    EXPECT_EQ(kinds_of("a[1]", kPostgreSql), "ipnp");
    EXPECT_EQ(kinds_of("a[1]", kMariaDb), "i!");
}

TEST(Lexer, ReadsComments) {
    EXPECT_EQ(texts_of("a -- b\nc", kPostgreSql), (Texts{"a", " b", "c"}));
    EXPECT_EQ(texts_of("a --b\rc", kPostgreSql), (Texts{"a", "b", "c"}));
    EXPECT_EQ(texts_of("a /* b /* c */ d */ e", kPostgreSql), (Texts{"a", " b /* c */ d ", "e"}));
    EXPECT_EQ(texts_of("a /* b /* c */ d", kMariaDb), (Texts{"a", " b /* c ", "d"}));
    EXPECT_EQ(texts_of("a # b\nc", kMariaDb), (Texts{"a", " b", "c"}));
    EXPECT_EQ(texts_of("5--1", kMariaDb), (Texts{"5", "--", "1"}));
    EXPECT_EQ(texts_of("5-- 1", kMariaDb), (Texts{"5", " 1"}));
    EXPECT_EQ(texts_of("1 +-- x\n2", kPostgreSql), (Texts{"1", "+", " x", "2"}));
    EXPECT_EQ(texts_of("1 +/* x */2", kPostgreSql), (Texts{"1", "+", " x ", "2"}));
}

TEST(Lexer, ReadsExecutableComments) {
    EXPECT_EQ(texts_of("a /*! b */ c", kMariaDb), (Texts{"a", "b", "c"}));
    EXPECT_EQ(texts_of("a /*!50000 b*/ c /*M! d*/", kMariaDb), (Texts{"a", "b", "c", "d"}));
    EXPECT_EQ(kinds_of("a /*! b", kMariaDb), "ii!");
    EXPECT_EQ(kinds_of("/*! a /*! b */ */", kMariaDb), "i!");
    EXPECT_EQ(kinds_of("/*! a", kPostgreSql), "!");
    EXPECT_EQ(kinds_of("/*! a */", kPostgreSql), "c");
    EXPECT_EQ(kinds_of("/*! a */", kGeneric), "!");

    Lexer plain("/*! a */", kMariaDb);
    while (plain.next().kind != TokenKind::End) {
    }
    EXPECT_FALSE(plain.saw_conditional_comment());
    Lexer versioned("/*!50000 a */", kMariaDb);
    while (versioned.next().kind != TokenKind::End) {
    }
    EXPECT_TRUE(versioned.saw_conditional_comment());
}

TEST(Lexer, TellsMarkersFromOperators) {
    EXPECT_EQ(kinds_of("a=? and b<>?", kPostgreSql), "io?iio?");
    EXPECT_EQ(kinds_of("?+?||?", kPostgreSql), "?o?o?");
    EXPECT_EQ(kinds_of("a ? 'b'", kPostgreSql), "i?s");
    EXPECT_EQ(texts_of("a ?| b @? c", kPostgreSql), (Texts{"a", "?|", "b", "@?", "c"}));
    EXPECT_EQ(texts_of("a->>? ?::int", kPostgreSql), (Texts{"a", "->>", "?", "?", "::", "int"}));
    EXPECT_EQ(texts_of("a ~?~ b", kPostgreSql), (Texts{"a", "~?~", "b"}));
}

TEST(Lexer, EndsOperatorsWherePostgreSqlDoes) {
    EXPECT_EQ(texts_of("a<-1", kPostgreSql), (Texts{"a", "<", "-", "1"}));
    EXPECT_EQ(texts_of("a@-1", kPostgreSql), (Texts{"a", "@-", "1"}));
    EXPECT_EQ(texts_of("a::int", kPostgreSql), (Texts{"a", "::", "int"}));
}

TEST(Lexer, ReadsNumbers) {
    EXPECT_EQ(texts_of("1.5e-3 .5 1e5x 1from t", kPostgreSql),
              (Texts{"1.5e-3", ".5", "1e5", "x", "1", "from", "t"}));
    EXPECT_EQ(texts_of("t.1a 1e5", kMariaDb), (Texts{"t", ".", "1a", "1e5"}));
}

TEST(Lexer, ReadsVariables) {
    EXPECT_EQ(kinds_of("@a @@global.b @`c d` @'e'", kMariaDb), "@@@@");
    EXPECT_EQ(kinds_of("@a", kPostgreSql), "oi");
}

TEST(Lexer, BreaksOnWhatNoServerAccepts) {
    for (const std::string_view text : {"'a", "\"a", "$$a", "/* a", "/* /* */", "\\", "$x", "\x01"}) {
        EXPECT_EQ(kinds_of(text, kPostgreSql), "!") << text;
    }
    EXPECT_EQ(kinds_of(std::string_view("'\0'", 3), kPostgreSql), "!");
    EXPECT_EQ(kinds_of(std::string_view("a \0 b", 5), kPostgreSql), "i!");
    EXPECT_EQ(kinds_of(std::string_view("-- \0\nb", 6), kPostgreSql), "!");
}

// Generic: what two servers would read differently.
TEST(Lexer, BreaksOnWhatServersReadDifferently) {
    for (const std::string_view text :
         {R"('a\' or 1 --')", "1--1", "/* /* */", "/*! a */", "#a", "[f(1)]", "-- a\rb"}) {
        EXPECT_NE(kinds_of(text, kGeneric).find('!'), std::string::npos) << text;
    }
    EXPECT_EQ(kinds_of("a -- b\r\nc /* d */", kGeneric), "icic");
}

// Near the end every step looks for it, and before that many are taken at once. Each text in a buffer of its
// own, so that AddressSanitizer sees a byte read behind it.
TEST(Lexer, a_token_is_the_same_near_the_end_of_the_text) {
    const std::string text =
        "select e.a,E'x' from orders o where b<=1.5 and n&1=0 or x'1f'<>u&'y' limit(?)-2+.5*t.c;\r\n x/y "
        "\"a b\".\"c\" `d` [e] {d 'z'} ::int a:=b straight_join materialized $1 @v ''";
    const auto tokens_of = [](const std::vector<char>& copy, const LexicalSettings& settings) {
        Lexer lexer({copy.data(), copy.size()}, settings);
        std::vector<std::string> found;
        for (auto token = lexer.next(); token.kind != TokenKind::End; token = lexer.next()) {
            if (token.kind == TokenKind::Broken) return std::vector<std::string>{};
            found.push_back(letter_of(token.kind) + std::to_string(static_cast<int>(token.keyword.word)) +
                            std::string(token.text));
        }
        return found;
    };
    for (const auto& settings : {kPostgreSql, kMariaDb, kGeneric}) {
        for (std::size_t size = 0; size <= text.size(); ++size) {
            for (std::size_t begin = 0; begin <= size && begin < 30; begin += 7) {
                std::vector<char> copy(text.data() + begin, text.data() + size);
                const auto near_end = tokens_of(copy, settings);
                copy.insert(copy.end(), 20, ' ');
                ASSERT_EQ(near_end, tokens_of(copy, settings)) << text.substr(begin, size - begin);
            }
        }
    }
}

TEST(Lexer, SkipsAByteOrderMark) {
    EXPECT_EQ(texts_of("\xEF\xBB\xBFselect", kPostgreSql), (Texts{"select"}));
}

}  // namespace
}  // namespace freshread
