// Keywords: from odbc.ini and the connection string; a wrong one fails the connect and says what is accepted.
#include <gtest/gtest.h>

#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

class Settings : public testing::Test {
 protected:
    void SetUp() override { state_ = fresh_state_directory(); }
    std::string state_{};
};

struct Wrong {
    std::string given;                  // keyword=value
    std::vector<std::string> mentions;  // what the message must name
};

TEST_F(Settings, AWrongValueNamesKeywordValueAndWhatIsAccepted) {
    const std::vector<Wrong> cases{
        {"Policy=psition",
         {"Policy", "psition", "leader, window, position, token, synchronous, fallback, any"}},
        {"Polcy=any", {"Polcy", "any", "Policy"}},
        {"Window=5", {"Window", "'5'", "ms"}},
        {"Window=soon", {"Window", "soon"}},
        {"Store=mongodb://x", {"Store", "mongodb://x", "sqlite:", "memory:"}},
        {"Store=mongodb://u:s3cr@t@x", {"Store", "mongodb://(not shown)@x", "redis://"}},
        {"Store=redis://u:s3cr@t@h:port", {"Store", "redis://(not shown)@h:port", "a port from 1 to 65535"}},
        {"Store=redis+sentinel://h", {"Store", "redis+sentinel://h", "name-of-the-master"}},
        {"StoreTimeout=-1ms", {"StoreTimeout", "-1ms"}},
        {"OnStoreDown=panic", {"OnStoreDown", "panic", "leader, error"}},
        {"Engine=oracle", {"Engine", "oracle", "postgresql"}},
        {"Explain=perhaps", {"Explain", "perhaps", "yes, no"}},
        {"TransactionReads=replica", {"TransactionReads", "replica", "leader, until-write"}},
        {"OnLag=now", {"OnLag", "'now'", "leader, error, stale"}},
        {"OnLag=", {"OnLag", "leader, error, stale"}},
        {"OnLag=wait 5ms", {"OnLag", "wait 5ms"}},
        {"OnLag={wait, leader}", {"OnLag", "wait, leader"}},
        {"OnLag={wait 5, leader}", {"OnLag", "wait 5, leader"}},
        {"OnLag={wait 0ms, leader}", {"OnLag", "wait of 1 ms to 60000 ms"}},
        {"OnLag={wait 2 min, leader}", {"OnLag", "wait of 1 ms to 60000 ms"}},
        {"OnLag={leader, wait 5ms}", {"OnLag", "leader, wait 5ms"}},
        {"OnLag={leader, error}", {"OnLag", "leader, error"}},
        {"OnLag={wait 5ms, leader};Monitor=none", {"OnLag", "wait 5 ms, leader", "Monitor=none"}},
        {"MaxLag=5", {"MaxLag", "'5'", "20 ms"}},
        {"MaxLag=1ms", {"MaxLag", "1ms", "none, or a duration", "from 20 ms"}},
        {"ReplicaTimeout=soon", {"ReplicaTimeout", "soon", "auto, none, or a duration"}},
        {"MaxLag=90ms;PollInterval={50ms, 1s}", {"MaxLag", "90 ms", "at least 100 ms"}},
        {"MaxLag=1s;Monitor=none", {"MaxLag", "1 s", "Monitor=none"}},
        {"Monotonic=perhaps", {"Monotonic", "perhaps", "auto, yes, strict, no"}},
        {"Monotonic=strict;Monitor=none", {"Monotonic", "strict", "Monitor=none"}},
        {"Policy=synchronous;Monitor=none", {"Policy", "synchronous", "Monitor=none"}},
        {"SyncReplicas=0", {"SyncReplicas", "'0'", "all, or a number"}},
        {"SyncReplicas=3;Replicas={pg_replica1,pg_replica1}", {"SyncReplicas", "'3'", "Replicas"}},
        {"SyncTimeout=0ms", {"SyncTimeout", "0ms"}},
        {"OnSyncTimeout=panic", {"OnSyncTimeout", "panic", "track, error"}},
        {"EmptyRead=perhaps", {"EmptyRead", "perhaps", "accept, leader"}},
        {"LeaderBudget=0", {"LeaderBudget", "'0'", "from 1 to 1000000"}},
        {"LeaderBudget=many", {"LeaderBudget", "many"}},
        {"ReadOnly=perhaps", {"ReadOnly", "perhaps", "yes, no"}},
        {"Capture=never", {"Capture", "never", "monitor, commit"}},
        {"Capture=monitor;Monitor=none", {"Capture", "monitor", "commit"}},
        {"PollInterval={2 s, 1 s}", {"PollInterval"}},
        {"User={nobody}}", {"User"}},
        {"User={{who}}}", {"User", "{who}", "{uid}"}},
        {"Replicas={pg_replica1*0}", {"Replicas", "pg_replica1*0", "1 to 1000"}},
        {"Replicas={pg_replica1, pg_replica1*0}", {"Replicas", "pg_replica1*0", "1 to 1000"}},
        {"Replicas=pg_replica1*0", {"Replicas", "pg_replica1*0", "1 to 1000"}},
        {"Leader=no_such_dsn", {"no_such_dsn"}},
        {"StateDir=relative", {"StateDir", "relative", "absolute"}},
    };
    for (const Wrong& wrong : cases) {
        try {
            Client client("DSN=freshread;" + wrong.given +
                          (wrong.given.starts_with("StateDir") ? "" : ";StateDir=" + state_));
            ADD_FAILURE() << wrong.given << " was accepted";
        } catch (const OdbcError& error) {
            EXPECT_TRUE(error.sqlstate == "HY000" || error.sqlstate == "IM002") << error.what();
            for (const auto& word : wrong.mentions)
                EXPECT_NE(std::string(error.what()).find(word), std::string::npos)
                    << wrong.given << ": " << error.what();
        }
    }
}

// psqlodbc takes the last one, unlike the driver manager.
TEST_F(Settings, APassedKeywordGivenTwiceIsTheUnderlyingDriversBusiness) {
    const std::string twice = ";Database=no_such_database;Database=postgres";
    Client direct("DSN=pg_leader" + twice);
    Client client("DSN=freshread;PassThrough=Database" + twice + ";StateDir=" + state_);
    EXPECT_EQ(client.value("SELECT current_database()"), direct.value("SELECT current_database()"));
}

TEST_F(Settings, AMisspeltPasswordStaysSecret) {
    for (const std::string keyword : {"PDW", "Passwrd", "Pasword", "PWDD"}) {
        try {
            Client client("DSN=freshread;" + keyword + "=hunter2;StateDir=" + state_);
            ADD_FAILURE() << keyword << " was accepted";
        } catch (const OdbcError& error) {
            EXPECT_EQ(std::string(error.what()).find("hunter2"), std::string::npos) << error.what();
            EXPECT_NE(std::string(error.what()).find(keyword), std::string::npos) << error.what();
        }
    }
}

TEST_F(Settings, ALeaderIsRequired) {
    try {
        Client client("Driver=Freshread;Replicas=pg_replica1");
        FAIL();
    } catch (const OdbcError& error) {
        EXPECT_NE(std::string(error.what()).find("'Leader' is missing"), std::string::npos) << error.what();
    }
}

TEST_F(Settings, ADriverThatIsNotRegisteredIsNamed) {
    try {
        Client client("Driver=Freshread;Leader={Driver={No Such Driver};Servername=127.0.0.1}");
        FAIL();
    } catch (const OdbcError& error) {
        EXPECT_EQ(error.sqlstate, "IM003");
        EXPECT_NE(std::string(error.what()).find("No Such Driver"), std::string::npos) << error.what();
    }
}

TEST_F(Settings, ConnectionStringsWithoutAnyDsn) {
    const auto node = [](const std::string& port) {
        return "{Driver={PostgreSQL Unicode};Servername=127.0.0.1;Port=" +
               setting("FRESHREAD_TEST_" + port + "_PORT") + ";Database=postgres;SSLmode=disable}";
    };
    const std::string password = setting("FRESHREAD_TEST_PASSWORD");
    Client client("DRIVER={Freshread};Leader=" + node("LEADER") + ";Replicas=" + node("REPLICA1") +
                  ";UID=app;PWD=" + password + ";Explain=yes;StateDir=" + state_);
    EXPECT_TRUE(eventually([&] {
        EXPECT_EQ(client.value("select current_user"), "app");
        client.query("select 1");
        return client.on_replica();
    })) << client.reason();
}

TEST_F(Settings, TheLoginOfTheApplicationIsHandedToEveryNode) {
    Client client("DSN=freshread_nologin;UID=u1;PWD=" + setting("FRESHREAD_TEST_PASSWORD") +
                  ";Explain=yes;StateDir=" + state_);
    EXPECT_EQ(client.value("/* freshread leader */ select current_user"), "u1");
    EXPECT_EQ(client.value("select 'u1' from pg_user limit 1"), "u1");
    EXPECT_TRUE(eventually([&] {
        client.query("select 1");
        return client.on_replica();
    })) << client.reason();
}

TEST_F(Settings, AnEmptyLoginLeavesTheUnderlyingOne) {
    Client client("DSN=freshread;UID=;PWD=;StateDir=" + state_);
    EXPECT_EQ(client.value("select current_user"), "app");
}

TEST_F(Settings, TheLoginIsTheUserByDefault) {
    const std::string password = setting("FRESHREAD_TEST_PASSWORD");
    make_item_table();
    cluster("wait replica1");
    const std::string state = warm_state_directory();
    const auto login = [&](const std::string& uid) {
        return "DSN=freshread_nologin;UID=" + uid + ";PWD=" + password + ";Explain=yes;StateDir=" + state;
    };
    cluster("pause replica1");
    Client first(login("u1"));
    Client same(login("u1"));
    Client other(login("u2"));
    first.execute("insert into item values (1)");
    EXPECT_EQ(same.value("select count(*) from item"), "1");
    EXPECT_EQ(other.value("select count(*) from item"), "0");
    EXPECT_TRUE(other.on_replica()) << other.reason();
    cluster("resume replica1");
}

TEST_F(Settings, TheCompletedStringConnectsAgain) {
    Client first("DSN=freshread;Explain=yes;User={a;b};StateDir=" + state_);
    Client second(first.completed());
    EXPECT_EQ(second.value("select 'again'"), "again");
}

TEST_F(Settings, ANodeOfTheConnectionStringBeatsTheDsn) {
    Client client(freshread(state_, "Replicas="));
    client.query("select 1");
    EXPECT_EQ(client.reason(), "NoReplicas");
}

}  // namespace
}  // namespace freshread::test
