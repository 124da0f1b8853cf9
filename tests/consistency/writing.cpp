// The writes of an application. A row's value is a counter that only rises, whichever of its writers commits
// first: so a read tells which writes it has seen. A value is confirmed after the call that made it durable
// returned success, never before.
#include <algorithm>

#include "tests/consistency/application.h"

namespace freshread::consistency {

namespace {

bool in_transaction(Activity activity) {
    switch (activity) {
        case Activity::TextTransaction:
        case Activity::ChainedTransaction:
        case Activity::TwoStatements:
        case Activity::ManualCommit:
        case Activity::ManualCommitByText:
        case Activity::ManualCommitOfEnvironment:
        case Activity::AutocommitOn:
        case Activity::RolledBack:
            return true;
        default:
            return false;
    }
}

}  // namespace

std::vector<Application::Pending> Application::issue(int count) {
    std::vector<int> keys;
    for (int i = 0; i < count; ++i) keys.push_back(random(kKeys));
    // In one order, so that two transactions of a user never wait for each other.
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    std::vector<Pending> pending;
    for (const int key : keys)
        pending.push_back(
            {key,
             ++scoreboard_.issued.at(static_cast<std::size_t>(user_)).at(static_cast<std::size_t>(key))});
    return pending;
}

std::string Application::update_of(const Pending& pending, double slow) const {
    return "update counter set value = greatest(value, " + std::to_string(pending.value) +
           "), slow = " + std::to_string(slow) + " where " + row(pending.key);
}

void Application::write() {
    auto activity = static_cast<Activity>(static_cast<int>(Activity::Update) + random(kWriteKinds));
    // What takes seconds is rare, or nobody would get to anything else.
    if (activity >= Activity::LongStatement && !chance(15)) activity = Activity::Update;
    const auto pending = issue(in_transaction(activity) ? 1 + random(3) : 1);

    Event event;
    event.process = ::getpid();
    event.thread = static_cast<std::uint8_t>(options_.thread);
    event.user = static_cast<std::uint8_t>(user_);
    event.activity = activity;
    doing(activity);
    event.begin = boot_nanoseconds();
    const auto note = [&](Outcome outcome) {
        event.end = boot_nanoseconds();
        event.outcome = outcome;
        for (const Pending& one : pending) {
            event.key = static_cast<std::uint8_t>(one.key);
            event.value = one.value;
            history_.append(event);
        }
    };
    try {
        send(activity, pending);
        if (activity != Activity::RolledBack) hand_token_on(activity);
    } catch (const test::OdbcError&) {
        note(Outcome::Unknown);
        throw;
    }
    if (activity == Activity::RolledBack) return;
    for (const Pending& one : pending)
        raise(scoreboard_.confirmed.at(event.user).at(static_cast<std::size_t>(one.key)), one.value);
    note(Outcome::Succeeded);
    if (activity == Activity::AutocommitOn) manual_->client.set_autocommit(false);
    if (activity == Activity::ChainedTransaction) {
        // The transaction behind it stays open for a while.
        if (chance(50) && reader_) {
            used_ = reader_.get();
            try {
                read_one(reader_->client, Activity::ReadByReader);
            } catch (const test::OdbcError&) {
                writer_.reset();  // with the transaction that nobody would end
                throw;
            }
        }
        used_ = writer_.get();
        writer_->client.execute("rollback");
    }
}

// Without it nobody may rely on the write.
void Application::hand_token_on(Activity activity) {
    if (!tokens_) return;
    test::Client& client = used_->client;
    // Inside a transaction there is no token.
    if (activity == Activity::ChainedTransaction) client.execute("rollback");
    tokens_->hand_on(client);
}

void Application::send(Activity activity, std::span<const Pending> pending) {
    if (activity >= Activity::ManualCommit && activity <= Activity::RolledBack)
        return send_in_manual_commit(activity, pending);
    if (activity == Activity::LongCommit) return send_in_manual_commit(activity, pending);

    test::Client& client = link(writer_).client;
    const Pending& first = pending.front();
    const std::string arguments = "(" + std::to_string(user_) + ", " + std::to_string(first.key) + ", " +
                                  std::to_string(first.value) + ")";
    switch (activity) {
        case Activity::PreparedUpdate:
            return send_prepared(first);
        case Activity::Upsert:
            return client.execute("insert into counter (owner, key, value) values " + arguments +
                                  " on conflict (owner, key) do update set slow = 0, "
                                  "value = greatest(counter.value, excluded.value)");
        case Activity::Returning:
            return client.execute("with written as (" + update_of(first) +
                                  " returning value) select value from written");
        case Activity::Function:
            return client.execute("select raise_counter" + arguments);
        case Activity::Procedure:
            return client.execute("call raise_and_commit" + arguments);
        case Activity::TwoStatements: {
            std::string text;
            for (const Pending& one : pending) text += (text.empty() ? "" : "; ") + update_of(one);
            return client.execute(text);
        }
        case Activity::TextTransaction:
        case Activity::ChainedTransaction:
            client.execute("begin");
            for (const Pending& one : pending) client.execute(update_of(one));
            check_own(client, first);
            return client.execute(activity == Activity::TextTransaction ? "commit" : "commit and chain");
        case Activity::LongStatement:
            return client.execute("with pause as materialized (select pg_sleep(" +
                                  std::to_string(0.8 + 0.1 * random(15)) + ")) " +
                                  "update counter set slow = 0, value = greatest(value, " +
                                  std::to_string(first.value) + ") from pause where " + row(first.key));
        default:
            return client.execute(update_of(first));
    }
}

void Application::send_prepared(const Pending& pending) {
    Link& used = link(writer_);
    if (!used.prepared_write) {
        auto statement = std::make_unique<test::Statement>(used.client);
        statement->prepare("update counter set value = greatest(value, ?), slow = 0 where owner = " +
                           std::to_string(user_) + " and key = ?");
        statement->check(SQLBindParameter(*statement, 1, SQL_PARAM_INPUT, SQL_C_SBIGINT, SQL_BIGINT, 0, 0,
                                          &used.value_parameter, 0, nullptr));
        statement->check(SQLBindParameter(*statement, 2, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0,
                                          &used.key_parameter, 0, nullptr));
        used.prepared_write = std::move(statement);
    }
    used.value_parameter = pending.value;
    used.key_parameter = pending.key;
    used.prepared_write->execute();
    used.prepared_write->close();
}

void Application::send_in_manual_commit(Activity activity, std::span<const Pending> pending) {
    test::Client& client = link(manual_, false).client;
    // A constraint trigger makes COMMIT itself take that long.
    const double slow = activity == Activity::LongCommit ? 0.3 + 0.1 * random(20) : 0;
    for (const Pending& one : pending) client.execute(update_of(one, slow));
    check_own(client, pending.front());
    switch (activity) {
        case Activity::ManualCommitByText:
            return client.execute("commit");
        case Activity::ManualCommitOfEnvironment:
            if (!SQL_SUCCEEDED(SQLEndTran(SQL_HANDLE_ENV, client.environment(), SQL_COMMIT)))
                throw test::error_of(SQL_HANDLE_ENV, client.environment());
            return;
        case Activity::AutocommitOn:
            client.set_autocommit(true);
            // psqlodbc reports success here also when its COMMIT failed because the leader had gone: only a
            // connection that still answers (this is asked of the leader) proves that it did not.
            return client.execute("select pg_backend_pid()");
        case Activity::RolledBack:
            return client.end_transaction(SQL_ROLLBACK);
        default:
            return client.end_transaction(SQL_COMMIT);
    }
}

// A transaction sees its own writes.
void Application::check_own(test::Client& client, const Pending& pending) {
    Event event = begin_read(Activity::ReadOwnTransaction, pending.key);
    event.expected = std::max(event.expected, pending.value);
    const std::string seen = client.value("select value from counter where " + row(pending.key));
    note_read(event, seen, client.reason());
}

}  // namespace freshread::consistency
