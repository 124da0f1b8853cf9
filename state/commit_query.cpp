#include "state/commit_query.h"

namespace freshread {

std::string_view commit_query() {
    return "SELECT pg_current_wal_insert_lsn(),pg_walfile_name(pg_current_wal_insert_lsn()),"
           "(now()<>statement_timestamp() OR pg_current_xact_id_if_assigned() IS NOT NULL)::int";
}

std::optional<CommitRow> parse_commit_row(std::span<const std::string_view> columns, std::uint64_t cluster,
                                          std::uint32_t page_size) {
    constexpr std::size_t kWalFileName = 24;
    if (columns.size() != kCommitRowColumns || cluster == 0 || page_size == 0) return std::nullopt;
    const auto lsn = parse_lsn(columns[0]);
    const auto timeline = timeline_of_walfile(columns[1]);
    const bool inside = columns[2] == "1";
    if (!lsn || !timeline || *timeline == 0 || columns[1].size() != kWalFileName ||
        (!inside && columns[2] != "0"))
        return std::nullopt;
    return CommitRow{{cluster, *timeline, round_down_to_page(*lsn, page_size)}, inside};
}

}  // namespace freshread
