#include "state/catalog.h"

#include "state/mariadb_catalog_query.h"

namespace freshread {

Catalog::Catalog(const std::string& directory, std::uint64_t cluster, CatalogIdentity of)
    : of_(std::move(of)), file_(directory, cluster, of_.database) {}

Catalog::View Catalog::view() const {
    const std::scoped_lock lock(mutex_);
    return {unsure_ ? nullptr : catalog_, revision_};
}

Catalog::Age Catalog::age() {
    const std::scoped_lock lock(mutex_);
    const BootTime now = boot_now();
    if (!verified_ || now - *verified_ > kEvery || unsure_) {
        // Somebody else may have asked meanwhile.
        const auto verified = file_.verified();
        if (verified && (!verified_ || *verified > *verified_) && *verified > defined_)
            take_from_file(*verified);
    }
    if (!verified_ || unsure_) return Age::Ancient;
    const BootTime age = now - *verified_;
    if (age <= kEvery) return Age::Current;
    if (age <= kTrusted) return Age::Due;
    return age <= kUnhurried ? Age::Old : Age::Ancient;
}

bool Catalog::asked_lately() const {
    const std::scoped_lock lock(mutex_);
    return asked_ && !unsure_ && boot_now() - *asked_ <= kEvery;
}

void Catalog::take_from_file(BootTime verified) {
    if (!catalog_ || !file_.unchanged()) {
        auto result = file_.read();
        if (!result) return;
        replace(std::move(*result));
    }
    settle(verified);
}

void Catalog::replace(CatalogReading::Result result) {
    if (catalog_ && result.stamp == stamp_) return;
    catalog_ = std::make_shared<const RelationCatalog>(std::move(result.catalog));
    stamp_ = std::move(result.stamp);
    revision_.fetch_add(1, std::memory_order_acq_rel);
}

void Catalog::settle(BootTime begun) {
    if (!verified_ || begun > *verified_) verified_ = begun;
    if (!unsure_ || begun <= defined_) return;
    unsure_ = false;
    revision_.fetch_add(1, std::memory_order_acq_rel);
}

void Catalog::defined() {
    const std::scoped_lock lock(mutex_);
    defined_ = boot_now();
    unsure_ = true;
    revision_.fetch_add(1, std::memory_order_acq_rel);
}

bool Catalog::verified(const CatalogStamp& stamp, BootTime begun) {
    const std::scoped_lock lock(mutex_);
    if (!catalog_ || stamp != stamp_) return false;
    asked_ = begun;
    settle(begun);
    if (file_.unchanged()) {
        file_.verify(begun);
    } else {
        file_.write(stamp_, *catalog_, begun);
    }
    return true;
}

void Catalog::adopted(CatalogReading::Result result, BootTime begun) {
    if (result.stamp.database != of_.database) return;
    const std::scoped_lock lock(mutex_);
    if (verified_ && begun < *verified_) return;  // somebody asked later
    replace(std::move(result));
    asked_ = begun;
    settle(begun);
    file_.write(stamp_, *catalog_, begun);
}

CatalogRefresh::CatalogRefresh(Catalog& catalog) : catalog_(&catalog) {
    ask(mariadb() ? Step::Databases : Step::Stamp);
}

void CatalogRefresh::ask(Step step) {
    step_ = step;
    switch (step) {
        case Step::Databases:
            question_ = mariadb_databases_query();
            break;
        case Step::Stamp:
            question_ = mariadb() ? mariadb_catalog_stamp_query(databases_) : catalog_stamp_query();
            break;
        case Step::Rows:
            question_ = mariadb() ? mariadb_catalog_query(databases_) : catalog_query();
            break;
        case Step::Done:
            break;
    }
}

std::size_t CatalogRefresh::columns() const {
    if (step_ == Step::Databases) return 1;
    return step_ == Step::Rows ? kCatalogColumns : kCatalogStampColumns;
}

void CatalogRefresh::begin() {
    begun_ = boot_now();
    stamp_.reset();
    reading_.reset();
    if (step_ == Step::Rows) reading_.emplace(catalog_->identity());
}

void CatalogRefresh::row(std::span<const std::string_view> columns) {
    if (step_ == Step::Rows) {
        reading_->add(columns);
    } else if (step_ == Step::Databases) {
        // Of a name that cannot be read the relations are not known.
        if (auto name = from_hexadecimal(columns[0])) databases_.push_back(std::move(*name));
    } else {
        stamp_ = parse_catalog_stamp(columns, catalog_->identity());
    }
}

void CatalogRefresh::end(bool answered) {
    const Step step = step_;
    step_ = Step::Done;
    if (!answered) return;
    if (step == Step::Databases) {
        ask(Step::Stamp);
    } else if (step == Step::Stamp) {
        foreign_ = stamp_ && stamp_->database != catalog_->identity().database;
        if (!stamp_ || foreign_) return;
        if (!catalog_->verified(*stamp_, begun_)) ask(Step::Rows);
    } else if (auto result = reading_->finish()) {
        catalog_->adopted(std::move(*result), begun_);
    }
}

}  // namespace freshread
