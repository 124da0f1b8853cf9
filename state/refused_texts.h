// Texts that were taken for reads and that a replica refused as writes, as one account on one host remembers
// them: each by a fingerprint of what the text is without its literals. Processes share it through a file of
// fixed size in the state directory, which everybody but its account is kept from.
//
// Whatever is lost costs one more refusal; whatever is there by mistake sends one text to the leader. So the
// file is neither locked nor synced, and what is damaged in it does not count. An entry counts for a day: by
// then what made the text write, a view over a function for one, may be gone.
//
// Nothing is held between the calls. Thread-safe, never throws.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace freshread {

class RefusedTexts {
 public:
    using Time = std::chrono::seconds;  // of the calendar, since 1970: it outlives the boot

    // Remembers nothing.
    RefusedTexts() = default;
    // `cluster`: what one cluster refuses says nothing of another.
    RefusedTexts(const std::string& state_directory, std::uint64_t cluster)
        : path_(state_directory + "/refused"), cluster_(cluster) {}

    [[nodiscard]] bool contains(std::string_view text, Time now) const noexcept;
    void add(std::string_view text, Time now) const noexcept;

 private:
    [[nodiscard]] std::uint64_t fingerprint(std::string_view text) const;

    std::string path_{};
    std::uint64_t cluster_ = 0;
};

}  // namespace freshread
