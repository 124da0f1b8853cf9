// Any bytes through the lexer and the classifier, in every dialect. What must hold: no crash, names inside
// the text, and a write behind the text is never overlooked. libFuzzer's entry point.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "routing/cautious_classifier.h"
#include "routing/text_shape.h"

namespace {

using namespace freshread;

void must_hold(bool condition) {
    if (!condition) std::abort();
}

void names_are_inside(const Names& names, std::string_view text) {
    for (const auto name : names) {
        must_hold(!name.empty() && name.data() >= text.data());
        must_hold(name.data() + name.size() <= text.data() + text.size());
    }
}

void classify_all(std::string_view text, Dialect dialect) {
    const StatementClass is = classify_cautiously(text, dialect);
    names_are_inside(is.tables, text);
    names_are_inside(is.functions, text);
    must_hold(is.kind != StatementKind::Read || is.statements > 0);
    must_hold(is.kind == StatementKind::Read || is.reason != Reason::ReadOnReplica);
    if (is.kind != StatementKind::Read) return;

    // The newline ends a comment to the end of its line.
    const std::string followed = std::string(text) + "\n; delete from t";
    must_hold(classify_cautiously(followed, dialect).kind != StatementKind::Read);
    const std::string spaced = "\n" + std::string(text) + " \n";
    // A byte order mark is one only at the beginning.
    const bool marked = text.starts_with("\xEF\xBB\xBF");
    must_hold(marked || classify_cautiously(spaced, dialect).kind == StatementKind::Read);

    std::string room;
    const auto shape = shape_of(text, dialect, room);
    must_hold(!shape || shape->size() <= text.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // On the heap and no longer than it is, so that AddressSanitizer sees a byte too many.
    const std::vector<char> bytes(data, data + size);
    const std::string_view text(bytes.data(), bytes.size());
    for (const Dialect dialect : {Dialect::PostgreSql, Dialect::MariaDb, Dialect::Generic}) {
        classify_all(text, dialect);
    }
    return 0;
}
