#include "state/catalog_query.h"

#include "state/mariadb_catalog_query.h"

namespace freshread {

namespace {

// All of it in pg_catalog, whatever search_path says. Temporary objects are left out: they come and go with
// sessions, and each session knows its own.
constexpr std::string_view kStamp = R"sql(
SELECT concat_ws(' ',
 (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()),
 (SELECT count(*) || '.' || coalesce(sum(pg_catalog.hashint8extended((oid::bigint << 32) | xmin::text::bigint, 0)), 0)
   FROM pg_catalog.pg_class WHERE oid >= 16384 AND relkind IN ('r','v','m','p','f','S','c') AND relpersistence <> 't'),
 (SELECT count(*) || '.' || coalesce(sum(pg_catalog.hashint8extended((oid::bigint << 32) | xmin::text::bigint, 1)), 0)
   FROM pg_catalog.pg_rewrite WHERE oid >= 16384),
 (SELECT count(*) || '.' || coalesce(sum(pg_catalog.hashint8extended((oid::bigint << 32) | xmin::text::bigint, 2)), 0)
   FROM pg_catalog.pg_policy),
 (SELECT count(*) || '.' || coalesce(sum(pg_catalog.hashint8extended((oid::bigint << 32) | xmin::text::bigint, 3)), 0)
   FROM pg_catalog.pg_proc WHERE oid >= 16384),
 (SELECT count(*) || '.' || coalesce(sum(pg_catalog.hashint8extended((oid::bigint << 32) | xmin::text::bigint, 4)), 0)
   FROM pg_catalog.pg_type WHERE oid >= 16384 AND typrelid = 0 AND typcategory <> 'A'),
 (SELECT count(*) || '.' || coalesce(sum(pg_catalog.hashint8extended((oid::bigint << 32) | xmin::text::bigint, 5)), 0)
   FROM pg_catalog.pg_operator WHERE oid >= 16384),
 (SELECT count(*) || '.' || coalesce(sum(pg_catalog.hashint8extended((oid::bigint << 32) | xmin::text::bigint, 6)), 0)
   FROM pg_catalog.pg_cast WHERE oid >= 16384),
 (SELECT count(*) || '.' || coalesce(sum(pg_catalog.hashint8extended((oid::bigint << 32) | xmin::text::bigint, 7)), 0)
   FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'),
 (SELECT count(*) || '.' || coalesce(sum(pg_catalog.hashint8extended((oid::bigint << 32) | xmin::text::bigint, 8)), 0)
   FROM pg_catalog.pg_constraint WHERE contypid <> 0),
 (SELECT count(*) || '.' || coalesce(sum(pg_catalog.hashint8extended((oid::bigint << 32) | xmin::text::bigint, 9)), 0)
   FROM pg_catalog.pg_extension),
 (SELECT count(*) || '.' || coalesce(sum(pg_catalog.hashint8extended((inhrelid::bigint << 32) | xmin::text::bigint, 10)), 0)
   FROM pg_catalog.pg_inherits)))sql";

// Foreign tables and other access methods than the server's heap are told by flags, row security by its
// policies; a view over nothing but the server's own is in no dependency, so its text is what tells.
constexpr std::string_view kRows = R"sql(
WITH path AS MATERIALIZED (SELECT pg_catalog.set_config('search_path', 'pg_catalog', true) AS path),
 relation AS (
  SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence, c.relam
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r','v','m','p','f','S') AND c.relpersistence <> 't'
    AND (c.oid >= 16384 OR n.nspname IN ('pg_catalog','information_schema'))),
 function AS (
  SELECT p.oid, n.nspname, p.proname,
   CASE WHEN p.provolatile <> 'v' AND p.prokind <> 'a' AND (l.lanname = 'internal' OR (l.lanname = 'c' AND EXISTS (
     SELECT FROM pg_catalog.pg_depend d
     WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'e')))
    THEN 'h' ELSE '' END ||
   CASE WHEN p.provolatile <> 'v' AND EXISTS (
     SELECT FROM pg_catalog.pg_depend d
     WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'e')
    THEN 'e' ELSE '' END ||
   CASE WHEN p.pronargs - p.pronargdefaults <= 1 AND p.pronargs >= 1 AND t.typtype IN ('c','p') THEN 'a' ELSE '' END ||
   CASE WHEN l.lanname = 'sql' THEN 's' ELSE '' END AS flags,
   CASE WHEN l.lanname = 'sql' THEN p.prosrc ELSE '' END AS body
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  JOIN pg_catalog.pg_language l ON l.oid = p.prolang
  LEFT JOIN pg_catalog.pg_type t ON t.oid = p.proargtypes[0]
  WHERE p.oid >= 16384),
 type AS (
  SELECT t.oid, n.nspname, t.typname,
   CASE WHEN t.typtype IN ('b','e','r','m') OR (t.typtype = 'c' AND NOT EXISTS (
     SELECT FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type d ON d.oid = a.atttypid
     WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND d.typtype IN ('d','c')))
    THEN 'p' ELSE 'u' END AS flags
  FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
  WHERE t.oid >= 16384 AND t.typcategory <> 'A' AND (t.typrelid = 0 OR c.relkind = 'c')),
 uses AS (
  SELECT d.classid, d.objid, d.refobjid,
   CASE d.refclassid WHEN 'pg_catalog.pg_class'::pg_catalog.regclass THEN 'r'
    WHEN 'pg_catalog.pg_proc'::pg_catalog.regclass THEN 'f'
    WHEN 'pg_catalog.pg_type'::pg_catalog.regclass THEN 't' ELSE 'o' END AS class
  FROM pg_catalog.pg_depend d
  WHERE d.refobjid >= 16384 AND d.classid IN ('pg_catalog.pg_rewrite'::pg_catalog.regclass, 'pg_catalog.pg_policy'::pg_catalog.regclass,
                                              'pg_catalog.pg_proc'::pg_catalog.regclass)
    AND d.refclassid IN ('pg_catalog.pg_class'::pg_catalog.regclass, 'pg_catalog.pg_proc'::pg_catalog.regclass,
                         'pg_catalog.pg_type'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass)),
 dependency AS (
  SELECT r.ev_class AS relation, u.class, u.refobjid
  FROM uses u JOIN pg_catalog.pg_rewrite r ON u.objid = r.oid
  WHERE u.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND r.ev_type = '1' AND u.refobjid <> r.ev_class
  UNION SELECT p.polrelid, u.class, u.refobjid
  FROM uses u JOIN pg_catalog.pg_policy p ON u.objid = p.oid
  JOIN pg_catalog.pg_class c ON c.oid = p.polrelid AND c.relrowsecurity
  WHERE u.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass AND u.refobjid <> p.polrelid
  UNION SELECT i.inhparent, 'i', i.inhrelid FROM pg_catalog.pg_inherits i
  JOIN pg_catalog.pg_class c ON c.oid = i.inhparent AND c.relkind IN ('r','p')
  UNION SELECT a.attrelid, 'f', k.castfunc
  FROM pg_catalog.pg_cast k JOIN pg_catalog.pg_attribute a
    ON (a.atttypid = k.castsource AND (k.castcontext = 'i' OR k.castsource >= 16384))
    OR (a.atttypid = k.casttarget AND k.castcontext = 'i')
  WHERE k.oid >= 16384 AND k.castfunc <> 0 AND a.attrelid >= 16384 AND a.attnum > 0)
SELECT 'S', '0', pg_catalog.encode(pg_catalog.convert_to(pg_catalog.current_database(), 'UTF8'), 'escape'), (@STAMP@), '', ''
UNION ALL
SELECT 'R', r.oid::text, pg_catalog.encode(pg_catalog.convert_to(r.nspname, 'UTF8'), 'escape'),
 pg_catalog.encode(pg_catalog.convert_to(r.relname, 'UTF8'), 'escape'),
 r.relkind::text || r.relpersistence::text || CASE WHEN r.relkind IN ('r','m') AND r.relam <> 2 THEN 'm' ELSE '' END,
 CASE WHEN r.relkind = 'v' AND r.oid >= 16384 AND path.path IS NOT NULL
  THEN pg_catalog.encode(pg_catalog.convert_to(pg_catalog.pg_get_viewdef(r.oid), 'UTF8'), 'escape') ELSE '' END
FROM path CROSS JOIN relation r
UNION ALL
SELECT 'P', p.polrelid::text, '', '', '',
 CASE WHEN path.path IS NOT NULL
  THEN pg_catalog.encode(pg_catalog.convert_to(pg_catalog.pg_get_expr(p.polqual, p.polrelid), 'UTF8'), 'escape') END
FROM path CROSS JOIN pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
WHERE c.relrowsecurity AND p.polqual IS NOT NULL AND p.polcmd IN ('r','*')
UNION ALL SELECT 'D', relation::text, class, refobjid::text, '', '' FROM dependency
UNION ALL
SELECT 'F', oid::text, pg_catalog.encode(pg_catalog.convert_to(nspname, 'UTF8'), 'escape'),
 pg_catalog.encode(pg_catalog.convert_to(proname, 'UTF8'), 'escape'), flags,
 pg_catalog.encode(pg_catalog.convert_to(body, 'UTF8'), 'escape') FROM function
UNION ALL SELECT DISTINCT 'B', u.objid::text, u.class, u.refobjid::text, '', ''
FROM uses u JOIN function f ON f.oid = u.objid
WHERE u.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND f.flags LIKE '%s'
UNION ALL
SELECT 'T', oid::text, pg_catalog.encode(pg_catalog.convert_to(nspname, 'UTF8'), 'escape'),
 pg_catalog.encode(pg_catalog.convert_to(typname, 'UTF8'), 'escape'), flags, '' FROM type
UNION ALL
SELECT 'K', t.oid::text, '', k.castfunc::text, '', ''
FROM pg_catalog.pg_cast k JOIN type t ON t.oid IN (k.castsource, k.casttarget)
WHERE k.oid >= 16384 AND k.castfunc <> 0
UNION ALL
SELECT 'O', o.oid::text, pg_catalog.encode(pg_catalog.convert_to(n.nspname, 'UTF8'), 'escape'), o.oprname::text, o.oprcode::oid::text, ''
FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace WHERE o.oid >= 16384 AND o.oprcode <> 0
)sql";

std::string with_stamp(std::string_view rows) {
    constexpr std::string_view kPlace = "@STAMP@";
    const auto place = rows.find(kPlace);
    std::string text(rows.substr(0, place));
    text += kStamp;
    text += rows.substr(place + kPlace.size());
    return text;
}

// The server's 'escape' format: \ooo for bytes that are not ASCII, \\ for a backslash.
std::optional<std::string> unescaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    const auto digit = [](char c) { return c >= '0' && c <= '7'; };
    while (!text.empty()) {
        if (text.front() != '\\') {
            const auto plain = text.substr(0, text.find('\\'));
            out += plain;
            text.remove_prefix(plain.size());
        } else if (text.size() > 1 && text[1] == '\\') {
            out.push_back('\\');
            text.remove_prefix(2);
        } else if (text.size() > 3 && digit(text[1]) && digit(text[2]) && digit(text[3])) {
            out.push_back(static_cast<char>((text[1] - '0') * 64 + (text[2] - '0') * 8 + (text[3] - '0')));
            text.remove_prefix(4);
        } else {
            return std::nullopt;
        }
    }
    return out;
}

}  // namespace

const std::string& catalog_stamp_query() {
    static const std::string query =
        "SELECT pg_catalog.encode(pg_catalog.convert_to(pg_catalog.current_database(), 'UTF8'), 'escape'), "
        "(" +
        std::string(kStamp) + ")";
    return query;
}

const std::string& catalog_query() {
    static const std::string query = with_stamp(kRows);
    return query;
}

std::optional<CatalogStamp> parse_catalog_stamp(std::span<const std::string_view> columns,
                                                const CatalogIdentity& of) {
    if (columns.size() != kCatalogStampColumns || columns[1].empty()) return std::nullopt;
    if (of.dialect == Dialect::MariaDb) return CatalogStamp{of.database, std::string(columns[1])};
    auto database = unescaped(columns[0]);
    if (!database || database->empty()) return std::nullopt;
    return CatalogStamp{std::move(*database), std::string(columns[1])};
}

void CatalogReading::add(std::span<const std::string_view> columns) {
    if (columns.size() != kCatalogColumns) {
        failed_ = true;
        return;
    }
    if (columns[0] == "S") {
        stamp_ = parse_catalog_stamp(columns.subspan(2, kCatalogStampColumns), of_);
        return;
    }
    const bool mariadb = of_.dialect == Dialect::MariaDb;
    // Of MariaDB's the names, and the text of a view.
    const auto is_hexadecimal = [&](std::size_t column) {
        return column == 2 || column == 3 || (column == 5 && columns[0] == "V");
    };
    CatalogRow row;
    for (std::size_t column = 0; column < row.size(); ++column) {
        auto text = !mariadb                 ? unescaped(columns[column])
                    : is_hexadecimal(column) ? from_hexadecimal(columns[column])
                                             : std::optional<std::string>(columns[column]);
        failed_ = failed_ || !text;
        if (text) row.at(column) = std::move(*text);
    }
    failed_ = failed_ || !(mariadb ? mariadb_builder_.add(row) : builder_.add(row));
}

std::optional<CatalogReading::Result> CatalogReading::finish() {
    if (failed_ || !stamp_) return std::nullopt;
    const bool mariadb = of_.dialect == Dialect::MariaDb;
    return Result{std::move(*stamp_), mariadb ? mariadb_builder_.build() : builder_.build()};
}

}  // namespace freshread
