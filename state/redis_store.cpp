#include "state/redis_store.h"

#include <algorithm>
#include <atomic>

#include "state/redis_calls.h"

namespace freshread {

namespace {

constexpr std::size_t kEntryHead = 40;  // position and end of the pin
constexpr std::size_t kPositionDigits = 24;
constexpr std::size_t kWordDigits = 16;

}  // namespace

struct RedisStore::Parts {
    explicit Parts(Options given)
        : options(std::move(given)),
          seen(kTables, options.mark_age),
          calls(parse_redis_url(options.url), options.cluster, seen) {
        // Made here, where no fork can come between (state/knowledge.h).
        static_cast<void>(RedisScripts::all());
    }

    [[nodiscard]] static std::size_t table_of(const UserKey& user) { return user[0] % kTables; }

    // Runs the calls within the budget. `may_wait`: also shortly after a call that used up all of it, unless
    // one was answered since.
    std::vector<RedisAnswer> run(std::span<const RedisCall> given, bool of_now, bool may_wait) {
        const BootTime begun = boot_now();
        if (!may_wait && begun.count() < avoided_until.load())
            throw StoreUnavailable("The store did not answer in time a moment ago.");
        try {
            std::vector<RedisAnswer> answers = calls.run(given, of_now, begun + options.timeout);
            avoided_until = 0;  // it is back
            return answers;
        } catch (const StoreUnavailable&) {
            constexpr int kAvoidedFor = 10;  // times the budget that was used up
            const BootTime now = boot_now();
            if (now >= begun + options.timeout)
                avoided_until = (now + kAvoidedFor * BootTime(options.timeout)).count();
            throw;
        }
    }

    // One user's entry, `given` behind their name.
    RedisAnswer on_entry(const RedisScript& script, const UserKey& user,
                         const std::vector<std::string>& given, bool of_now = false, bool may_wait = true) {
        const RedisCall call{table_of(user), &script, [&](const std::string& id) {
                                 std::vector<std::string> arguments{name_in_table(id, user)};
                                 arguments.insert(arguments.end(), given.begin(), given.end());
                                 return arguments;
                             }};
        return std::move(run({&call, 1}, of_now, may_wait).front());
    }

    void note_marks(std::size_t table, const std::string& id, const std::string& user, std::string_view entry,
                    std::int64_t now) {
        constexpr std::size_t kMark = 3 * kWordDigits;
        for (std::size_t at = kEntryHead; at + kMark <= entry.size(); at += kMark) {
            const std::string_view mark = entry.substr(at, kMark);
            const std::int64_t opened = milliseconds_in(mark.substr(2 * kWordDigits));
            seen.saw_mark({table, id, user, std::string(mark.substr(0, kWordDigits)),
                           std::string(mark.substr(kWordDigits, kWordDigits))},
                          std::chrono::milliseconds(opened <= now ? now - opened : 0));
        }
    }

    void look_at_all();
    // Raises base in the next few tables and deletes some of their entries. The caller holds sweep_mutex.
    void sweep(const std::string& lowest);

    // Redis serves nobody else while it runs what one client has sent at once.
    static constexpr std::size_t kSweptAtOnce = 2;

    const Options options;
    SeenTables seen;
    RedisCalls calls;
    std::atomic<std::int64_t> avoided_until{0};  // until then looks and samples fail at once
    std::mutex sweep_mutex;                      // guards the two below
    std::size_t next_swept = 0;
    std::vector<std::string> cursors{kTables, "0"};
};

RedisStore::RedisStore(const Options& options) : parts_(std::make_unique<Parts>(options)) {}

RedisStore::~RedisStore() = default;

void RedisStore::open(const UserKey& user, WriterId writer, std::uint64_t sequence) {
    static_cast<void>(
        parts_->on_entry(RedisScripts::all().open, user, {to_stored(writer), to_stored(sequence)}));
}

void RedisStore::close(const UserKey& user, WriterId writer, std::uint64_t sequence, const Position& position,
                       BootTime pinned_until) {
    if (position.known() && position.cluster != parts_->options.cluster)
        throw StoreUnavailable("The position to close with is of another cluster than the user table.");
    const auto pin = std::chrono::ceil<std::chrono::milliseconds>(pinned_until - boot_now());
    static_cast<void>(parts_->on_entry(
        RedisScripts::all().close, user,
        {to_stored(writer), to_stored(sequence), to_stored(position.known() ? position : Position{}),
         std::to_string(std::max<std::int64_t>(0, pin.count()))}));
}

UserLook RedisStore::look(const UserKey& user) {
    const RedisAnswer answer = parts_->on_entry(RedisScripts::all().look, user, {}, true, false);
    const BootTime arrived = boot_now();
    constexpr std::size_t kItems = 2;
    if (answer.more.size() != kItems) throw StoreUnavailable("The store's server gave an answer of no look.");
    UserLook look;
    look.base_set = answer.base.has_value();
    look.required = answer.base.value_or(Position{});
    look.born = arrived - answer.age;
    const std::string& entry = answer.more[0].text;
    if (entry.empty()) return look;
    const std::int64_t now = milliseconds_in(answer.more[1].text);
    look.mark_open = entry.size() > kEntryHead;
    const auto position =
        position_in(std::string_view(entry).substr(0, kPositionDigits), parts_->options.cluster);
    if (!position) throw StoreUnavailable("An entry of the store cannot be read.");
    if (position->timeline != 0) look.required = higher(look.required, *position);
    const std::int64_t pinned = milliseconds_in(std::string_view(entry).substr(kPositionDigits, kWordDigits));
    if (pinned > now) look.pinned_until = arrived + std::chrono::milliseconds(pinned - now);
    if (look.mark_open) {
        const std::size_t table = Parts::table_of(user);
        parts_->note_marks(table, answer.id, name_in_table(answer.id, user), entry, now);
    }
    return look;
}

void RedisStore::Parts::sweep(const std::string& lowest) {
    std::vector<RedisCall> sweeps;
    for (std::size_t table = next_swept; table < next_swept + kSweptAtOnce; ++table)
        sweeps.push_back({table, &RedisScripts::all().sweep, [&lowest, table, this](const std::string&) {
                              return std::vector{lowest, cursors[table]};
                          }});
    const std::vector<RedisAnswer> answers = run(sweeps, true, false);
    for (std::size_t number = 0; number < answers.size(); ++number) {
        const std::vector<RedisReply>& more = answers[number].more;
        if (more.empty()) continue;
        cursors[sweeps[number].table] = more.front().text;
        // How long they have been open is what this process has seen.
        for (std::size_t at = 1; at + 1 < more.size(); at += 2)
            note_marks(sweeps[number].table, answers[number].id, more[at].text, more[at + 1].text, 0);
    }
    next_swept = (next_swept + kSweptAtOnce) % kTables;
}

void RedisStore::Parts::look_at_all() {
    std::vector<RedisCall> looks;
    for (std::size_t table = 0; table < kTables; ++table)
        looks.push_back({table, &RedisScripts::all().look,
                         [](const std::string&) { return std::vector<std::string>{"nobody"}; }});
    static_cast<void>(run(looks, true, false));
}

void RedisStore::leader_sampled(const Position& leader, BootTime begun) {
    Parts& parts = *parts_;
    if (!leader.known() || leader.cluster != parts.options.cluster) return;
    if (!parts.seen.saw_all()) parts.look_at_all();
    const std::string position = to_stored(leader);
    std::vector<RedisCall> useful;
    for (const auto& [table, id] : parts.seen.waiting_for_base(leader.timeline, begun))
        useful.push_back({table, &RedisScripts::all().base,
                          [&position](const std::string&) { return std::vector{position}; }, id});
    for (const SeenTables::Mark& mark : parts.seen.take_old_marks(leader.timeline, begun))
        useful.push_back(
            {mark.table, &RedisScripts::all().settle,
             [&position, mark](const std::string&) {
                 return std::vector<std::string>{mark.user, mark.writer, mark.sequence, position, "0"};
             },
             mark.id});
    if (!useful.empty()) static_cast<void>(parts.run(useful, true, false));
}

void RedisStore::replicas_applied(const Position& lowest) {
    Parts& parts = *parts_;
    if (!lowest.known() || lowest.cluster != parts.options.cluster) return;
    if (!parts.seen.saw_all()) parts.look_at_all();
    const std::scoped_lock lock(parts.sweep_mutex);
    const BootTime begun = boot_now();
    // However long a call may take: whoever samples goes on soon.
    constexpr std::chrono::milliseconds kSweepFor{50};
    const BootTime until = begun + std::min(parts.options.timeout, kSweepFor);
    for (std::size_t swept = 0; swept < kTables && boot_now() < until; swept += Parts::kSweptAtOnce)
        parts.sweep(to_stored(lowest));
}

// By a sweep that raises nothing, and so deletes only what base covers.
StoreSummary RedisStore::summary(BootTime deadline) {
    StoreSummary summary;
    bool base_unset = false;
    for (std::size_t table = 0; table < kTables && summary.whole; ++table) {
        std::string cursor = "0";
        do {
            if (boot_now() >= deadline) {
                summary.whole = false;
                break;
            }
            const RedisCall call{table, &RedisScripts::all().sweep, [&cursor](const std::string&) {
                                     return std::vector{to_stored(Position{}), cursor};
                                 }};
            const RedisAnswer answer = std::move(parts_->run({&call, 1}, true, true).front());
            if (answer.more.empty()) break;
            cursor = answer.more.front().text;
            base_unset = base_unset || !answer.base;
            if (answer.base && (!summary.base.known() || higher(*answer.base, summary.base) == summary.base))
                summary.base = *answer.base;
            for (std::size_t at = 2; at < answer.more.size(); at += 2)
                summary.marks += (answer.more[at].text.size() - kEntryHead) / (3 * kWordDigits);
        } while (cursor != "0");
    }
    if (base_unset) summary.base = {};
    return summary;
}

void RedisStore::raise(const Position& to) {
    Parts& parts = *parts_;
    if (!to.known() || to.cluster != parts.options.cluster) return;
    const std::string position = to_stored(to);
    std::vector<RedisCall> raises;
    for (std::size_t table = 0; table < kTables; ++table)
        raises.push_back({table, &RedisScripts::all().raise,
                          [&position](const std::string&) { return std::vector{position}; }});
    static_cast<void>(parts.run(raises, true, true));
}

void RedisStore::hold() {
    parts_->calls.hold();
}

void RedisStore::release() {
    parts_->calls.release();
}

}  // namespace freshread
