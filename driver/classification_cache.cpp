#include "driver/classification_cache.h"

#include "routing/cautious_classifier.h"
#include "routing/text_shape.h"

namespace freshread {

namespace {

RefusedTexts::Time now() {
    return std::chrono::duration_cast<RefusedTexts::Time>(
        std::chrono::system_clock::now().time_since_epoch());
}

constexpr std::size_t kMostTexts = 512;
constexpr std::size_t kLongestText = 16'384;
constexpr std::size_t kLongestRecent = 2'048;

void count_as_write(StatementClass& is) {
    is.kind = StatementKind::Write;
    is.reason = Reason::RefusedByReplica;
    is.statements = 1;
    is.effect_before_commit = is.may_set = true;  // nobody knows what it calls
}

std::shared_ptr<const ClassifiedText> refused_for_user(const ClassifiedText& text) {
    auto refused = std::make_shared<ClassifiedText>();
    refused->text = text.is.hints.user;
    count_as_write(refused->is);
    refused->is.hints.user = refused->text;
    return refused;
}

const FunctionRules& no_rules() {
    static const FunctionRules rules;
    return rules;
}

}  // namespace

ClassificationCache::ClassificationCache(Dialect dialect)
    : dialect_(dialect), sources_{nullptr, &no_rules(), dialect, {}} {}

void ClassificationCache::prove_with(ProofSources sources, std::uint64_t proof) {
    sources_ = std::move(sources);
    proof_ = proof;
}

const std::shared_ptr<const ClassifiedText>& ClassificationCache::classify(std::string_view text) {
    if (text.size() > kLongestRecent) return long_ = classify_by_shape(text);
    Recent& recent = recent_[hash_(text) % recent_.size()];
    if (recent.text == text && recent.is && holds(*recent.is)) [[likely]]
        return recent.is;
    return replace(recent, text);
}

const std::shared_ptr<const ClassifiedText>& ClassificationCache::replace(Recent& recent,
                                                                          std::string_view text) {
    recent.is = nullptr;
    recent.text = text;
    return recent.is = classify_by_shape(text);
}

std::optional<std::string_view> ClassificationCache::shape_of_usual(std::string_view text) {
    if (text.size() > kLongestText) return std::nullopt;
    return shape_of(text, dialect_, room_for_shape_);
}

std::shared_ptr<const ClassifiedText> ClassificationCache::classify_by_shape(std::string_view text) {
    const bool short_enough = text.size() <= kLongestText;
    const auto shape = shape_of_usual(text);
    const std::string_view key = shape.value_or(text);
    const auto found = known_.find(key);
    if (found != known_.end() && holds(*found->second)) return found->second;
    auto classified = std::make_shared<ClassifiedText>();
    classified->text = text;
    classified->is = classify_cautiously(classified->text, dialect_);
    StatementClass& is = classified->is;
    if (needs_proof(is)) {
        const RelationProof proven = prove(is, text, sources_);
        is.kind = proven.kind;
        is.reason = proven.reason;
        // What an unknown relation does takes effect at once, as what an unknown function does.
        is.may_set = is.kind != StatementKind::Read;
        if (is.may_set) is.effect_before_commit = true;
        classified->missed = proven.missed;
        classified->critical = proven.critical;
        classified->proof = proof_;
    } else if (is.kind == StatementKind::SessionState && !is.functions.empty()) {
        is.only_sets = proves_only_sets(is, sources_);
        classified->proof = proof_;
    } else {
        classified->critical = is.kind != StatementKind::Read;
    }
    classified->free_to_go =
        is.kind == StatementKind::Read && is.reason == Reason::ReadOnReplica && !is.hints.any();
    if (is.kind == StatementKind::Read && !is.hints.user.empty())
        classified->refused_as = refused_for_user(*classified);
    if (is.kind == StatementKind::Read && is.reason == Reason::ReadOnReplica && refused_.contains(key, now()))
        classified->refuse();
    // One that the driver answers holds a value as a rule, and is not looked at often.
    if (is.kind == StatementKind::Freshread) return classified;
    if (!short_enough || (key != text && !belongs_to_shape(classified->is))) return classified;
    if (found != known_.end()) {
        found->second = classified;
        return classified;
    }
    if (known_.size() >= kMostTexts) known_.clear();
    known_.emplace(key, classified);
    return classified;
}

void ClassificationCache::refuse(const ClassifiedText& text) {
    text.refuse();
    refused_.add(shape_of_usual(text.text).value_or(text.text), now());
}

const std::shared_ptr<const ClassifiedText>& refused_text() {
    static const std::shared_ptr<const ClassifiedText> write = [] {
        auto refused = std::make_shared<ClassifiedText>();
        count_as_write(refused->is);
        return refused;
    }();
    return write;
}

}  // namespace freshread
