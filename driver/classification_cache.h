// Classifications by text, so that a statement is read once however often it is executed; reads and writes
// that differ only in their literals share one (routing/text_shape.h). Bounded: when it is full it starts
// over. Not thread-safe (the connection's mutex guards it).
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "driver/text_hash.h"
#include "routing/classifier.h"
#include "routing/relation_proof.h"
#include "state/refused_texts.h"

namespace freshread {

// A text and what it is. The class's views point into the text, which is why the two stay together.
struct ClassifiedText {
    // UTF-8, or whatever 8-bit encoding the application uses. Of a Read, Write or LockingRead it may be
    // another text of the same shape.
    std::string text{};
    StatementClass is{};
    // What `is` was proven with (ClassificationCache::prove_with); 0 when nothing it names needs a proof.
    std::uint64_t proof = 0;
    // A name in it was not in the catalog: it may be newer.
    bool missed = false;
    // A read that may touch a critical table (CriticalTables=).
    bool critical = true;
    // Nothing but the session and the policy can keep it from a replica: a proven Read without hints.
    mutable std::atomic<bool> free_to_go{false};
    // A replica refused it as a write: current() says what it is since.
    mutable std::atomic<bool> refused{false};
    // What it is then, if it names a user, whose write it is; null: refused_text().
    std::shared_ptr<const ClassifiedText> refused_as{};

    void refuse() const {
        refused.store(true, std::memory_order_relaxed);
        free_to_go.store(false, std::memory_order_relaxed);
    }

    ClassifiedText() = default;
    ClassifiedText(const ClassifiedText&) = delete;
    ClassifiedText& operator=(const ClassifiedText&) = delete;
};

// What a text counts as that a replica refused.
[[nodiscard]] const std::shared_ptr<const ClassifiedText>& refused_text();
// What a text counts as now: itself, unless a replica refused it.
[[nodiscard]] inline const std::shared_ptr<const ClassifiedText>& current(
    const std::shared_ptr<const ClassifiedText>& text) {
    if (!text->refused.load(std::memory_order_relaxed)) [[likely]]
        return text;
    return text->refused_as ? text->refused_as : refused_text();
}

class ClassificationCache {
 public:
    // Until prove_with, relations are taken as plain.
    explicit ClassificationCache(Dialect dialect);

    // Stays what it is until the next call.
    [[nodiscard]] const std::shared_ptr<const ClassifiedText>& classify(std::string_view text);

    // What reads are proven harmless with from now on (routing/relation_proof.h). `proof` is another number
    // for every other `sources`, never 0; what was proven with another is proven again when it is asked for.
    void prove_with(ProofSources sources, std::uint64_t proof);
    [[nodiscard]] bool holds(const ClassifiedText& text) const {
        return text.proof == 0 || text.proof == proof_;
    }

    // What replicas refused is asked there when a text is new, and told there.
    void remember_in(RefusedTexts refused) { refused_ = std::move(refused); }
    // A replica refused the text as a write.
    void refuse(const ClassifiedText& text);

 private:
    struct Recent {
        std::string text{};
        std::shared_ptr<const ClassifiedText> is{};
    };

    // The text takes the place of another that is as recent.
    [[gnu::noinline]] const std::shared_ptr<const ClassifiedText>& replace(Recent& recent,
                                                                           std::string_view text);
    [[nodiscard]] std::shared_ptr<const ClassifiedText> classify_by_shape(std::string_view text);
    // Nothing for a very long one, too. Stays until the next call.
    [[nodiscard]] std::optional<std::string_view> shape_of_usual(std::string_view text);

    Dialect dialect_;
    // The texts of late as they stand, each where its hash says: the same text again is found without making
    // its shape.
    std::array<Recent, 256> recent_{};
    std::shared_ptr<const ClassifiedText> long_{};  // the last one that is not among them
    TextHash hash_{};
    std::string room_for_shape_{};
    ProofSources sources_;
    std::uint64_t proof_ = 1;
    RefusedTexts refused_{};
    // By shape, or by the text where that has none.
    std::unordered_map<std::string, std::shared_ptr<const ClassifiedText>, TextHash, std::equal_to<>>
        known_{};
};

}  // namespace freshread
