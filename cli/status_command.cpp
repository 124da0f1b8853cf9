#include "cli/status_command.h"

#include <array>
#include <cstdio>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <vector>

#include "cli/json_text.h"
#include "driver/node_status.h"
#include "routing/reason.h"
#include "state/knowledge.h"

namespace freshread {

namespace {

struct StoreStatus {
    std::string unavailable{};  // why; empty: it is available
    StoreSummary whole{};
    std::optional<Position> required{};  // of the user; nothing: the leader
    bool mark_open = false;
};

struct ProcessStatus {
    std::uint64_t process = 0;
    std::string program{};
    std::array<std::uint64_t, kMostCounts> counts{};
};

struct Status {
    std::string user{};
    std::vector<NodeStatus> nodes{};
    StoreStatus store{};
    std::vector<ProcessStatus> processes{};
    std::array<std::uint64_t, kMostCounts> total{};
};

std::string program_of(std::uint64_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/comm");
    std::string name;
    std::getline(file, name);
    return name;
}

// After everybody has been asked once more, as far as they answer.
std::vector<NodeStatus> nodes_of(Connection& connection, Knowledge& knowledge) {
    const BootTime deadline = boot_now() + std::chrono::seconds(2);
    const SampleTicket now = knowledge.ticket();
    for (std::size_t i = 0; i < connection.nodes(); ++i)
        static_cast<void>(knowledge.await_sample(static_cast<NodeId>(i), now, deadline));
    return status_of_nodes(connection);
}

StoreStatus store_of(Connection& connection, Knowledge& knowledge) {
    StoreStatus store;
    try {
        const UserLook look = connection.look();
        store.mark_open = look.mark_open;
        if (look.base_set) store.required = look.required;
        store.whole = knowledge.summary(boot_now() + std::chrono::seconds(2));
    } catch (const StoreUnavailable& error) {
        store.unavailable = error.what();
    }
    return store;
}

Status gather(DataSource& source) {
    Connection& connection = source.connection();
    const auto knowledge = connection.knowledge();
    if (!knowledge) throw std::runtime_error("the store of users' positions cannot be used");
    Status status;
    status.user = connection.settings().user;
    status.nodes = nodes_of(connection, *knowledge);
    status.store = store_of(connection, *knowledge);
    const CountsOfProcesses all = knowledge->counts();
    status.total = all.total;
    for (const auto& one : all.living)
        status.processes.push_back({one.process.process, program_of(one.process.process), one.counts});
    return status;
}

std::string number(double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.3f", value);
    return text.data();
}

std::string position_text(const Position& position) {
    return format_lsn(position.lsn) + " on timeline " + std::to_string(position.timeline);
}

// Calls `take(name, count)` for each reason that was counted.
template <typename Take>
void each_count(const std::array<std::uint64_t, kMostCounts>& counts, Take take) {
    static_assert(kReasons <= kMostCounts);
    for (std::size_t i = 0; i < kReasons; ++i)
        if (counts.at(i) != 0) take(name_of(static_cast<Reason>(i)), std::to_string(counts.at(i)));
}

std::string text_of(const Status& status) {
    std::string text = "nodes\n";
    for (const NodeStatus& node : status.nodes) {
        text += "  " + node.name + ": " + node.role;
        if (node.position) text += ", " + position_text(*node.position);
        if (node.lag_bytes) text += ", " + std::to_string(*node.lag_bytes) + " bytes behind";
        if (node.lag_seconds) text += ", " + number(*node.lag_seconds) + " s behind";
        if (node.sampled_seconds_ago) text += ", sampled " + number(*node.sampled_seconds_ago) + " s ago";
        text += node.monitor ? ", by process " + std::to_string(*node.monitor) + "\n" : "\n";
    }
    text += "store: " + (status.store.unavailable.empty() ? "available" : status.store.unavailable) + "\n";
    if (status.store.unavailable.empty()) {
        const StoreSummary& whole = status.store.whole;
        text += "  base: " + (whole.base.known() ? position_text(whole.base) : "not known yet") + "\n";
        text += "  open marks: " + std::string(whole.whole ? "" : "at least ") + std::to_string(whole.marks);
        if (whole.users) text += ", users with an entry: " + std::to_string(*whole.users);
        text += "\n";
    }
    text += "  required of user " + status.user + ": ";
    text += status.store.mark_open ? "the leader, a write is open" : "";
    if (!status.store.mark_open)
        text += status.store.required ? position_text(*status.store.required)
                                      : "the leader, no base is known yet";
    text += "\nprocesses\n";
    const auto counted = [&](const std::array<std::uint64_t, kMostCounts>& counts) {
        each_count(counts, [&](std::string_view name, const std::string& count) {
            text.append(" ").append(name).append("=").append(count);
        });
        text += "\n";
    };
    for (const ProcessStatus& process : status.processes) {
        text += "  " + std::to_string(process.process) + " " + process.program + ":";
        counted(process.counts);
    }
    text += "  in total:";
    counted(status.total);
    return text;
}

std::string json_of(const std::array<std::uint64_t, kMostCounts>& counts) {
    JsonList json(JsonList::Kind::Object);
    each_count(counts, [&](std::string_view name, const std::string& count) { json.add(name, count); });
    return json.close();
}

std::string json_of(const Status& status) {
    JsonList nodes(JsonList::Kind::Array);
    for (const NodeStatus& node : status.nodes) {
        JsonList one(JsonList::Kind::Object);
        one.add("name", json_string(node.name));
        one.add("role", json_string(node.role));
        if (node.position) {
            one.add("position", json_string(format_lsn(node.position->lsn)));
            one.add("timeline", std::to_string(node.position->timeline));
        }
        if (node.lag_bytes) one.add("lag_bytes", std::to_string(*node.lag_bytes));
        if (node.lag_seconds) one.add("lag_seconds", number(*node.lag_seconds));
        if (node.sampled_seconds_ago) one.add("sampled_seconds_ago", number(*node.sampled_seconds_ago));
        if (node.monitor) one.add("monitor", std::to_string(*node.monitor));
        nodes.add(one.close());
    }
    JsonList store(JsonList::Kind::Object);
    store.add("available", status.store.unavailable.empty() ? "true" : "false");
    if (!status.store.unavailable.empty()) store.add("reason", json_string(status.store.unavailable));
    store.add("base_set", status.store.required ? "true" : "false");
    if (status.store.required) {
        store.add("required", json_string(format_lsn(status.store.required->lsn)));
        store.add("timeline", std::to_string(status.store.required->timeline));
    }
    const StoreSummary& whole = status.store.whole;
    if (status.store.unavailable.empty()) {
        if (whole.base.known()) {
            store.add("base", json_string(format_lsn(whole.base.lsn)));
            store.add("base_timeline", std::to_string(whole.base.timeline));
        }
        store.add("open_marks", std::to_string(whole.marks));
        if (whole.users) store.add("users", std::to_string(*whole.users));
        store.add("counted_all", whole.whole ? "true" : "false");
    }
    store.add("mark_open", status.store.mark_open ? "true" : "false");
    JsonList processes(JsonList::Kind::Array);
    for (const ProcessStatus& process : status.processes) {
        JsonList one(JsonList::Kind::Object);
        one.add("process", std::to_string(process.process));
        one.add("program", json_string(process.program));
        one.add("counts", json_of(process.counts));
        processes.add(one.close());
    }
    JsonList all(JsonList::Kind::Object);
    all.add("user", json_string(status.user));
    all.add("nodes", nodes.close());
    all.add("store", store.close());
    all.add("processes", processes.close());
    all.add("total", json_of(status.total));
    return all.close() + "\n";
}

}  // namespace

std::string status_of(DataSource& source, StatusForm form) {
    const Status status = gather(source);
    return form == StatusForm::Json ? json_of(status) : text_of(status);
}

}  // namespace freshread
