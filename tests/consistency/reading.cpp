// The reads of an application. What a row has to hold at least is loaded before the read begins, never after.
#include <cstdio>

#include "tests/consistency/application.h"

namespace freshread::consistency {

namespace {

// A missing row is older than every value.
std::int64_t number_of(const std::string& text) {
    return text.empty() ? -1 : std::stoll(text);
}

}  // namespace

Event Application::begin_read(Activity activity, int key) {
    doing(activity);
    Event event;
    event.process = ::getpid();
    event.thread = static_cast<std::uint8_t>(options_.thread);
    event.user = static_cast<std::uint8_t>(user_);
    event.key = static_cast<std::uint8_t>(key);
    event.activity = activity;
    event.expected = scoreboard_.confirmed.at(event.user).at(event.key).load(std::memory_order_acquire);
    event.begin = boot_nanoseconds();
    return event;
}

void Application::take_tokens_over(test::Client& client) const {
    if (tokens_) tokens_->take_over(client);
}

void Application::note_read(Event event, const std::string& seen, const std::string& reason) {
    event.end = boot_nanoseconds();
    event.value = number_of(seen);
    event.reason = reason_number(reason);
    const std::int64_t issued = scoreboard_.issued.at(event.user).at(event.key).load();
    if (event.value < event.expected || event.value > issued) {
        event.outcome = Outcome::Stale;
        if (++scoreboard_.violations <= 20)
            std::fprintf(stderr,
                         "%.6f VIOLATION: user %d key %d: '%s' gave %lld after %lld was confirmed "
                         "(begun: %lld), reason '%s'\n",
                         static_cast<double>(event.begin - scoreboard_.started.load()) / 1e9, event.user,
                         event.key, std::string(name_of(event.activity)).c_str(),
                         static_cast<long long>(event.value), static_cast<long long>(event.expected),
                         static_cast<long long>(issued), reason.c_str());
    }
    history_.append(event);
}

void Application::read() {
    switch (random(12)) {
        case 0: {
            doing(Activity::Connecting);
            connecting_since_ = boot_nanoseconds();
            test::Client fresh(connection_string_);
            read_one(fresh, Activity::ReadByNewConnection);
            connecting_since_ = 0;
            return;
        }
        case 1:
        case 2:
            return read_one(link(writer_).client, Activity::ReadByWriter);
        case 3:
            return read_prepared(link(writer_));
        case 4:
        case 5:
            return read_prepared(link(reader_));
        case 6:
            return read_all_keys(link(chance(50) ? reader_ : writer_).client);
        case 7:
            return read_in_manual_commit();
        default:
            return read_one(link(reader_).client, Activity::ReadByReader);
    }
}

void Application::read_one(test::Client& client, Activity activity) {
    const int key = random(kKeys);
    const Event event = begin_read(activity, key);
    take_tokens_over(client);
    const std::string seen = client.value("select value from counter where " + row(key));
    note_read(event, seen, client.reason());
}

void Application::read_prepared(Link& link) {
    if (!link.prepared_read) {
        auto statement = std::make_unique<test::Statement>(link.client);
        statement->prepare("select value from counter where owner = " + std::to_string(user_) +
                           " and key = ?");
        statement->check(SQLBindParameter(*statement, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0,
                                          &link.key_parameter, 0, nullptr));
        link.prepared_read = std::move(statement);
    }
    const int key = random(kKeys);
    link.key_parameter = key;
    const Event event = begin_read(Activity::PreparedRead, key);
    take_tokens_over(link.client);
    test::Statement& statement = *link.prepared_read;
    try {
        statement.execute();
        const std::string reason = statement.reason();
        const auto rows = statement.rows();
        statement.close();
        note_read(event, rows.empty() ? "" : rows[0][0].value_or(""), reason);
    } catch (const test::OdbcError&) {
        statement.close();
        throw;
    }
}

void Application::read_all_keys(test::Client& client) {
    std::vector<Event> events;
    for (int key = 0; key < kKeys; ++key) events.push_back(begin_read(Activity::ReadOfAllKeys, key));
    take_tokens_over(client);
    const auto rows =
        client.query("select value from counter where owner = " + std::to_string(user_) + " order by key");
    for (std::size_t key = 0; key < events.size(); ++key)
        note_read(events[key], key < rows.size() ? rows[key][0].value_or("") : "", client.reason());
}

void Application::read_in_manual_commit() {
    Link& used = link(manual_, false);
    const int reads = 1 + random(3);
    for (int i = 0; i < reads; ++i) read_one(used.client, Activity::ReadInManualCommit);
    if (chance(50))
        used.client.end_transaction(chance(50) ? SQL_COMMIT : SQL_ROLLBACK);
    else
        used.client.execute(chance(50) ? "commit" : "rollback");
}

}  // namespace freshread::consistency
