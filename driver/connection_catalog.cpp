// What a connection does for the catalog of relations (state/catalog.h): looks at it when statements are
// classified, says when it changed it, and asks the leader where no monitor can.
#include <algorithm>

#include "driver/connection.h"
#include "routing/catalog_finding.h"

namespace freshread {

namespace {

// Keeps the catalog alive that reads are proven with.
const RelationCatalog& nothing_known() {
    static const RelationCatalog nothing;
    return nothing;
}

}  // namespace

// Connecting is where a round trip is expected: whoever connects finds the catalog as it is now, and asks for
// its rows only where the file of another process does not have them.
void Connection::open_catalog() {
    catalog_ = knowledge_->catalog();
    if (!catalog_) return;
    (void)catalog_->age();
    if (!catalog_->asked_lately()) (void)leader_->refresh(*catalog_, !session_.autocommit());
    renew_proofs();
}

void Connection::renew_proofs() {
    const Catalog::View view = catalog_->view();
    relations_ = view.catalog;
    catalog_revision_ = view.revision;
    changed();
    ProofSources sources;
    sources.catalog = relations_ ? relations_.get() : &nothing_known();
    sources.rules = &settings_.functions;
    sources.dialect = dialect_;
    critical_reads_.reset();
    if (!choices_.critical_tables.all() && relations_)
        if (auto names = choices_.critical_tables.names(dialect_))
            critical_reads_ = std::make_unique<CriticalReads>(std::move(*names), dialect_, relations_);
    sources.critical = critical_reads_.get();
    sources.is_temporary = [this](std::string_view name) {
        StatementClass one;
        one.tables = {name};
        return session_.names_temporary(one);
    };
    classifications_.prove_with(std::move(sources), ++proof_);
}

std::shared_ptr<const ClassifiedText> Connection::proven(std::shared_ptr<const ClassifiedText> text) {
    if (proof_holds(*text)) return text;
    if (catalog_->unsure() || ask_catalog_.load(std::memory_order_relaxed)) refresh_catalog();
    const std::scoped_lock lock(mutex);
    heed_catalog();
    return classifications_.holds(*text) ? text : classifications_.classify(text->text);
}

void Connection::require_possible(const CriticalTables& tables) const {
    if (tables.all()) return;
    const auto refuse_tables = [&](const char* why) {
        throw DriverError("HY000",
                          "The keyword 'CriticalTables' has the value '" + tables.text() + "', " + why);
    };
    if (dialect_ == Dialect::Generic)
        refuse_tables("which needs to know what views read; with this database accepted: all");
    if (!tables.names(dialect_))
        refuse_tables(
            "of which one is no name in this database; accepted: all, or names of tables, with or "
            "without a schema, separated by commas");
}

std::string Connection::missing_critical_tables() {
    const std::scoped_lock lock(mutex);
    std::string missing;
    if (critical_reads_)
        for (const WrittenName& name : critical_reads_->missing())
            missing.append(missing.empty() ? "" : ", ").append(quoted_name(name.schema, name.name));
    if (missing.empty()) return missing;
    return "The keyword 'CriticalTables' names what the leader does not have: " + missing +
           "; it counts as soon as it is made";
}

bool Connection::must_be_fresh(const ClassifiedText& text) {
    if (choices_.critical_tables.all() || !catalog_ || text.critical) return true;
    if (text.proof == 0) return false;
    // Somebody may have made it a view over something else meanwhile.
    const Catalog::Age age = catalog_->age();
    if (age == Catalog::Age::Current) return false;
    want_catalog();
    return age != Catalog::Age::Due;
}

void Connection::want_catalog() {
    if (catalog_ && !knowledge_->want_catalog()) ask_catalog_ = true;
}

void Connection::keep_catalog_for_replicas(const ClassifiedText& text) {
    if (catalog_ && text.proof != 0 && catalog_->age() == Catalog::Age::Ancient) want_catalog();
}

Tracking Connection::tracking_of_read(const ClassifiedText& text) {
    const bool harmless = text.is.kind == StatementKind::Read || text.is.only_sets;
    if (!catalog_ || text.proof == 0 || !harmless) return Tracking::None;
    const Catalog::Age age = catalog_->age();
    if (age == Catalog::Age::Current) return Tracking::None;
    // As a write it would keep the user on the leader for another whole window, and the reads with them.
    if (age > Catalog::Age::Due && choices_.policy == Policy::Window && catalog_still_holds())
        return Tracking::None;
    want_catalog();
    // Without positions a write does that by every policy, and these reads run there.
    if (age == Catalog::Age::Due || !positions_) return Tracking::None;
    return session_.in_transaction() || !session_.autocommit() ? Tracking::Effect : Tracking::Commit;
}

bool Connection::may_ask_about_catalog() {
    if (session_.in_transaction()) return false;
    // Never more than half of the time, however often things are defined, and else a tenth of it.
    const BootTime now = boot_now();
    const BootTime pause =
        catalog_->unsure() ? catalog_took_ : std::max(BootTime(Catalog::kEvery), 9 * catalog_took_);
    if (now < catalog_asked_ + catalog_took_ + pause) return false;
    catalog_asked_ = now;
    ask_catalog_ = false;
    return true;
}

bool Connection::catalog_still_holds() {
    // Whoever holds it uses the leader's connection now, and goes before `mutex`.
    const std::unique_lock calls(leader_->call_mutex, std::try_to_lock);
    if (!calls || !may_ask_about_catalog()) return false;
    (void)leader_->refresh(*catalog_, !session_.autocommit());
    catalog_took_ = boot_now() - catalog_asked_;
    return catalog_->age() == Catalog::Age::Current && catalog_->revision() == catalog_revision_;
}

void Connection::refresh_catalog() {
    bool manual_commit = false;
    {
        const std::scoped_lock lock(mutex);
        if (!may_ask_about_catalog()) return;
        manual_commit = !session_.autocommit();
    }
    const std::scoped_lock calls(leader().call_mutex);
    if (catalog_->age() != Catalog::Age::Current) (void)leader_->refresh(*catalog_, manual_commit);
    const std::scoped_lock lock(mutex);
    catalog_took_ = boot_now() - catalog_asked_;
}

void Connection::defined() {
    if (!catalog_) return;
    catalog_->defined();
    defined_ = session_.in_transaction() || !session_.autocommit();
}

void Connection::definitions_ended() {
    defined_ = false;
    if (catalog_) catalog_->defined();
}

}  // namespace freshread
