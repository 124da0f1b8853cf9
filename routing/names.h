// Names in a statement text, as written and in their order: the few that most statements have stand in the
// object itself. The views point into the text.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

namespace freshread {

class Names {
 public:
    Names() = default;
    Names(std::initializer_list<std::string_view> names) { add_all({names.begin(), names.size()}); }

    void add(std::string_view name) {
        if (few_count_ < few_.size() && many_.empty()) {
            few_[few_count_++] = name;
        } else {
            add_to_many(name);
        }
    }
    void add_all(std::span<const std::string_view> names) {
        for (const std::string_view name : names) add(name);
    }

    [[nodiscard]] bool empty() const { return few_count_ == 0 && many_.empty(); }
    [[nodiscard]] std::size_t size() const { return many_.empty() ? few_count_ : many_.size(); }
    [[nodiscard]] const std::string_view* data() const { return many_.empty() ? few_.data() : many_.data(); }
    [[nodiscard]] const std::string_view* begin() const { return data(); }
    [[nodiscard]] const std::string_view* end() const { return data() + size(); }
    [[nodiscard]] std::string_view front() const { return *data(); }
    [[nodiscard]] std::string_view operator[](std::size_t i) const { return data()[i]; }

    [[nodiscard]] bool operator==(const Names& other) const {
        return std::equal(begin(), end(), other.begin(), other.end());
    }

 private:
    [[gnu::noinline]] void add_to_many(std::string_view name) {
        many_.reserve(4 * few_.size());
        many_.insert(many_.end(), few_.begin(), few_.begin() + few_count_);
        few_count_ = 0;
        many_.push_back(name);
    }

    std::array<std::string_view, 4> few_{};
    std::uint32_t few_count_ = 0;
    std::vector<std::string_view> many_{};  // all of them, once there are more
};

}  // namespace freshread
