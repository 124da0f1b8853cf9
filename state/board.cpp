#include "state/board.h"

#include <algorithm>
#include <string_view>

#include "state/futex.h"
#include "state/image.h"
#include "state/sample_area.h"

namespace freshread {

namespace {

std::string all_but_secrets(const ConnectionParameters& node) {
    std::string text;
    for (const auto& [keyword, value] : node)
        if (keyword != "password") text.append(keyword).append("=").append(value).append("\n");
    return text;
}

// Who logs in to which database makes no other server of it.
std::string address_of(const ConnectionParameters& node) {
    std::string text;
    for (const std::string_view keyword : {"host", "hostaddr", "port", "service"})
        for (const auto& [name, value] : node)
            if (name == keyword) text.append(name).append("=").append(value).append("\n");
    return text;
}

// By address; where two nodes of one data source have the same, a proxy tells them apart by something else.
std::vector<std::uint64_t> identities_of(std::span<const ConnectionParameters> nodes) {
    std::vector<std::uint64_t> identities;
    for (const ConnectionParameters& node : nodes) {
        const std::string address = address_of(node);
        const bool alone = std::ranges::count(nodes, address, &address_of) == 1;
        identities.push_back(std::max<std::uint64_t>(word_of(alone ? address : all_but_secrets(node)), 1));
    }
    return identities;
}

// The place that has this identity, or is given it.
board_layout::Node* claim(board_layout::Board& board, std::uint64_t identity) {
    for (board_layout::Node& place : board.nodes) {
        std::uint64_t found = place.identity.load();
        if (found == 0 && place.identity.compare_exchange_strong(found, identity)) return &place;
        if (found == identity) return &place;
    }
    return nullptr;
}

// A time that lies further ahead than anybody sets it is damage.
bool lies_ahead(const board_layout::Word& until, BootTime now, BootTime most) {
    const BootTime time(static_cast<BootTime::rep>(until.load()));
    return now < time && time <= now + 2 * most;
}

}  // namespace

Board::Board(std::shared_ptr<BoardMemory> memory, std::span<const ConnectionParameters> nodes)
    : memory_(std::move(memory)) {
    for (const std::uint64_t identity : identities_of(nodes)) places_.push_back(claim(layout(), identity));
}

std::optional<Sample> Board::sample(NodeId node) const {
    board_layout::Node* const there = place(node);
    if (!there) return std::nullopt;
    const Lease lease(*there);
    const Lease::Incarnation incarnation = lease.current();
    auto sample = read_sample(lease.area(incarnation), incarnation);
    if (sample) sample->ticket.board = memory_->identity();
    return sample;
}

bool Board::lost(NodeId node) const {
    board_layout::Node* const there = place(node);
    if (!there) return false;
    const Lease lease(*there);
    const Lease::Incarnation incarnation = lease.current();
    return says_lost(lease.area(incarnation), incarnation);
}

void Board::await_news(std::uint32_t seen, BootTime most) const {
    layout().awaited.store(1);
    // Published between the caller's look and this store: nobody would wake us.
    if (layout().news.load() == seen) futex_wait(layout().news, seen, most);
}

void Board::want_progress(BootTime now) const {
    layout().fast_until.store(word_of(now + kFastFor));
    want_samples(now);
}

void Board::want_samples(BootTime now) const {
    layout().wanted_until.store(word_of(now + kSampledFor));
    wake_sleepers();
}

void Board::want_catalog(BootTime now) const {
    layout().catalog_until.store(word_of(now + kCatalogFor));
    want_samples(now);
}

void Board::want_close(BootTime now) const {
    layout().wanted_until.store(word_of(now + kSampledFor));
    // Said already: a monitor that sleeps knows for how long.
    if (layout().close_wanted.exchange(1) == 0) wake_sleepers();
}

bool Board::progress_wanted(BootTime now) const {
    return lies_ahead(layout().fast_until, now, kFastFor);
}

bool Board::samples_wanted(BootTime now) const {
    return lies_ahead(layout().wanted_until, now, kSampledFor);
}

bool Board::catalog_wanted(BootTime now) const {
    return lies_ahead(layout().catalog_until, now, kCatalogFor);
}

std::optional<Lease> Board::lease(NodeId node) const {
    board_layout::Node* const there = place(node);
    return there ? std::optional(Lease(*there)) : std::nullopt;
}

void Board::publish(NodeId node, Lease::Incarnation incarnation, const std::optional<Sample>& sample) const {
    board_layout::Node* const there = place(node);
    if (!there) return;
    publish_sample(Lease(*there).area(incarnation), incarnation, sample);
    announce();
}

void Board::announce() const {
    layout().news.fetch_add(1);
    if (layout().awaited.exchange(0) != 0) futex_wake_all(layout().news);
}

std::uint32_t Board::bell() const {
    layout().asleep.store(1);
    return layout().bell.load();
}

void Board::sleep(std::uint32_t seen, BootTime most) const {
    futex_wait(layout().bell, seen, most);
}

void Board::ring() const {
    layout().bell.fetch_add(1);
    futex_wake_all(layout().bell);
}

void Board::wake_sleepers() const {
    if (layout().asleep.load() != 0 && layout().asleep.exchange(0) != 0) ring();
}

}  // namespace freshread
