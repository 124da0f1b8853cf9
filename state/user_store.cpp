#include "state/user_store.h"

#include <concepts>
#include <variant>

#include "state/memory_store.h"
#include "state/postgresql_store.h"
#include "state/redis_store.h"
#include "state/sqlite_store.h"

namespace freshread {

namespace {

// What a store has to be able to do.
template <typename Store>
concept KeepsUsers = requires(Store store, const UserKey& user, WriterId writer, std::uint64_t sequence,
                              const Position& position, BootTime time) {
    store.open(user, writer, sequence);
    store.close(user, writer, sequence, position, time);
    { store.look(user) } -> std::same_as<UserLook>;
    store.leader_sampled(position, time);
    { store.awaits_sample(time) } -> std::same_as<bool>;
    store.replicas_applied(position);
    { store.summary(time) } -> std::same_as<StoreSummary>;
    store.raise(position);
    store.forget_looks();
    store.hold();
    store.release();
};

template <KeepsUsers... Stores>
using OneOf = std::variant<Stores...>;

SqliteStore::Options in_file(const UserStore::Options& options) {
    const std::string& path = options.url.path;
    return {.path = path.empty() ? options.directory + "/positions.db" : path,
            .key_directory = options.directory,
            .cluster = options.cluster,
            .timeout = options.timeout,
            .mark_age = options.mark_age};
}

template <typename Store>
typename Store::Options on_server(const UserStore::Options& options) {
    return {.url = options.url.text,
            .cluster = options.cluster,
            .timeout = options.timeout,
            .mark_age = options.mark_age};
}

}  // namespace

struct UserStore::Table {
    using Store = OneOf<SqliteStore, MemoryStore, RedisStore, PostgresqlStore>;

    [[nodiscard]] static Store made(const Options& options) {
        switch (options.url.kind) {
            case StoreUrl::Kind::Memory:
                return Store(std::in_place_type<MemoryStore>,
                             MemoryStore::Options{.cluster = options.cluster, .mark_age = options.mark_age});
            case StoreUrl::Kind::Redis:
                return Store(std::in_place_type<RedisStore>, on_server<RedisStore>(options));
            case StoreUrl::Kind::PostgreSql:
                return Store(std::in_place_type<PostgresqlStore>, on_server<PostgresqlStore>(options));
            case StoreUrl::Kind::Sqlite:
                break;
        }
        return Store(std::in_place_type<SqliteStore>, in_file(options));
    }

    explicit Table(const Options& options) : store(made(options)) {}

    template <typename Call>
    auto with(Call call) {
        return std::visit(call, store);
    }

    Store store;
};

UserStore::UserStore(const Options& options) : table_(std::make_unique<Table>(options)) {}

UserStore::~UserStore() = default;

void UserStore::open(const UserKey& user, WriterId writer, std::uint64_t sequence) {
    table_->with([&](auto& store) { store.open(user, writer, sequence); });
}

void UserStore::close(const UserKey& user, WriterId writer, std::uint64_t sequence, const Position& position,
                      BootTime pinned_until) {
    table_->with([&](auto& store) { store.close(user, writer, sequence, position, pinned_until); });
}

UserLook UserStore::look(const UserKey& user) {
    return table_->with([&](auto& store) { return store.look(user); });
}

void UserStore::leader_sampled(const Position& leader, BootTime begun) {
    table_->with([&](auto& store) { store.leader_sampled(leader, begun); });
}

bool UserStore::awaits_sample(BootTime begun) {
    return table_->with([&](auto& store) { return store.awaits_sample(begun); });
}

void UserStore::replicas_applied(const Position& lowest) {
    table_->with([&](auto& store) { store.replicas_applied(lowest); });
}

StoreSummary UserStore::summary(BootTime deadline) {
    return table_->with([&](auto& store) { return store.summary(deadline); });
}

void UserStore::raise(const Position& to) {
    table_->with([&](auto& store) { store.raise(to); });
}

void UserStore::forget_looks() {
    table_->with([](auto& store) { store.forget_looks(); });
}

void UserStore::hold() {
    table_->with([](auto& store) { store.hold(); });
}

void UserStore::release() {
    table_->with([](auto& store) { store.release(); });
}

}  // namespace freshread
