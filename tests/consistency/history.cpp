#include "tests/consistency/history.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <system_error>
#include <type_traits>
#include <utility>

namespace freshread::consistency {

namespace {

static_assert(std::is_trivially_copyable_v<Event>);

constexpr std::array<std::string_view, 24> kActivities = {
    "connecting",
    "update",
    "prepared update",
    "upsert",
    "update returning",
    "function",
    "procedure",
    "two statements",
    "text transaction",
    "chained commit",
    "manual commit",
    "manual commit by text",
    "commit of environment",
    "autocommit on",
    "rolled back",
    "long statement",
    "long commit",
    "read by reader",
    "read by writer",
    "read by new connection",
    "prepared read",
    "read of all keys",
    "read in manual commit",
    "read of own transaction",
};

constexpr std::array<std::string_view, 15> kReasons = {
    "",
    "ReadOnReplica",
    "ReplicaBehind",
    "MarkOpen",
    "BaseUnset",
    "StoreUnavailable",
    "PositionUnknown",
    "NoHealthyReplica",
    "RetriedOnLeader",
    "InTransaction",
    "LeaderSession",
    "PolicyLeader",
    "WithinWindow",
    "SessionUnreplicated",
    "other",
};
constexpr std::uint8_t kOnReplica = 1;

constexpr std::size_t kMostViolationsTold = 5;
constexpr std::int64_t kSecond = 1'000'000'000;

std::string line_of(const Event& event, std::int64_t started) {
    std::array<char, 256> text{};
    const char* outcome = event.outcome == Outcome::Succeeded ? ""
                          : event.outcome == Outcome::Unknown ? " UNKNOWN OUTCOME"
                          : event.outcome == Outcome::Stale   ? " STALE"
                                                              : " FAILED";
    std::snprintf(text.data(), text.size(), "%12.6f .. %12.6f  process %d thread %d  %-24s %lld%s %s%s",
                  static_cast<double>(event.begin - started) / kSecond,
                  static_cast<double>(event.end - started) / kSecond, event.process, event.thread,
                  std::string(name_of(event.activity)).c_str(), static_cast<long long>(event.value),
                  event.is_read() ? (" of " + std::to_string(event.expected)).c_str() : "",
                  std::string(reason_name(event.reason)).c_str(), outcome);
    return text.data();
}

// The read, and what else happened to that row and to the cluster shortly before.
std::string account_of(const Event& read, const Event* write, const std::vector<Event>& of_row,
                       const std::vector<Disturbance>& disturbances, std::int64_t started) {
    std::string text = "user " + std::to_string(read.user) + " key " + std::to_string(read.key) +
                       "\n  read    " + line_of(read, started);
    std::int64_t from = read.begin - kSecond;
    if (write != nullptr) {
        text += "\n  missed  " + line_of(*write, started);
        from = std::min(from, write->begin - kSecond / 5);
    }
    std::multimap<std::int64_t, std::string> lines;
    for (const Event& event : of_row)
        if (event.end >= from && event.begin <= read.end + kSecond / 10)
            lines.emplace(event.begin, line_of(event, started));
    for (const Disturbance& disturbance : disturbances) {
        if (disturbance.at < from - 2 * kSecond || disturbance.at > read.end) continue;
        std::array<char, 32> time{};
        std::snprintf(time.data(), time.size(), "%12.6f",
                      static_cast<double>(disturbance.at - started) / kSecond);
        lines.emplace(disturbance.at, std::string(time.data()) + "  *** " + disturbance.what);
    }
    constexpr std::size_t kMostLines = 80;
    auto line = lines.begin();
    if (lines.size() > kMostLines) std::advance(line, lines.size() - kMostLines);
    for (; line != lines.end(); ++line) text += "\n    " + line->second;
    return text;
}

}  // namespace

std::string_view name_of(Activity activity) {
    return kActivities.at(static_cast<std::size_t>(activity));
}

std::uint8_t reason_number(std::string_view name) {
    const auto found = std::find(kReasons.begin(), kReasons.end() - 1, name);
    return static_cast<std::uint8_t>(found - kReasons.begin());
}

std::string_view reason_name(std::uint8_t number) {
    return kReasons.at(number);
}

HistoryFile::HistoryFile(const std::string& path)
    : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
    if (file_ < 0) throw std::system_error(errno, std::generic_category(), path);
}

HistoryFile::~HistoryFile() {
    ::close(file_);
}

void HistoryFile::append(const Event& event) const {
    if (::write(file_, &event, sizeof event) != static_cast<ssize_t>(sizeof event))
        throw std::system_error(errno, std::generic_category(), "the history cannot be written");
}

std::vector<Event> read_histories(const std::string& directory) {
    std::vector<Event> events;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        std::ifstream file(entry.path(), std::ios::binary);
        Event event;
        while (file.read(reinterpret_cast<char*>(&event), sizeof event)) events.push_back(event);
    }
    return events;
}

Summary check(std::vector<Event> events, const std::vector<Disturbance>& disturbances, std::int64_t started) {
    Summary summary;
    summary.reads_by_reason.assign(kReasons.size(), 0);
    std::map<std::pair<int, int>, std::vector<Event>> rows;
    for (const Event& event : events) {
        rows[{event.user, event.key}].push_back(event);
        if (event.is_read()) {
            ++summary.reads;
            ++summary.reads_by_reason.at(event.reason);
            if (event.reason == kOnReplica) ++summary.reads_on_replica;
            if (event.activity < Activity::ReadInManualCommit) ++summary.free_reads;
        } else {
            ++(event.outcome == Outcome::Succeeded ? summary.writes : summary.unknown_outcomes);
        }
    }
    events.clear();
    for (auto& [row, of_row] : rows) {
        std::sort(of_row.begin(), of_row.end(),
                  [](const Event& a, const Event& b) { return a.begin < b.begin; });
        // The writes that succeeded, by the time at which they returned; each kept only if it is the highest
        // so far.
        std::vector<const Event*> returned;
        for (const Event& event : of_row)
            if (!event.is_read() && event.outcome == Outcome::Succeeded) returned.push_back(&event);
        std::sort(returned.begin(), returned.end(),
                  [](const Event* a, const Event* b) { return a->end < b->end; });
        for (std::size_t i = 1; i < returned.size(); ++i)
            if (returned[i]->value < returned[i - 1]->value) returned[i] = returned[i - 1];
        // By position, since a repeated write keeps the return time of the first.
        for (const Event& read : of_row) {
            if (!read.is_read() || read.outcome == Outcome::Failed) continue;
            const auto after =
                std::partition_point(returned.begin(), returned.end(),
                                     [&](const Event* write) { return write->end < read.begin; });
            const Event* write = after == returned.begin() ? nullptr : *(after - 1);
            const bool missed = write != nullptr && read.value < write->value;
            if (!missed && read.outcome != Outcome::Stale) continue;
            ++summary.violation_count;
            if (summary.violations.size() < kMostViolationsTold)
                summary.violations.push_back(
                    account_of(read, missed ? write : nullptr, of_row, disturbances, started));
        }
    }
    return summary;
}

}  // namespace freshread::consistency
