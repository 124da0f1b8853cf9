#include "state/board_memory.h"

#include <array>
#include <cstdio>
#include <span>
#include <utility>

#include "state/clock.h"
#include "state/image.h"

namespace freshread {

namespace {

using Layout = board_layout::Board;
using Constants = std::array<std::uint64_t, Layout::Constants>;

Constants constants_of(std::uint64_t identity, std::uint64_t cluster) {
    Constants constants{board_layout::kMagic, board_layout::kVersion, sizeof(Layout), identity, cluster,
                        word_of(boot_id())};
    constants[Layout::Digest] = digest_of(board_layout::kMagic, std::span(constants).first<Layout::Digest>());
    return constants;
}

bool has_constants(const Layout& layout, const Constants& expected) {
    for (std::size_t i = 0; i < expected.size(); ++i)
        if (layout.constants[i].load() != expected[i]) return false;
    return true;
}

void write_constants(Layout& layout, const Constants& constants) {
    for (std::size_t i = 0; i < constants.size(); ++i) layout.constants[i].store(constants[i]);
    // So that a number is never lower than one of an earlier board, whatever is made of them.
    layout.begun.store(word_of(boot_now()));
}

std::string stem_in(const std::string& directory, std::uint64_t cluster) {
    std::array<char, 32> name{};
    const int length =
        std::snprintf(name.data(), name.size(), "/board-%016llx", static_cast<unsigned long long>(cluster));
    return directory + std::string(name.data(), static_cast<std::size_t>(length));
}

}  // namespace

std::shared_ptr<BoardMemory> BoardMemory::shared(const std::string& directory, std::uint64_t cluster) {
    constexpr std::chrono::milliseconds kPatience{200};
    const SharedSegment::Content content{
        .magic = board_layout::kMagic,
        .size = sizeof(Layout),
        .fill =
            [&](void* segment, std::uint64_t identity) {
                write_constants(*static_cast<Layout*>(segment), constants_of(identity, cluster));
            },
        .is_whole =
            [&](const void* segment, std::uint64_t identity) {
                return has_constants(*static_cast<const Layout*>(segment), constants_of(identity, cluster));
            }};
    auto segment =
        SharedSegment::shared({.stem = stem_in(directory, cluster), .patience = kPatience}, content);
    if (!segment) return nullptr;
    std::shared_ptr<BoardMemory> memory(new BoardMemory());
    memory->layout_ = static_cast<Layout*>(segment->memory());
    memory->identity_ = segment->identity();
    memory->segment_ = std::move(segment);
    return memory;
}

std::shared_ptr<BoardMemory> BoardMemory::own(std::uint64_t cluster) {
    std::shared_ptr<BoardMemory> memory(new BoardMemory());
    memory->own_ = std::make_unique<Layout>();
    memory->layout_ = memory->own_.get();
    memory->identity_ = SharedSegment::random_identity().value_or(1);
    write_constants(*memory->layout_, constants_of(memory->identity_, cluster));
    return memory;
}

}  // namespace freshread
