#include "state/postgresql_store.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <vector>

#include "state/postgresql_line.h"
#include "state/postgresql_statements.h"
#include "state/seen_tables.h"
#include "state/stored_text.h"

namespace freshread {

namespace {

// What one operation was answered, behind id, base and age.
struct Answer {
    std::string id{};
    std::optional<Position> base{};  // nothing: unset
    BootTime age{0};
    std::vector<std::vector<std::string>> more{};  // a row each; none: the table is another one
};

struct Field {
    enum : std::size_t { Id, Base, Age, Expected, More };
};

}  // namespace

struct PostgresqlStore::Parts {
    explicit Parts(Options given)
        : options(std::move(given)), statements(options.cluster), seen(1, options.mark_age) {}

    // Runs a statement within the budget. `arguments`: what follows the id. `only`: the table it is meant
    // for; empty: whichever is there. `mark`: tried also shortly after a call that used up all of it.
    template <typename Arguments>
    Answer run(const std::string& sql, const std::string& only, bool mark, Arguments arguments) {
        const BootTime begun = boot_now();
        if (!mark && begun.count() < avoided_until.load())
            throw StoreUnavailable("The store did not answer in time a moment ago.");
        try {
            return run_until(begun + options.timeout, sql, only, arguments);
        } catch (const StoreUnavailable&) {
            constexpr int kAvoidedFor = 10;  // times the budget that was used up
            const BootTime now = boot_now();
            if (now >= begun + options.timeout)
                avoided_until = (now + kAvoidedFor * BootTime(options.timeout)).count();
            throw;
        }
    }

    template <typename Arguments>
    Answer run_until(BootTime deadline, const std::string& sql, const std::string& only,
                     Arguments arguments) {
        bool anew = false;
        constexpr int kMostRounds = 12;  // more than a restarted server and a new table need together
        for (int round = 0; round < kMostRounds; ++round) {
            auto line = take(anew, deadline);
            const std::string id = only.empty() ? seen.id_of(0) : only;
            std::vector<std::string> parameters{id};
            for (std::string& argument : arguments(id)) parameters.push_back(std::move(argument));
            PostgresqlLine::Rows rows;
            try {
                rows = line->ask(sql, parameters, deadline);
                // Not there: the table, its columns, its head.
                const bool no_table = rows.error == "42P01";
                if (no_table || (rows.error.empty() && rows.rows.empty())) {
                    give_birth(*line, no_table, deadline);
                    give_back(std::move(line));
                    continue;
                }
            } catch (const StoreUnavailable&) {
                // An idle connection may lead to a server that was restarted meanwhile.
                if (anew || boot_now() >= deadline) throw;
                anew = true;
                continue;
            }
            give_back(std::move(line));
            if (!rows.error.empty())
                throw StoreUnavailable("The store's server refuses: " + rows.message + ".");
            Answer answer = taken(rows);
            if (!answer.more.empty() || !only.empty()) return answer;
        }
        throw StoreUnavailable("The user table is lost again and again.");
    }

    Answer taken(PostgresqlLine::Rows& rows) {
        Answer answer;
        for (std::vector<std::string>& row : rows.rows) {
            if (row.size() < Field::More)
                throw StoreUnavailable("The store's server gave an answer of no statement.");
            answer.id = row[Field::Id];
            answer.base = position_in(row[Field::Base], options.cluster);
            answer.age = std::chrono::milliseconds(milliseconds_in(row[Field::Age]));
            if (row[Field::Expected] == "1")
                answer.more.emplace_back(std::make_move_iterator(row.begin() + Field::More),
                                         std::make_move_iterator(row.end()));
        }
        seen.saw(0, answer.id, answer.base ? answer.base->timeline : 0, answer.age);
        return answer;
    }

    void give_birth(PostgresqlLine& line, bool no_table, BootTime deadline) {
        PostgresqlLine::Rows made;
        if (no_table) made = line.ask(statements.make, {}, deadline);
        // Somebody else makes it at this moment: unique_violation, duplicate_table, or both wait for each
        // other.
        const bool crossed = made.error == "23505" || made.error == "42P07" || made.error == "40P01";
        if (made.error.empty()) made = line.ask(statements.give_birth, {random_id()}, deadline);
        if (!made.error.empty() && !crossed)
            throw StoreUnavailable("The store's server refuses: " + made.message + ".");
    }

    std::unique_ptr<PostgresqlLine> take(bool anew, BootTime deadline) {
        while (!anew) {
            std::unique_ptr<PostgresqlLine> line;
            {
                const std::scoped_lock lock(mutex);
                if (idle.empty()) break;
                line = std::move(idle.back());
                idle.pop_back();
            }
            if (!line->stale()) return line;
        }
        return std::make_unique<PostgresqlLine>(options.url, deadline);
    }
    void give_back(std::unique_ptr<PostgresqlLine> line) {
        constexpr std::size_t kMostIdle = 4;
        const std::scoped_lock lock(mutex);
        if (idle.size() < kMostIdle) idle.push_back(std::move(line));
    }

    // "writer sequence" and when it was opened, joined by commas.
    void note_marks(const std::string& id, const std::string& user, std::string_view marks) {
        constexpr std::size_t kDigits = 16;
        while (marks.size() >= 2 * kDigits) {
            // How long it has been open is what this process has seen.
            seen.saw_mark({0, id, user, std::string(marks.substr(0, kDigits)),
                           std::string(marks.substr(kDigits, kDigits))},
                          BootTime(0));
            const auto comma = marks.find(',');
            marks.remove_prefix(comma == std::string_view::npos ? marks.size() : comma + 1);
        }
    }

    const Options options;
    const PostgresqlStatements statements;
    SeenTables seen;
    std::atomic<std::int64_t> avoided_until{0};  // until then looks and samples fail at once
    std::mutex mutex;                            // guards the connections
    std::vector<std::unique_ptr<PostgresqlLine>> idle;
};

PostgresqlStore::PostgresqlStore(const Options& options) : parts_(std::make_unique<Parts>(options)) {}

PostgresqlStore::~PostgresqlStore() = default;

void PostgresqlStore::open(const UserKey& user, WriterId writer, std::uint64_t sequence) {
    static_cast<void>(parts_->run(parts_->statements.open, {}, true, [&](const std::string& id) {
        return std::vector{name_in_table(id, user), to_stored(writer), to_stored(sequence)};
    }));
}

void PostgresqlStore::close(const UserKey& user, WriterId writer, std::uint64_t sequence,
                            const Position& position, BootTime pinned_until) {
    if (position.known() && position.cluster != parts_->options.cluster)
        throw StoreUnavailable("The position to close with is of another cluster than the user table.");
    const auto pin = std::chrono::ceil<std::chrono::milliseconds>(pinned_until - boot_now());
    static_cast<void>(parts_->run(parts_->statements.close, {}, true, [&](const std::string& id) {
        return std::vector{name_in_table(id, user), to_stored(writer), to_stored(sequence),
                           to_stored(position.known() ? position : Position{}),
                           std::to_string(std::max<std::int64_t>(0, pin.count()))};
    }));
}

UserLook PostgresqlStore::look(const UserKey& user) {
    const Answer answer = parts_->run(parts_->statements.look, {}, false, [&](const std::string& id) {
        return std::vector{name_in_table(id, user)};
    });
    const BootTime arrived = boot_now();
    enum More : std::size_t { kPosition, kPin, kMarks };
    const std::vector<std::string>& entry = answer.more.front();
    UserLook look;
    look.base_set = answer.base.has_value();
    look.required = answer.base.value_or(Position{});
    look.born = arrived - answer.age;
    look.mark_open = !entry.at(kMarks).empty();
    if (const std::int64_t pin = milliseconds_in(entry.at(kPin)); pin > 0)
        look.pinned_until = arrived + std::chrono::milliseconds(pin);
    if (entry.at(kPosition).empty()) return look;
    const auto position = position_in(entry.at(kPosition), parts_->options.cluster);
    if (!position) throw StoreUnavailable("An entry of the store cannot be read.");
    if (position->timeline != 0) look.required = higher(look.required, *position);
    if (look.mark_open) parts_->note_marks(answer.id, name_in_table(answer.id, user), entry.at(kMarks));
    return look;
}

void PostgresqlStore::leader_sampled(const Position& leader, BootTime begun) {
    Parts& parts = *parts_;
    if (!leader.known() || leader.cluster != parts.options.cluster) return;
    if (!parts.seen.saw_all()) static_cast<void>(look(UserKey{}));
    for (const auto& [table, id] : parts.seen.waiting_for_base(leader.timeline, begun))
        static_cast<void>(parts.run(parts.statements.base, id, false,
                                    [&](const std::string&) { return std::vector{to_stored(leader)}; }));
    for (const SeenTables::Mark& mark : parts.seen.take_old_marks(leader.timeline, begun))
        static_cast<void>(parts.run(parts.statements.settle, mark.id, false, [&](const std::string&) {
            return std::vector{mark.user, mark.writer, mark.sequence, to_stored(leader)};
        }));
}

void PostgresqlStore::raise(const Position& to) {
    Parts& parts = *parts_;
    if (!to.known() || to.cluster != parts.options.cluster) return;
    static_cast<void>(parts.run(parts.statements.raise, {}, false,
                                [&](const std::string&) { return std::vector{to_stored(to)}; }));
}

void PostgresqlStore::replicas_applied(const Position& lowest) {
    Parts& parts = *parts_;
    if (!lowest.known() || lowest.cluster != parts.options.cluster) return;
    const auto nothing = [](const std::string&) { return std::vector<std::string>(); };
    raise(lowest);
    const std::string id = parts.seen.id_of(0);
    static_cast<void>(parts.run(parts.statements.sweep, id, false, nothing));
    // No row when there is no mark, so it is not asked in a way that would make a table.
    const BootTime deadline = boot_now() + parts.options.timeout;
    auto line = parts.take(false, deadline);
    const PostgresqlLine::Rows marks = line->ask(parts.statements.marks, {id}, deadline);
    parts.give_back(std::move(line));
    constexpr std::size_t kColumns = Field::More + 2;
    for (const std::vector<std::string>& row : marks.rows)
        if (row.size() == kColumns && row[Field::Expected] == "1")
            parts.note_marks(id, row[Field::More], row[Field::More + 1]);
}

StoreSummary PostgresqlStore::summary(BootTime) {
    const Answer answer = parts_->run(parts_->statements.count, {}, true,
                                      [](const std::string&) { return std::vector<std::string>(); });
    StoreSummary summary{.base = answer.base.value_or(Position{})};
    summary.marks = static_cast<std::uint64_t>(milliseconds_in(answer.more.front().front()));
    return summary;
}

void PostgresqlStore::hold() {
    parts_->mutex.lock();
}

void PostgresqlStore::release() {
    parts_->mutex.unlock();
}

}  // namespace freshread
