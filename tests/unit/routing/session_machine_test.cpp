// The session machine: what transactions and session state demand of the next statement.
#include <gtest/gtest.h>

#include "routing/classifier.h"
#include "routing/session.h"
#include "routing/temporary_names.h"

namespace freshread {
namespace {

using Outcome = Session::Outcome;

StatementClass of(std::string_view text) {
    return classify(text, {});
}

SessionDemand before(const Session& session, std::string_view text) {
    return session.before(of(text));
}

void run(Session& session, std::string_view text, Outcome outcome = Outcome::Succeeded) {
    session.after(of(text), outcome);
}

TEST(SessionMachine, AReadInAutocommitIsFree) {
    const Session session;
    EXPECT_FALSE(before(session, "select 1").leader);
    EXPECT_EQ(before(session, "select 1").tracking, Tracking::None);
}

TEST(SessionMachine, AWriteInAutocommitIsTracked) {
    const Session session;
    const auto demand = before(session, "insert into t values (1)");
    EXPECT_EQ(demand.leader, Reason::Write);
    EXPECT_EQ(demand.tracking, Tracking::Commit);
}

TEST(SessionMachine, WhatIsNotAProvenReadIsTracked) {
    const Session session;
    for (const std::string_view text : {"select mine(1)", "select * from t for update", "call p()",
                                        "notify x", "create temp table t (i int)", "gibberish", ""})
        EXPECT_EQ(before(session, text).tracking, Tracking::Commit) << text;
}

TEST(SessionMachine, ATransactionPublishesAtItsCommit) {
    Session session;
    run(session, "begin");
    EXPECT_TRUE(session.in_transaction());
    EXPECT_EQ(before(session, "select 1").leader, Reason::InTransaction);
    EXPECT_EQ(before(session, "insert into t values (1)").tracking, Tracking::None);
    run(session, "insert into t values (1)");
    EXPECT_EQ(before(session, "rollback").tracking, Tracking::None);
    EXPECT_EQ(before(session, "commit").tracking, Tracking::Commit);
    EXPECT_EQ(session.tracking_of_end(true), Tracking::Commit);
    EXPECT_EQ(session.tracking_of_end(false), Tracking::None);
    run(session, "commit");
    EXPECT_FALSE(session.in_transaction());
    EXPECT_FALSE(before(session, "select 1").leader);
}

TEST(SessionMachine, ATransactionThatOnlyReadPublishesNothing) {
    Session session;
    run(session, "begin");
    run(session, "select 1");
    EXPECT_EQ(before(session, "commit").tracking, Tracking::None);
}

TEST(SessionMachine, AnEffectThatDoesNotWaitForCommitIsMarkedAtOnceAndAtRollbackToo) {
    Session session;
    run(session, "begin");
    EXPECT_EQ(before(session, "select nextval('s')").tracking, Tracking::Effect);
    run(session, "select nextval('s')");
    EXPECT_EQ(before(session, "rollback").tracking, Tracking::Commit);
    EXPECT_EQ(session.tracking_of_end(false), Tracking::Commit);
}

TEST(SessionMachine, ManualCommitOpensATransactionWithAnyStatement) {
    Session session;
    session.set_autocommit(false);
    EXPECT_EQ(before(session, "select 1").leader, Reason::InTransaction);
    run(session, "insert into t values (1)");
    EXPECT_EQ(session.tracking_of_end(true), Tracking::Commit);
    session.end_transaction();
    EXPECT_EQ(session.tracking_of_end(true), Tracking::None);
    session.set_autocommit(true);
    EXPECT_FALSE(before(session, "select 1").leader);
}

TEST(SessionMachine, SavepointsStayInside) {
    Session session;
    run(session, "begin");
    for (const std::string_view text : {"savepoint a", "release a", "savepoint b", "rollback to b"}) {
        run(session, text);
        EXPECT_TRUE(session.in_transaction()) << text;
    }
}

TEST(SessionMachine, AndChainStaysInside) {
    Session session;
    run(session, "begin");
    run(session, "insert into t values (1)");
    EXPECT_EQ(before(session, "commit and chain").tracking, Tracking::Commit);
    run(session, "commit and chain");
    EXPECT_TRUE(session.in_transaction());
    EXPECT_EQ(session.tracking_of_end(true), Tracking::None) << "the chained transaction has written nothing";
}

TEST(SessionMachine, AFailedBeginOpensNothingAndAFailedCommitIsUnsure) {
    Session session;
    run(session, "begin", Outcome::Failed);
    EXPECT_FALSE(session.in_transaction());
    run(session, "begin");
    run(session, "commit", Outcome::Failed);
    EXPECT_TRUE(session.in_transaction());
}

TEST(SessionMachine, SeveralStatementsAreFollowedToTheirLastTransactionControl) {
    Session session;
    EXPECT_EQ(before(session, "begin; insert into t values (1)").tracking, Tracking::Commit);
    run(session, "begin; insert into t values (1)");
    EXPECT_TRUE(session.in_transaction());
    EXPECT_EQ(before(session, "insert into t values (2); commit").tracking, Tracking::Commit);
    run(session, "insert into t values (2); commit");
    EXPECT_FALSE(session.in_transaction());
}

TEST(SessionMachine, CommitPreparedPublishesWhereverItStands) {
    Session session;
    EXPECT_EQ(before(session, "commit prepared 'x'").tracking, Tracking::Commit);
    run(session, "begin");
    run(session, "prepare transaction 'x'");
    EXPECT_FALSE(session.in_transaction());
}

TEST(SessionMachine, SettingsAreNotTracked) {
    const Session session;
    EXPECT_EQ(before(session, "set search_path = a").tracking, Tracking::None);
    EXPECT_EQ(before(session, "set search_path = a").leader, Reason::SessionState);
}

TEST(SessionMachine, AReadThatDependsOnTheNodeIsTheLeadersAndNoWrite) {
    const Session session;
    EXPECT_EQ(before(session, "select pg_is_in_recovery()").leader, Reason::NodeDependent);
    EXPECT_EQ(before(session, "select pg_is_in_recovery()").tracking, Tracking::None);
}

TEST(SessionMachine, TemporaryNamesStayOnTheLeaderHoweverTheyAreWritten) {
    Session session;
    run(session, "create temporary table Item (i int)");
    EXPECT_EQ(before(session, "select * from item").leader, Reason::TemporaryTable);
    EXPECT_EQ(before(session, "select * from \"item\" i").leader, Reason::TemporaryTable);
    EXPECT_FALSE(before(session, "select * from other").leader);
}

TEST(SessionMachine, StateThatCannotBeReplayedKeepsTheSessionOnTheLeader) {
    Session session;
    run(session, "set a.b = 1; set c.d = 2");
    EXPECT_EQ(before(session, "select 1").leader, Reason::SessionUnreplicated);
}

TEST(SessionMachine, DiscardAllEndsStateThatCouldNotBeReplayed) {
    Session session;
    run(session, "set a.b = 1; set c.d = 2");
    session.discarded_all();
    EXPECT_FALSE(before(session, "select 1").leader);
    session.keep_on_leader();
    session.discarded_all();
    EXPECT_EQ(before(session, "select 1").leader, Reason::SessionUnreplicated)
        << "an attribute is not discarded";
}

TEST(SessionMachine, TemporaryObjectsAreForgottenWhenTheyAreDiscarded) {
    Session session;
    run(session, "create temp table item (i int)");
    run(session, "begin");
    session.discarded_temporary();
    EXPECT_TRUE(session.has_temporary()) << "the transaction may be rolled back";
    run(session, "rollback");
    session.discarded_temporary();
    EXPECT_FALSE(session.has_temporary());
}

TEST(SessionMachine, EveryKindOfTemporaryObjectIsRemembered) {
    for (const std::string_view text :
         {"create temp table item (i int)", "create local temporary table if not exists Item as select 1",
          "create table pg_temp.item (i int)", "select 1 as i into temp item",
          "select 1 as i into pg_temp.item", "create temp view item as select 1",
          "create or replace temporary view pg_temp.item as select 1",
          "create table \"pg_temp\".item (i int)", "create temp sequence item"}) {
        Session session;
        run(session, text);
        EXPECT_EQ(before(session, "select * from item").leader, Reason::TemporaryTable) << text;
        EXPECT_FALSE(before(session, "select * from other").leader) << text;
    }
}

TEST(SessionMachine, ARenamedTemporaryObjectIsRememberedByBothNames) {
    Session session;
    run(session, "create temp table item (i int)");
    note_temporary_names(session, "alter table item rename to place", Dialect::PostgreSql);
    EXPECT_EQ(before(session, "select * from place").leader, Reason::TemporaryTable);
    EXPECT_EQ(before(session, "select * from item").leader, Reason::TemporaryTable);
}

TEST(SessionMachine, ADroppedTemporaryObjectNoLongerHidesAnotherOne) {
    Session session;
    run(session, "create temp table item (i int)");
    run(session, "create temp view place as select 1");
    for (const std::string_view text :
         {"drop table public.item", "drop function item()", "drop index place"}) {
        note_temporary_names(session, text, Dialect::PostgreSql);
        EXPECT_EQ(before(session, "select * from item, place").leader, Reason::TemporaryTable) << text;
    }
    run(session, "begin");
    note_temporary_names(session, "drop table item", Dialect::PostgreSql);
    run(session, "rollback");
    EXPECT_TRUE(before(session, "select * from item").leader);
    note_temporary_names(session, "drop table if exists pg_temp.item, other", Dialect::PostgreSql);
    EXPECT_FALSE(before(session, "select * from item").leader);
    note_temporary_names(session, "DROP VIEW Place", Dialect::PostgreSql);
    EXPECT_FALSE(before(session, "select * from place").leader);
}

TEST(SessionMachine, AHeldLockOfTheSessionKeepsItOnTheLeader) {
    Session session;
    run(session, "select pg_advisory_xact_lock(1)");
    EXPECT_FALSE(before(session, "select 1").leader);
    run(session, "select pg_advisory_lock(1)");
    run(session, "select pg_try_advisory_lock_shared(2)");
    EXPECT_EQ(before(session, "select 1").leader, Reason::LockingRead);
    run(session, "select pg_advisory_unlock(1)");
    EXPECT_EQ(before(session, "select 1").leader, Reason::LockingRead);
    run(session, "select pg_advisory_unlock_shared(2)");
    EXPECT_FALSE(before(session, "select 1").leader);
    run(session, "select pg_advisory_lock(3)");
    run(session, "select pg_catalog.pg_advisory_unlock_all()");
    EXPECT_FALSE(before(session, "select 1").leader);
}

TEST(SessionMachine, AfterAFailureACommitIsUnsureUntilSomethingSucceeds) {
    Session session;
    run(session, "begin");
    EXPECT_FALSE(session.may_be_aborted());
    run(session, "select nowhere", Outcome::Failed);
    EXPECT_TRUE(session.may_be_aborted());
    run(session, "rollback to s");
    EXPECT_FALSE(session.may_be_aborted());
    run(session, "select nowhere", Outcome::Failed);
    run(session, "rollback");
    EXPECT_FALSE(session.may_be_aborted());
}

}  // namespace
}  // namespace freshread
