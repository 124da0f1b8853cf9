// Session state follows the session: what SET and its kin changed on the leader holds on a replica, before
// its next statement; what only the leader has is looked for there.
#include <gtest/gtest.h>

#include <array>

#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

// The name of the fixture's namesake is that of the table `place` which search_path finds.
class SessionState : public testing::Test {
 protected:
    void SetUp() override {
        on_node("leader",
                "drop table if exists item cascade; create table item (id int primary key, name text); "
                "grant all on item to public; create schema if not exists other; grant all on schema other "
                "to public; "
                "drop table if exists other.place; create table other.place as select 'elsewhere' as name; "
                "grant all on other.place to public");
        cluster("wait replica1");
        state_ = warm_state_directory();
    }

    // What may have written sends the next read to the leader until the leader was sampled: here nothing is
    // left to that.
    [[nodiscard]] std::string user(const std::string& name) const {
        return freshread(state_, "Capture=commit;User=" + name);
    }

    std::string state_{};
};

TEST_F(SessionState, SettingsReachTheReplicaBeforeItsNextStatement) {
    Client client(user("u1"));
    client.query("select 1");
    ASSERT_TRUE(client.on_replica()) << client.reason();
    client.execute("set search_path = other, public");
    EXPECT_EQ(client.value("select name from place"), "elsewhere");
    EXPECT_TRUE(client.on_replica()) << client.reason();
    client.execute("reset search_path");
    EXPECT_THROW(client.query("select name from place"), OdbcError);
}

TEST_F(SessionState, ASettingThatWasRolledBackDoesNotReachTheReplica) {
    Client client(user("u1"));
    client.execute("begin");
    client.execute("set search_path = other");
    client.execute("rollback");
    EXPECT_THROW(client.query("select name from place"), OdbcError);
    client.execute("begin");
    client.execute("set search_path = other");
    client.execute("commit");
    EXPECT_EQ(client.value("select name from place"), "elsewhere");
    EXPECT_TRUE(client.on_replica()) << client.reason();
}

TEST_F(SessionState, ATemporaryTableIsNotLookedForOnAReplica) {
    Client client(user("u1"));
    client.execute("create temporary table item as select 7 as id, 'mine'::text as name");
    EXPECT_EQ(client.value("select name from item where id = 7"), "mine");
    EXPECT_FALSE(client.on_replica());
}

TEST_F(SessionState, WhatATemporaryTableIsRenamedToIsNotLookedForOnAReplica) {
    Client client(user("u1"));
    client.execute("create temporary table passing as select 7 as id, 'mine'::text as name");
    client.execute("alter table pg_temp.passing rename to item");
    EXPECT_EQ(client.value("select name from item where id = 7"), "mine");
    EXPECT_EQ(client.reason(), "TemporaryTable");
    client.execute("create view of_item as select name from item");
    EXPECT_EQ(client.value("select name from of_item"), "mine");
    EXPECT_EQ(client.reason(), "TemporaryTable");
}

// current_setting() is the leader's to answer, as its value may depend on the node. This shows what the node
// that reads has: the settings change what the text says.
std::string interval_style(Client& client) {
    std::string value = client.value("select interval '1 day 2 hours'");
    EXPECT_TRUE(client.on_replica()) << client.reason();
    return value;
}

TEST_F(SessionState, ALongSessionOfSettingsStaysOnTheReplica) {
    Client client(user("u1"));
    for (int i = 0; i < 300; ++i) {
        client.execute("set statement_timeout = " + std::to_string(10'000 + i));
        client.execute(i % 2 == 0 ? "set intervalstyle = 'iso_8601'" : "set intervalstyle = 'postgres'");
    }
    EXPECT_EQ(interval_style(client), "1 day 02:00:00");
    client.execute("SET INTERVALSTYLE TO iso_8601");
    EXPECT_EQ(interval_style(client), "P1DT2H");
}

TEST_F(SessionState, ResetAllAndDiscardAllReachTheReplica) {
    Client client(user("u1"));
    for (const char* const reset :
         {"reset all", "discard all", "reset intervalstyle", "set intervalstyle to default"}) {
        client.execute("set intervalstyle = 'iso_8601'");
        EXPECT_EQ(interval_style(client), "P1DT2H");
        client.execute(reset);
        EXPECT_EQ(interval_style(client), "1 day 02:00:00") << reset;
    }
    client.execute("discard plans");
    client.execute("discard sequences");
    client.execute("discard temp");
    EXPECT_EQ(interval_style(client), "1 day 02:00:00");
}

TEST_F(SessionState, DiscardAllFreesASessionWhoseStateIsNotKnown) {
    Client client(user("u1"));
    client.execute("set a.b = 1; set intervalstyle = 'iso_8601'");
    EXPECT_EQ(client.value("select interval '1 day 2 hours'"), "P1DT2H");
    EXPECT_EQ(client.reason(), "SessionUnreplicated");
    client.execute("create temp table item as select 1 as id");
    client.execute("discard all");
    EXPECT_EQ(interval_style(client), "1 day 02:00:00");
    EXPECT_EQ(client.value("select count(*) from item"), "0");
    EXPECT_TRUE(client.on_replica()) << client.reason();
}

TEST_F(SessionState, SetConfigIsASetting) {
    Client client(user("u1"));
    EXPECT_EQ(client.value("select set_config('intervalstyle', 'iso_8601', false)"), "iso_8601");
    EXPECT_EQ(interval_style(client), "P1DT2H");
    client.execute("begin");
    client.execute("select set_config('intervalstyle', 'postgres', true)");
    client.execute("commit");
    EXPECT_EQ(interval_style(client), "P1DT2H");
}

TEST_F(SessionState, AValueThatIsAParameterIsAsked) {
    Client client(user("u1"));
    {
        Statement statement(client);
        statement.prepare("select set_config('intervalstyle', ?, false)");
        std::array<char, 16> value{"iso_8601"};
        SQLLEN length = SQL_NTS;
        statement.check(SQLBindParameter(statement, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, value.size(),
                                         0, value.data(), static_cast<SQLLEN>(value.size()), &length));
        statement.execute();
    }
    EXPECT_EQ(interval_style(client), "P1DT2H");
    // A backslash: what it says depends on another setting.
    client.execute("set a.b = 'x\\y''z'");
    EXPECT_EQ(interval_style(client), "P1DT2H");
}

// I5: nobody can tell from such a text what it sets, so the leader is asked.
TEST_F(SessionState, WhatTheApplicationsOwnCodeSetsReachesTheReplica) {
    on_node("leader",
            "drop view if exists styled; drop procedure if exists restyle(text); "
            "drop function if exists set_style(text); "
            "create function set_style(style text) returns text language plpgsql as $$ begin "
            "  if style is null then reset intervalstyle; else "
            "  perform set_config('intervalstyle', style, false); end if; return style; end $$; "
            "create procedure restyle(style text) language plpgsql as $$ begin "
            "  perform set_style(style); end $$; "
            "create or replace view styled as select set_style('iso_8601') as style; "
            "grant all on styled to public");
    cluster("wait replica1");
    for (const char* const sets :
         {"select set_style('iso_8601')", "call restyle('iso_8601')", "{call set_style('iso_8601')}",
          "do $$ begin set intervalstyle = 'iso_8601'; end $$", "execute styling", "select style from styled",
          "insert into item values (1, set_style('iso_8601'))"}) {
        Client client(user("u1"));
        client.execute("prepare styling as select set_style('iso_8601')");
        const auto expect_style = [&](const std::string& style) {
            EXPECT_TRUE(eventually([&] {
                EXPECT_EQ(client.value("select interval '1 day 2 hours'"), style) << sets;
                return client.on_replica();
            })) << sets
                << ": " << client.reason();
        };
        expect_style("1 day 02:00:00");
        client.execute(sets);
        expect_style("P1DT2H");
        client.execute("select set_style(null)");
        expect_style("1 day 02:00:00");
    }
}

TEST_F(SessionState, WhatTheApplicationsOwnCodeSetsAndWhatTextsSetHoldsInItsOrder) {
    on_node("leader",
            "create or replace function set_style(style text) returns text language sql as "
            "$$ select set_config('intervalstyle', style, false) $$");
    cluster("wait replica1");
    Client client(user("u1"));
    const auto expect_style = [&](const std::string& style) {
        EXPECT_TRUE(eventually([&] {
            EXPECT_EQ(client.value("select interval '1 day 2 hours'"), style);
            return client.on_replica();
        })) << client.reason();
    };
    client.execute("select set_style('iso_8601')");
    client.execute("set intervalstyle = 'sql_standard'");
    expect_style("1 2:00:00");
    client.execute("set intervalstyle = 'postgres'");
    client.execute("select set_style('iso_8601')");
    expect_style("P1DT2H");
    client.execute("set intervalstyle = 'sql_standard'");
    client.execute("select set_style('iso_8601')");
    expect_style("P1DT2H");
    client.execute("begin");
    client.execute("select set_style('postgres')");
    client.execute("rollback");
    expect_style("P1DT2H");
    client.execute("begin");
    client.execute("select set_style('postgres')");
    client.execute("commit");
    expect_style("1 day 02:00:00");
    client.execute("select set_style('iso_8601')");
    client.execute("discard all");
    expect_style("1 day 02:00:00");
}

TEST_F(SessionState, SavepointsTakeSettingsBack) {
    Client client(user("u1"));
    client.execute("begin");
    client.execute("set intervalstyle = 'iso_8601'");
    client.execute("savepoint s");
    client.execute("set intervalstyle = 'sql_standard'");
    client.execute("rollback to savepoint s");
    client.execute("commit");
    EXPECT_EQ(interval_style(client), "P1DT2H");
    client.execute("begin");
    client.execute("set local intervalstyle = 'sql_standard'");
    client.execute("commit");
    EXPECT_EQ(interval_style(client), "P1DT2H");
}

// Whether the transaction was rolled back with the statement that failed is the underlying driver's to
// decide.
TEST_F(SessionState, ATransactionInWhichSomethingFailedLeavesTheSettingsOfTheLeader) {
    Client client(user("u1"));
    client.execute("begin");
    client.execute("set intervalstyle = 'iso_8601'");
    EXPECT_THROW(client.query("select * from nowhere"), OdbcError);
    client.execute("commit");
    const std::string on_leader = client.value("/* freshread leader */ select interval '1 day 2 hours'");
    EXPECT_EQ(interval_style(client), on_leader);
}

TEST_F(SessionState, WithManualCommitSettingsCountWhenCommitted) {
    Client client(user("u1"), false);
    client.execute("set intervalstyle = 'iso_8601'");
    client.end_transaction(SQL_ROLLBACK);
    client.set_autocommit(true);
    EXPECT_EQ(interval_style(client), "1 day 02:00:00");
    client.set_autocommit(false);
    client.execute("set intervalstyle = 'iso_8601'");
    client.end_transaction(SQL_COMMIT);
    client.set_autocommit(true);
    EXPECT_EQ(interval_style(client), "P1DT2H");
    client.set_autocommit(false);
    client.execute("set intervalstyle = 'sql_standard'");
    client.set_autocommit(true);
    EXPECT_EQ(interval_style(client), "1 2:00:00");
}

TEST_F(SessionState, SettingsOfEveryFormReachTheReplica) {
    Client client(user("u1"));
    const std::string moment = "select '2024-01-01 00:00:00+00'::timestamptz";
    client.execute("set time zone 'Asia/Tokyo'");
    const std::string there = client.value(moment);
    EXPECT_TRUE(client.on_replica()) << client.reason();
    EXPECT_EQ(there, client.value("/* freshread leader */ " + moment));
    client.execute("set time zone interval '-3' hour to minute");
    const std::string later = client.value(moment);
    EXPECT_TRUE(client.on_replica()) << client.reason();
    EXPECT_NE(there, later);
    EXPECT_EQ(later, client.value("/* freshread leader */ " + moment));
    client.execute("set schema 'other'");
    EXPECT_EQ(client.value("select name from place"), "elsewhere");
    EXPECT_TRUE(client.on_replica()) << client.reason();
    client.execute("set names 'utf8'");
    client.execute("set session xml option document");
    client.execute("set role none");
    client.execute("set my.own = 'x?'");
    EXPECT_EQ(client.value("select name from place"), "elsewhere");
    EXPECT_TRUE(client.on_replica()) << client.reason();
}

TEST_F(SessionState, ASettingThatTheReplicaRefusesKeepsTheSessionOnTheLeader) {
    Client client(user("u1"));
    client.query("select 1");
    ASSERT_TRUE(client.on_replica()) << client.reason();
    client.execute("set transaction_read_only = off");  // outside a transaction it has no effect anywhere
    client.query("select 1");
    EXPECT_TRUE(client.on_replica()) << client.reason();
    // A role that the replica does not know yet.
    on_node("leader", "drop role if exists newcomer");
    cluster("wait replica1");
    cluster("pause replica1");
    on_node("leader", "create role newcomer; grant newcomer to " + client.value("select current_user"));
    client.execute("set role newcomer");
    EXPECT_EQ(client.value("select 1"), "1");
    EXPECT_FALSE(client.on_replica());
    cluster("resume replica1");
    cluster("wait replica1");
    EXPECT_EQ(client.value("select 1"), "1");
    EXPECT_EQ(client.reason(), "SessionUnreplicated");
    client.execute("discard all");
    client.query("select 1");
    EXPECT_TRUE(client.on_replica()) << client.reason();
    on_node("leader", "drop role newcomer");
}

TEST_F(SessionState, EveryTemporaryObjectIsLookedForOnTheLeader) {
    on_node("leader", "insert into item values (1, 'of everybody')");
    cluster("wait replica1");
    for (const char* const create : {"create temp table item as select 1 as id, 'mine'::text as name",
                                     "select 1 as id, 'mine'::text as name into temp item",
                                     "select 1 as id, 'mine'::text as name into pg_temp.item",
                                     "create table pg_temp.item as select 1 as id, 'mine'::text as name",
                                     "create temp view item as select 1 as id, 'mine'::text as name"}) {
        Client client(user("u1"));
        EXPECT_EQ(client.value("select name from item"), "of everybody");
        EXPECT_TRUE(client.on_replica()) << client.reason();
        client.execute(create);
        EXPECT_EQ(client.value("select name from item"), "mine") << create;
        client.execute("discard temp");
        EXPECT_TRUE(eventually([&] {
            EXPECT_EQ(client.value("select name from item"), "of everybody") << create;
            return client.on_replica();
        })) << client.reason();
    }
    Client client(user("u1"));
    client.execute("create temp table another as select 1 as id, 'mine'::text as name");
    client.execute("alter table another rename to item");
    EXPECT_EQ(client.value("select name from item"), "mine");
    client.execute("drop table item");
    EXPECT_EQ(client.value("select name from item"), "of everybody");
}

TEST_F(SessionState, AHeldAdvisoryLockKeepsTheSessionOnTheLeader) {
    Client client(user("u1"));
    client.execute("select pg_advisory_lock(1)");
    client.query("select count(*) from item");
    EXPECT_EQ(client.reason(), "LockingRead");
    client.execute("select pg_advisory_unlock(1)");
    client.query("select count(*) from item");
    EXPECT_TRUE(client.on_replica()) << client.reason();
}

}  // namespace
}  // namespace freshread::test
