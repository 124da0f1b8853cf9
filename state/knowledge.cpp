#include "state/knowledge.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include <pthread.h>
#include <unistd.h>

#include "state/image.h"
#include "state/process_exit.h"
#include "state/sampling.h"
#include "state/state_directory.h"
#include "state/user_key.h"

namespace freshread {

namespace {

// How many times this process image was forked from the one that loaded the library: an object of another
// number belongs to an ancestor.
std::atomic<std::uint64_t> generation{0};

// How finely leader samples are passed to the store, in parts of MarkAge.
constexpr int kPassedPerMarkAge = 20;
constexpr std::chrono::seconds kBaseEvery{1};

std::string identity_of(const Knowledge::Options& options) {
    std::string text;
    const auto add = [&text](std::string_view part) {
        text += std::to_string(part.size());
        text += ':';
        text += part;
    };
    add(options.store.url.text);
    add(std::to_string(options.store.cluster));
    add(std::to_string(options.store.timeout.count()));
    add(std::to_string(options.store.mark_age.count()));
    add(options.state_directory);
    add(std::to_string(options.monitor.fast.count()));
    add(std::to_string(options.monitor.slow.count()));
    add(options.monitor_allowed ? "monitor" : "none");
    add(std::to_string(options.time_to_live.count()));
    add(options.catalog.database);
    for (const ConnectionParameters& node : options.monitor.nodes) {
        add("node");
        for (const auto& [keyword, value] : node) {
            add(keyword);
            add(value);
        }
    }
    return text;
}

// Two nodes that both say they are the leader: neither is believed.
std::optional<Sample> sole_leader(const Board& board) {
    std::optional<Sample> leader;
    for (std::size_t node = 0; node < board.nodes(); ++node) {
        const auto sample = board.sample(static_cast<NodeId>(node));
        if (!sample || sample->in_recovery || !sample->position.known()) continue;
        if (leader) return std::nullopt;
        leader = sample;
    }
    return leader;
}

}  // namespace

struct Knowledge::Parts {
    explicit Parts(Options given)
        : options(std::move(given)),
          identity(identity_of(options)),
          store_digest(digest_of_store(options, std::to_string(options.store.mark_age.count()))),
          table_digest(digest_of_store(options, {})),
          store(in_directory(options)),
          catalog(options.catalog.database.empty()
                      ? nullptr
                      : std::make_unique<Catalog>(options.state_directory, options.store.cluster,
                                                  options.catalog)),
          marks(store, sampling,
                {.store = store_digest,
                 .read_elsewhere = !options.store.url.of_one_board(),
                 .mark_age = options.store.mark_age}),
          sampling(
              {.directory = options.state_directory,
               .cluster = options.store.cluster,
               .monitor = options.monitor,
               .allowed = options.monitor_allowed,
               .store = store_digest,
               .database = word_of(options.catalog.database)},
              &Parts::prepare_exit, [this](const Board& current) { feed(current); }, catalog.get()) {}

    [[nodiscard]] static UserStore::Options in_directory(const Options& options) {
        UserStore::Options store = options.store;
        store.directory = options.state_directory;
        return store;
    }

    // Two processes of the same, with the same rules, feed one store by the same rules.
    [[nodiscard]] static std::uint64_t digest_of_store(const Options& options, const std::string& rules) {
        const bool ours = options.store.url.kind == StoreUrl::Kind::Memory;
        return word_of(options.store.url.text + '\n' + std::to_string(options.store.cluster) + '\n' + rules +
                       (ours ? '\n' + std::to_string(::getpid()) : std::string()));
    }

    [[nodiscard]] bool inherited() const { return born_in != generation.load(); }
    void require_own() const {
        if (inherited()) throw StoreUnavailable("The connection was opened before this process was forked.");
    }

    // What `ask` gives; nothing where it throws, and in a child.
    template <typename Ask>
    auto sampled(Ask ask) noexcept -> decltype(ask(std::declval<Sampling&>())) {
        if (inherited()) return {};
        try {
            return ask(sampling);
        } catch (const std::exception&) {
            return {};  // no memory, no thread: the next call tries again
        }
    }

    void pass_leader(const Position& leader, BootTime begun);
    // Writes that the table knows nothing of are covered by this sample, if it is late enough.
    void settle_unrecorded(const Board& current, const Sample& leader);
    // What the board has of the nodes goes into the store.
    void feed(const Board& current);
    [[nodiscard]] std::optional<Position> lowest_replica(const Board& current) const;
    void raise_base(const std::optional<Sample>& leader, const std::optional<Position>& lowest);
    static void prepare_exit();
    // What another process samples, for a store that it does not feed.
    void feed_from(const Board& current);

    const Options options;
    const std::string identity;
    const std::uint64_t store_digest;
    const std::uint64_t table_digest;  // the same whatever its processes are told of it
    const std::uint64_t born_in = generation.load();

    UserStore store;
    const std::unique_ptr<Catalog> catalog;

    // When the last leader sample passed to the store was begun.
    std::atomic<std::int64_t> leader_passed{0};
    std::mutex feeding_mutex;
    BootTime base_raised{0};
    std::deque<Sample> leader_history;

    UserMarks marks;
    Sampling sampling;  // its thread ends before the rest does
};

// All objects of the process. Never destroyed: handles may be freed by static destructors of the application.
struct Knowledge::Registry {
    std::mutex mutex;
    std::map<std::string, std::weak_ptr<Knowledge>> shared;
    std::set<Parts*> live;
    Registry* inherited = nullptr;  // the parent's, never used again; kept in reach of leak checkers

    static Registry*& current() {
        static Registry* registry = [] {
            pthread_atfork(&Registry::before_fork, &Registry::after_fork_in_parent,
                           &Registry::after_fork_in_child);
            return new Registry;
        }();
        return registry;
    }

    // No thread is inside a store when the process forks: SQLite's own locks, which the child shares in its
    // memory, are free then, and the child can open the file for itself.
    static void before_fork() {
        Registry& registry = *current();
        registry.mutex.lock();
        for (Parts* parts : registry.live) parts->store.hold();
    }
    static void after_fork_in_parent() {
        Registry& registry = *current();
        for (Parts* parts : registry.live) parts->store.release();
        registry.mutex.unlock();
    }
    static void after_fork_in_child() {
        ++generation;
        auto* own = new Registry;
        own->inherited = current();
        current() = own;
    }

    static void at_exit() {
        Registry& registry = *current();
        const auto lock = lock_at_exit(registry.mutex);
        if (!lock.owns_lock()) return;
        for (Parts* parts : registry.live) parts->sampling.stop(true);
    }
};

std::shared_ptr<Knowledge> Knowledge::of(const Options& options) {
    Registry& registry = *Registry::current();
    const std::string identity = identity_of(options);
    const std::scoped_lock lock(registry.mutex);
    std::weak_ptr<Knowledge>& place = registry.shared[identity];
    if (std::shared_ptr<Knowledge> present = place.lock()) return present;
    std::shared_ptr<Knowledge> made(new Knowledge(options));
    registry.live.insert(made->parts_.get());
    place = made;
    return made;
}

Knowledge::Knowledge(Options options) : parts_(std::make_unique<Parts>(std::move(options))) {}

Knowledge::~Knowledge() {
    if (parts_->inherited()) {
        static_cast<void>(parts_.release());
        return;
    }
    parts_->sampling.stop(true);
    Registry& registry = *Registry::current();
    // The store is closed under the lock too: a fork must not find it half closed.
    const std::scoped_lock lock(registry.mutex);
    registry.live.erase(parts_.get());
    const auto place = registry.shared.find(parts_->identity);
    if (place != registry.shared.end() && place->second.expired()) registry.shared.erase(place);
    parts_.reset();
}

UserKey Knowledge::key_of(std::string_view user) {
    parts_->require_own();
    prepare_state_directory(parts_->options.state_directory);
    // The store names the user under its own key, which may be lost and made anew while connections live.
    return user_key("", user);
}

UserLook Knowledge::look(const UserKey& user) {
    parts_->require_own();
    UserLook look = parts_->store.look(user);
    const auto board = parts_->sampling.board();
    if (board && board->unrecorded().last(parts_->table_digest)) {
        want_progress();  // somebody has to take the sample that settles it
        throw StoreUnavailable(
            "A write has returned that the store of users' positions could not be told of.");
    }
    return look;
}

void Knowledge::note_unrecorded() noexcept {
    parts_->sampled([this](Sampling& sampling) {
        const auto board = sampling.want_samples();
        const bool noted = board && board->unrecorded().note(parts_->table_digest, boot_now());
        if (noted) parts_->store.forget_looks();
        return noted;
    });
}

UserMarks& Knowledge::marks() {
    parts_->require_own();
    return parts_->marks;
}

bool Knowledge::still_holds(const Witness& witness) const {
    return !parts_->inherited() && witness.holds();
}

void Knowledge::open(const UserKey& user, WriterId writer, std::uint64_t sequence) {
    parts_->require_own();
    parts_->store.open(user, writer, sequence);
}

void Knowledge::close(const UserKey& user, WriterId writer, std::uint64_t sequence, const Position& position,
                      BootTime pinned_until) {
    parts_->require_own();
    parts_->store.close(user, writer, sequence, position, pinned_until);
}

void Knowledge::leader_sampled(const Position& leader, BootTime begun) noexcept {
    if (parts_->inherited()) return;
    parts_->pass_leader(leader, begun);
}

std::optional<Sample> Knowledge::sample(NodeId node) const noexcept {
    return parts_->sampled([&](Sampling& sampling) {
        const auto board = sampling.board();
        return board ? board->sample(node) : std::nullopt;
    });
}

bool Knowledge::lost(NodeId node) const noexcept {
    return parts_->sampled([&](Sampling& sampling) {
        const auto board = sampling.board();
        return board && board->lost(node);
    });
}

void Knowledge::raise_base(const Position& position) {
    parts_->require_own();
    parts_->store.raise(position);
}

SampleTicket Knowledge::ticket() const noexcept {
    return parts_->sampled([](Sampling& sampling) {
        const auto board = sampling.board();
        return board ? board->ticket() : SampleTicket{};
    });
}

void Knowledge::want_progress() noexcept {
    const auto board = parts_->sampled([](Sampling& sampling) { return sampling.want_progress(); });
    if (board) parts_->feed_from(*board);
}

std::optional<Sample> Knowledge::await_sample(NodeId node, const SampleTicket& after,
                                              BootTime deadline) noexcept {
    return parts_->sampled([&](Sampling& sampling) { return sampling.await(node, after, deadline); });
}

std::uint32_t Knowledge::news() noexcept {
    return parts_->sampled([](Sampling& sampling) { return sampling.news(); });
}

bool Knowledge::await_news(std::uint32_t seen, BootTime deadline) noexcept {
    return parts_->sampled([&](Sampling& sampling) { return sampling.await_news(seen, deadline); });
}

void Knowledge::announce() noexcept {
    parts_->sampled([](Sampling& sampling) {
        sampling.announce();
        return true;
    });
}

void Knowledge::want_samples() noexcept {
    const auto board = parts_->sampled([](Sampling& sampling) { return sampling.want_samples(); });
    if (board) parts_->feed_from(*board);
}

Knowledge::NodeView Knowledge::view(NodeId node) const noexcept {
    return parts_->sampled([&](Sampling& sampling) {
        NodeView view;
        const auto board = sampling.board();
        if (!board) return view;
        view.sample = board->sample(node);
        const auto lease = board->lease(node);
        if (lease && lease->live(boot_now(), &may_live))
            if (const auto holder = lease->holder()) view.monitor = holder->process;
        return view;
    });
}

StoreSummary Knowledge::summary(BootTime deadline) {
    parts_->require_own();
    return parts_->store.summary(deadline);
}

void Knowledge::publish_counts(std::span<const std::uint64_t> counts) noexcept {
    parts_->sampled([&](Sampling& sampling) {
        sampling.publish(counts);
        return true;
    });
}

CountsOfProcesses Knowledge::counts() const noexcept {
    return parts_->sampled([](Sampling& sampling) {
        const auto board = sampling.board();
        return board ? board->counts() : CountsOfProcesses{};
    });
}

Catalog* Knowledge::catalog() const {
    return parts_->inherited() ? nullptr : parts_->catalog.get();
}

bool Knowledge::want_catalog() noexcept {
    return parts_->catalog && parts_->sampled([](Sampling& sampling) { return sampling.want_catalog(); });
}

void Knowledge::Parts::prepare_exit() {
    static const bool registered = at_exit_before_openssl(&Registry::at_exit);
    static_cast<void>(registered);
}

void Knowledge::Parts::feed_from(const Board& current) {
    const auto lease = current.lease(kLeader);
    const auto holder = lease ? lease->holder() : std::nullopt;
    if (!holder || holder->store != store_digest) return feed(current);
    const auto leader = sole_leader(current);
    if (leader && store.awaits_sample(leader->begun)) pass_leader(leader->position, leader->begun);
}

void Knowledge::Parts::pass_leader(const Position& leader, BootTime begun) {
    // What the store does with a sample is measured in MarkAge; more of them would only cost.
    const BootTime step = BootTime(options.store.mark_age) / kPassedPerMarkAge;
    std::int64_t passed = leader_passed.load();
    if (passed != 0 && begun < BootTime(passed) + step) return;
    if (!leader_passed.compare_exchange_strong(passed, begun.count())) return;
    try {
        store.leader_sampled(leader, begun);
    } catch (const std::exception&) {
        return;  // base comes a little later
    }
}

void Knowledge::Parts::settle_unrecorded(const Board& current, const Sample& leader) {
    const UnrecordedWrites unrecorded = current.unrecorded();
    const auto last = unrecorded.last(table_digest);
    if (!last || leader.begun <= *last || leader.position.cluster != options.store.cluster) return;
    try {
        // A base that is unset after this will be of a later sample.
        store.leader_sampled(leader.position, leader.begun);
        store.raise(leader.position);
    } catch (const std::exception&) {
        return;  // with a later sample
    }
    unrecorded.settle(table_digest, *last);
}

void Knowledge::Parts::feed(const Board& current) {
    const std::unique_lock feeding(feeding_mutex, std::try_to_lock);
    if (!feeding) return;
    const auto leader = sole_leader(current);
    if (leader) {
        pass_leader(leader->position, leader->begun);
        settle_unrecorded(current, *leader);
    }
    marks.close_listed(current);

    const BootTime now = boot_now();
    if (now < base_raised + kBaseEvery) return;
    base_raised = now;
    raise_base(leader, lowest_replica(current));
}

std::optional<Position> Knowledge::Parts::lowest_replica(const Board& current) const {
    std::optional<Position> lowest;
    for (std::size_t node = 0; node < current.nodes(); ++node) {
        const auto sample = current.sample(static_cast<NodeId>(node));
        if (!sample || !sample->in_recovery || !sample->position.known() ||
            sample->position.cluster != options.store.cluster) {
            continue;
        }
        const Position& position = sample->position;
        // One that has stayed on an older timeline serves nobody.
        if (!lowest || position.timeline > lowest->timeline ||
            (position.timeline == lowest->timeline && position.lsn < lowest->lsn)) {
            lowest = position;
        }
    }
    return lowest;
}

void Knowledge::Parts::raise_base(const std::optional<Sample>& leader,
                                  const std::optional<Position>& lowest) {
    if (leader) leader_history.push_back(*leader);
    // The newest leader position that is at least a time-to-live old, so that one stuck replica does not keep
    // all entries for ever.
    std::optional<Position> aged;
    while (!leader_history.empty() && leader_history.front().begun + options.time_to_live <= boot_now()) {
        aged = leader_history.front().position;
        leader_history.pop_front();
    }
    try {
        for (const std::optional<Position>& position : {lowest, aged}) {
            if (position) store.replicas_applied(*position);
        }
    } catch (const std::exception&) {
        return;  // a later round raises it
    }
}

}  // namespace freshread
