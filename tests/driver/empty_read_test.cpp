// Policy=fallback, EmptyRead=leader: what a replica found nothing for is asked again on the leader, inside
// the same execution. The servers' own logs say who was asked.
#include <gtest/gtest.h>

#include <array>

#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

// The replica stands still; only the leader has the rows with "new" in them.
class EmptyRead : public testing::Test {
 protected:
    static void SetUpTestSuite() {
        make_item_table("id int, name text");
        on_node("leader", "insert into item values (1, 'old')");
        cluster("wait replica1");
        state_ = warm_state_directory();
        cluster("pause replica1");
        on_node("leader", "insert into item values (2, 'new')");
    }
    static void TearDownTestSuite() { cluster("resume replica1"); }

    static std::string fallback(const std::string& more = "") {
        return freshread(state_, "Policy=fallback;" + more);
    }
    // A read of the row that is found by the tag's own condition, and who the servers say was asked.
    static std::string asked_for(Client& client, int id) {
        const std::string tag = unique_literal();
        client.query("select name from item where id = " + std::to_string(id) + " and name <> '" + tag + "'");
        return (served_by("replica1", tag) > 0 ? "replica " : "") +
               std::string(served_by("leader", tag) > 0 ? "leader" : "");
    }

    static inline std::string state_{};
};

TEST_F(EmptyRead, OnlyNothingIsAskedAgain) {
    Client client(fallback());
    EXPECT_EQ(asked_for(client, 1), "replica ");
    EXPECT_EQ(client.reason(), "ReadOnReplica");
    EXPECT_EQ(asked_for(client, 2), "replica leader");
    EXPECT_EQ(client.reason(), "EmptyRead");
    EXPECT_EQ(client.value("select name from item where id = 2"), "new");
    EXPECT_EQ(client.value("select count(*) from item"), "1") << "a row is an answer, fresh or not";
    EXPECT_EQ(client.query("select name from item where id = 3").size(), 0U);
}

TEST_F(EmptyRead, WithAnotherPolicy) {
    Client client(freshread(state_, "Policy=any"));
    EXPECT_EQ(asked_for(client, 2), "replica ");
    client.execute("set freshread.emptyread = 'leader'");
    EXPECT_EQ(asked_for(client, 2), "replica leader");
    client.execute("set freshread.policy = 'position'");
    EXPECT_EQ(asked_for(client, 1), "replica ");
    EXPECT_EQ(asked_for(client, 2), "replica leader");
    EXPECT_EQ(asked_for(client, 2), "replica leader") << "nothing is settled by it";
    client.execute("reset freshread.emptyread");
    EXPECT_EQ(asked_for(client, 2), "replica ");
}

TEST_F(EmptyRead, ParametersAreAsTheyWereAtTheExecution) {
    for (const std::string more : {"", "PassThrough=UseDeclareFetch,Fetch;UseDeclareFetch=1;Fetch=2"}) {
        Client client(fallback(more));
        Statement read(client);
        SQLINTEGER id = 2;
        SQLLEN length = 0;
        read.prepare("select name from item where id = ?");
        read.check(
            SQLBindParameter(read, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &id, 0, &length));
        for (int round = 0; round < 3; ++round) {
            id = 2;
            read.execute();
            id = 1;
            EXPECT_EQ(read.rows(), (std::vector<Row>{{"new"}})) << more;
            read.close();
            read.execute();
            id = 2;
            EXPECT_EQ(read.rows(), (std::vector<Row>{{"old"}})) << more;
            read.close();
        }
    }
}

// The driver tells only behind the last row how many there are.
TEST_F(EmptyRead, WhenRowsAreFetchedInPortions) {
    Client client(fallback("PassThrough=UseDeclareFetch,Fetch;UseDeclareFetch=1;Fetch=2"));
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(client.value("select name from item where id = 2"), "new");
        EXPECT_EQ(client.value("select name from item where id = 1"), "old");
        EXPECT_EQ(client.query("select name from item where id = 3").size(), 0U);
    }
}

TEST_F(EmptyRead, RowArrays) {
    for (const std::string more : {"", "PassThrough=UseDeclareFetch,Fetch;UseDeclareFetch=1;Fetch=2"}) {
        Client client(fallback(more));
        Statement read(client);
        std::array<SQLINTEGER, 4> ids{};
        std::array<SQLUSMALLINT, 4> status{};
        SQLULEN fetched = 0;
        read.check(SQLSetStmtAttr(read, SQL_ATTR_ROW_ARRAY_SIZE, reinterpret_cast<SQLPOINTER>(4), 0));
        read.check(SQLSetStmtAttr(read, SQL_ATTR_ROW_STATUS_PTR, status.data(), 0));
        read.check(SQLSetStmtAttr(read, SQL_ATTR_ROWS_FETCHED_PTR, &fetched, 0));
        read.check(SQLBindCol(read, 1, SQL_C_SLONG, ids.data(), 0, nullptr));
        read.direct("select id from item where id > 1");
        EXPECT_TRUE(SQL_SUCCEEDED(SQLFetchScroll(read, SQL_FETCH_NEXT, 0))) << more;
        EXPECT_EQ(fetched, 1U) << more;
        EXPECT_EQ(ids.at(0), 2) << more;
        EXPECT_EQ(status.at(1), SQL_ROW_NOROW) << more;
        EXPECT_EQ(SQLFetchScroll(read, SQL_FETCH_NEXT, 0), SQL_NO_DATA) << more;
    }
}

// Which of several results is empty nobody knows before the last one.
TEST_F(EmptyRead, SeveralResultsAreTheLeaders) {
    Client client(fallback());
    Statement read(client);
    read.direct("select name from item where id = 1; select name from item where id = 2");
    EXPECT_EQ(read.reason(), "EmptyRead");
    EXPECT_EQ(read.rows(), (std::vector<Row>{{"old"}}));
    read.check(SQLMoreResults(read));
    EXPECT_EQ(read.rows(), (std::vector<Row>{{"new"}}));
}

TEST_F(EmptyRead, ABudgetForTheLeader) {
    Client client(fallback("LeaderBudget=1"));
    int leader = 0;
    constexpr int kReads = 40;
    for (int i = 0; i < kReads; ++i) {
        client.query("select name from item where id = 2");
        leader += client.reason() == "EmptyRead" ? 1 : 0;
    }
    EXPECT_GE(leader, 1);
    EXPECT_LT(leader, kReads) << "all of them in less than forty seconds";
}

TEST_F(EmptyRead, IsCounted) {
    Client client(fallback());
    const auto counted = [&] {
        for (const Row& row : client.query("show freshread.counters"))
            if (row.at(0) == "pg_leader" && row.at(1) == "EmptyRead")
                return std::stol(row.at(2).value_or("0"));
        return 0L;
    };
    const long before = counted();
    client.query("select name from item where id = 2");
    EXPECT_EQ(counted(), before + 1);
}

}  // namespace
}  // namespace freshread::test
