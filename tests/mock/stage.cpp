#include "tests/mock/stage.h"

#include <algorithm>
#include <chrono>
#include <fstream>

namespace freshread::mock {

Stage& Stage::instance() {
    static auto* stage = new Stage();
    return *stage;
}

void Stage::rule(const std::string& node, const std::string& text) {
    Rule rule = parse_rule(text);
    const std::scoped_lock lock(mutex_);
    nodes_[node].rules.push_back(std::move(rule));
}

void Stage::reset() {
    const std::scoped_lock lock(mutex_);
    for (auto& [name, node] : nodes_) {
        node.rules.clear();
        node.calls.clear();
    }
    open_.clear();
}

std::vector<std::string> Stage::calls(const std::string& node) {
    const std::scoped_lock lock(mutex_);
    return nodes_[node].calls;
}

void Stage::forget_calls() {
    const std::scoped_lock lock(mutex_);
    for (auto& [name, node] : nodes_) node.calls.clear();
}

bool Stage::arrived(const std::string& gate) {
    constexpr std::chrono::seconds kDeadline{10};
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kDeadline, [&] { return standing_.contains(gate); });
}

void Stage::open(const std::string& gate) {
    const std::scoped_lock lock(mutex_);
    open_.insert(gate);
    changed_.notify_all();
}

void Stage::write(Node& node, const std::string& line) const {
    node.calls.push_back(line);
    if (!node.file.empty()) std::ofstream(node.file, std::ios::app) << line << '\n';
}

void Stage::record(Handle* handle, std::string line) {
    if (handle && handle->label.starts_with('c') && handle->node.empty())
        handle->early.push_back(std::move(line));
    else
        write(nodes_[handle ? handle->node : std::string()], line);
}

std::optional<Rule> Stage::take_rule(Node& node, std::string_view function, std::string_view detail) {
    for (auto rule = node.rules.begin(); rule != node.rules.end(); ++rule) {
        if (!rule->concerns(function, detail)) continue;
        if (rule->passing > 0) {
            --rule->passing;
            continue;
        }
        Rule taken = *rule;
        if (!taken.every) node.rules.erase(rule);
        return taken;
    }
    return std::nullopt;
}

std::optional<Rule> Stage::enter(const char* function, SQLHANDLE handle, const std::string& detail) {
    std::string_view name = function;
    if (name.ends_with('W')) name.remove_suffix(1);
    std::unique_lock lock(mutex_);
    const auto found = handles_.find(handle);
    Handle* known = found == handles_.end() ? nullptr : &found->second;
    if (known) known->records.clear();
    std::string line(name);
    if (known) line.append(" ").append(known->label);
    if (!detail.empty()) line.append(" ").append(detail);
    record(known, std::move(line));
    auto rule = take_rule(nodes_[known ? known->node : std::string()], name, detail);
    if (rule && rule->verb == Verb::Wait) wait_at(rule->gate, handle, lock, *rule);
    return rule;
}

void Stage::wait_at(const std::string& gate, SQLHANDLE handle, std::unique_lock<std::mutex>& lock,
                    Rule& rule) {
    handles_[handle].waiting = true;
    const auto here = standing_.insert(gate);
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_.contains(gate) || handles_[handle].cancelled; });
    standing_.erase(here);
    Handle& waited = handles_[handle];
    waited.waiting = false;
    if (!waited.cancelled) return;
    waited.cancelled = false;
    rule.verb = Verb::Fail;
    rule.records = {{"HY008", 0, "[Mock]Operation canceled"}};
}

bool Stage::cancel(SQLHANDLE statement) {
    const std::scoped_lock lock(mutex_);
    const auto found = handles_.find(statement);
    if (found == handles_.end()) return false;
    record(&found->second, "SQLCancel " + found->second.label);
    if (!found->second.waiting) return false;
    found->second.cancelled = true;
    changed_.notify_all();
    return true;
}

void Stage::made(SQLSMALLINT type, SQLHANDLE parent, SQLHANDLE handle) {
    constexpr std::string_view kLetters = "?ecsd";
    const std::scoped_lock lock(mutex_);
    const auto at = static_cast<std::size_t>(type);
    Handle made;
    made.label = (at < kLetters.size() ? kLetters[at] : '?') + std::to_string(++made_);
    made.parent = parent;
    if (const auto above = handles_.find(parent); above != handles_.end()) made.node = above->second.node;
    handles_[handle] = std::move(made);
}

void Stage::gone(SQLHANDLE handle) {
    const std::scoped_lock lock(mutex_);
    handles_.erase(handle);
    std::erase_if(handles_, [&](const auto& entry) { return entry.second.parent == handle; });
}

void Stage::children_gone(SQLHANDLE connection) {
    const std::scoped_lock lock(mutex_);
    std::set<SQLHANDLE> above{connection};
    // Statements, and below them their descriptors.
    for (std::size_t before = 0; before != above.size();) {
        before = above.size();
        for (const auto& [handle, entry] : handles_)
            if (above.contains(entry.parent)) above.insert(handle);
    }
    above.erase(connection);
    std::erase_if(handles_, [&](const auto& entry) { return above.contains(entry.first); });
}

void Stage::name_node(SQLHANDLE connection, KeywordList& keywords) {
    const auto take = [&](std::string_view name) {
        const std::string* value = find_keyword(keywords, name);
        std::string taken = value ? *value : std::string();
        std::erase_if(keywords,
                      [&](const auto& keyword) { return equal_ignoring_case(keyword.first, name); });
        return taken;
    };
    const std::string name = take("Node");
    const std::string rules = take("Rules");
    const std::string file = take("Record");
    const std::scoped_lock lock(mutex_);
    Handle& handle = handles_[connection];
    handle.node = name;
    Node& node = nodes_[name];
    if (!file.empty()) node.file = file;
    for (const std::string& line : handle.early) write(node, line);
    handle.early.clear();
    for (std::size_t at = 0; at < rules.size();) {
        const auto end = std::min(rules.find('|', at), rules.size());
        node.rules.push_back(parse_rule(std::string_view(rules).substr(at, end - at)));
        at = end + 1;
    }
}

void Stage::give_records(SQLHANDLE handle, std::vector<DiagnosticRecord> records) {
    const std::scoped_lock lock(mutex_);
    handles_[handle].records = std::move(records);
}

std::vector<DiagnosticRecord> Stage::records_of(SQLHANDLE handle) {
    const std::scoped_lock lock(mutex_);
    const auto found = handles_.find(handle);
    return found == handles_.end() ? std::vector<DiagnosticRecord>() : found->second.records;
}

}  // namespace freshread::mock

extern "C" __attribute__((visibility("default"))) freshread::mock::Control* freshread_mock_control();
extern "C" freshread::mock::Control* freshread_mock_control() {
    return &freshread::mock::Stage::instance();
}
