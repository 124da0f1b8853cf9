#include "memory.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "tests/conformance/application.h"

namespace fuzz {

namespace {

constexpr std::size_t kTail = 65536;

std::size_t offset_of(int statement, int number) {
    return static_cast<std::size_t>(statement * kSlots + number) * Memory::kSlotSize;
}

}  // namespace

Memory::Memory() : bytes_(offset_of(kStatements, 0) + kTail), seen_(bytes_) {}

unsigned char* Memory::slot(int statement, int number) {
    return &bytes_[offset_of(statement, number)];
}

SQLLEN* Memory::indicators(int statement, int number) {
    return reinterpret_cast<SQLLEN*>(slot(statement, number) + kIndicators);
}

SQLPOINTER Memory::array(int statement, int number) {
    return slot(statement, kArrays) + static_cast<std::ptrdiff_t>(number) * 1024;
}

std::string Memory::name_of(const void* pointer) const {
    if (!pointer) return "null";
    const auto* byte = static_cast<const unsigned char*>(pointer);
    if (byte < bytes_.data() || byte >= bytes_.data() + bytes_.size()) return "elsewhere";
    const auto offset = static_cast<std::size_t>(byte - bytes_.data());
    const auto slot = offset / kSlotSize;
    return "s" + std::to_string(slot / kSlots) + "." + std::to_string(slot % kSlots) + "+" +
           std::to_string(offset % kSlotSize);
}

void Memory::show_changes() {
    if (std::memcmp(bytes_.data(), seen_.data(), bytes_.size()) == 0) return;
    constexpr std::size_t kGap = 8;
    const std::size_t size = bytes_.size();
    for (std::size_t begin = 0; begin < size; ++begin) {
        if (bytes_[begin] == seen_[begin]) continue;
        std::size_t end = begin + 1;
        for (std::size_t i = end; i < size && i < end + kGap; ++i)
            if (bytes_[i] != seen_[i]) end = i + 1;
        show_change(begin, end);
        begin = end;
    }
    accept_changes();
}

void Memory::show_change(std::size_t begin, std::size_t end) const {
    constexpr std::size_t kMost = 160;
    const std::size_t shown = std::min(end - begin, kMost);
    std::uint64_t rest = 0xCBF29CE484222325ULL;
    for (std::size_t i = begin + shown; i < end; ++i) rest = (rest ^ bytes_[i]) * 0x100000001B3ULL;
    std::string more;
    if (shown < end - begin)
        more = " and " + std::to_string(end - begin - shown) + " more: " + std::to_string(rest);
    conformance::say("    %s: %s%s", name_of(&bytes_[begin]).c_str(),
                     conformance::shown_bytes(&bytes_[begin], shown).c_str(), more.c_str());
}

}  // namespace fuzz
