// A database's catalog of relations as the processes of one account share it: a file in the state directory,
// so that a process that has just started knows what another has asked.
//
// The file is written whole beside its place and renamed into it; its modification time says when the server
// was last asked whether it still holds (when that question was begun). It carries a digest, the format and
// the version of Freshread that wrote it: what is damaged, or of another version, is not there. Nothing here
// throws: a file that cannot be read or written is one that nobody shares.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "state/catalog_query.h"
#include "state/clock.h"

namespace freshread {

class CatalogFile {
 public:
    // Does no I/O.
    CatalogFile(const std::string& directory, std::uint64_t cluster, const std::string& database);

    // When its content was last verified, on this process's clock; nothing without a file of ours, or with
    // one from the future. One system call.
    [[nodiscard]] std::optional<BootTime> verified() const;
    // Whether it is the file that `read` or `write` last saw.
    [[nodiscard]] bool unchanged() const;

    [[nodiscard]] std::optional<CatalogReading::Result> read();
    void write(const CatalogStamp& stamp, const RelationCatalog& catalog, BootTime verified);
    // The server still is in the state of this file.
    void verify(BootTime verified) const;

 private:
    struct Identity {
        std::uint64_t device = 0;
        std::uint64_t inode = 0;
        std::int64_t size = -1;
        friend bool operator==(const Identity&, const Identity&) = default;
    };
    struct Status {
        Identity identity{};
        std::int64_t modified = 0;  // nanoseconds since 1970
    };
    [[nodiscard]] std::optional<Status> status() const;

    std::string path_;
    std::string database_;
    Identity seen_{};
};

}  // namespace freshread
