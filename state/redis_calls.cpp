#include "state/redis_calls.h"

#include <map>

#include "state/user_table.h"

namespace freshread {

namespace {

std::string name_of_table(std::uint64_t cluster, std::size_t table) {
    // The braces keep a table in one slot of Redis Cluster, whatever is added behind them.
    return "freshread:{" + to_stored(cluster) + "." + to_stored(table).substr(14) + "}";
}

// More rounds than redirections, a new table and a restarted server need together.
constexpr int kMostRounds = 12;

}  // namespace

struct RedisCalls::Pending {
    const RedisCall* call = nullptr;
    RedisAnswer* answer = nullptr;
    std::string key{};
    bool done = false;
    bool whole_text = false;           // EVAL: the server does not know the script
    std::optional<Endpoint> asking{};  // ASK: there, and only this time
};

std::vector<RedisAnswer> RedisCalls::run(std::span<const RedisCall> calls, bool of_now, BootTime deadline) {
    std::vector<RedisAnswer> answers(calls.size());
    std::vector<Pending> all(calls.size());
    for (std::size_t i = 0; i < calls.size(); ++i)
        all[i] = {&calls[i], &answers[i], name_of_table(cluster_, calls[i].table)};
    bool anew = false;
    for (int round = 0; round < kMostRounds; ++round) {
        std::map<Endpoint, std::vector<Pending*>> by_server;
        for (Pending& pending : all) {
            if (pending.done) continue;
            by_server[pending.asking ? *pending.asking
                                     : servers_.endpoint_of(slot_of_key(pending.key), deadline)]
                .push_back(&pending);
        }
        if (by_server.empty()) return answers;
        for (auto& [endpoint, pending] : by_server) {
            bool used = false;
            try {
                auto line = servers_.take(endpoint, anew, deadline);
                used = line->used;
                run_on(*line, pending, of_now, deadline);
                servers_.give_back(std::move(line));
            } catch (const StoreUnavailable&) {
                servers_.lost(endpoint);
                // An idle connection may lead to a server that was restarted or demoted meanwhile, and what
                // sentinels or the cluster said may be out of date: once more, with nothing remembered.
                if (anew && !used) throw;
                if (boot_now() >= deadline) throw;
                anew = true;
            }
        }
    }
    throw StoreUnavailable("The store's servers send calls to each other in a circle.");
}

void RedisCalls::run_on(RedisServers::Line& line, std::span<Pending*> calls, bool of_now, BootTime deadline) {
    std::vector<RedisCommand> commands;
    for (const Pending* pending : calls) {
        const std::string id =
            pending->call->only.empty() ? seen_.id_of(pending->call->table) : pending->call->only;
        RedisCommand command{
            pending->whole_text ? "EVAL" : "EVALSHA",
            pending->whole_text ? pending->call->script->text : pending->call->script->digest,
            "1",
            pending->key,
            id,
            random_id(),
            line.lineage};
        for (std::string& argument : pending->call->arguments(id)) command.push_back(std::move(argument));
        if (pending->asking) commands.push_back({"ASKING"});
        commands.push_back(std::move(command));
    }
    if (of_now) commands.push_back({"INFO", "replication"});
    const std::vector<RedisReply> replies = line.connection.ask(commands, deadline);
    if (of_now && RedisServers::lineage_in(replies.back().text) != line.lineage)
        throw StoreUnavailable("The store's server " + to_text(line.endpoint) +
                               " is not the master any more that it was.");
    auto reply = replies.begin();
    for (Pending* pending : calls) {
        if (pending->asking) ++reply;
        pending->asking.reset();
        take(*pending, *reply++, line.endpoint);
    }
}

void RedisCalls::take(Pending& pending, const RedisReply& reply, const Endpoint& from) {
    if (reply.is_error("NOSCRIPT")) {
        pending.whole_text = true;
        return;
    }
    const bool moved = reply.is_error("MOVED ");
    if (moved || reply.is_error("ASK ")) {
        const auto to = RedisServers::redirection(reply.text, from);
        if (!to) throw StoreUnavailable("The store's server names no other: " + reply.text + ".");
        if (moved)
            servers_.moved(slot_of_key(pending.key), *to);
        else
            pending.asking = to;
        return;
    }
    if (reply.type == RedisReply::Type::Error)
        throw StoreUnavailable("The store's server refuses: " + reply.text + ".");
    constexpr std::size_t kHead = 3;
    if (reply.items.size() < kHead || reply.items[2].type != RedisReply::Type::Number)
        throw StoreUnavailable("The store's server gave an answer of no script.");
    RedisAnswer& answer = *pending.answer;
    answer.id = reply.items[0].text;
    answer.base = position_in(reply.items[1].text, cluster_);
    answer.age = std::chrono::milliseconds(reply.items[2].number);
    seen_.saw(pending.call->table, answer.id, answer.base ? answer.base->timeline : 0, answer.age);
    // It answered only who it is: the operation is sent again, in the words for that table.
    if (reply.items.size() == kHead && pending.call->only.empty()) return;
    answer.more.assign(reply.items.begin() + kHead, reply.items.end());
    pending.done = true;
}

}  // namespace freshread
