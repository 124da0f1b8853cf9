#include "state/node_query.h"

#include <charconv>

namespace freshread {

namespace {

// The columns, in order.
struct Column {
    enum : std::size_t {
        InRecovery,
        SystemIdentifier,
        PostmasterStart,
        Lsn,
        FlushedLsn,
        Timeline,
        PageSize,
        InTransaction,
    };
};

template <typename Number>
std::optional<Number> parse_decimal(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// Drivers render booleans as they please.
std::optional<bool> parse_boolean(std::string_view text) {
    if (text == "1" || text == "t" || text == "true") return true;
    if (text == "0" || text == "f" || text == "false") return false;
    return std::nullopt;
}

// A leader gives the name of a WAL file, a replica the number. Taking one for the other would be noticed: a
// server that was promoted between two columns is refused, not misread.
std::optional<std::uint32_t> timeline_of(std::string_view text, bool in_recovery) {
    constexpr std::size_t kWalFileName = 24;
    if (in_recovery) return parse_decimal<std::uint32_t>(text);
    return text.size() == kWalFileName ? timeline_of_walfile(text) : std::nullopt;
}

bool power_of_two(std::uint32_t value) {
    return value != 0 && (value & (value - 1)) == 0;
}

}  // namespace

std::string_view node_query() {
    // (function()).column is computed in the target list: half the latency of a sub-select or a FROM item.
    // CASE keeps functions that fail in the other role from being called: they are volatile or stable, so
    // nothing folds them before.
    return "SELECT pg_is_in_recovery()::int,"
           " (pg_control_system()).system_identifier,"
           " (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint,"
           " CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() "
           "END,"
           " CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END,"
           " CASE WHEN pg_is_in_recovery()"
           " THEN coalesce((pg_stat_get_wal_receiver()).received_tli, "
           "(pg_control_checkpoint()).timeline_id)::text"
           " ELSE pg_walfile_name(pg_current_wal_insert_lsn()) END,"
           " current_setting('wal_block_size'),"
           " (now() <> statement_timestamp() OR pg_current_xact_id_if_assigned() IS NOT NULL)::int";
}

std::optional<NodeRow> parse_node_row(std::span<const std::string_view> columns, BootTime begun) {
    if (columns.size() != kNodeRowColumns) return std::nullopt;
    const auto in_recovery = parse_boolean(columns[Column::InRecovery]);
    const auto in_transaction = parse_boolean(columns[Column::InTransaction]);
    const auto cluster = parse_decimal<std::uint64_t>(columns[Column::SystemIdentifier]);
    const auto instance = parse_decimal<std::int64_t>(columns[Column::PostmasterStart]);
    const auto page_size = parse_decimal<std::uint32_t>(columns[Column::PageSize]);
    if (!in_recovery || !in_transaction || !cluster || *cluster == 0 || !instance || !page_size ||
        !power_of_two(*page_size)) {
        return std::nullopt;
    }

    NodeRow row;
    row.sample = {.begun = begun,
                  .in_recovery = *in_recovery,
                  .position = {.cluster = *cluster},
                  .instance = *instance};
    row.flushed = row.sample.position;
    row.page_size = *page_size;
    row.in_transaction = *in_transaction;
    if (*in_recovery && columns[Column::Lsn].empty()) return row;

    const auto lsn = parse_lsn(columns[Column::Lsn]);
    const auto flushed = parse_lsn(columns[Column::FlushedLsn]);
    const auto timeline = timeline_of(columns[Column::Timeline], *in_recovery);
    if (!lsn || !flushed || !timeline || *timeline == 0) return std::nullopt;
    const auto taken_down = [&](std::uint64_t value) {
        return *in_recovery ? value : round_down_to_page(value, *page_size);
    };
    row.sample.position = {*cluster, *timeline, taken_down(*lsn)};
    row.flushed = {*cluster, *timeline, taken_down(*flushed)};
    return row;
}

}  // namespace freshread
