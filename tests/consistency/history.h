// What happened, one record per read and write, in a file per thread; and the check of all of them together
// when the run is over.
//
// A record is appended after its call returned, by one write(2): a process that is killed loses at most the
// call it was in, whose outcome nobody relied on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace freshread::consistency {

enum class Activity : std::uint8_t {
    Connecting,
    // writes
    Update,
    PreparedUpdate,
    Upsert,
    Returning,
    Function,
    Procedure,
    TwoStatements,
    TextTransaction,
    ChainedTransaction,
    ManualCommit,
    ManualCommitByText,
    ManualCommitOfEnvironment,
    AutocommitOn,
    RolledBack,
    LongStatement,
    LongCommit,
    // reads
    ReadByReader,
    ReadByWriter,
    ReadByNewConnection,
    PreparedRead,
    ReadOfAllKeys,
    ReadInManualCommit,
    ReadOwnTransaction,
};
inline constexpr int kWriteKinds =
    static_cast<int>(Activity::LongCommit) - static_cast<int>(Activity::Update) + 1;

enum class Outcome : std::uint8_t {
    Succeeded,
    Unknown,  // a write that returned an error: its effect may or may not be there
    Stale,    // a read that missed what it had to see
    Failed,   // a read that returned an error
};

struct Event {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    std::int64_t value = 0;     // written or seen
    std::int64_t expected = 0;  // a read: what it had to see at least, as known when it began
    std::int32_t process = 0;
    std::uint8_t user = 0;
    std::uint8_t key = 0;
    Activity activity{};
    Outcome outcome{};
    std::uint8_t reason = 0;  // a read: index of reason_name
    std::uint8_t thread = 0;
    [[nodiscard]] bool is_read() const { return activity >= Activity::ReadByReader; }
};

[[nodiscard]] std::string_view name_of(Activity activity);
// The reasons of Explain=yes as numbers.
[[nodiscard]] std::uint8_t reason_number(std::string_view name);
[[nodiscard]] std::string_view reason_name(std::uint8_t number);

class HistoryFile {
 public:
    explicit HistoryFile(const std::string& path);
    ~HistoryFile();
    HistoryFile(const HistoryFile&) = delete;
    HistoryFile& operator=(const HistoryFile&) = delete;
    void append(const Event& event) const;

 private:
    int file_;
};

// All events of a directory's files.
[[nodiscard]] std::vector<Event> read_histories(const std::string& directory);

struct Summary {
    std::int64_t writes = 0;
    std::int64_t unknown_outcomes = 0;
    std::int64_t reads = 0;
    std::int64_t reads_on_replica = 0;
    std::vector<std::int64_t> reads_by_reason{};  // by reason number
    // Reads on connections that may be served by a replica, as against those inside transactions.
    std::int64_t free_reads = 0;
    std::vector<std::string> violations{};  // each with the events around it
    std::int64_t violation_count = 0;
};

// What the coordinator did, for the account of a violation.
struct Disturbance {
    std::int64_t at = 0;
    std::string what{};
};

// Every read must have seen every write of its row that had returned before the read began, and nothing that
// nobody wrote. `issued`: the highest value begun, by user and key.
[[nodiscard]] Summary check(std::vector<Event> events, const std::vector<Disturbance>& disturbances,
                            std::int64_t started);

}  // namespace freshread::consistency
