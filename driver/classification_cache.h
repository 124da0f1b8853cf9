// Classifications by text, so that a statement is read once however often it is executed; reads and writes
// that differ only in their literals share one (routing/text_shape.h). Bounded: when it is full it starts
// over. Not thread-safe (the connection's mutex guards it).
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "routing/classifier.h"

namespace freshread {

// A text and what it is. The class's views point into the text, which is why the two stay together.
struct ClassifiedText {
    // UTF-8, or whatever 8-bit encoding the application uses. Of a Read, Write or LockingRead it may be
    // another text of the same shape.
    std::string text{};
    StatementClass is{};
    // Nothing but the session and the policy can keep it from a replica: a proven Read without hints.
    bool free_to_go = false;

    ClassifiedText() = default;
    ClassifiedText(const ClassifiedText&) = delete;
    ClassifiedText& operator=(const ClassifiedText&) = delete;
};

class ClassificationCache {
 public:
    explicit ClassificationCache(Dialect dialect) : dialect_(dialect) {}

    [[nodiscard]] std::shared_ptr<const ClassifiedText> classify(std::string_view text);

 private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const;
    };
    struct Recent {
        std::string text{};
        std::shared_ptr<const ClassifiedText> is{};
    };

    [[nodiscard]] std::shared_ptr<const ClassifiedText> classify_by_shape(std::string_view text);

    Dialect dialect_;
    // The texts of late as they stand, each where its hash says: the same text again is found without making
    // its shape.
    std::array<Recent, 64> recent_{};
    std::string shape_{};
    // By shape, or by the text where that has none.
    std::unordered_map<std::string, std::shared_ptr<const ClassifiedText>, Hash, std::equal_to<>> known_{};
};

}  // namespace freshread
