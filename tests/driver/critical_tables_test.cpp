// CriticalTables (fragmented pinning): what the policy demands holds for reads that touch a critical table,
// any replica will do for the others. Who served a read is what the servers' own logs say.
#include <gtest/gtest.h>

#include <memory>

#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

class Critical : public testing::Test {
 protected:
    static void SetUpTestSuite() {
        on_node(
            "leader",
            "set client_min_messages = warning; drop schema if exists crit cascade; "
            "drop schema if exists beside cascade; create schema crit; create schema beside; "
            "grant all on schema crit, beside to public; "
            "create table crit.ledger (i int); create table crit.note (i int); "
            "create table beside.ledger (i int); "
            "create table crit.event (i int) partition by list (i); "
            "create table crit.event_1 partition of crit.event for values in (1); "
            "create table crit.event_2 partition of crit.event for values in (2); "
            "create table crit.parent (i int); create table crit.child () inherits (crit.parent); "
            "create view crit.ledger_view as select i from crit.ledger; "
            "create view crit.above as select i from crit.ledger_view; "
            "create view crit.note_view as select i, now() as at from crit.note; "
            "create materialized view crit.stored as select i from crit.ledger; "
            "create function crit.total() returns bigint stable language sql as 'select sum(i) from "
            "crit.ledger'; "
            "create function crit.by_path() returns bigint stable language sql set search_path = crit as "
            "'select sum(i) from ledger'; "
            "create function crit.atomic() returns bigint stable language sql begin atomic; select sum(i) "
            "from "
            "crit.ledger; end; "
            "create function crit.closed() returns bigint stable language plpgsql as 'begin return 1; end'; "
            "create function crit.notes() returns bigint stable language sql as 'select sum(i) from "
            "crit.note'; "
            "create view crit.by_function as select crit.total() as n; "
            "create table crit.guarded (i int); alter table crit.guarded enable row level security; "
            "create policy looking on crit.guarded using (exists (select from crit.ledger)); "
            "create table crit.\"Odd Name\" (i int); "
            "grant all on all tables in schema crit, beside to public");
        cluster("wait replica1");
        state_ = warm_state_directory();
    }
    void SetUp() override {
        static int number = 0;
        user_ = "critical" + std::to_string(++number);
    }
    [[nodiscard]] std::string with(const std::string& more) const {
        return freshread(state_, "User=" + user_ + ";" + more);
    }
    // Until a read that needs nothing is served by the replica: the table of users has its base.
    static void warm(Client& client) {
        EXPECT_TRUE(eventually([&] {
            client.query("select 1");
            return client.on_replica();
        })) << client.reason();
    }
    // Who served a read. `from`: what stands behind its FROM.
    static std::string server_of(Client& client, const std::string& from, const std::string& before = "") {
        const std::string tag = unique_literal();
        client.query(before + "select '" + tag + "' from " + from + " limit 1");
        return servers_of(tag);
    }
    // A read of it is served by the replica, once that has it.
    static bool comes_to_replica(Client& client, const std::string& from) {
        return eventually([&] {
            client.query("select * from " + from);
            return client.on_replica();
        });
    }
    // SQLSTATE and message; empty when it succeeded.
    static std::string refusal_of(const std::function<void()>& call) {
        try {
            call();
            return {};
        } catch (const OdbcError& error) {
            return error.what();
        }
    }

    static inline std::string state_{};
    std::string user_{};
};

// The replica is behind whatever is written.
class CriticalBehind : public Critical {
 protected:
    static void SetUpTestSuite() {
        if (state_.empty()) Critical::SetUpTestSuite();
        cluster("pause replica1");
    }
    static void TearDownTestSuite() { cluster("resume replica1"); }

    // The user has written what the replica does not have.
    void write(const std::string& more = "") {
        client_.emplace(with("CriticalTables=crit.ledger;" + more));
        warm(*client_);
        client_->execute("insert into crit.ledger values (1)");
        ASSERT_EQ(server_of(*client_, "(select 1 as i) as one"), "replica") << client_->reason();
        ASSERT_EQ(server_of(*client_, "crit.ledger"), "leader");
    }

    std::optional<Client> client_{};
};

TEST_F(CriticalBehind, WorksWithEveryPolicy) {
    struct Case {
        std::string policy, ledger;
        std::unique_ptr<Client> client{};
    };
    std::vector<Case> cases;
    for (const auto& [policy, ledger] : std::vector<std::pair<std::string, std::string>>{
             {"leader", "leader"},
             {"window", "leader"},
             {"position", "leader"},
             {"any", "replica"},
             // Asked again where it found nothing: both have served it.
             {"fallback", "leaderreplica"}}) {
        auto client = std::make_unique<Client>(freshread(
            state_, "User=" + user_ + policy + ";Policy=" + policy + ";CriticalTables=crit.ledger"));
        warm(*client);
        cases.push_back({policy, ledger, std::move(client)});
    }
    for (const auto& [policy, ledger, client] : cases) {
        client->execute("insert into crit.ledger values (1)");
        client->execute("insert into crit.note values (1)");
        const std::string nothing = policy == "fallback" ? " where i < 0" : "";
        EXPECT_EQ(server_of(*client, "crit.ledger" + nothing), ledger) << policy;
        EXPECT_EQ(server_of(*client, "crit.note" + nothing), "replica") << policy;
        EXPECT_TRUE(client->on_replica()) << policy << ": " << client->reason();
    }
}

TEST_F(CriticalBehind, WithTokens) {
    Client writer(with("Policy=position"));
    writer.execute("insert into crit.ledger values (1)");
    const std::string token = writer.value("show freshread.token");
    user_ += "reader";
    Client reader(with("Policy=token;CriticalTables=crit.ledger;Token=" + token));
    EXPECT_EQ(server_of(reader, "crit.ledger"), "leader");
    EXPECT_EQ(server_of(reader, "crit.note"), "replica");
    EXPECT_EQ(server_of(reader, "crit.note", "/* freshread token=" + token + " */ "), "leader")
        << "what a statement says of itself counts";
}

TEST_F(Critical, WhateverReadsACriticalTableIsCritical) {
    Client client(
        with("Policy=leader;CriticalTables={crit.ledger, crit.event_1, crit.parent, \"Odd Name\"};"
             "FreeFunctions={crit.total, crit.by_path, crit.atomic, crit.closed, crit.notes}"));
    warm(client);
    for (const char* from :
         {"crit.ledger", "crit.ledger_view", "crit.above", "crit.stored", "crit.by_function", "crit.guarded",
          "crit.event", "crit.event_1", "crit.parent", "crit.child", "crit.\"Odd Name\"", "crit.total()",
          "crit.by_path()", "crit.atomic()", "crit.closed()", "pg_catalog.pg_class",
          "crit.note where exists (select from crit.above)"}) {
        EXPECT_EQ(server_of(client, from), "leader") << from;
        EXPECT_EQ(client.reason(), "CriticalTable") << from;
    }
    for (const char* from : {"crit.note", "crit.note_view", "crit.event_2", "crit.notes()", "beside.ledger",
                             "(select 1 as i) as one"})
        EXPECT_EQ(server_of(client, from), "replica") << from << ": " << client.reason();
}

TEST_F(Critical, NamesWithoutASchemaAndTheSearchPath) {
    Client client(with("Policy=leader;CriticalTables=crit.ledger"));
    warm(client);
    client.execute("set search_path = beside, crit");
    EXPECT_EQ(server_of(client, "ledger"), "leader") << "which of the two is the server's to say";
    EXPECT_EQ(server_of(client, "note"), "replica");
    Client everywhere(with("Policy=leader;CriticalTables=LEDGER"));
    EXPECT_EQ(server_of(everywhere, "beside.ledger"), "leader");
    EXPECT_EQ(server_of(everywhere, "crit.note"), "replica");
}

TEST_F(Critical, WhatThisConnectionDefinesCountsAtOnce) {
    Client client(with("Policy=leader;CriticalTables={crit.ledger, crit.mine}"));
    client.execute("create table crit.mine (i int)");
    client.execute("create or replace view crit.changing as select i from crit.note");
    EXPECT_TRUE(comes_to_replica(client, "crit.changing")) << client.reason();
    Statement prepared(client);
    prepared.prepare("select i from crit.changing");
    client.execute("create or replace view crit.changing as select i from crit.ledger");
    prepared.execute();
    EXPECT_NE(prepared.reason(), "ReadOnReplica");
    prepared.close();
    EXPECT_EQ(server_of(client, "crit.changing"), "leader");
    client.execute("create table crit.piece (i int)");
    EXPECT_TRUE(comes_to_replica(client, "crit.piece")) << client.reason();
    client.execute("alter table crit.piece inherit crit.mine");
    EXPECT_EQ(server_of(client, "crit.piece"), "leader");
    client.execute("drop table crit.piece, crit.mine");
    client.execute("drop view crit.changing");
}

TEST_F(Critical, WhatOthersDefineCountsSoon) {
    on_node("leader",
            "create view crit.shared as select i from crit.note; grant all on crit.shared to public");
    Client client(with("Policy=leader;CriticalTables=crit.ledger"));
    EXPECT_TRUE(comes_to_replica(client, "crit.shared")) << client.reason();
    on_node("leader", "create or replace view crit.shared as select i from crit.ledger");
    EXPECT_TRUE(eventually([&] {
        client.query("select i from crit.shared");
        return client.reason() == "CriticalTable";
    })) << client.reason();
    on_node("leader", "drop view crit.shared");
}

TEST_F(Critical, ATableThatDoesNotExistIsAWarningAndCountsOnceItDoes) {
    Client client(with("Policy=leader;CriticalTables={crit.ledger, crit.later}"));
    EXPECT_NE(client.connect_information().find("01000"), std::string::npos) << client.connect_information();
    EXPECT_NE(client.connect_information().find("does not have: \"crit\".\"later\";"), std::string::npos)
        << client.connect_information();
    EXPECT_EQ(server_of(client, "crit.ledger"), "leader");
    EXPECT_EQ(server_of(client, "crit.note"), "replica") << client.reason();
    client.execute("create table crit.later (i int)");
    EXPECT_EQ(server_of(client, "crit.later"), "leader");
    Client next(with("Policy=leader;CriticalTables={crit.ledger, crit.later}"));
    EXPECT_EQ(next.connect_information(), "");
    client.execute("drop table crit.later");
}

TEST_F(Critical, AListThatIsNoneIsRefused) {
    for (const char* list : {"{a,,b}", "a b", "{\"open}", "*", "a.b.c.d", "`x`"}) {
        const std::string refusal =
            refusal_of([&] { Client client(with("CriticalTables=" + std::string(list))); });
        EXPECT_TRUE(refusal.starts_with("HY000:")) << list << " -> " << refusal;
        EXPECT_NE(refusal.find("The keyword 'CriticalTables' has the value"), std::string::npos) << refusal;
        EXPECT_NE(refusal.find("accepted: all, or names of tables"), std::string::npos) << refusal;
    }
    Client client(with("Policy=leader;CriticalTables=crit.ledger"));
    warm(client);
    for (const char* list : {"a b", "", "`x`"}) {
        const std::string refusal =
            refusal_of([&] { client.execute("set freshread.criticaltables = '" + std::string(list) + "'"); });
        EXPECT_TRUE(refusal.starts_with("22023:")) << list << " -> " << refusal;
    }
    EXPECT_EQ(client.value("show freshread.criticaltables"), "crit.ledger");
    EXPECT_EQ(server_of(client, "crit.ledger"), "leader");
    EXPECT_EQ(server_of(client, "crit.note"), "replica");
}

TEST_F(Critical, ChosenForASession) {
    Client client(with("Policy=leader"));
    EXPECT_EQ(server_of(client, "crit.note"), "leader");
    EXPECT_EQ(client.reason(), "PolicyLeader");
    Statement prepared(client);
    prepared.prepare("select i from crit.note");
    const auto reason = [&] {
        prepared.execute();
        prepared.close();
        return prepared.reason();
    };
    EXPECT_EQ(reason(), "PolicyLeader");
    client.execute("set freshread.criticaltables = 'crit.ledger, \"Odd Name\"'");
    EXPECT_EQ(client.value("show freshread.criticaltables"), "crit.ledger, \"Odd Name\"");
    EXPECT_EQ(reason(), "ReadOnReplica");
    EXPECT_EQ(server_of(client, "crit.note"), "replica");
    EXPECT_EQ(server_of(client, "crit.ledger"), "leader");
    client.execute("set freshread.criticaltables to note");
    EXPECT_EQ(reason(), "CriticalTable");
    EXPECT_EQ(server_of(client, "crit.ledger"), "replica");
    client.execute("reset freshread.criticaltables");
    EXPECT_EQ(client.value("show freshread.criticaltables"), "all");
    EXPECT_EQ(reason(), "PolicyLeader");
    Statement warned(client);
    const SQLRETURN result = SQLExecDirect(
        warned, reinterpret_cast<SQLCHAR*>(const_cast<char*>("set freshread.criticaltables = 'crit.gone'")),
        SQL_NTS);
    EXPECT_EQ(result, SQL_SUCCESS_WITH_INFO);
    EXPECT_EQ(error_of(SQL_HANDLE_STMT, warned).sqlstate, "01000");
}

TEST_F(CriticalBehind, WhatAStatementSaysOfItselfCounts) {
    write();
    for (const char* hint : {"fresh", "policy=position", "leader"})
        EXPECT_EQ(server_of(*client_, "crit.note", "/* freshread " + std::string(hint) + " */ "), "leader")
            << hint;
    for (const char* hint : {"replica", "policy=any"})
        EXPECT_EQ(server_of(*client_, "crit.ledger", "/* freshread " + std::string(hint) + " */ "), "replica")
            << hint;
}

// What a read of no importance has settled does not hold for one of importance, nor the other way round.
TEST_F(CriticalBehind, PreparedReadsKeepTheirOwnWay) {
    write();
    Statement note(*client_);
    Statement ledger(*client_);
    note.prepare("select i from crit.note");
    ledger.prepare("select i from crit.ledger");
    for (int i = 0; i < 5; ++i) {
        note.execute();
        EXPECT_EQ(note.reason(), "ReadOnReplica");
        note.close();
        ledger.execute();
        EXPECT_NE(ledger.reason(), "ReadOnReplica");
        ledger.close();
    }
}

// All reads of one snapshot are as old as the first.
TEST_F(CriticalBehind, ASnapshotIsAsFreshAsACriticalReadNeedsIt) {
    write();
    client_->execute("begin isolation level repeatable read read only");
    EXPECT_EQ(server_of(*client_, "crit.note"), "leader");
    EXPECT_EQ(server_of(*client_, "crit.ledger"), "leader");
    client_->execute("commit");
    client_->execute("begin isolation level read committed read only");
    EXPECT_EQ(server_of(*client_, "crit.note"), "replica") << "each has a snapshot of its own";
    EXPECT_EQ(server_of(*client_, "crit.ledger"), "leader");
    client_->execute("commit");
}

TEST_F(CriticalBehind, WhatTheDriverTellsOfTablesIsCritical) {
    write();
    Statement tables(*client_);
    tables.check(SQLTables(tables, nullptr, 0, reinterpret_cast<SQLCHAR*>(const_cast<char*>("crit")), SQL_NTS,
                           nullptr, 0, nullptr, 0));
    EXPECT_NE(tables.reason(), "ReadOnReplica");
}

TEST_F(CriticalBehind, WhatWasNotFoundInOtherTablesIsAskedAgainIfSaid) {
    write("EmptyRead=leader");
    client_->query("select i from crit.note where i = -1");
    EXPECT_EQ(client_->reason(), "EmptyRead");
}

}  // namespace
}  // namespace freshread::test
