#include "routing/system_relations.h"

#include <algorithm>

#include "routing/identifier.h"

namespace freshread {

namespace {

constexpr std::string_view kPostgreSqlViews[] = {
    "pg_available_extension_versions",
    "pg_available_extensions",
    "pg_backend_memory_contexts",
    "pg_config",
    "pg_cursors",
    "pg_file_settings",
    "pg_hba_file_rules",
    "pg_ident_file_mappings",
    "pg_locks",
    "pg_prepared_statements",
    "pg_prepared_xacts",
    "pg_replication_origin_status",
    "pg_replication_slots",
    "pg_sequences",
    "pg_settings",
    "pg_shmem_allocations",
};

// Of MariaDB's information_schema, what describes the database and not the server: neither the engine that a
// server chose for a table nor how many rows it believes to be there.
constexpr std::string_view kMariaDbViews[] = {
    "character_sets",
    "check_constraints",
    "collations",
    "columns",
    "key_column_usage",
    "parameters",
    "referential_constraints",
    "routines",
    "schemata",
    "table_constraints",
    "triggers",
    "views",
};

// Without quotes. A name with escapes in it matches nothing.
std::string_view bare(std::string_view identifier) {
    if (identifier.size() < 2) return identifier;
    const char last = identifier.back();
    return last == '"' || last == '`' || last == ']' ? identifier.substr(1, identifier.size() - 2)
                                                     : identifier;
}

// U&"..."
bool has_escapes(std::string_view identifier) {
    return identifier.size() > 2 && identifier[1] == '&';
}

template <std::size_t Size>
bool contains(const std::string_view (&table)[Size], std::string_view word) {
    return std::any_of(std::begin(table), std::end(table),
                       [&](std::string_view entry) { return equals_folded(word, entry); });
}

SystemRelation kind_in_postgresql(const QualifiedName& name) {
    // What the escapes of U&"..." spell is not looked at.
    if (has_escapes(name.text) || has_escapes(name.qualifier) || has_escapes(name.last))
        return SystemRelation::NodeDependent;
    const auto schema = bare(name.qualifier);
    const auto relation = bare(name.last);
    if (name.parts > 1 && starts_folded(schema, "pg_temp")) return SystemRelation::Temporary;
    const bool of_catalog = name.parts == 1 || equals_folded(schema, "pg_catalog");
    if (!of_catalog) return SystemRelation::None;
    if (!starts_folded(relation, "pg_")) return SystemRelation::None;
    if (starts_folded(relation, "pg_stat") || starts_folded(relation, "pg_wait") ||
        starts_folded(relation, "pg_aios")) {
        return SystemRelation::NodeDependent;
    }
    return contains(kPostgreSqlViews, relation) ? SystemRelation::NodeDependent : SystemRelation::None;
}

bool is_database_of_server(std::string_view schema) {
    return equals_folded(schema, "performance_schema") || equals_folded(schema, "sys") ||
           equals_folded(schema, "mysql");
}

SystemRelation kind_in_mariadb(const QualifiedName& name) {
    const auto schema = bare(name.qualifier);
    if (is_database_of_server(schema)) return SystemRelation::NodeDependent;
    if (!equals_folded(schema, "information_schema")) return SystemRelation::None;
    return contains(kMariaDbViews, bare(name.last)) ? SystemRelation::None : SystemRelation::NodeDependent;
}

}  // namespace

bool is_system_database(std::string_view schema) {
    return is_database_of_server(schema) || schema == "information_schema";
}

SystemRelation kind_of_relation(const QualifiedName& name, Dialect dialect) {
    switch (dialect) {
        case Dialect::PostgreSql:
            return kind_in_postgresql(name);
        case Dialect::MariaDb:
            return kind_in_mariadb(name);
        case Dialect::Generic:
            break;
    }
    const auto schema = bare(name.qualifier);
    const bool of_system = equals_folded(schema, "sys") || starts_folded(schema, "information_schema") ||
                           equals_folded(schema, "performance_schema");
    return of_system ? SystemRelation::NodeDependent : SystemRelation::None;
}

}  // namespace freshread
