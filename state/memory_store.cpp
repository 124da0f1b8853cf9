#include "state/memory_store.h"

#include <array>
#include <map>
#include <mutex>

#include <pthread.h>

#include "state/table_head.h"
#include "state/user_bucket.h"

namespace freshread {

struct MemoryStore::Table {
    [[nodiscard]] UserBucket& bucket_of(const UserKey& user) { return buckets.at(user[0]); }

    std::mutex mutex;  // guards all below
    TableHead head{.born = boot_now()};
    std::array<UserBucket, 256> buckets{};
};

// All tables of the process, by cluster. Global because that sharing is their purpose; never destroyed, since
// connections may be used by static destructors of the application.
struct MemoryStore::Registry {
    std::mutex mutex;
    std::map<std::uint64_t, std::shared_ptr<Table>> tables;
    Registry* inherited = nullptr;  // the parent's, never used again; kept in reach of leak checkers

    static Registry*& current() {
        static Registry* registry = [] {
            pthread_atfork(nullptr, nullptr, [] {
                auto* own = new Registry;
                own->inherited = current();
                current() = own;
            });
            return new Registry;
        }();
        return registry;
    }
};

MemoryStore::MemoryStore(const Options& options) : options_(options) {
    Registry& registry = *Registry::current();
    const std::scoped_lock lock(registry.mutex);
    std::shared_ptr<Table>& place = registry.tables[options.cluster];
    if (!place) place = std::make_shared<Table>();
    table_ = place;
}

void MemoryStore::open(const UserKey& user, WriterId writer, std::uint64_t sequence) {
    const std::scoped_lock lock(table_->mutex);
    table_->bucket_of(user).open(user, {writer, sequence, boot_now()});
}

void MemoryStore::close(const UserKey& user, WriterId writer, std::uint64_t sequence,
                        const Position& position, BootTime pinned_until) {
    if (position.known() && position.cluster != options_.cluster)
        throw StoreUnavailable("The position to close with is of another cluster than the user table.");
    const std::scoped_lock lock(table_->mutex);
    UserBucket& bucket = table_->bucket_of(user);
    bucket.close(user, writer, sequence, position, pinned_until);
    bucket.expire(table_->head.base, boot_now());
}

UserLook MemoryStore::look(const UserKey& user) {
    const std::scoped_lock lock(table_->mutex);
    return look_of(table_->head, table_->bucket_of(user).find(user), options_.cluster);
}

void MemoryStore::leader_sampled(const Position& leader, BootTime begun) {
    if (!leader.known() || leader.cluster != options_.cluster) return;
    const std::scoped_lock lock(table_->mutex);
    TableHead& head = table_->head;
    if (head.base_set() && leader.timeline < head.base.timeline) return;  // an old leader
    head.learn_leader(leader, begun, options_.mark_age);
    for (UserBucket& bucket : table_->buckets) bucket.close_opened_by(begun - options_.mark_age, leader);
}

void MemoryStore::raise(const Position& to) {
    if (!to.known() || to.cluster != options_.cluster) return;
    const std::scoped_lock lock(table_->mutex);
    table_->head.raise(to);
}

void MemoryStore::replicas_applied(const Position& lowest) {
    if (!lowest.known() || lowest.cluster != options_.cluster) return;
    const std::scoped_lock lock(table_->mutex);
    table_->head.raise(lowest);
    for (UserBucket& bucket : table_->buckets) bucket.expire(table_->head.base, boot_now());
}

StoreSummary MemoryStore::summary(BootTime) {
    const std::scoped_lock lock(table_->mutex);
    StoreSummary summary{.base = table_->head.base, .users = 0};
    for (const UserBucket& bucket : table_->buckets) {
        summary.marks += bucket.marks();
        *summary.users += bucket.size();
    }
    return summary;
}

}  // namespace freshread
