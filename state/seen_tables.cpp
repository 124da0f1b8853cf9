#include "state/seen_tables.h"

#include <algorithm>

namespace freshread {

BootTime SeenTables::since(BootTime age) const {
    const BootTime now = boot_now();
    return age >= std::max(kSurelyOld, 2 * mark_age_) ? now - mark_age_ : now;
}

std::string SeenTables::id_of(std::size_t table) const {
    const std::scoped_lock lock(mutex_);
    return tables_.at(table).id;
}

bool SeenTables::saw(std::size_t number, const std::string& id, std::uint32_t base_timeline, BootTime age) {
    const std::scoped_lock lock(mutex_);
    Table& table = tables_.at(number);
    const bool another = !table.id.empty() && table.id != id;
    if (another) {
        // What was lost with it may be everything: all are looked at again.
        for (Table& each : tables_) each.id.clear();
        std::erase_if(marks_, [&](const auto& mark) { return std::get<0>(mark.first) == number; });
    }
    if (table.id != id) table = {id, base_timeline, since(age)};
    table.base_timeline = base_timeline;
    return another;
}

void SeenTables::saw_mark(const Mark& mark, BootTime age) {
    const std::scoped_lock lock(mutex_);
    if (marks_.size() >= kMostMarks) return;
    MarkSeen& seen = marks_[{mark.table, mark.user, mark.writer}];
    if (seen.sequence != mark.sequence || seen.id != mark.id) seen = {mark.id, mark.sequence, since(age)};
}

bool SeenTables::saw_all() const {
    const std::scoped_lock lock(mutex_);
    return std::ranges::none_of(tables_, [](const Table& table) { return table.id.empty(); });
}

std::vector<std::pair<std::size_t, std::string>> SeenTables::waiting_for_base(std::uint32_t timeline,
                                                                              BootTime begun) const {
    const std::scoped_lock lock(mutex_);
    std::vector<std::pair<std::size_t, std::string>> waiting;
    for (std::size_t number = 0; number < tables_.size(); ++number) {
        const Table& table = tables_[number];
        if (!table.id.empty() && table.base_timeline < timeline &&
            (table.base_timeline != 0 || begun >= table.since + mark_age_))
            waiting.emplace_back(number, table.id);
    }
    return waiting;
}

std::vector<SeenTables::Mark> SeenTables::take_old_marks(std::uint32_t timeline, BootTime begun) {
    const std::scoped_lock lock(mutex_);
    std::vector<Mark> old;
    for (auto seen = marks_.begin(); seen != marks_.end();) {
        const auto& [table, user, writer] = seen->first;
        if (begun < seen->second.since + mark_age_ || timeline < tables_[table].base_timeline) {
            ++seen;
            continue;
        }
        old.push_back({table, seen->second.id, user, writer, seen->second.sequence});
        seen = marks_.erase(seen);
    }
    return old;
}

}  // namespace freshread
