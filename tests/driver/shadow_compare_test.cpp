// Shadow=compare: what replicas would have served they are asked in the background, and the application
// notices nothing of it.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

using Counts = std::map<std::string, int>;

// Threads of this process that compare.
int comparing_threads() {
    int threads = 0;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream file(task.path() / "comm");
        std::string name;
        if (std::getline(file, name) && name == "freshread-cmp") ++threads;
    }
    return threads;
}

class Comparing : public testing::Test {
 protected:
    static void SetUpTestSuite() {
        on_node("leader",
                "set client_min_messages = warning; drop table if exists shape, written; "
                "create table written (id int); grant all on written to public; "
                "create table shape (id int primary key, name text); "
                "insert into shape select i, 'shape ' || i from generate_series(1, 20000) i; "
                "grant all on shape to public; "
                "create or replace function on_leader() returns boolean stable language plpgsql as "
                "$$begin return not pg_is_in_recovery(); end$$; "
                "create or replace function writes_on_leader() returns int language plpgsql as "
                "$$begin if not pg_is_in_recovery() then insert into written values (1); end if; "
                "return 1; end$$");
        cluster("wait replica1");
        state_ = warm_state_directory();
    }
    void SetUp() override {
        static int number = 0;
        number_ = std::to_string(++number);
        log_ = setting("FRESHREAD_TEST_DIR") + "/comparing" + number_ + ".log";
    }
    void TearDown() override {
        client_.reset();
        if (paused_) resume_replay("replica1");
        if (frozen_) cluster("thaw replica1");
    }

    // Its reads are decided for the replica.
    void connect(const std::string& more = "") {
        client_.emplace(freshread(
            state_, "User=comparing" + number_ + ";Shadow=compare;Log=" + log_ + ";LogLevel=info;" + more));
        const int undecided = undecided_reads();
        EXPECT_TRUE(eventually([&] {
            client_->query("/* freshread policy=any */ select id from shape where id = 1");
            return client_->reason() == "Shadow" && counted().contains("Equal");
        })) << client_->reason();
        EXPECT_TRUE(eventually([&] { return undecided_reads() == undecided; }));
        before_ = counted();
    }
    // Those of which it is not known yet what comes of them, and those that were never to be compared.
    int undecided_reads() {
        const Row row = client_->query("show freshread.shadowed").at(0);
        const auto number = [&](std::size_t column) { return std::stoi(row.at(column).value()); };
        return number(1) - number(2) - number(5);
    }
    Counts counted() {
        Counts counts;
        for (const Row& row : client_->query("show freshread.comparisons"))
            if (row.at(1)) counts[row.at(1).value()] = std::stoi(row.at(2).value());
        return counts;
    }
    // Since the connection was made.
    int counted(const std::string& comparison) { return counted()[comparison] - before_[comparison]; }
    // So many have come to this, sooner or later, and none to anything else.
    void expect(const std::string& comparison, int count) {
        EXPECT_TRUE(eventually([&] { return counted(comparison) >= count; }));
        for (const auto& [name, all] : counted()) {
            EXPECT_EQ(all - before_[name], name == comparison ? count : 0) << name;
        }
        before_ = counted();
    }
    std::string logged() const {
        std::ifstream file(log_);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    static inline std::string state_{};
    std::string number_{};
    std::string log_{};
    bool paused_ = false;
    bool frozen_ = false;
    Counts before_{};
    std::optional<Client> client_{};
};

TEST_F(Comparing, TheSameAnswersAreCountedAsEqual) {
    connect();
    const std::string tag = unique_literal();
    const auto shown = [&] { return client_->query("show freshread.shadowed").at(0); };
    const Row shadowed = shown();
    EXPECT_EQ(client_->value("select '" + tag + "' from shape where id = 2"), tag);
    EXPECT_EQ(client_->reason(), "Shadow");
    expect("Equal", 1);
    EXPECT_EQ(served_by("leader", tag), 2) << "the application's, and the one it is compared with";
    EXPECT_EQ(served_by("replica1", tag), 1);
    // The order of rows is nothing that two nodes have to agree in; nulls, binaries and long values are
    // values.
    for (const char* read :
         {"select name from shape where id < 50 order by id desc",
          "select null, name from shape where id = 1", "select '\\xff00'::bytea",
          "select repeat('long', 10000) from shape where id < 3", "select id from shape where id < 0",
          "with s as (select * from shape) select count(*) from s", "values (1), (2)"}) {
        client_->query(read);
        EXPECT_EQ(client_->reason(), "Shadow") << read;
        expect("Equal", 1);
    }
    Statement prepared(*client_);
    prepared.prepare("select name from shape where id = 3");
    for (int i = 0; i < 3; ++i) {
        prepared.execute();
        EXPECT_EQ(prepared.rows(), (std::vector<Row>{{"shape 3"}}));
        prepared.close();
    }
    expect("Equal", 3);
    const Row now = shown();
    EXPECT_EQ(std::stoi(now.at(1).value()), std::stoi(shadowed.at(1).value()) + 11) << "reads";
    EXPECT_EQ(std::stoi(now.at(2).value()), std::stoi(shadowed.at(2).value()) + 11) << "compared";
    EXPECT_EQ(now.at(3), shadowed.at(3)) << "older";
    EXPECT_EQ(now.at(4), shadowed.at(4)) << "differed";
    EXPECT_EQ(now.at(5), shadowed.at(5)) << "not compared";
}

TEST_F(Comparing, WhatTheReplicaDoesNotHaveYetIsOlder) {
    connect();
    pause_replay("replica1");
    paused_ = true;
    on_node("leader", "insert into shape values (30001, 'new')");
    EXPECT_EQ(client_->value("select name from shape where id = 30001"), "new");
    EXPECT_EQ(client_->reason(), "Shadow");
    // One that is found out when the replica has caught up, and one while it has not.
    client_->query("select id from shape where id = 30001");
    EXPECT_TRUE(eventually([&] { return counted("Older") > 0; }));
    resume_replay("replica1");
    paused_ = false;
    expect("Older", 2);
    EXPECT_NE(logged().find("older than the leader's: shape"), std::string::npos) << logged();
    EXPECT_EQ(logged().find("30001"), std::string::npos) << "values are nobody's business";
    // What is asked again on the leader is the leader's answer.
    paused_ = true;
    pause_replay("replica1");
    on_node("leader", "insert into shape values (30002, 'newer')");
    EXPECT_EQ(client_->value("/* freshread policy=fallback */ select name from shape where id = 30002"),
              "newer");
    EXPECT_EQ(client_->reason(), "Shadow");
    expect("Equal", 1);
}

TEST_F(Comparing, AnotherAnswerAtTheSamePositionDiffers) {
    connect("FreeFunctions=on_leader");
    EXPECT_EQ(client_->value("select on_leader()"), "1");
    EXPECT_EQ(client_->reason(), "Shadow");
    expect("Differed", 1);
    EXPECT_NE(logged().find("[warning] the replica 'pg_replica1' answers a read otherwise"),
              std::string::npos)
        << logged();
    EXPECT_NE(logged().find(": on_leader"), std::string::npos) << logged();
}

TEST_F(Comparing, WhatIsNotComparedSaysWhy) {
    connect();
    Statement parameter(*client_);
    parameter.prepare("select name from shape where id = ?");
    SQLINTEGER value = 4;
    parameter.check(
        SQLBindParameter(parameter, 1, SQL_PARAM_INPUT, SQL_C_LONG, SQL_INTEGER, 0, 0, &value, 0, nullptr));
    parameter.execute();
    EXPECT_EQ(parameter.rows(), (std::vector<Row>{{"shape 4"}}));
    expect("Parameters", 1);
    client_->query("select name from shape where id = 5; select 1");
    expect("Statements", 1);
    for (const char* read : {"select now()", "select pg_catalog.random() from shape where id = 1"})
        client_->query(read);
    expect("Varies", 2);
    client_->query("select current_timestamp");
    expect("Changing", 1);
    const std::string large = unique_literal();
    client_->query("select name, '" + large + "' from shape");
    client_->query("select repeat('x', 5000000)");
    client_->query("select 1 /*" + std::string(20'000, ' ') + "*/");
    expect("TooLarge", 3);
    EXPECT_EQ(served_by("replica1", large), 1);
    EXPECT_GT(served_by("replica1", "fetch 100 in"), 0) << "it is not all read into memory";
    client_->execute("begin read only");
    client_->query("select name from shape where id = 6");
    client_->execute("commit");
    expect("Transaction", 1);
    Statement tables(*client_);
    std::string name = "shape";
    tables.check(SQLTables(tables, nullptr, 0, nullptr, 0, reinterpret_cast<SQLCHAR*>(name.data()), SQL_NTS,
                           nullptr, 0));
    EXPECT_EQ(tables.rows().size(), 1U);
    expect("Catalog", 1);
    EXPECT_THROW(client_->query("select 1 / 0"), OdbcError);
    client_->query("select name from shape where id = 7");
    expect("Equal", 1);
    client_->execute("set search_path = pg_catalog, public");
    client_->query("select name from shape where id = 8");
    expect("Session", 1);
    client_->execute("discard all");
    client_->query("select on_leader()");
    client_->query("/* freshread policy=any */ select name from shape where id = 8");
    expect("Session", 1);
    client_->execute("discard all");
    client_->execute("set freshread.shadow = 'yes'");
    client_->query("select name from shape where id = 9");
    client_->execute("set freshread.shadow = 'compare'");
    EXPECT_EQ(client_->value("show freshread.shadow"), "compare");
}

TEST_F(Comparing, NothingIsWrittenASecondTime) {
    connect("FreeFunctions=writes_on_leader");
    EXPECT_EQ(client_->value("select writes_on_leader()"), "1");
    EXPECT_EQ(client_->reason(), "Shadow");
    expect("Failed", 1);
    EXPECT_EQ(on_node("leader", "select count(*) from written"), "1");
}

TEST_F(Comparing, ConnectionsThatBreakAreMadeAnew) {
    connect();
    for (const char* node : {"leader", "replica1"})
        on_node(node,
                "select count(pg_terminate_backend(pid, 10000)) from pg_stat_activity where "
                "application_name = 'freshread shadow'");
    EXPECT_TRUE(eventually([&] {
        EXPECT_EQ(client_->value("select name from shape where id = 10"), "shape 10");
        return counted("Equal") > 0;
    }));
}

// One thread, whoever compares; connections that are alike have theirs in common; nothing is left behind.
TEST_F(Comparing, ConnectionsOfOursEndWithTheApplications) {
    const auto ours = [](const std::string& node) {
        return on_node(node,
                       "select count(*) from pg_stat_activity where application_name = 'freshread shadow'");
    };
    connect();
    {
        Client other(freshread(state_, "User=another;Shadow=compare"));
        EXPECT_TRUE(eventually([&] {
            other.query("/* freshread policy=any */ select name from shape where id = 11");
            return counted("Equal") > 0;
        }));
        EXPECT_EQ(comparing_threads(), 1);
    }
    EXPECT_EQ(comparing_threads(), 1);
    EXPECT_EQ(ours("leader") + ours("replica1"), "11");
    client_.reset();
    EXPECT_EQ(comparing_threads(), 0);
    EXPECT_TRUE(eventually([&] { return ours("leader") + ours("replica1") == "00"; }));
}

// A replica that hangs, or is gone, hangs nobody: reads beyond what is kept for later are not compared, and
// the thread, which waits in a call, ends with the connection.
TEST_F(Comparing, AReplicaThatHangsIsNotNoticed) {
    connect();
    cluster("freeze replica1");
    frozen_ = true;
    for (int i = 0; i < 300; ++i) client_->query("select name from shape where id = 12");
    EXPECT_EQ(client_->reason(), "Shadow");
    EXPECT_GT(counted("Busy"), 0);
    EXPECT_EQ(counted("Equal"), 0);
    EXPECT_EQ(comparing_threads(), 1);
    client_.reset();
    EXPECT_EQ(comparing_threads(), 0) << "not broken off";
}

}  // namespace
}  // namespace freshread::test
