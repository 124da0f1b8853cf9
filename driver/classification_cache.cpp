#include "driver/classification_cache.h"

namespace freshread {

namespace {

// Whether backslashes escape inside strings is a setting of the session that this side cannot see change. A
// text without one reads the same either way; of a text with one the cautious reading counts.
StatementClass classify_cautiously(std::string_view text, Dialect dialect) {
    LexicalSettings settings;
    settings.dialect = dialect;
    settings.backslash_escapes = dialect == Dialect::MariaDb;
    StatementClass first = freshread::classify(text, settings);
    const bool is_read = first.kind == StatementKind::Read;
    if (!is_read || text.find('\\') == std::string_view::npos) return first;
    settings.backslash_escapes = !settings.backslash_escapes;
    StatementClass second = freshread::classify(text, settings);
    return second.kind == StatementKind::Read ? first : second;
}

}  // namespace

std::shared_ptr<const ClassifiedText> ClassificationCache::classify(std::string_view text) {
    constexpr std::size_t kMostTexts = 512;
    constexpr std::size_t kLongestText = 16'384;
    if (const auto found = known_.find(text); found != known_.end()) return found->second;
    auto classified = std::make_shared<ClassifiedText>();
    classified->text = text;
    classified->is = classify_cautiously(classified->text, dialect_);
    if (text.size() > kLongestText) return classified;
    if (known_.size() >= kMostTexts) known_.clear();
    known_.emplace(classified->text, classified);
    return classified;
}

}  // namespace freshread
