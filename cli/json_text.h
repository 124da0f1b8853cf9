// Values as JSON, for programs that read what the command prints.
#pragma once

#include <string>
#include <string_view>

namespace freshread {

// A string with its quotes. Bytes that are no UTF-8 are the caller's.
[[nodiscard]] std::string json_string(std::string_view text);

// `{...}` and `[...]`, member by member.
class JsonList {
 public:
    enum class Kind : bool { Object, Array };
    explicit JsonList(Kind kind) : kind_(kind), text_(kind == Kind::Object ? "{" : "[") {}

    // `value`: JSON.
    void add(std::string_view name, std::string_view value) {
        separate();
        text_.append(json_string(name)).append(": ").append(value);
    }
    void add(std::string_view value) {
        separate();
        text_.append(value);
    }
    [[nodiscard]] std::string close() const { return text_ + (kind_ == Kind::Object ? "}" : "]"); }

 private:
    void separate() {
        if (text_.size() > 1) text_ += ", ";
    }
    Kind kind_;
    std::string text_;
};

}  // namespace freshread
