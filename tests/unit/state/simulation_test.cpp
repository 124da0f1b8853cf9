// The rules of the user table, the requirement of a read and the router (state/user_table.h, routing/) under
// a clock that the test moves: writers, monitors, readers, replicas that lag, restart and go back, failovers,
// lost tables, processes that die, in random order. Somebody who knows everything checks each read that a
// replica serves: it holds every write of the user that was acknowledged before. And somebody who breaks a
// rule is found out, for each of the rules.
#include <array>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "routing/policy.h"
#include "routing/router.h"
#include "state/sample.h"
#include "state/table_head.h"
#include "state/user_bucket.h"
#include "tests/unit/state/table_values.h"

namespace freshread::simulation {
namespace {

using std::chrono::milliseconds;

enum class Broken {
    Nothing,
    R1AWriteReturnsWithAnOldMark,
    R2MarksAreClosedYoung,
    R2AMarkIsClosedByASampleBegunBeforeTheWriteReturned,
    R2ACloseTakesTheNextWritesMark,
    R3BaseIsTheFirstSample,
    R4EntriesExpireByTime,
    I6TheLastWriterWins,
    APositionIsTakenBeforeTheCommit,
    ASampleCountsForALaterConnection,
    ATimelineIsOverlooked,
};

constexpr BootTime kMarkAge = milliseconds(1000);
constexpr std::size_t kReplicas = 2;
constexpr std::size_t kWriters = 3;
constexpr std::size_t kReaders = 2;
constexpr std::array<UserKey, 2> kUsers = {kAlice, kBob};

struct Commit {
    std::size_t user = 0;
    std::uint32_t timeline = 0;
    std::uint64_t lsn = 0;
    bool acknowledged = false;
};

struct Server {
    std::uint32_t timeline = 1;
    std::uint64_t lsn = 1;
    std::int64_t instance = 1;
    std::uint64_t connections = 1;  // raised when all of them are broken
};

// What one replica is to one reader.
struct Link {
    std::uint64_t connection = 0;  // 0: none
    SampleTicket opened{};
    Position believed{};
};

struct Writer {
    enum class At { Idle, Sent, Committed, Asked };
    At at = At::Idle;
    std::size_t user = 0;
    WriterId id = 0;
    std::uint64_t sequence = 0;
    std::optional<BootTime> opened{};
    std::optional<std::size_t> commit{};
    Position before{};  // the leader's, when the write was sent
    Position asked{};   // the leader's, asked by the writer itself when the write had returned
    // Listed, to be closed by a sample that is begun later.
    bool listed = false;
    std::uint64_t listed_after = 0;
    std::uint64_t listed_sequence = 0;
    std::int64_t instance = 0;
};

class World {
 public:
    World(std::uint64_t seed, Broken broken) : broken_(broken), random_(seed) {
        for (std::size_t writer = 0; writer < kWriters; ++writer) writers_[writer].id = writer + 1;
    }

    // False when somebody read stale.
    bool live(int steps) {
        for (int step = 0; step < steps; ++step) {
            now_ += std::chrono::microseconds(below(6) == 0 ? below(1'500'000) : below(60'000));
            if (!act()) return false;
        }
        return true;
    }
    [[nodiscard]] std::uint64_t from_replica() const { return from_replica_; }

 private:
    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
    [[nodiscard]] bool is(Broken rule) const { return broken_ == rule; }

    bool act() {
        const std::uint64_t chance = below(400);
        if (chance < 2)
            lose_table();
        else if (chance < 10)
            restart_replica();
        else if (chance < 13)
            fail_over();
        else if (chance < 30)
            expire();
        else if (chance < 35)
            die();
        else if (chance < 90)
            begin_sample();
        else if (chance < 150)
            end_sample();
        else if (chance < 210)
            apply();
        else if (chance < 300)
            return read();
        else
            write(writers_[below(kWriters)]);
        return true;
    }

    // --- the servers
    [[nodiscard]] Position position_of(const Server& server) const {
        return {kCluster, server.timeline, server.lsn};
    }
    [[nodiscard]] bool has(const Server& server, const Commit& commit) const {
        if (commit.timeline > server.timeline || commit.lsn > server.lsn) return false;
        for (std::uint32_t timeline = commit.timeline + 1; timeline <= server.timeline; ++timeline)
            if (commit.lsn > switched_at_.at(timeline)) return false;
        return true;
    }
    [[nodiscard]] Server made_anew(const Server& replica, std::uint32_t timeline) const {
        return {timeline, switched_at_.at(timeline), replica.instance + 1, replica.connections + 1};
    }
    void apply() {
        Server& replica = replicas_[below(kReplicas)];
        if (replica.timeline != leader_.timeline) {
            const std::uint64_t point = switched_at_.at(replica.timeline + 1);
            // One that is beyond the point where the timelines part stays a child of the old leader, until
            // somebody makes it anew.
            if (replica.lsn > point) {
                if (below(4) == 0) replica = made_anew(replica, leader_.timeline);
                return;
            }
            replica.lsn = point;
            ++replica.timeline;
            return;
        }
        replica.lsn += below(leader_.lsn - replica.lsn + 1);
    }
    // Replay goes back, under the same instance or another; connections do not survive it.
    void restart_replica() {
        Server& replica = replicas_[below(kReplicas)];
        const std::uint64_t parted = switched_at_.at(replica.timeline);
        replica.lsn = parted + below(replica.lsn - parted + 1);
        replica.instance += static_cast<std::int64_t>(below(2));
        ++replica.connections;
    }
    // The leader is gone with what no replica has; its sessions end with unknown outcomes.
    void fail_over() {
        Server& promoted = replicas_[below(kReplicas)];
        if (promoted.timeline != leader_.timeline) return;
        switched_at_.push_back(promoted.lsn);
        leader_ = {leader_.timeline + 1, promoted.lsn + 1, leader_.instance + 1, 1};
        promoted = made_anew(promoted, leader_.timeline - 1);
        for (Writer& writer : writers_) give_up(writer);
    }

    // --- the table
    void lose_table() {
        head_ = TableHead{.born = now_};
        bucket_ = UserBucket();
    }
    void expire() {
        std::optional<Position> lowest;
        for (const auto& sample : board_)
            if (sample &&
                (!lowest || sample->position.timeline > lowest->timeline ||
                 (sample->position.timeline == lowest->timeline && sample->position.lsn < lowest->lsn)))
                lowest = sample->position;
        if (lowest) head_.raise(*lowest);
        const bool by_time = is(Broken::R4EntriesExpireByTime) && head_.base_set();
        bucket_.expire(by_time ? position_of(leader_) : head_.base, now_);
    }

    // --- the monitor: a sample is begun, taken, and published later, if its monitor lives
    struct Asked {
        std::optional<std::size_t> replica{};  // nothing: the leader
        std::uint64_t connections = 0;
        Sample sample{};
    };
    void begin_sample() {
        Asked asked;
        if (below(2) == 0) asked.replica = below(kReplicas);
        asked.sample.begun = now_;
        asked.sample.ticket = {kBoard, ++begun_};
        const Server& server = asked.replica ? replicas_[*asked.replica] : leader_;
        asked.sample.in_recovery = asked.replica.has_value();
        asked.sample.position = position_of(server);
        asked.sample.instance = server.instance;
        asked.connections = server.connections;
        if (asked_.size() < 4) asked_.push_back(asked);
    }
    void end_sample() {
        if (asked_.empty()) return;
        const std::size_t which = below(asked_.size());
        const Asked asked = asked_[which];
        asked_.erase(asked_.begin() + static_cast<std::ptrdiff_t>(which));
        if (asked.replica) {
            auto& there = board_[*asked.replica];
            if (!there || there->ticket.number < asked.sample.ticket.number) there = asked.sample;
            return;
        }
        leader_sampled(asked.sample);
    }
    void leader_sampled(const Sample& sample) {
        const Position& leader = sample.position;
        for (Writer& writer : writers_) {
            const bool after = sample.ticket.number > writer.listed_after ||
                               is(Broken::R2AMarkIsClosedByASampleBegunBeforeTheWriteReturned);
            if (!writer.listed || !after || writer.instance != sample.instance) continue;
            writer.listed = false;
            if (writer.at == Writer::At::Idle) writer.opened.reset();
            const std::uint64_t sequence =
                is(Broken::R2ACloseTakesTheNextWritesMark) ? writer.sequence : writer.listed_sequence;
            close(writer, sequence, is(Broken::APositionIsTakenBeforeTheCommit) ? writer.before : leader);
        }
        if (head_.base_set() && leader.timeline < head_.base.timeline) return;
        const BootTime age = is(Broken::R3BaseIsTheFirstSample) ? BootTime(0) : kMarkAge;
        head_.learn_leader(leader, sample.begun, age);
        const BootTime latest = is(Broken::R2MarksAreClosedYoung) ? sample.begun : sample.begun - kMarkAge;
        bucket_.close_opened_by(latest, leader);
    }
    void close(const Writer& writer, std::uint64_t sequence, const Position& position) {
        const UserKey& user = kUsers[writer.user];
        if (is(Broken::I6TheLastWriterWins) && bucket_.find(user)) {
            const auto marks = bucket_.find(user)->marks;
            UserBucket others;
            for (std::size_t other = 0; other < kUsers.size(); ++other)
                if (const auto* entry = bucket_.find(kUsers[other]); entry && other != writer.user) {
                    for (const auto& mark : entry->marks) others.open(entry->user, mark);
                    others.close(entry->user, 0, 0, {kCluster, entry->timeline, entry->lsn}, BootTime(0));
                }
            for (const auto& mark : marks) others.open(user, mark);
            bucket_ = others;
        }
        bucket_.close(user, writer.id, sequence, position, BootTime(0));
    }

    // --- writers, as state/user_marks.h
    void open(Writer& writer) {
        writer.opened = now_;
        bucket_.open(kUsers[writer.user], {writer.id, ++writer.sequence, now_});
    }
    [[nodiscard]] bool young(const Writer& writer) const {
        return writer.opened && now_ - *writer.opened < kMarkAge / 2;
    }
    void write(Writer& writer) {
        switch (writer.at) {
            case Writer::At::Idle:
                if (!young(writer)) {
                    if (!writer.listed) writer.user = below(kUsers.size());
                    open(writer);
                }
                // What was listed counts no more; with the broken rule nobody cares.
                if (!is(Broken::R2ACloseTakesTheNextWritesMark)) writer.listed = false;
                writer.before = position_of(leader_);
                writer.instance = leader_.instance;
                writer.at = Writer::At::Sent;
                break;
            case Writer::At::Sent:
                if (below(8) == 0) return give_up(writer);
                leader_.lsn += 1 + below(3);
                commits_.push_back({writer.user, leader_.timeline, leader_.lsn, false});
                writer.commit = commits_.size() - 1;
                writer.at = Writer::At::Committed;
                break;
            case Writer::At::Committed:
                if (below(3) == 0) {
                    writer.asked = position_of(leader_);
                    writer.at = Writer::At::Asked;
                    break;
                }
                if (!young(writer) && !is(Broken::R1AWriteReturnsWithAnOldMark)) open(writer);
                commits_[*writer.commit].acknowledged = true;
                writer.listed = true;
                writer.listed_after = begun_;
                writer.listed_sequence = writer.sequence;
                writer.at = Writer::At::Idle;
                break;
            case Writer::At::Asked:
                close(writer, writer.sequence, writer.asked);
                commits_[*writer.commit].acknowledged = true;
                writer.opened.reset();
                writer.at = Writer::At::Idle;
                break;
        }
    }
    // The outcome is not known: the write may yet be committed, the mark is not relied on.
    void give_up(Writer& writer) {
        if (writer.at == Writer::At::Idle) return;
        writer.at = Writer::At::Idle;
        writer.opened.reset();
    }
    void die() {
        Writer& writer = writers_[below(kWriters)];
        next_id_ += 1;
        writer = {.id = kWriters + next_id_};
    }

    // --- readers
    bool read() {
        const std::size_t user = below(kUsers.size());
        auto& links = readers_[below(kReaders)];
        const UserLook look = look_of(head_, bucket_.find(kUsers[user]), kCluster);
        const Requirement requirement = requirement_of_read(
            Policy::Position, {true, look.base_set, look.mark_open, false, look.required});
        if (requirement.level == Requirement::Level::LeaderOnly) return true;
        std::array<Candidate, kReplicas> candidates{};
        for (std::size_t replica = 0; replica < kReplicas; ++replica) {
            Link& link = links[replica];
            const Server& server = replicas_[replica];
            if (link.connection != server.connections) {
                link = {.connection = server.connections, .opened = {kBoard, begun_}};
                if (below(2) == 0) link.believed = position_of(server);  // asked on the connection itself
            }
            const auto& sample = board_[replica];
            const bool counts = sample && sample->instance == server.instance &&
                                (sample->after(link.opened) || is(Broken::ASampleCountsForALaterConnection));
            if (counts) link.believed = higher(link.believed, sample->position);
            candidates[replica] = {.node = static_cast<NodeId>(replica + 1),
                                   .in_service = true,
                                   .open = true,
                                   .position = link.believed};
            if (is(Broken::ATimelineIsOverlooked) && link.believed.known())
                candidates[replica].position.timeline = requirement.position.timeline;
        }
        const Decision decision = route(requirement, candidates, random_());
        if (decision.node == kLeader || decision.step == Decision::Step::Ask) return true;
        ++from_replica_;
        const Server& server = replicas_[decision.node - 1U];
        for (const Commit& commit : commits_)
            if (commit.user == user && commit.acknowledged && has(leader_, commit) && !has(server, commit))
                return false;
        return true;
    }

    static constexpr std::uint64_t kBoard = 7;

    const Broken broken_;
    std::mt19937_64 random_;
    BootTime now_ = std::chrono::hours(1);
    Server leader_{.lsn = 10};
    std::array<Server, kReplicas> replicas_{};
    std::vector<std::uint64_t> switched_at_{0, 1};  // by the timeline that began there
    std::vector<Commit> commits_{};
    TableHead head_{.born = now_};
    UserBucket bucket_{};
    std::uint64_t begun_ = 0;
    std::vector<Asked> asked_{};
    std::array<std::optional<Sample>, kReplicas> board_{};
    std::array<Writer, kWriters> writers_{};
    std::uint64_t next_id_ = 0;
    std::array<std::array<Link, kReplicas>, kReaders> readers_{};
    std::uint64_t from_replica_ = 0;
};

constexpr int kSteps = 150;

std::uint64_t cases() {
    constexpr std::uint64_t kInTheLongVersion = 1'000'000;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    constexpr std::uint64_t kUsually = 2000;
#else
    constexpr std::uint64_t kUsually = 20'000;
#endif
    return std::getenv("FRESHREAD_LONG") != nullptr ? kInTheLongVersion
                                                    : kUsually;  // NOLINT(concurrency-mt-unsafe)
}

TEST(Simulation, I1NobodyReadsStaleWhateverHappensWhen) {
    const std::uint64_t seed = std::random_device{}();
    std::uint64_t from_replica = 0;
    for (std::uint64_t number = 0; number < cases(); ++number) {
        World world(seed + number, Broken::Nothing);
        ASSERT_TRUE(world.live(kSteps)) << "seed " << seed + number;
        from_replica += world.from_replica();
    }
    std::printf("seed %llu: %llu cases, %llu reads on a replica\n", static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(cases()), static_cast<unsigned long long>(from_replica));
    EXPECT_GT(from_replica, cases()) << "the cases must have tested something";
}

class BrokenSimulation : public testing::TestWithParam<Broken> {};

INSTANTIATE_TEST_SUITE_P(Rules, BrokenSimulation,
                         testing::Values(Broken::R1AWriteReturnsWithAnOldMark, Broken::R2MarksAreClosedYoung,
                                         Broken::R2AMarkIsClosedByASampleBegunBeforeTheWriteReturned,
                                         Broken::R2ACloseTakesTheNextWritesMark,
                                         Broken::R3BaseIsTheFirstSample, Broken::R4EntriesExpireByTime,
                                         Broken::I6TheLastWriterWins, Broken::APositionIsTakenBeforeTheCommit,
                                         Broken::ASampleCountsForALaterConnection,
                                         Broken::ATimelineIsOverlooked),
                         [](const auto& rule) {
                             return "Rule" + std::to_string(static_cast<int>(rule.param));
                         });

TEST_P(BrokenSimulation, IsFoundOut) {
    constexpr std::uint64_t kMost = 200'000;
    const std::uint64_t seed = std::random_device{}();
    std::uint64_t number = 0;
    while (number < kMost && World(seed + number, GetParam()).live(kSteps)) ++number;
    std::printf("found in case %llu\n", static_cast<unsigned long long>(number + 1));
    EXPECT_LT(number, kMost) << "seed " << seed;
}

}  // namespace
}  // namespace freshread::simulation
