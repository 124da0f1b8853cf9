#include "state/redis_servers.h"

#include <charconv>

#include "state/user_table.h"

namespace freshread {

namespace {

// The value of a line "name:value".
std::string_view line_of(std::string_view information, std::string_view name) {
    for (std::size_t at = information.find(name); at != std::string_view::npos;
         at = information.find(name, at + 1)) {
        if (at != 0 && information[at - 1] != '\n') continue;
        const auto value = information.substr(at + name.size());
        return value.substr(0, value.find_first_of("\r\n"));
    }
    return {};
}

}  // namespace

unsigned slot_of_key(std::string_view key) {
    if (const auto open = key.find('{'); open != std::string_view::npos) {
        const auto close = key.find('}', open);
        if (close != std::string_view::npos && close > open + 1) key = key.substr(open + 1, close - open - 1);
    }
    constexpr unsigned kPolynomial = 0x1021;  // CRC-16/XMODEM
    constexpr unsigned kSlots = 16384;
    unsigned crc = 0;
    for (const char c : key) {
        crc ^= static_cast<unsigned>(static_cast<unsigned char>(c)) << 8U;
        for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000U) != 0 ? (crc << 1U) ^ kPolynomial : crc << 1U;
        crc &= 0xFFFFU;
    }
    return crc % kSlots;
}

std::optional<std::string> RedisServers::lineage_in(std::string_view information) {
    if (line_of(information, "role:") != "master") return std::nullopt;
    const auto lineage = line_of(information, "master_replid:");
    if (lineage.empty()) return std::nullopt;
    return std::string(lineage);
}

std::optional<Endpoint> RedisServers::redirection(std::string_view error, const Endpoint& from) {
    const auto space = error.rfind(' ');
    const auto colon = error.rfind(':');
    if (space == std::string_view::npos || colon == std::string_view::npos || colon < space)
        return std::nullopt;
    Endpoint to{std::string(error.substr(space + 1, colon - space - 1)), 0};
    const auto port = error.substr(colon + 1);
    if (std::from_chars(port.data(), port.data() + port.size(), to.port).ec != std::errc{} || to.port == 0)
        return std::nullopt;
    if (to.host.empty()) to.host = from.host;  // a server that does not know its own address
    return to;
}

const TlsContext* RedisServers::tls() {
    const std::scoped_lock lock(mutex_);
    if (!url_.tls.wanted) return nullptr;
    if (!tls_) tls_.emplace(url_.tls);
    return &*tls_;
}

std::unique_ptr<RedisServers::Line> RedisServers::take(const Endpoint& endpoint, bool anew,
                                                       BootTime deadline) {
    while (!anew) {
        std::unique_ptr<Line> line;
        {
            const std::scoped_lock lock(mutex_);
            auto& idle = idle_[endpoint];
            if (idle.empty()) break;
            line = std::move(idle.back());
            idle.pop_back();
        }
        if (line->connection.stale()) continue;
        line->used = true;
        return line;
    }
    std::unique_ptr<Line> line(
        new Line{endpoint, {}, false, {endpoint, {url_.login, url_.database, tls()}, deadline}});
    const auto lineage = lineage_in(line->connection.ask_one({"INFO", "replication"}, deadline).text);
    if (!lineage) throw StoreUnavailable("The store's server " + to_text(endpoint) + " is not a master.");
    line->lineage = *lineage;
    return line;
}

void RedisServers::give_back(std::unique_ptr<Line> line) {
    const std::scoped_lock lock(mutex_);
    auto& idle = idle_[line->endpoint];
    if (idle.size() < kMostIdle) idle.push_back(std::move(line));
}

Endpoint RedisServers::endpoint_of(unsigned slot, BootTime deadline) {
    {
        const std::scoped_lock lock(mutex_);
        if (url_.master.empty()) {
            const auto known = slots_.find(slot);
            return known == slots_.end() ? url_.endpoints.front() : known->second;
        }
        if (master_) return *master_;
    }
    Endpoint master = ask_sentinels(deadline);
    const std::scoped_lock lock(mutex_);
    master_ = master;
    return master;
}

Endpoint RedisServers::ask_sentinels(BootTime deadline) {
    std::string why = "no sentinel knows it";
    for (std::size_t asked = 0; asked < url_.endpoints.size(); ++asked) {
        // Each gets its share of what is left: one that does not answer must not use up all of it.
        const auto others = static_cast<std::int64_t>(url_.endpoints.size() - asked);
        const BootTime share = boot_now() + (deadline - boot_now()) / (others + 1);
        try {
            RedisConnection sentinel(url_.endpoints[asked], {url_.sentinel_login, 0, tls()}, share);
            const RedisReply reply =
                sentinel.ask_one({"SENTINEL", "get-master-addr-by-name", url_.master}, share);
            if (reply.items.size() != 2) continue;
            Endpoint master{reply.items[0].text, 0};
            const std::string& port = reply.items[1].text;
            std::from_chars(port.data(), port.data() + port.size(), master.port);
            if (master.port != 0) return master;
        } catch (const StoreUnavailable& unavailable) {
            why = unavailable.what();
        }
    }
    throw StoreUnavailable("The store's master " + url_.master + " is not known: " + why);
}

void RedisServers::moved(unsigned slot, const Endpoint& endpoint) {
    const std::scoped_lock lock(mutex_);
    slots_[slot] = endpoint;
}

void RedisServers::lost(const Endpoint& endpoint) {
    const std::scoped_lock lock(mutex_);
    master_.reset();
    std::erase_if(slots_, [&](const auto& slot) { return slot.second == endpoint; });
    idle_.erase(endpoint);
}

}  // namespace freshread
