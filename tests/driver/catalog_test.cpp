// I2, of relations and functions: a read of what is not known to be harmless runs on the leader and counts as
// a write. Never an untracked write, never a stale read.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

class CatalogOfRelations : public testing::Test {
 protected:
    void SetUp() override {
        on_node(
            "leader",
            "set client_min_messages = warning; drop schema if exists app cascade; drop schema if exists "
            "other cascade; "
            "create schema app; create schema other; grant all on schema app, other to public; "
            "create table app.entry (n serial, note text); "
            "create table app.calm (i int); insert into app.calm values (1); "
            "create function app.enter() returns int language sql volatile security definer as "
            "$$insert into app.entry (note) values ('entered') returning n$$; "
            "create function app.lies(int) returns boolean language plpgsql immutable security definer as "
            "$$begin perform app.enter(); return true; end$$; "
            "create function app.kind(int) returns boolean language sql immutable as 'select $1 > 0'; "
            "grant all on all tables in schema app to public; "
            "grant all on all sequences in schema app to public");
        cluster("wait replica1");
        state_ = warm_state_directory();
    }
    void TearDown() override { cluster("resume replica1"); }

    // Another connection of the same user reads where the write can be seen.
    [[nodiscard]] bool another_connection_waits_for_the_write() const {
        Client reader(freshread(state_, "User=u1"));
        reader.query("select i from app.calm");
        return reader.reason() == "ReplicaBehind" || reader.reason() == "MarkOpen";
    }

    // The first read of it writes, though replay is paused and no replica could tell.
    void expect_tracked_write(const std::string& read) const {
        cluster("wait replica1");
        cluster("pause replica1");
        Client client(freshread(state_, "User=u1"));
        EXPECT_EQ(client.value(read), "1");
        EXPECT_EQ(client.reason(), "UnknownRelation");
        EXPECT_TRUE(another_connection_waits_for_the_write());
    }

    std::string state_{};
};

TEST_F(CatalogOfRelations, ATableAndAViewOverItArePlain) {
    on_node("leader",
            "create view app.calm_view as select i, now() as at from app.calm where i > 0; "
            "grant all on app.calm_view to public");
    cluster("wait replica1");
    Client client(freshread(state_, "User=u1"));
    EXPECT_EQ(client.value("select i from app.calm"), "1");
    EXPECT_TRUE(client.on_replica()) << client.reason();
    EXPECT_EQ(client.value("select i from app.calm_view"), "1");
    EXPECT_TRUE(client.on_replica()) << client.reason();
    EXPECT_EQ(client.value("with calm_cte as (select i from app.calm) select i from calm_cte"), "1");
    EXPECT_TRUE(client.on_replica()) << client.reason();
}

TEST_F(CatalogOfRelations, AViewOverAVolatileFunctionIsAWrite) {
    on_node("leader",
            "create view app.entering as select app.enter() as n; "
            "create view app.above as select n from app.entering; "
            "grant all on app.entering, app.above to public");
    expect_tracked_write("select n from app.above");
}

TEST_F(CatalogOfRelations, AViewOverABuiltInFunctionWithAnEffectIsAWrite) {
    on_node("leader",
            "create view app.counting as select nextval('app.entry_n_seq') as n; "
            "create view app.where_am_i as select pg_is_in_recovery() as replica; "
            "grant all on app.counting, app.where_am_i to public");
    cluster("wait replica1");
    Client client(freshread(state_, "User=u1"));
    EXPECT_EQ(client.value("select n from app.counting"), "1");
    EXPECT_EQ(client.reason(), "UnknownRelation");
    EXPECT_EQ(client.value("select replica from app.where_am_i"), "0");
    EXPECT_EQ(client.reason(), "NodeDependent");
}

// The other server does the writing, so a replica would not refuse it.
TEST_F(CatalogOfRelations, AForeignTableIsAWrite) {
    on_node("leader",
            "create view app.entering as select app.enter() as n; grant all on app.entering to public; "
            "create extension if not exists postgres_fdw; "
            "create server loop foreign data wrapper postgres_fdw options (host '127.0.0.1', port '" +
                setting("FRESHREAD_TEST_LEADER_PORT") +
                "', dbname 'postgres'); "
                "create user mapping for public server loop options (user 'app', password '" +
                setting("FRESHREAD_TEST_PASSWORD") +
                "', password_required 'false'); "
                "create foreign table app.far (n int) server loop options (schema_name 'app', table_name "
                "'entering'); "
                "grant all on app.far to public");
    expect_tracked_write("select n from app.far");
    on_node("leader", "drop server loop cascade");
}

TEST_F(CatalogOfRelations, ARowLevelPolicyThatWritesIsAWrite) {
    on_node("leader",
            "create table app.guarded (i int); insert into app.guarded values (1); "
            "create policy entering on app.guarded using (app.lies(i)); "
            "grant all on app.guarded to public");
    cluster("wait replica1");
    {
        Client client(freshread(state_, "User=u1"));
        EXPECT_EQ(client.value("select i from app.guarded"), "1");
        EXPECT_TRUE(client.on_replica()) << "a policy without row security does nothing: " << client.reason();
    }
    on_node("leader", "alter table app.guarded enable row level security");
    cluster("wait replica1");
    cluster("pause replica1");
    Client client(freshread(fresh_state_directory(), "User=u1"));
    client.query("select i from app.guarded");
    EXPECT_EQ(client.reason(), "UnknownRelation");
}

TEST_F(CatalogOfRelations, AnImmutableFunctionThatWritesIsAWrite) {
    on_node("leader",
            "create view app.lying as select app.lies(i) as l from app.calm; "
            "grant all on app.lying to public");
    cluster("wait replica1");
    cluster("pause replica1");
    Client client(freshread(state_, "User=u1"));
    client.query("select l from app.lying");
    EXPECT_EQ(client.reason(), "UnknownRelation");
    client.query("select app.lies(1)");
    EXPECT_EQ(client.reason(), "UnknownFunction");
    EXPECT_EQ(on_node("leader", "select count(*) from app.entry"), "2");
    EXPECT_TRUE(another_connection_waits_for_the_write());
}

TEST_F(CatalogOfRelations, ANewTableIsUsedAtOnce) {
    Client client(freshread(state_, "User=u1"));
    client.execute("create table app.made_here (i int)");
    client.execute("insert into app.made_here values (7)");
    EXPECT_EQ(client.value("select i from app.made_here"), "7");
    EXPECT_NE(client.reason(), "UnknownRelation") << "the session asks after its own definitions";
    on_node("leader",
            "create table app.made_elsewhere as select 8 as i; grant all on app.made_elsewhere to public");
    EXPECT_EQ(client.value("select i from app.made_elsewhere"), "8");
    EXPECT_EQ(client.reason(), "UnknownRelation");
    cluster("wait replica1");
    EXPECT_TRUE(eventually([&] {
        EXPECT_EQ(client.value("select i from app.made_elsewhere"), "8");
        return client.on_replica();
    })) << client.reason();
}

TEST_F(CatalogOfRelations, WithoutAMonitorTheConnectionAsksAboutNewTables) {
    Client client(freshread(state_, "User=u1;Monitor=none"));
    client.execute("set search_path = app");
    on_node("leader",
            "create table app.made_elsewhere as select 8 as i; grant all on app.made_elsewhere to public");
    cluster("wait replica1");
    EXPECT_TRUE(eventually([&] {
        EXPECT_EQ(client.value("select i from made_elsewhere"), "8");
        return client.on_replica();
    })) << client.reason();
    EXPECT_EQ(client.value("show search_path"), "app") << "asking leaves nothing behind";
}

TEST_F(CatalogOfRelations, WhatThisSessionRedefinesIsKnownBeforeItsNextRead) {
    Client client(freshread(state_, "User=u1"));
    client.execute("create view app.changing as select i from app.calm");
    EXPECT_EQ(client.value("select i from app.changing"), "1");
    EXPECT_NE(client.reason(), "UnknownRelation");
    cluster("pause replica1");
    client.execute("create or replace view app.changing as select app.enter() as i");
    client.query("select i from app.changing");
    EXPECT_EQ(client.reason(), "UnknownRelation");
    EXPECT_EQ(on_node("leader", "select count(*) from app.entry"), "1");
}

TEST_F(CatalogOfRelations, DefinitionsOfATransactionCountWhenItIsCommitted) {
    Client client(freshread(state_, "User=u1"), false);
    client.execute("create view app.changing as select i from app.calm");
    EXPECT_EQ(client.value("select i from app.changing"), "1");
    client.end_transaction(SQL_COMMIT);
    client.set_autocommit(true);
    EXPECT_EQ(client.value("select i from app.changing"), "1");
    EXPECT_NE(client.reason(), "UnknownRelation");
    client.execute("begin");
    client.execute("create or replace view app.changing as select app.enter() as i");
    Client other(freshread(state_, "User=u1"));
    other.query("select i from app.calm");  // asks while the definition is not committed
    client.execute("commit");
    cluster("pause replica1");
    other.query("select i from app.changing");
    EXPECT_EQ(other.reason(), "UnknownRelation");
}

TEST_F(CatalogOfRelations, APreparedReadIsProvenAnewWhenTheViewChanges) {
    Client client(freshread(state_, "User=u1"));
    client.execute("create view app.changing as select i from app.calm");
    Statement statement(client);
    statement.prepare("select i from app.changing");
    statement.execute();
    EXPECT_NE(statement.reason(), "UnknownRelation");
    statement.check(SQLFreeStmt(statement, SQL_CLOSE));
    client.execute("create or replace view app.changing as select app.enter() as i");
    statement.execute();
    EXPECT_EQ(statement.reason(), "UnknownRelation");
}

TEST_F(CatalogOfRelations, SearchPathThatHidesATableReadsNothingUnproven) {
    on_node("leader",
            "create table other.hidden (i int); insert into other.hidden values (1); "
            "create view app.hidden as select app.enter() as i; "
            "grant all on other.hidden, app.hidden to public");
    cluster("wait replica1");
    cluster("pause replica1");
    Client client(freshread(state_, "User=u1"));
    EXPECT_EQ(client.value("select i from other.hidden"), "1");
    EXPECT_TRUE(client.on_replica()) << client.reason();
    client.execute("set search_path = other, app");
    EXPECT_EQ(client.value("select i from hidden"), "1");
    EXPECT_EQ(client.reason(), "UnknownRelation") << "which of the two is meant is the server's to say";
    client.execute("set search_path = app, other");
    client.query("select i from hidden");
    EXPECT_EQ(client.reason(), "UnknownRelation");
    EXPECT_EQ(on_node("leader", "select count(*) from app.entry"), "1");
}

TEST_F(CatalogOfRelations, AUsersFunctionOfABuiltInNameIsNotTheBuiltInOne) {
    on_node("leader",
            "create function app.upper(text) returns text language sql volatile security definer as "
            "$$insert into app.entry (note) values ($1) returning note$$");
    cluster("wait replica1");
    Client client(freshread(state_, "User=u1"));
    client.execute("set search_path = app, pg_catalog");
    EXPECT_EQ(client.value("select upper('x')"), "x");
    EXPECT_EQ(client.reason(), "UnknownFunction");
    EXPECT_EQ(client.value("select pg_catalog.upper('x')"), "X");
    EXPECT_NE(client.reason(), "UnknownFunction");
}

TEST_F(CatalogOfRelations, OperatorsAndColumnsThatCallAUsersFunction) {
    on_node("leader",
            "create function app.adds(int, int) returns boolean language sql as 'select app.lies($1)'; "
            "create operator app.@+ (leftarg = int, rightarg = int, function = app.adds); "
            "create function app.secret(app.calm) returns boolean language sql as 'select app.lies(1)'");
    cluster("wait replica1");
    Client client(freshread(state_, "User=u1"));
    client.query("select i operator(app.@+) 1 from app.calm");
    EXPECT_EQ(client.reason(), "UnknownFunction");
    client.execute("set search_path = app");
    client.query("select i @+ 1 from calm");
    EXPECT_EQ(client.reason(), "UnknownFunction");
    client.query("select calm.secret from calm");
    EXPECT_EQ(client.reason(), "UnknownFunction");
    EXPECT_EQ(on_node("leader", "select count(*) from app.entry"), "3");
    EXPECT_EQ(client.value("select calm.i from calm"), "1");
    EXPECT_NE(client.reason(), "UnknownFunction");
}

TEST_F(CatalogOfRelations, SequencesAndUnloggedTablesAreTheLeaders) {
    on_node("leader",
            "create unlogged table app.fleeting as select 5 as i; "
            "create view app.of_fleeting as select i from app.fleeting; "
            "create view app.of_sequence as select last_value from app.entry_n_seq; "
            "grant all on all tables in schema app to public");
    cluster("wait replica1");
    Client client(freshread(state_, "User=u1"));
    for (const std::string text :
         {"select i from app.fleeting", "select i from app.of_fleeting",
          "select last_value from app.of_sequence", "select last_value from app.entry_n_seq"}) {
        client.query(text);
        EXPECT_EQ(client.reason(), "NodeDependent") << text;
    }
    client.query("select i from app.calm");
    EXPECT_TRUE(client.on_replica()) << "none of that counted as a write: " << client.reason();
}

TEST_F(CatalogOfRelations, TheAdministratorsWordCounts) {
    on_node("leader",
            "create view app.kindly as select app.kind(i) as k from app.calm; "
            "grant all on app.kindly to public");
    cluster("wait replica1");
    {
        Client client(freshread(state_, "User=u1"));
        client.query("select app.kind(1)");
        EXPECT_EQ(client.reason(), "UnknownFunction");
    }
    Client client(freshread(warm_state_directory(), "User=u1;FreeFunctions={App.Kind, other.thing}"));
    EXPECT_EQ(client.value("select app.kind(i) from app.calm"), "1");
    EXPECT_TRUE(client.on_replica()) << client.reason();
    client.query("select k from app.kindly");
    EXPECT_TRUE(client.on_replica()) << client.reason();
    Client wary(freshread(state_, "User=u1;WriteFunctions=upper"));
    wary.query("select upper('x')");
    EXPECT_EQ(wary.reason(), "Write");
    try {
        const Client refused(freshread(state_, "FreeFunctions={a b}"));
        FAIL() << "no error";
    } catch (const OdbcError& error) {
        EXPECT_NE(std::string(error.what()).find("FreeFunctions"), std::string::npos) << error.what();
    }
}

TEST_F(CatalogOfRelations, TypesOfTheUsersAreNoReasonToStay) {
    on_node("leader",
            "create type app.mood as enum ('good', 'bad'); "
            "create table app.felt as select 'good'::app.mood as m; grant all on app.felt to public");
    cluster("wait replica1");
    Client client(freshread(state_, "User=u1"));
    EXPECT_EQ(client.value("select m from app.felt where m = 'good'::app.mood"), "good");
    EXPECT_TRUE(client.on_replica()) << client.reason();
}

TEST_F(CatalogOfRelations, ATemporaryTableOfAnUnknownNameIsNoWrite) {
    Client client(freshread(state_, "User=u1"));
    client.execute("create temporary table passing as select 3 as i");
    EXPECT_EQ(client.value("select i from passing"), "3");
    EXPECT_EQ(client.reason(), "TemporaryTable");
    EXPECT_EQ(client.value("select passing.i from passing join app.calm on true"), "3");
    EXPECT_EQ(client.reason(), "TemporaryTable");
}

TEST_F(CatalogOfRelations, AnotherProcessFindsItInTheFileAndADamagedFileIsNotBelieved) {
    { const Client client(freshread(state_, "User=u1")); }
    std::string path;
    for (const auto& entry : std::filesystem::directory_iterator(state_))
        if (entry.path().filename().string().starts_with("catalog-")) path = entry.path();
    ASSERT_FALSE(path.empty());
    EXPECT_EQ(std::filesystem::status(path).permissions() & std::filesystem::perms(077),
              std::filesystem::perms::none);
    std::ifstream whole(path);
    std::string content{std::istreambuf_iterator<char>(whole), {}};
    // app.calm, said to be something else.
    const auto place = content.find("R\tcalm\tapp\tp");
    ASSERT_NE(place, std::string::npos);
    content[place + 2] = 'x';
    std::ofstream(path) << content;
    Client client(freshread(state_, "User=u1"));
    client.query("select i from app.calm");
    EXPECT_TRUE(client.on_replica()) << client.reason();
}

TEST_F(CatalogOfRelations, SetConfigIsNoWrite) {
    cluster("pause replica1");
    Client client(freshread(state_, "User=u1"));
    client.query("select set_config('application_name', upper('x'), false)");
    EXPECT_FALSE(another_connection_waits_for_the_write());
    client.query("select i from app.calm");
    EXPECT_TRUE(client.on_replica()) << client.reason();
}

TEST_F(CatalogOfRelations, AUsersSetConfigIsAWrite) {
    on_node("leader",
            "create function app.set_config(text, text, boolean) returns text language sql volatile security "
            "definer as $$insert into app.entry (note) values ($1) returning note$$");
    cluster("wait replica1");
    cluster("pause replica1");
    Client client(freshread(state_, "User=u1"));
    client.execute("set search_path = app, pg_catalog");
    EXPECT_EQ(client.value("select set_config('a', 'b', false)"), "a");
    EXPECT_TRUE(another_connection_waits_for_the_write());
}

// A read on the leader that finds an old catalog asks about it, and is no write then.
TEST_F(CatalogOfRelations, AnOldCatalogDoesNotRenewAWindow) {
    using Clock = std::chrono::steady_clock;
    const auto wait_until = [](Clock::time_point then) {
        EXPECT_TRUE(eventually([&] { return Clock::now() >= then; }));
    };
    Client client(freshread(state_, "User=u1;Policy=window;Window=4s"));
    client.execute("insert into app.calm values (2)");
    const auto written = Clock::now();
    wait_until(written + std::chrono::milliseconds(3'300));
    client.query("select i from app.calm");
    wait_until(written + std::chrono::milliseconds(4'300));
    client.query("select i from app.calm");
    EXPECT_TRUE(client.on_replica()) << client.reason();
}

}  // namespace
}  // namespace freshread::test
