// Commit tokens: what one client wrote another one sees that shares nothing with it but the token. Two state
// directories stand for two hosts.
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "driver/freshread.h"
#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

// The position in a token, as any program can read it (docs/tokens.md).
std::string lsn_in(const std::string& token) {
    return "('0/0'::pg_lsn + ('x' || encode(substr(decode(rpad(translate('" + token +
           "', '-_', '+/'), 4 * ((length('" + token +
           "') + 3) / 4), '='), 'base64'), 14, 8), 'hex'))::bit(64)::bigint)";
}

// A token that is not signed, of this cluster unless another one is given.
std::string made_token(const std::string& lsn, const std::string& cluster = "system_identifier",
                       const std::string& timeline = "1") {
    return on_node("leader",
                   "select rtrim(translate(encode(decode('01' || lpad(to_hex(" + cluster +
                       "::bigint), 16, '0') || lpad(to_hex(" + timeline +
                       "), 8, '0') || lpad(to_hex((pg_lsn '" + lsn +
                       "' - pg_lsn '0/0')::bigint), 16, '0'), 'hex'), 'base64'), '+/', '-_'), '=') from "
                       "pg_control_system()");
}

class Tokens : public testing::Test {
 protected:
    static void SetUpTestSuite() {
        make_item_table();
        cluster("wait replica1");
        here_ = warm_state_directory();
        there_ = warm_state_directory();
        key_ = fresh_state_directory() + "/token.key";
        std::ofstream(key_) << "a key that both hosts have\n";
        std::filesystem::permissions(key_, std::filesystem::perms::owner_read);
        cluster("pause replica1");
    }
    static void TearDownTestSuite() { cluster("resume replica1"); }
    void SetUp() override {
        static int number = 0;
        id_ = std::to_string(++number);
    }

    // Writes a row there, and says with which token.
    [[nodiscard]] std::string written_there(const std::string& more = "") const {
        Client writer(freshread(there_, "User=writer;" + more));
        writer.execute("insert into item values (" + id_ + ")");
        return writer.value("show freshread.token");
    }
    [[nodiscard]] std::string here(const std::string& more = "") const {
        return freshread(here_, "User=reader" + id_ + ";" + more);
    }
    [[nodiscard]] std::string count() const { return "select count(*) from item where id = " + id_; }
    static std::string refusal_of(Client& client, const std::string& sql) {
        try {
            client.execute(sql);
            return {};
        } catch (const OdbcError& error) {
            return error.what();
        }
    }

    static inline std::string here_{};
    static inline std::string there_{};
    static inline std::string key_{};
    std::string id_{};
};

TEST_F(Tokens, WhoeverIsHandedOneSeesWhatItStandsFor) {
    const std::string token = written_there();
    EXPECT_EQ(token.size(), 28U);
    Client reader(here());
    EXPECT_EQ(reader.value(count()), "0");
    EXPECT_TRUE(reader.on_replica()) << reader.reason();
    EXPECT_EQ(reader.value("/* freshread token=" + token + " */ " + count()), "1");
    EXPECT_EQ(reader.value(count()), "0") << "a comment is for one statement";
    reader.execute("set freshread.token = '" + token + "'");
    EXPECT_EQ(reader.value(count()), "1");
    EXPECT_EQ(reader.reason(), "ReplicaBehind");
    EXPECT_EQ(reader.value("/* freshread replica */ " + count()), "0") << "the comment's word";
    reader.execute("set freshread.policy = 'any'");
    EXPECT_EQ(reader.value(count()), "1") << "by every policy";
    reader.execute("reset all");
    EXPECT_EQ(reader.value(count()), "0");
}

TEST_F(Tokens, InAConnectionStringAndAsAnAttribute) {
    std::string token = written_there();
    Client connected(here("Token=" + token));
    EXPECT_EQ(connected.value(count()), "1");
    connected.execute("reset freshread.token");
    EXPECT_EQ(connected.value(count()), "1") << "back to the connection string";
    Client client(here());
    EXPECT_EQ(SQLSetConnectAttr(client.handle(), FRESHREAD_ATTR_TOKEN, token.data(), SQL_NTS), SQL_SUCCESS);
    EXPECT_EQ(client.value(count()), "1");
    std::array<char, 100> given{};
    EXPECT_EQ(SQLGetConnectAttr(client.handle(), FRESHREAD_ATTR_TOKEN, given.data(), given.size(), nullptr),
              SQL_SUCCESS);
    EXPECT_EQ(std::string(given.data()).size(), 28U);
}

TEST_F(Tokens, ByItsOwnPolicyNothingElseCounts) {
    Client reader(here("Policy=token"));
    reader.execute("insert into item values (" + id_ + ")");
    EXPECT_EQ(reader.value(count()), "0");
    EXPECT_TRUE(reader.on_replica()) << reader.reason();
    reader.execute("set freshread.token = '" + reader.value("show freshread.token") + "'");
    EXPECT_EQ(reader.value(count()), "1");
}

// With nothing of Freshread's but the documented format.
TEST_F(Tokens, AnyProgramCanReadThem) {
    const std::string token = written_there();
    EXPECT_EQ(on_node("replica1", "select pg_last_wal_replay_lsn() >= " + lsn_in(token)), "f");
    EXPECT_EQ(on_node("leader", "select pg_current_wal_insert_lsn() >= " + lsn_in(token)), "t");
    EXPECT_EQ(on_node("leader", "select count(*) from item where id = " + id_), "1");
}

TEST_F(Tokens, SignedOnesAreOfWhoHasTheKey) {
    const std::string with_key = "TokenKeyFile=" + key_ + ";";
    const std::string token = written_there(with_key);
    EXPECT_EQ(token.size(), 71U);
    Client reader(here(with_key));
    EXPECT_EQ(reader.value(count()), "0");
    std::string forged = token;
    forged[20] = forged[20] == 'A' ? 'B' : 'A';
    for (const std::string& wrong : {forged, token.substr(0, 70), token.substr(0, 28), token + "AAAA",
                                     made_token("0/1"), std::string("x"), std::string("/etc")}) {
        const std::string refusal = refusal_of(reader, "set freshread.token = '" + wrong + "'");
        EXPECT_TRUE(refusal.starts_with("22023:")) << wrong << ": " << refusal;
        EXPECT_EQ(refusal.find(wrong), std::string::npos) << "no token in a message";
        EXPECT_EQ(reader.value(count()), "0") << wrong;
        EXPECT_TRUE(reader.on_replica()) << wrong;
        // A comment is no error: the leader knows what the token stands for, if it stands for anything.
        EXPECT_EQ(reader.value("/* freshread token=" + wrong + " */ " + count()), "1") << wrong;
        EXPECT_EQ(reader.reason(), "TokenUnproven") << wrong;
    }
    reader.execute("set freshread.token = '" + token + "'");
    EXPECT_EQ(reader.value(count()), "1");
    Client keyless(here());
    EXPECT_TRUE(refusal_of(keyless, "set freshread.token = '" + token + "'").starts_with("22023:"));
}

TEST_F(Tokens, OfAnotherClusterAreRefused) {
    Client reader(here());
    const std::string refusal = refusal_of(reader, "set freshread.token = '" + made_token("0/1", "7") + "'");
    EXPECT_TRUE(refusal.starts_with("22023:")) << refusal;
    EXPECT_NE(refusal.find("of another cluster"), std::string::npos) << refusal;
    EXPECT_THROW(Client(here("Token=" + made_token("0/1", "7"))), OdbcError);
    EXPECT_THROW(Client(here("TokenKeyFile=/no/such/file")), OdbcError);
}

// The leader of now is all that there is to see.
TEST_F(Tokens, BeyondTheLeaderAreCutToIt) {
    const std::string written = written_there();
    const std::string beyond = made_token("FFFF/0");
    Client reader(here());
    EXPECT_EQ(reader.value("/* freshread token=" + beyond + " */ " + count()), "1");
    EXPECT_EQ(reader.reason(), "TokenUnproven");
    Statement set(reader);
    std::string text = "set freshread.token = '" + beyond + "'";
    EXPECT_EQ(SQLExecDirect(set, reinterpret_cast<SQLCHAR*>(text.data()), SQL_NTS), SQL_SUCCESS_WITH_INFO);
    EXPECT_NE(std::string(error_of(SQL_HANDLE_STMT, set).what()).find("beyond the leader"),
              std::string::npos);
    EXPECT_EQ(reader.value(count()), "1");
    EXPECT_EQ(reader.reason(), "ReplicaBehind");
}

// An older timeline's position says nothing here.
TEST_F(Tokens, OfAnotherTimelineAreTheLeaders) {
    static_cast<void>(written_there());
    Client reader(here());
    reader.execute("set freshread.token = '" + made_token("0/1", "system_identifier", "9") + "'");
    EXPECT_EQ(reader.value(count()), "1");
    EXPECT_EQ(reader.reason(), "TokenUnproven");
}

TEST_F(Tokens, NoneIsGivenInsideATransaction) {
    Client writer(here());
    writer.execute("begin");
    writer.execute("insert into item values (" + id_ + ")");
    EXPECT_TRUE(refusal_of(writer, "show freshread.token").starts_with("25001:"));
    writer.execute("commit");
    EXPECT_EQ(refusal_of(writer, "show freshread.token"), "");
    writer.set_autocommit(false);
    EXPECT_EQ(refusal_of(writer, "show freshread.token"), "");
    writer.execute("insert into item values (" + id_ + ")");
    EXPECT_TRUE(refusal_of(writer, "show freshread.token").starts_with("25001:"));
    writer.end_transaction(SQL_ROLLBACK);
}

TEST_F(Tokens, TheReplicaServesOnceItIsThere) {
    Client reader(here());
    reader.execute("set freshread.token = '" + written_there() + "'");
    cluster("resume replica1");
    EXPECT_TRUE(eventually([&] {
        EXPECT_EQ(reader.value(count()), "1");
        return reader.on_replica();
    })) << reader.reason();
    cluster("pause replica1");
}

}  // namespace
}  // namespace freshread::test
