// Statements of PostgreSQL's regression scripts, labelled by PostgreSQL's own parser. They lie beside the
// clone (shared/corpus, whose README says what the labels mean) or where FRESHREAD_CORPUS says; they are not
// part of it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace freshread::test {

struct CorpusEntry {
    std::string file{};
    std::string kind{};
    std::string sql{};
    std::vector<std::string> functions{};
    std::vector<std::string> relations{};
};

[[nodiscard]] std::filesystem::path corpus_path();

// In the order of the file; read once. Empty when there is none.
[[nodiscard]] const std::vector<CorpusEntry>& corpus();

}  // namespace freshread::test
