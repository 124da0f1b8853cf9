// How a write's position is learnt: nothing is asked for it, and whoever samples the leader closes its mark,
// while the writer is busy, idle, stopped or dead. The user never reads what is older than what was read
// before.
#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "tests/driver/child.h"
#include "tests/driver/mock_driver.h"
#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

// So old no mark becomes here: it is closed because it was listed, or not at all.
const std::string kLong = "MarkAge=5min;User=u1;";

class Capturing : public testing::Test {
 protected:
    void SetUp() override {
        make_item_table("id int primary key, name text");
        cluster("wait replica1");
        mock_driver().reset();
    }
    void TearDown() override { cluster("resume replica1"); }

    [[nodiscard]] std::string with(const std::string& more) const {
        return "DSN=freshread;Explain=yes;StateDir=" + state_ + ";" + more;
    }
    [[nodiscard]] std::string mocked(const std::string& more) const {
        return "Driver=Freshread;Leader=" + mock_node("leader") + ";Replicas=" + mock_node("replica1") +
               ";Explain=yes;StateDir=" + state_ + ";" + more;
    }
    static std::string insert(int id) { return "insert into item values (" + std::to_string(id) + ", 'x')"; }
    static std::string count(Client& client) { return client.value("select count(*) from item"); }
    // What the server of a node noted of a connection.
    static int lines_of(const std::string& process) { return served_by("leader", " [" + process + "] "); }
    static std::string process_of(Client& client) {
        return client.value("/* freshread leader */ select pg_backend_pid()");
    }
    // Reads see the write, and soon the replica's.
    static void comes_to_the_replica(Client& reader, const std::string& rows) {
        EXPECT_TRUE(eventually([&] {
            EXPECT_EQ(count(reader), rows) << reader.reason();
            return reader.on_replica();
        })) << reader.reason();
    }

    const std::string state_ = warm_state_directory();
};

// What an application does that writes, in all ways there are.
void write_in_many_ways(Client& client) {
    client.execute("insert into item values (1, 'x')");
    Statement prepared(client);
    prepared.prepare("insert into item values (?, 'x')");
    SQLINTEGER id = 2;
    prepared.check(
        SQLBindParameter(prepared, 1, SQL_PARAM_INPUT, SQL_C_LONG, SQL_INTEGER, 0, 0, &id, 0, nullptr));
    for (; id < 5; ++id) prepared.execute();
    client.execute("update item set name = 'none' where id = 99");
    client.execute("begin");
    client.execute("insert into item values (10, 'x')");
    client.execute("commit");
    client.execute("begin");
    client.execute("insert into item values (11, 'x')");
    client.execute("rollback");
    client.set_autocommit(false);
    client.execute("insert into item values (13, 'x')");
    client.end_transaction(SQL_COMMIT);
    client.execute("do $$begin perform 1; end$$");
    client.end_transaction(SQL_ROLLBACK);
    client.execute("insert into item values (14, 'x')");
    client.set_autocommit(true);
}

TEST_F(Capturing, AWriteSendsWhatTheApplicationSendsAndNothingElse) {
    std::vector<int> lines;
    for (const std::string& through : {std::string("DSN=pg_leader"), with(kLong)}) {
        on_node("leader", "truncate item");
        Client client(through);
        const std::string process = process_of(client);
        const int before = lines_of(process);
        write_in_many_ways(client);
        lines.push_back(lines_of(process) - before);
        EXPECT_EQ(count(client), "7");
    }
    EXPECT_EQ(lines[0], lines[1]) << "direct, then through Freshread";
    EXPECT_GT(lines[0], 10);
}

TEST_F(Capturing, ByCommitAsksOnTheConnection) {
    int id = 0;
    for (const std::string capture : {"Capture=commit;", "Monitor=none;"}) {
        Client client(with(kLong + capture));
        const std::string process = process_of(client);
        const int before = lines_of(process);
        client.execute(insert(++id));
        EXPECT_GE(lines_of(process) - before, 2) << capture;
    }
}

// With UseDeclareFetch psqlodbc keeps a transaction open for a cursor, and a write is part of it.
TEST_F(Capturing, AWriteBesideACursorOfTheDriversIsSeenOnceItIsCommitted) {
    cluster("pause replica1");
    Client writer(
        "Driver=Freshread;Leader={DSN=pg_leader;UseDeclareFetch=1;Fetch=1};Replicas=pg_replica1;Explain=yes;"
        "StateDir=" +
        state_ + ";" + kLong);
    Client reader(with(kLong));
    Statement cursor(writer);
    cursor.direct("/* freshread leader */ select i from generate_series(1, 100) i");
    ASSERT_EQ(SQLFetch(cursor), SQL_SUCCESS);
    writer.execute(insert(1));
    EXPECT_EQ(count(writer), "1");
    cursor.close();
    writer.query("select 1");
    EXPECT_EQ(on_node("leader", "select count(*) from item"), "1");
    EXPECT_EQ(count(reader), "1") << reader.reason();
}

// What the one that waits has been marked with may be closed with the other.
TEST_F(Capturing, AWriteThatWaitsForDataWhileAnotherEndsIsSeenWhenItHasEnded) {
    for (const std::string capture : {"Capture=commit;", "Capture=monitor;"}) {
        on_node("leader", "truncate item");
        cluster("wait replica1");
        cluster("pause replica1");
        Client writer(with(kLong + capture));
        Client reader(with(kLong + capture));
        Statement write(writer);
        write.prepare("insert into item values (1, ?)");
        SQLLEN at_execution = SQL_DATA_AT_EXEC;
        int token = 0;
        write.check(SQLBindParameter(write, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 100, 0, &token, 0,
                                     &at_execution));
        ASSERT_EQ(SQLExecute(write), SQL_NEED_DATA);
        SQLPOINTER wanted = nullptr;
        ASSERT_EQ(SQLParamData(write, &wanted), SQL_NEED_DATA);
        writer.execute(insert(2));
        EXPECT_TRUE(eventually([&] {
            EXPECT_EQ(count(reader), "1");
            return reader.reason() != "MarkOpen";
        }));
        // The replica has the other one.
        cluster("resume replica1");
        cluster("wait replica1");
        cluster("pause replica1");
        std::string part = "part";
        EXPECT_EQ(SQLPutData(write, part.data(), 4), SQL_SUCCESS);
        EXPECT_TRUE(SQL_SUCCEEDED(SQLParamData(write, &wanted)));
        EXPECT_EQ(count(reader), "2") << capture << reader.reason();
        cluster("resume replica1");
    }
}

// The board is there as long as a process has it: the reader's does.
TEST_F(Capturing, AnotherProcessIsServedByTheReplicaWhileTheWriterIsIdleStoppedOrDead) {
    int rows = 0;
    for (const int number : {0, SIGSTOP, SIGKILL}) {
        Pipe go;
        Pipe done;
        Child writer([&, id = rows] {
            go.end();
            Client client(with(kLong));
            static_cast<void>(go.hear());
            client.execute(insert(id));
            done.say('y');
            static_cast<void>(go.hear());
            return 0;
        });
        done.end();
        Client reader(with(kLong));
        EXPECT_EQ(count(reader), std::to_string(rows));
        go.say('y');
        ASSERT_EQ(done.hear(), 'y');
        ++rows;
        if (number != 0) {
            writer.signal(number);
            EXPECT_EQ(writer.await_change(), -number);
        }
        comes_to_the_replica(reader, std::to_string(rows));
    }
}

// The writer's process samples for all; another takes over.
TEST_F(Capturing, TheWriterIsTheMonitorAndIsKilled) {
    Pipe go;
    Pipe done;
    Child writer([&] {
        go.end();
        Client client(with(kLong));
        client.execute(insert(1));
        comes_to_the_replica(client, "1");
        done.say('y');
        static_cast<void>(go.hear());
        client.execute(insert(2));
        done.say('y');
        static_cast<void>(go.hear());
        return 0;
    });
    done.end();
    ASSERT_EQ(done.hear(), 'y');
    Client reader(with(kLong));
    EXPECT_EQ(count(reader), "1");
    go.say('y');
    ASSERT_EQ(done.hear(), 'y');
    writer.signal(SIGKILL);
    EXPECT_EQ(writer.await_change(), -SIGKILL);
    comes_to_the_replica(reader, "2");
}

TEST_F(Capturing, AChildThatForksAwayFromAWriterChangesNothing) {
    cluster("pause replica1");
    Client writer(with(kLong));
    writer.execute(insert(1));
    Child child([&] {
        Client own(with(kLong));
        return count(own) == "1" ? 0 : 1;
    });
    EXPECT_EQ(child.await_change(), 0);
    EXPECT_EQ(count(writer), "1");
    cluster("resume replica1");
    comes_to_the_replica(writer, "1");
}

// Nobody samples here: whoever looks has no monitor.
TEST_F(Capturing, TheEndOfTheConnectionClosesItsMark) {
    cluster("pause replica1");
    Child both([&] {
        const std::string none = kLong + "Monitor=none;";
        auto writer = std::make_unique<Client>(with(kLong));
        writer->execute(insert(1));
        Client reader(with(none));
        if (count(reader) != "1" || reader.reason() != "MarkOpen") return 1;
        writer.reset();
        if (count(reader) != "1" || reader.reason() != "ReplicaBehind") return 2;
        return 0;
    });
    EXPECT_EQ(both.await_change(), 0);
}

// A writer that is killed on the way, at the driver's calls for the write and for the question behind it.
TEST_F(Capturing, AWriterIsKilledAtEachStepAndNobodyReadsStale) {
    const std::string usual = "MarkAge=100ms;User=u1;";
    struct Step {
        std::string where;
        std::string more;
        bool written;
    };
    int rows = 0;
    for (const Step& step :
         {Step{"SQLExecDirect(insert) die before", "", false},
          Step{"SQLExecDirect(insert) die after", "", true},
          Step{"SQLExecDirect(pg_current_wal_insert_lsn) die before", "Capture=commit;", true},
          Step{"SQLExecDirect(pg_current_wal_insert_lsn) die after", "Capture=commit;", true}}) {
        SCOPED_TRACE(step.where + " " + step.more);
        cluster("pause replica1");
        Child writer([&, id = rows] {
            Client client(mocked(usual + step.more));
            mock_driver().rule("leader", step.where);
            client.execute(insert(id));
            return 1;
        });
        EXPECT_EQ(writer.await_change(), -SIGKILL);
        if (step.written) ++rows;
        ASSERT_TRUE(eventually(
            [&] { return on_node("leader", "select count(*) from item") == std::to_string(rows); }));
        Client reader(with(usual));
        // Its mark is old one day, and a sample of the leader begun then closes it.
        EXPECT_TRUE(eventually([&] {
            EXPECT_EQ(count(reader), std::to_string(rows)) << reader.reason();
            return reader.reason() != "MarkOpen";
        }));
        cluster("resume replica1");
        comes_to_the_replica(reader, std::to_string(rows));
    }
}

}  // namespace
}  // namespace freshread::test
