// Classifications by text, so that a statement is read once however often it is executed. Bounded: when it is
// full it starts over. Not thread-safe (the connection's mutex guards it).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "routing/classifier.h"

namespace freshread {

// A text and what it is. The class's views point into the text, which is why the two stay together.
struct ClassifiedText {
    std::string text{};  // UTF-8, or whatever 8-bit encoding the application uses
    StatementClass is{};

    ClassifiedText() = default;
    ClassifiedText(const ClassifiedText&) = delete;
    ClassifiedText& operator=(const ClassifiedText&) = delete;
};

class ClassificationCache {
 public:
    explicit ClassificationCache(Dialect dialect) : dialect_(dialect) {}

    [[nodiscard]] std::shared_ptr<const ClassifiedText> classify(std::string_view text);

 private:
    Dialect dialect_;
    std::unordered_map<std::string_view, std::shared_ptr<const ClassifiedText>> known_{};
};

}  // namespace freshread
