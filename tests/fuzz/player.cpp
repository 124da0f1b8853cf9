#include "player.h"

#include <cstdlib>
#include <string_view>

namespace fuzz {

using conformance::In;
using conformance::name_of_return;
using conformance::number;
using conformance::say;

namespace {

constexpr Move kMoves[] = {
#define X(name, weight) {#name, weight, moves::name},
    FUZZ_MOVES(X)
#undef X
};

const Move& chosen(Random& random) {
    int total = 0;
    for (const Move& move : kMoves) total += move.weight;
    int left = random.below(total);
    const Move* move = kMoves;
    while (left >= move->weight) left -= (move++)->weight;
    return *move;
}

}  // namespace

Player::Player(const conformance::Run& run, std::uint64_t seed, bool mixed)
    : run_(run), seed_(seed), mixed_(mixed) {
    SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &environment_);
    SQLSetEnvAttr(environment_, SQL_ATTR_ODBC_VERSION, number(run.version), SQL_IS_INTEGER);
    for (int i = 0; i < kStatements; ++i) statements_[static_cast<std::size_t>(i)].number = i;
    for (auto& session : connections_) SQLAllocHandle(SQL_HANDLE_DBC, environment_, &session.handle);
}

Player::~Player() {
    for (int i = 0; i < kConnections; ++i) {
        auto& session = connections_[static_cast<std::size_t>(i)];
        if (session.open) {
            SQLEndTran(SQL_HANDLE_DBC, session.handle, SQL_ROLLBACK);
            for (auto& statement : statements_)
                if (statement.handle && statement.connection() == i) SQLCancel(statement.handle);
            disconnect(i);
        }
        SQLFreeHandle(SQL_HANDLE_DBC, session.handle);
    }
    SQLFreeHandle(SQL_HANDLE_ENV, environment_);
}

void Player::play(std::uint64_t index) {
    index_ = index;
    Random random(seed_, index);
    // Else an application asks for them later, or never.
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody sets variables
    shows_records_ = random.percent(80) || std::getenv("FRESHREAD_FUZZ_RECORDS");
    const Move& move = chosen(random);
    say("# %llu %s", static_cast<unsigned long long>(index), move.name);
    move.play(*this, random);
}

StatementHandle& Player::statement(Random& random) {
    // Most calls of a stretch go to one statement: otherwise few come far.
    constexpr std::uint64_t kStretch = 12;
    Random stretch(~seed_, index_ / kStretch);
    const int focus = stretch.below(kStatements);
    const int other = random.below(kStatements);
    return statement(random.percent(70) ? focus : other);
}

StatementHandle& Player::statement(int chosen) {
    auto& statement = statements_[static_cast<std::size_t>(chosen)];
    SQLHDBC parent = connection(statement.connection());
    if (!statement.handle) {
        statement.of_catalog = statement.named = false;
        did(SQL_HANDLE_DBC, parent, "allocate statement " + std::to_string(chosen),
            SQLAllocHandle(SQL_HANDLE_STMT, parent, &statement.handle));
    }
    return statement;
}

SQLHDBC Player::connection(Random& random) {
    return connection(random.below(kConnections));
}

SQLHDBC Player::connection(int chosen) {
    auto& session = connections_[static_cast<std::size_t>(chosen)];
    if (!session.open) {
        const SQLRETURN result =
            EITHER(run_.wide, Connect, session.handle, In(run_.dsn), SQL_NTS, nullptr, 0, nullptr, 0);
        did(SQL_HANDLE_DBC, session.handle, "connect " + std::to_string(chosen), result);
        session.open = SQL_SUCCEEDED(result);
    }
    return session.handle;
}

SQLHDESC& Player::explicit_descriptor(int chosen) {
    auto& descriptor = descriptors_[static_cast<std::size_t>(chosen)];
    if (!descriptor) {
        used(chosen) = false;
        SQLHDBC parent = connection(connection_of_descriptor(chosen));
        did(SQL_HANDLE_DBC, parent, "allocate descriptor " + std::to_string(chosen),
            SQLAllocHandle(SQL_HANDLE_DESC, parent, &descriptor));
    }
    return descriptor;
}

DescriptorHandle Player::descriptor(Random& random) {
    if (random.percent(30)) {
        const int chosen = random.below(kDescriptors);
        return {explicit_descriptor(chosen), "descriptor " + std::to_string(chosen)};
    }
    struct Kind {
        SQLINTEGER attribute;
        const char* name;
    };
    static constexpr Kind kKinds[] = {{SQL_ATTR_APP_ROW_DESC, "ARD"},
                                      {SQL_ATTR_APP_PARAM_DESC, "APD"},
                                      {SQL_ATTR_IMP_ROW_DESC, "IRD"},
                                      {SQL_ATTR_IMP_PARAM_DESC, "IPD"}};
    const StatementHandle& owner = statement(random);
    const Kind& kind = random.pick(kKinds);
    DescriptorHandle chosen;
    chosen.name = "s" + std::to_string(owner.number) + " " + kind.name;
    const SQLRETURN result =
        SQLGetStmtAttr(owner.handle, kind.attribute, &chosen.handle, SQL_IS_POINTER, nullptr);
    if (!SQL_SUCCEEDED(result)) {
        did(owner, std::string("get ") + kind.name, result);
        chosen.handle = SQL_NULL_HDESC;
    }
    return chosen;
}

void Player::disconnect(int chosen) {
    auto& session = connections_[static_cast<std::size_t>(chosen)];
    if (!session.open) return;
    const SQLRETURN result = SQLDisconnect(session.handle);
    did(SQL_HANDLE_DBC, session.handle, "disconnect " + std::to_string(chosen), result);
    if (!SQL_SUCCEEDED(result)) return;
    session.open = false;
    for (auto& statement : statements_)
        if (statement.connection() == chosen) statement.handle = SQL_NULL_HSTMT;
    for (int i = 0; i < kDescriptors; ++i)
        if (connection_of_descriptor(i) == chosen) descriptors_[static_cast<std::size_t>(i)] = SQL_NULL_HDESC;
}

bool Player::wide(Random& random) const {
    const bool other = random.percent(15);
    // Not the other way round: with its first wide call psqlodbc changes a connection that was made by an
    // ANSI one, and what it then says of columns depends on whether the node in use has had such a call.
    return run_.wide && !(mixed_ && other);
}

SQLRETURN Player::did(const StatementHandle& statement, const std::string& call, SQLRETURN result) {
    return did(SQL_HANDLE_STMT, statement.handle, "s" + std::to_string(statement.number) + " " + call,
               result);
}

SQLRETURN Player::did(SQLSMALLINT type, SQLHANDLE handle, const std::string& call, SQLRETURN result) {
    say("%s %s", name_of_return(result).c_str(), call.c_str());
    // Of several failures on one descriptor psqlodbc tells the first one's record for ever, until the
    // statement is executed on another node: tests/conformance looks at them.
    const bool tells = type != SQL_HANDLE_DESC;
    if (tells && shows_records_ && result != SQL_SUCCESS && result != SQL_INVALID_HANDLE)
        conformance::show_records(type, handle, run_.wide);
    memory.show_changes();
    return result;
}

}  // namespace fuzz
