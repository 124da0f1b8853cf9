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

TEST(SessionMachine, WhatRunsCodeOfTheUsersMayHaveSetAnything) {
    Session session;
    for (const std::string_view text :
         {"select mine(1)", "call p()", "{call p(?)}", "do $$ begin end $$", "execute e", "fetch c",
          "gibberish", "insert into t select mine(a) from u", "explain analyze select mine(1)"}) {
        run(session, text, Outcome::Failed);  // a procedure commits what it likes before it fails
        EXPECT_TRUE(session.take_doubt()) << text;
        EXPECT_FALSE(session.take_doubt()) << text;
    }
    for (const std::string_view text :
         {"select 1", "insert into t values (nextval('s'))", "set a.b = 1", "vacuum t",
          "select pg_notify('a', 'b')", "create table t (i int)", "commit", "select * from t for update"}) {
        run(session, text);
        EXPECT_FALSE(session.take_doubt()) << text;
    }
    run(session, "select mine(1)");
    session.discarded_all();
    EXPECT_FALSE(session.take_doubt());
}

TEST(SessionMachine, AutocommitThatIsOnMayBeSet) {
    constexpr LexicalSettings kMariaDb{Dialect::MariaDb, true, false};
    const StatementClass on = classify("set autocommit = 1", kMariaDb);
    const StatementClass off = classify("set autocommit = 0", kMariaDb);
    Session session;
    EXPECT_EQ(session.before(on).tracking, Tracking::None);
    session.after(on, Outcome::Succeeded);
    EXPECT_FALSE(session.kept_on_leader());
    // Off by ODBC: it commits.
    Session manual;
    manual.set_autocommit(false);
    EXPECT_NE(manual.before(on).tracking, Tracking::None);
    manual.after(on, Outcome::Succeeded);
    EXPECT_TRUE(manual.kept_on_leader());
    // Off by text, so that it is on is not known.
    session.after(off, Outcome::Succeeded);
    EXPECT_TRUE(session.kept_on_leader());
    EXPECT_NE(session.before(on).tracking, Tracking::None);
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

TEST(SessionMachine, ATransactionThatTheDriverMayEndIsMarkedAtOnceAndStaysOnTheLeader) {
    Session session;
    session.allow_splitting();
    session.split_until_write(true);
    run(session, "begin read only");
    session.opened_unnoticed();
    EXPECT_EQ(session.splitting(), Splitting::Leader);
    EXPECT_EQ(before(session, "select 1").tracking, Tracking::None);
    EXPECT_EQ(before(session, "insert into t values (1)").tracking, Tracking::Effect);
    EXPECT_EQ(before(session, "rollback").tracking, Tracking::None);
    run(session, "insert into t values (1)");
    EXPECT_EQ(before(session, "rollback").tracking, Tracking::Commit);
    run(session, "commit and chain");
    EXPECT_EQ(before(session, "insert into t values (1)").tracking, Tracking::Effect);
    run(session, "rollback");
    run(session, "begin");
    EXPECT_FALSE(session.may_have_ended());
    EXPECT_EQ(before(session, "insert into t values (1)").tracking, Tracking::None);
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

TEST(SessionMachine, AViewOverATemporaryObjectIsTemporary) {
    Session session;
    run(session, "create temp table item (i int)");
    note_temporary_names(session, "create view plain as select 1 from other", Dialect::PostgreSql);
    EXPECT_FALSE(before(session, "select * from plain").leader);
    note_temporary_names(session, "create or replace view over as select o.i from other o, Item",
                         Dialect::PostgreSql);
    EXPECT_EQ(before(session, "select * from over").leader, Reason::TemporaryTable);
    note_temporary_names(session, "create recursive view above (i) as select i from over",
                         Dialect::PostgreSql);
    EXPECT_EQ(before(session, "select * from above").leader, Reason::TemporaryTable);
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

TEST(SessionMachine, AfterAFailureACommitIsUnsureUntilASavepointIsReached) {
    Session session;
    run(session, "begin");
    EXPECT_FALSE(session.may_be_aborted());
    run(session, "select nowhere", Outcome::Failed);
    EXPECT_TRUE(session.may_be_aborted());
    run(session, "set a.b = 1");
    EXPECT_TRUE(session.may_be_aborted()) << "the driver may have begun another transaction";
    run(session, "rollback to s");
    session.went_back_to_savepoint();
    EXPECT_FALSE(session.may_be_aborted());
    run(session, "select nowhere", Outcome::Failed);
    run(session, "rollback");
    EXPECT_FALSE(session.may_be_aborted());
    run(session, "select nowhere", Outcome::Failed);
    EXPECT_FALSE(session.may_be_aborted()) << "there is no transaction";
}

TEST(SessionMachine, ADriverInAutocommitMayEndWhatFailed) {
    Session session;
    run(session, "begin");
    session.call_failed();
    EXPECT_TRUE(session.may_have_ended());
    EXPECT_EQ(before(session, "insert into t values (1)").tracking, Tracking::Effect);
    run(session, "insert into t values (1)");
    EXPECT_EQ(before(session, "rollback").tracking, Tracking::Commit);
    run(session, "rollback");
    session.set_autocommit(false);
    run(session, "select 1");
    session.call_failed();
    EXPECT_FALSE(session.may_have_ended()) << "it begins another one before the next statement";
    EXPECT_TRUE(session.may_be_aborted());
    EXPECT_EQ(before(session, "insert into t values (1)").tracking, Tracking::None);
}

// --- where a transaction's reads may run

class Splits : public testing::Test {
 protected:
    void SetUp() override {
        session_.allow_splitting();
        learn(TransactionModes::Access::ReadWrite, TransactionModes::Isolation::ReadCommitted);
    }
    void learn(TransactionModes::Access access, TransactionModes::Isolation isolation) {
        session_.learn_default_modes({access, isolation});
    }
    Session session_{};
};

TEST_F(Splits, AReadOnlyTransactionByItsIsolation) {
    const std::pair<std::string_view, Splitting> cases[] = {
        {"begin", Splitting::Leader},
        {"begin read write", Splitting::Leader},
        {"begin read only", Splitting::EachStatement},
        {"begin isolation level read uncommitted read only", Splitting::EachStatement},
        {"begin isolation level repeatable read", Splitting::Leader},
        {"begin isolation level repeatable read read only", Splitting::Whole},
        {"begin isolation level serializable read only", Splitting::Leader},
    };
    for (const auto& [text, splitting] : cases) {
        run(session_, text);
        EXPECT_EQ(session_.splitting(), splitting) << text;
        EXPECT_EQ(before(session_, "select 1").leader.has_value(), splitting == Splitting::Leader) << text;
        run(session_, "commit");
    }
    session_ = Session();
    run(session_, "begin read only");
    EXPECT_EQ(session_.splitting(), Splitting::Leader) << "not allowed";
}

TEST_F(Splits, WhatIsNotKnownHasToBeAskedBeforeTheTransaction) {
    session_.forget_default_modes(false);
    EXPECT_FALSE(session_.wants_default_modes(of("begin"))) << "nobody spoke of reading only";
    EXPECT_TRUE(session_.wants_default_modes(of("begin read only")));
    EXPECT_FALSE(session_.wants_default_modes(of("select 1")));
    run(session_, "begin read only");
    EXPECT_EQ(session_.splitting(), Splitting::Unknown);
    EXPECT_FALSE(session_.wants_default_modes(of("select 1"))) << "too late";
    run(session_, "commit");
    run(session_, "set session characteristics as transaction read only");
    EXPECT_TRUE(session_.wants_default_modes(of("begin")));
    session_.set_autocommit(false);
    EXPECT_TRUE(session_.wants_default_modes(of("select 1")));
}

TEST_F(Splits, SetTransactionBeforeTheFirstReadSaysWhatItIs) {
    run(session_, "begin");
    run(session_, "set transaction read only");
    EXPECT_EQ(session_.splitting(), Splitting::EachStatement);
    run(session_, "set transaction isolation level repeatable read");
    EXPECT_EQ(session_.splitting(), Splitting::Whole);
    run(session_, "set transaction snapshot 'x'");
    EXPECT_EQ(session_.splitting(), Splitting::Leader);
    run(session_, "rollback");
    learn(TransactionModes::Access::ReadWrite, TransactionModes::Isolation::ReadCommitted);
    run(session_, "begin");
    EXPECT_EQ(session_.splitting(), Splitting::Leader) << "it was the transaction's";
}

TEST_F(Splits, TheLeaderKeepsWhatItHadToServe) {
    for (const std::string_view text :
         {"select * from t", "insert into t values (1)", "select f()", "select * from t for update",
          "listen x", "select 1; select pg_is_in_recovery() from t"}) {
        run(session_, "begin read only");
        session_.read_on_replica();
        run(session_, text);
        EXPECT_EQ(session_.splitting(), Splitting::Leader) << text;
        run(session_, "commit");
    }
    learn(TransactionModes::Access::ReadWrite, TransactionModes::Isolation::ReadCommitted);
    run(session_, "begin read only");
    session_.read_on_replica();
    for (const std::string_view text :
         {"set a.b = 1", "set local a.b = 2", "savepoint s", "rollback to s", "show a.b"}) {
        run(session_, text);
        EXPECT_EQ(session_.splitting(), Splitting::EachStatement) << text;
    }
    run(session_, "select nowhere", Outcome::Failed);
    EXPECT_EQ(session_.splitting(), Splitting::Leader) << "it may be aborted";
}

TEST_F(Splits, UntilTheFirstWriteWhereThatIsWanted) {
    session_.allow_splitting();
    session_.split_until_write(true);
    run(session_, "begin");
    EXPECT_EQ(session_.splitting(), Splitting::EachStatement);
    run(session_, "insert into t values (1)");
    EXPECT_EQ(session_.splitting(), Splitting::Leader);
    run(session_, "commit");
    run(session_, "begin isolation level repeatable read");
    EXPECT_EQ(session_.splitting(), Splitting::Leader);
}

TEST_F(Splits, APromiseOfTheApplicationCountsUntilItSaysOtherwise) {
    session_.promise_read_only(true);
    session_.set_autocommit(false);
    EXPECT_EQ(session_.splitting(), Splitting::EachStatement);
    run(session_, "set transaction read write");
    EXPECT_EQ(session_.splitting(), Splitting::Leader);
}

TEST_F(Splits, ATransactionThatOnlyReadOnAReplicaIsOne) {
    session_.set_autocommit(false);
    session_.promise_read_only(true);
    session_.read_on_replica();
    EXPECT_TRUE(session_.in_transaction());
    EXPECT_FALSE(session_.ran_on_leader());
    session_.unread_on_replica();
    EXPECT_FALSE(session_.in_transaction()) << "the read was not answered";
}

TEST_F(Splits, BesideASnapshotRunsWhatReadsNothingOrIsRefused) {
    run(session_, "begin isolation level repeatable read read only");
    session_.read_on_replica();
    for (const std::string_view text :
         {"insert into t values (1)", "savepoint s", "set a.b = 1", "show a.b", "listen x",
          "select pg_advisory_lock(1)", "create temp table t as select 1"})
        EXPECT_TRUE(session_.may_run_beside_snapshot(of(text))) << text;
    for (const std::string_view text :
         {"select f(1)", "gibberish", "select * from t where pg_is_in_recovery()",
          "select pg_advisory_lock(i) from t"})
        EXPECT_FALSE(session_.may_run_beside_snapshot(of(text))) << text;
}

}  // namespace
}  // namespace freshread
