// What SET and its kin, and savepoints, change: read from the text.
#include "routing/setting_change.h"

#include <gtest/gtest.h>

namespace freshread {
namespace {

using Kind = SettingChange::Kind;
using Names = std::vector<std::string>;

SettingChange change_of(std::string_view text) {
    return read_setting_change(text, Dialect::PostgreSql);
}

TEST(SettingChange, NamesASettingAlikeHoweverItIsWritten) {
    const std::pair<std::string_view, std::string> cases[] = {
        {"set search_path = a, b", "search_path"},
        {"SET Search_Path TO a", "search_path"},
        {"set session \"search_path\" = a", "search_path"},
        {"/* x */ reset search_path;", "search_path"},
        {"set schema 'a'", "search_path"},
        {"select set_config('search_path', 'a', false)", "search_path"},
        {"SELECT pg_catalog.set_config('Search_Path', ?, false)", "search_path"},
        {"set time zone 'UTC'", "timezone"},
        {"set time zone interval '1' hour to minute", "timezone"},
        {"set TimeZone = 'UTC'", "timezone"},
        {"reset time zone", "timezone"},
        {"set names 'utf8'", "client_encoding"},
        {"set role r", "role"},
        {"set session role r", "role"},
        {"reset role", "role"},
        {"set session authorization u", "session_authorization"},
        {"set session session authorization u", "session_authorization"},
        {"reset session authorization", "session_authorization"},
        {"set my . Var = 'x'", "my.var"},
        {"set xml option document", "xmloption"},
    };
    for (const auto& [text, name] : cases) {
        EXPECT_EQ(change_of(text).kind, Kind::Assign) << text;
        EXPECT_EQ(change_of(text).names, Names{name}) << text;
    }
    EXPECT_EQ(change_of("select set_config('a', '1', false), set_config('b', '2', false)").names,
              (Names{"a", "b"}));
}

TEST(SettingChange, ANameThatIsNoLiteralIsNotKnown) {
    EXPECT_TRUE(change_of("select set_config(?, 'x', false)").names.empty());
    EXPECT_TRUE(change_of("select set_config('a' || 'b', 'x', false)").names.empty());
    EXPECT_TRUE(change_of("select set_config(E'a', 'x', false)").names.empty());
}

TEST(SettingChange, ResetAndDiscard) {
    EXPECT_EQ(change_of("reset all").kind, Kind::ResetAll);
    EXPECT_EQ(change_of("DISCARD ALL").kind, Kind::DiscardAll);
    EXPECT_EQ(change_of("discard temp").kind, Kind::DiscardTemporary);
    EXPECT_EQ(change_of("discard temporary").kind, Kind::DiscardTemporary);
    EXPECT_EQ(change_of("discard plans").kind, Kind::Nothing);
    EXPECT_EQ(change_of("discard sequences").kind, Kind::Nothing);
}

TEST(SettingChange, ATextThatSaysSomethingElseElsewhereIsNotRepeated) {
    EXPECT_TRUE(change_of("set a.b = 'x'").repeatable);
    EXPECT_FALSE(change_of("set a.b = ?").repeatable);
    EXPECT_FALSE(change_of("set a.b = 'C:\\x'").repeatable);
    EXPECT_TRUE(change_of("set a.b = 'what?'").repeatable);
}

TEST(SettingChange, TargetsOfMariaDb) {
    const auto names = [](std::string_view text) {
        return read_setting_change(text, Dialect::MariaDb).names;
    };
    EXPECT_EQ(names("set a = 1, session b = 'x'"), (Names{"a", "sessionb"}));
    EXPECT_EQ(names("set names utf8mb4"), Names{"namesutf8mb4"});
    EXPECT_EQ(names("set @a := (1, 2), @@session.c = 3"), (Names{"@a", "@@session.c"}));
    EXPECT_EQ(names("use db"), Names{"use"});
}

TEST(SavepointChange, ReadsVerbAndName) {
    using Savepoint = SavepointChange::Kind;
    struct Case {
        std::string_view text;
        Savepoint kind;
        std::string name;
    };
    const Case cases[] = {
        {"savepoint A", Savepoint::Set, "a"},
        {"savepoint savepoint", Savepoint::Set, "savepoint"},
        {"SAVEPOINT \"A b\"", Savepoint::Set, "A b"},
        {"release a", Savepoint::Release, "a"},
        {"release savepoint a", Savepoint::Release, "a"},
        {"release savepoint", Savepoint::Release, "savepoint"},
        {"rollback to a", Savepoint::RollbackTo, "a"},
        {"rollback work to savepoint a", Savepoint::RollbackTo, "a"},
        {"abort transaction to a", Savepoint::RollbackTo, "a"},
        {"rollback", Savepoint::None, ""},
        {"select 1", Savepoint::None, ""},
    };
    for (const Case& expected : cases) {
        const SavepointChange change = read_savepoint_change(expected.text, Dialect::PostgreSql);
        EXPECT_EQ(change.kind, expected.kind) << expected.text;
        EXPECT_EQ(change.name, expected.name) << expected.text;
    }
}

}  // namespace
}  // namespace freshread
