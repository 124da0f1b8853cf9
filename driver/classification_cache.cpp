#include "driver/classification_cache.h"

namespace freshread {

namespace {

// Whether backslashes escape inside strings, and in MariaDB whether "x" is a string, are settings of the
// session that this side cannot see change. A text without such a character reads the same either way; of a
// text with one every reading has to be a read.
StatementClass classify_cautiously(std::string_view text, Dialect dialect) {
    LexicalSettings usual;
    usual.dialect = dialect;
    usual.backslash_escapes = dialect == Dialect::MariaDb;
    usual.ansi_quotes = dialect != Dialect::MariaDb;
    StatementClass result = freshread::classify(text, usual);
    const bool backslash = text.find('\\') != std::string_view::npos;
    const bool quotes = dialect == Dialect::MariaDb && text.find('"') != std::string_view::npos;
    for (int reading = 1; reading < 4 && result.kind == StatementKind::Read; ++reading) {
        const bool other_escapes = (reading & 1) != 0;
        const bool other_quotes = (reading & 2) != 0;
        if ((other_escapes && !backslash) || (other_quotes && !quotes)) continue;
        LexicalSettings other = usual;
        if (other_escapes) other.backslash_escapes = !other.backslash_escapes;
        if (other_quotes) other.ansi_quotes = !other.ansi_quotes;
        StatementClass cautious = freshread::classify(text, other);
        if (cautious.kind != StatementKind::Read) result = std::move(cautious);
    }
    return result;
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
