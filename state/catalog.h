// The catalog of relations of one database, or of a login of MariaDB, as one process has it
// (routing/relation_catalog.h): asked of the leader, shared with the account's other processes through a file
// (state/catalog_file.h).
//
//              defined(): CREATE, ALTER or DROP ran here               verified(), adopted()
//   +---------+ ----------------------------------------> +--------+ ------------------------> back
//   | settled |                                           | unsure |  by a question begun later
//   +---------+ <---------------------------------------- +--------+
//
// How old it may be is for whoever decides by it, by `age`. What this process defined is unsure at once. A
// read on the leader wants it Current, and is tracked as a write where it is Old. A read on a replica may go
// by it for kUnhurried, since the replica itself refuses what writes: a process that does nothing else needs
// no monitor, whose thread would make the application's memory allocation dearer.
//
// Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "routing/relation_catalog.h"
#include "state/catalog_file.h"
#include "state/catalog_query.h"
#include "state/clock.h"

namespace freshread {

class Catalog {
 public:
    static constexpr std::chrono::seconds kEvery{1};
    static constexpr std::chrono::seconds kTrusted{3};
    static constexpr std::chrono::seconds kUnhurried{60};

    Catalog(const std::string& directory, std::uint64_t cluster, CatalogIdentity of);

    struct View {
        std::shared_ptr<const RelationCatalog> catalog{};  // null while unsure, or nothing is known yet
        std::uint64_t revision = 0;
    };
    [[nodiscard]] View view() const;
    // Rises with everything that may make `view` another. Any thread, one load.
    [[nodiscard]] std::uint64_t revision() const { return revision_.load(std::memory_order_acquire); }

    // Up to kEvery, kTrusted, kUnhurried, and beyond.
    enum class Age : std::uint8_t { Current, Due, Old, Ancient };
    // Looks at the file before it says that the server has to be asked.
    [[nodiscard]] Age age();
    [[nodiscard]] bool unsure() const { return unsure_.load(std::memory_order_acquire); }
    // This process has asked the server within kEvery: what others asked does not count.
    [[nodiscard]] bool asked_lately() const;

    // Something ran that may have changed the server's catalog.
    void defined();

    // The server's state as a question begun at `begun` found it. True: it is this catalog's, which is
    // verified now. False: the rows have to be asked for, or the answer is of another database.
    [[nodiscard]] bool verified(const CatalogStamp& stamp, BootTime begun);
    void adopted(CatalogReading::Result result, BootTime begun);

    [[nodiscard]] const CatalogIdentity& identity() const { return of_; }

 private:
    // The mutex is held.
    void take_from_file(BootTime verified);
    void replace(CatalogReading::Result result);
    void settle(BootTime begun);

    const CatalogIdentity of_;
    mutable std::mutex mutex_;
    CatalogFile file_;
    std::shared_ptr<const RelationCatalog> catalog_{};
    CatalogStamp stamp_{};
    std::optional<BootTime> verified_{};
    std::optional<BootTime> asked_{};  // by this process
    BootTime defined_{BootTime::min()};
    std::atomic<bool> unsure_{false};
    std::atomic<std::uint64_t> revision_{1};
};

// The questions that bring a catalog up to date, whoever asks them: in MariaDB the databases, then the stamp,
// then the rows if it differs.
//
//   while (const std::string* question = refresh.question()) {
//       refresh.begin();  ... refresh.row(columns) ...  refresh.end(answered);
//   }
class CatalogRefresh {
 public:
    explicit CatalogRefresh(Catalog& catalog);
    CatalogRefresh(const CatalogRefresh&) = delete;
    CatalogRefresh& operator=(const CatalogRefresh&) = delete;

    // Null when there is nothing more to ask.
    [[nodiscard]] const std::string* question() const { return step_ == Step::Done ? nullptr : &question_; }
    [[nodiscard]] std::size_t columns() const;
    void begin();  // it is about to be sent
    void row(std::span<const std::string_view> columns);
    // The answer is complete, or the question failed, which ends the refresh.
    void end(bool answered);
    // Whoever was asked is connected to another database: what it has says nothing here.
    [[nodiscard]] bool foreign() const { return foreign_; }

 private:
    enum class Step : std::uint8_t { Databases, Stamp, Rows, Done };  // Databases: of MariaDB

    void ask(Step step);
    [[nodiscard]] bool mariadb() const { return catalog_->identity().dialect == Dialect::MariaDb; }

    Catalog* catalog_;
    Step step_ = Step::Done;
    std::string question_{};
    std::vector<std::string> databases_{};
    bool foreign_ = false;
    BootTime begun_{0};
    std::optional<CatalogStamp> stamp_{};
    std::optional<CatalogReading> reading_{};
};

}  // namespace freshread
