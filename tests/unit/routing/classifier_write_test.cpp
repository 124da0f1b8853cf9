// Writes, locks and what is bound to the leader's session, in all their disguises.
#include <gtest/gtest.h>

#include "classification.h"

namespace freshread {
namespace {

TEST(ClassifierWrite, WritesOfPostgreSql) {
    for (const std::string_view text :
         {"insert into t values (1)", "insert into t select 1", "update t set a = 1", "delete from t",
          "merge into t using s on t.a = s.a when matched then delete", "truncate t", "copy t from stdin",
          "copy (select 1) to stdout", "create table t (a int)", "alter table t add b int", "drop table t",
          "grant select on t to u", "call p(1)", "do $$ begin end $$", "refresh materialized view v",
          "vacuum", "analyze t", "cluster t", "reindex table t", "comment on table t is 'x'", "checkpoint",
          "create table t as select 1",
          "create function f() returns int begin atomic select 1; select case 1 when 1 then 2 end; end",
          "create rule r as on insert to t do also (insert into u values (1); delete from v)",
          // WITH
          "with x as (insert into t values (1) returning *) select * from x",
          "with x as (select 1), y as materialized (delete from t returning *) select 1",
          "with x as (with y as (select 1) update t set a = 1 returning a) select * from x",
          "with x as (merge into t using s on true when matched then delete returning 1) select 1",
          "select * from (with x as (delete from t returning a) select a from x) y",
          "with x as (select 1) insert into t select * from x", "with x as (select 1) delete from t using x",
          "with x as (select 1) update t as u set a = 1",
          // SELECT INTO
          "select a into b from c", "select * into table x from y",
          "with x as (select 1) select * into t from x", "(select 1 into t)",
          "select 1 union select 2 into t",
          // EXPLAIN
          "explain analyze delete from t", "explain (analyze) update t set a = 1",
          "explain (costs off, analyze true) insert into t values (1)",
          "explain (analyze on) create table t as select 1", "explain analyse verbose delete from t",
          "explain (verbose, analyze) with x as (delete from t returning 1) select 1",
          // disguises
          "/* select */ delete from t", "-- select\ndelete from t", "DeLeTe FrOm t",
          "\xEF\xBB\xBF delete from t", "select nextval('s')", "select setval('s', 1)",
          "select * from t where nextval('s') > 1", "select txid_current()", "select pg_terminate_backend(1)",
          "select pg_stat_reset()", "select pg_catalog.nextval('s')",
          "select pg_logical_emit_message(true, 'a', 'b')", "select NEXTVAL('s')", "select \"nextval\"('s')",
          "{call p(?)}", "{?= call f(?)}", "{ ? = CALL f ( ? ) }"}) {
        EXPECT_EQ(postgresql(text), "Write") << text;
    }
}

TEST(ClassifierWrite, WritesOfMariaDb) {
    for (const std::string_view text :
         {"replace into t values (1)",
          "replace t values (1)",
          "insert ignore t set a = 1",
          "insert into t (a) values (1) on duplicate key update a = values(a)",
          "update a join b on a.x = b.x set a.y = 1",
          "delete a from a join b on a.x = b.x",
          "load data infile 'x' into table t",
          "rename table a to b",
          "select a into outfile '/tmp/x' from t",
          "select a into @x from t",
          "select a into dumpfile 'x' from t",
          "analyze table t",
          "optimize table t",
          "flush tables",
          "kill 5",
          "set global a = 1",
          "set @@global.a = 1",
          "set password = 'x'",
          "analyze delete from t",
          "explain analyze update t set a = 1",
          "select next value for s",
          "select nextval(s)",
          "do sleep(1)",
          "call p()",
          "create procedure p() begin select 1; delete from t; end",
          "create definer=`a`@`b` trigger x before insert on t for each row begin set @a = 1; end",
          "/*!50000 DELETE from t */",
          "/*! delete */ from t",
          "select 1 /*! into @x */",
          "select s.nextval",
          "select `s`.`nextval`"}) {
        EXPECT_EQ(mariadb(text), "Write") << text;
    }
    EXPECT_TRUE(classify("alter table t add b int", kMariaDb).implicit_commit);
    EXPECT_FALSE(classify("create temporary table t (a int)", kMariaDb).implicit_commit);
    EXPECT_FALSE(classify("alter table t add b int", kPostgreSql).implicit_commit);
    EXPECT_FALSE(classify("insert into t values (1)", kMariaDb).implicit_commit);
}

TEST(ClassifierWrite, LocksAreNoPlainReads) {
    for (const std::string_view text :
         {"select * from t for update", "select * from t for no key update", "select * from t for share",
          "select * from t for key share", "select * from t for update nowait",
          "select * from t for update of t skip locked", "select * from (select * from t for update) x",
          "with x as (select * from t for share) select * from x", "select * from t FOR\n/* x */UPDATE",
          "(select 1 from t for update)", "select 1 from t limit 1 for update",
          "explain select * from t for update", "lock table t", "lock t in share mode",
          "select pg_advisory_lock(1)", "select pg_try_advisory_xact_lock(1, 2)",
          "select pg_advisory_unlock_all()"}) {
        EXPECT_EQ(postgresql(text), "LockingRead") << text;
    }
    for (const std::string_view text :
         {"select * from t for update", "select * from t lock in share mode", "select get_lock('a', 1)",
          "select release_lock('a')", "select * from t for update skip locked"}) {
        EXPECT_EQ(mariadb(text), "LockingRead") << text;
    }
}

TEST(ClassifierWrite, TheLeadersSession) {
    for (const std::string_view text : {"listen x",
                                        "unlisten *",
                                        "notify x, 'y'",
                                        "declare c cursor with hold for select 1",
                                        "prepare p as select 1",
                                        "execute p(1)",
                                        "deallocate p",
                                        "load 'x'",
                                        "fetch 5 from c",
                                        "move c",
                                        "close c",
                                        "select currval('s')",
                                        "select lastval()",
                                        "select @@IDENTITY",
                                        "select id from t where id = -(0-1) + (@@identity)",
                                        "select pg_export_snapshot()",
                                        "select lo_create(0)",
                                        "select lo_get(1)",
                                        "select pg_notify('a', 'b')",
                                        "select setseed(0.5)",
                                        "explain execute p",
                                        "explain analyze execute p"}) {
        EXPECT_EQ(postgresql(text), "LeaderSession") << text;
    }
    for (const std::string_view text :
         {"select last_insert_id()", "select LAST_INSERT_ID ( )", "select found_rows()", "select row_count()",
          "select sql_calc_found_rows * from t", "prepare p from 'select 1'", "handler t open",
          "lock tables t read", "select @a := 1", "select @a := @a + 1 from t", "select lastval(s)"}) {
        EXPECT_EQ(mariadb(text), "LeaderSession") << text;
    }
}

TEST(ClassifierWrite, TemporaryObjects) {
    for (const std::string_view text :
         {"create temp table t (a int)", "create temporary table t as select * from u",
          "create local temporary view t as select 1", "create temp sequence t",
          "create temporary table if not exists t (a int)", "select 1 into temp t",
          "select 1 into temporary table t", "create table pg_temp.t (a int)",
          "CREATE OR REPLACE TEMP VIEW t AS SELECT 1"}) {
        const auto found = classify(text, kPostgreSql);
        EXPECT_EQ(postgresql(text), "LeaderSession/TemporaryTable") << text;
        EXPECT_TRUE(found.creates_temporary) << text;
        ASSERT_FALSE(found.tables.empty()) << text;
        EXPECT_EQ(found.tables.front().substr(found.tables.front().size() - 1), "t") << text;
    }
    for (const std::string_view text :
         {"select * from pg_temp.t", "select * from pg_temp_3.t", "insert into pg_temp.t values (1)",
          "select * from \"pg_temp\".t", "drop table pg_temp.t"}) {
        EXPECT_EQ(postgresql(text), "LeaderSession/TemporaryTable") << text;
        EXPECT_FALSE(classify(text, kPostgreSql).creates_temporary) << text;
    }
    EXPECT_FALSE(classify("create table t (temp int)", kPostgreSql).creates_temporary);
    EXPECT_EQ(mariadb("create temporary table t (a int)"), "LeaderSession/TemporaryTable");
}

TEST(ClassifierWrite, WhatDoesNotWaitForCommit) {
    for (const std::string_view text :
         {"call p()", "do $$ $$", "select nextval('s')", "select f()", "insert into t values (nextval('s'))",
          "vacuum", "insert into t select f(1)", "execute p", "select dblink('', '')", "frobnicate",
          "create table t as select f()", "select 1 into t from f()", "refresh materialized view v"}) {
        EXPECT_TRUE(classify(text, kPostgreSql).effect_before_commit) << text;
    }
    for (const std::string_view text :
         {"insert into t values (1)", "update t set a = lower(a)", "delete from t", "create table t (a int)",
          "select 1", "select 1 for update", "begin", "set a = 1", "select 1 into t", "notify x"}) {
        EXPECT_FALSE(classify(text, kPostgreSql).effect_before_commit) << text;
    }
    EXPECT_TRUE(classify("insert into t values (1)", kMariaDb).effect_before_commit);
}

TEST(ClassifierWrite, ConditionalCommentsAreNeverTrusted) {
    EXPECT_EQ(mariadb("select /*!40001 sql_no_cache */ 1"), "Unknown/UnknownStatement");
    EXPECT_EQ(mariadb("/*!99999 select 1, ' */ delete from t /*!99999 ' */"), "Unknown/UnknownStatement");
    EXPECT_EQ(mariadb("/*M! set */ autocommit = 1"), "Unknown/UnknownStatement");
    EXPECT_EQ(mariadb("/*!99999 commit */"), "Unknown/UnknownStatement");
}

// An Unknown statement must not lose what a broken text may have done to the transaction.
TEST(ClassifierWrite, GenericServersGetTheBenefitOfNoDoubt) {
    for (const std::string_view text :
         {"select * from t with (updlock)", "select 'a\\' from t", "select 1 --x\n", "select #a", "exec p",
          "select * from openquery(a, 'b')", "select next value for s", "insert into t values (1)",
          "merge into t using s on 1 = 1", "select a into b from c", "select * from t for update",
          "begin try", "select * from table(f(1))", "table f(1)",
          "select * from final table (insert into t values (1))", "select s.nextval from dual",
          "with function f return int is begin return 1; end; select f from t", "select dbo.f(1)",
          "select x::t"}) {
        EXPECT_NE(generic(text).substr(0, 4), "Read") << text;
    }
}

}  // namespace
}  // namespace freshread
