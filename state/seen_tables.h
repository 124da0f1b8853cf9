// What one process has seen of a table that is kept elsewhere, and since when: which table it was, whether it
// had a base, and which marks were open. What a rule measures in MarkAge counts from there, by this process's
// clock (R2, R3): nobody's clocks are compared.
//
// Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "state/clock.h"

namespace freshread {

class SeenTables {
 public:
    struct Mark {
        std::size_t table = 0;
        std::string id{};    // of the table
        std::string user{};  // as the table names them
        std::string writer{};
        std::string sequence{};
    };

    SeenTables(std::size_t tables, BootTime mark_age) : mark_age_(mark_age), tables_(tables) {}

    [[nodiscard]] std::string id_of(std::size_t table) const;
    // An answer that arrived just now: the table has this id, a base of this timeline (0: unset), and says
    // that it is this old. True when another table stood there before.
    bool saw(std::size_t table, const std::string& id, std::uint32_t base_timeline, BootTime age);
    void saw_mark(const Mark& mark, BootTime age);

    // All tables have been seen, and since then none has been lost.
    [[nodiscard]] bool saw_all() const;
    // For a leader sample of this timeline, begun at `begun`: tables whose base it may become or raise, and
    // marks that it may close. Marks given are forgotten.
    // What is done about it is meant for the table with this id and for no other.
    [[nodiscard]] std::vector<std::pair<std::size_t, std::string>> waiting_for_base(std::uint32_t timeline,
                                                                                    BootTime begun) const;
    [[nodiscard]] std::vector<Mark> take_old_marks(std::uint32_t timeline, BootTime begun);

 private:
    struct Table {
        std::string id{};
        std::uint32_t base_timeline = 0;
        BootTime since{0};
    };
    struct MarkSeen {
        std::string id{};
        std::string sequence{};
        BootTime since{0};
    };
    static constexpr std::size_t kMostMarks = 4096;
    // An age that the clock of another host is believed for.
    static constexpr BootTime kSurelyOld = std::chrono::minutes(1);

    [[nodiscard]] BootTime since(BootTime age) const;

    const BootTime mark_age_;
    mutable std::mutex mutex_;  // guards all below
    std::vector<Table> tables_;
    std::map<std::tuple<std::size_t, std::string, std::string>, MarkSeen> marks_;
};

}  // namespace freshread
