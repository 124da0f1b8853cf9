// What applications send: reports in the style of the TPC benchmarks, mappers of objects, tools that draw
// charts or browse the catalog. None of their reads may be missed.
#include <gtest/gtest.h>

#include "classification.h"

namespace freshread {
namespace {

// clang-format off
constexpr std::string_view kReads[] = {
    R"(select po_returnflag, po_linestatus, sum(po_quantity) as sum_qty, sum(po_extendedprice * (1 - po_discount) * (1 + po_tax)) as sum_charge, avg(po_discount) as avg_disc, count(*) as count_order from positions where po_shipdate <= date '1998-12-01' - interval '90' day group by po_returnflag, po_linestatus order by po_returnflag, po_linestatus)",
    R"(select from_country, to_country, po_year, sum(volume) as income from (select n1.n_name as from_country, n2.n_name as to_country, extract(year from po_shipdate) as po_year, po_extendedprice * (1 - po_discount) as volume from seller, positions, orders, buyer, country n1, country n2 where se_id = po_seller_id and ((n1.n_name = 'CH' and n2.n_name = 'AT') or (n1.n_name = 'AT' and n2.n_name = 'CH')) and po_shipdate between date '1995-01-01' and date '1996-12-31') as shipping group by from_country, to_country, po_year order by 1, 2, 3)",
    R"(select 100.00 * sum(case when p_type like 'A%' then po_extendedprice * (1 - po_discount) else 0 end) / sum(po_extendedprice * (1 - po_discount)) as promo_income from positions, part where po_partkey = p_partkey and po_shipdate >= date '1995-09-01' and po_shipdate < date '1995-09-01' + interval '1' month)",
    R"(with income (seller_no, totapo_income) as (select po_seller_id, sum(po_extendedprice * (1 - po_discount)) from positions group by po_seller_id) select se_id, s_name from seller, income where se_id = seller_no and totapo_income = (select max(totapo_income) from income) order by se_id)",
    R"(select country_code, count(*) as numcust, sum(c_acctbal) as totacctbal from (select substring(bu_phone from 1 for 2) as country_code, c_acctbal from buyer where substring(bu_phone from 1 for 2) in ('13', '31', '23') and not exists (select * from orders where o_custkey = c_custkey)) as custsale group by country_code)",
    R"(select channel, item, return_ratio, return_rank from (select 'web' as channel, web.item, rank() over (order by web.return_ratio) as return_rank, cast(sum(coalesce(wr.wr_return_quantity, 0)) as decimal(15, 4)) / cast(sum(coalesce(ws.ws_quantity, 0)) as decimal(15, 4)) as return_ratio from ordered ws left outer join returned wr on (ws.ws_order_number = wr.wr_order_number), date_dim where wr.wr_return_amt > 10000 group by web.item) as in_web union select 'x', 1, 2, 3 order by 1, 4 limit 100)",
    R"(select i_item_id, grouping(s_state) g_state, avg(ss_quantity) agg1 from sold, item group by rollup (i_item_id, s_state) order by i_item_id, s_state limit 100)",
    R"(SELECT abalance FROM pgbench_accounts WHERE aid = 4711)",
    R"(SELECT "auth_user"."id", "auth_user"."password", "auth_user"."last_login" FROM "auth_user" WHERE ("auth_user"."is_active" AND UPPER("auth_user"."username"::text) LIKE UPPER('%a%')) ORDER BY "auth_user"."date_joined" DESC LIMIT 21)",
    R"(SELECT (1) AS "a" FROM "t" WHERE "t"."id" = 3 LIMIT 1)",
    R"(SELECT COUNT(*) FROM (SELECT DISTINCT "t"."id" AS "col1" FROM "t" INNER JOIN "u" ON ("t"."id" = "u"."t_id") WHERE "u"."x" IN (SELECT U0."id" FROM "v" U0 WHERE U0."y" = true)) subquery)",
    R"(SELECT "t"."id", JSONB_BUILD_OBJECT(('a')::text, "t"."b") AS "j", STRING_AGG("t"."n", ', ' ) AS "s", ("t"."d" AT TIME ZONE 'UTC')::date AS "x", EXTRACT('year' FROM "t"."d" AT TIME ZONE 'Europe/Berlin') FROM "t" GROUP BY "t"."id", 2)",
    R"(SELECT "users".* FROM "users" WHERE "users"."id" = $1 LIMIT $2)",
    R"(SELECT 1 AS one FROM "users" WHERE "users"."email" = 'a' AND "users"."id" != 5 LIMIT 1)",
    R"(SELECT "users"."id" AS t0_r0, "users"."name" AS t0_r1, "posts"."id" AS t1_r0 FROM "users" LEFT OUTER JOIN "posts" ON "posts"."user_id" = "users"."id" /*application:App,controller:users,action:index*/)",
    R"(select user0_.id as id1_0_, user0_.name as name2_0_ from users user0_ where user0_.id=? order by user0_.name asc limit ?)",
    R"(select u1_0.id,u1_0.name,r1_0.user_id,r1_1.id from users u1_0 left join user_roles r1_0 on u1_0.id=r1_0.user_id join roles r1_1 on r1_1.id=r1_0.role_id where u1_0.name like ? escape '' fetch first ? rows only)",
    R"(select count(*) as copo_0_0_ from t t0_ where lower(t0_.name) like (?||'%') or t0_.x in (? , ? , ?))",
    R"(SELECT anon_1.users_id AS anon_1_users_id, anon_1.users_name AS n FROM (SELECT users.id AS users_id, users.name AS users_name FROM users LIMIT %(param_1)s) AS anon_1 LEFT OUTER JOIN addresses AS addresses_1 ON anon_1.users_id = addresses_1.user_id)",
    R"(SELECT users.id, users.name FROM users WHERE users.id IN (__[POSTCOMPILE_id_1]))",
    R"(SELECT CAST(t.a AS VARCHAR(60)) AS anon_1, t.b ->> 'x' AS anon_2, t.c[1] AS anon_3, (t.j #>> '{a, b}')::INTEGER FROM t)",
    R"(SELECT "t0"."id", "t0"."name" FROM "Users" AS "t0" WHERE "t0"."Name" ILIKE '%' || @p0 || '%' ESCAPE '')",
    R"(select "_"."id", "_"."name" from (select * from "public"."t") "_" where "_"."id" = 5 and not "_"."name" is null limit 1000)",
    R"(select "_"."c1" as "c1", "_"."a0" as "a0" from ( select "rows"."c1" as "c1", sum(cast("rows"."c2" as decimal)) as "a0" from ( select "_"."c1", "_"."c2" from "public"."t" "_" where "_"."d" >= timestamp '2020-01-01 00:00:00' ) "rows" group by "c1" ) "_" where not "_"."a0" is null limit 1000001)",
    R"(SELECT "t"."region" AS "region", SUM("t"."sales") AS "sum:sales:ok", CAST(TRUNC(EXTRACT(YEAR FROM "t"."d")) AS INTEGER) AS "yr:d:ok", DATE_TRUNC('MONTH', CAST("t"."d" AS DATE)) AS "tmn:d:ok" FROM "public"."t" "t" INNER JOIN (SELECT "x" AS "x", SUM("y") AS "$__alias__0" FROM "t" GROUP BY 1 ORDER BY 2 DESC LIMIT 10) "t0" ON ("t"."x" = "t0"."x") GROUP BY 1, 3 HAVING (COUNT(1) > 0))",
    R"(SELECT SUM(1) AS "cnt:Number of Records:ok" FROM "t" HAVING (COUNT(1) > 0))",
    R"(SELECT * FROM (SELECT * FROM t) "Custom SQL Query" LIMIT 0)",
    R"(SELECT TRUE)",
    R"(SELECT 1 FROM t WHERE 1 = 0)",
    R"(SELECT t.* FROM public.t t LIMIT 200)",
    R"(select current_schema(), current_database(), current_schemas(true), session_user, pg_catalog.obj_description('t'::regclass, 'pg_class'))",
    R"(select n.nspname as "Schema", c.relname as "Name", case c.relkind when 'r' then 'table' when 'v' then 'view' else 'other' end as "Type", pg_catalog.pg_get_userbyid(c.relowner) from pg_catalog.pg_class c left join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'v', '') and n.nspname !~ '^pg_toast' and pg_catalog.pg_table_is_visible(c.oid) order by 1, 2)",
    R"(select c.oid, c.relname from pg_catalog.pg_class c where c.relname operator(pg_catalog.~) '^(t)$' collate pg_catalog.default order by 2)",
    R"(select a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), (select pg_catalog.pg_get_expr(d.adbin, d.adrelid, true) from pg_catalog.pg_attrdef d where d.adrelid = a.attrelid and d.adnum = a.attnum) from pg_catalog.pg_attribute a where a.attrelid = '16384'::pg_catalog.regclass and not a.attisdropped)",
    R"(select (((1))) from (((pg_class c inner join pg_namespace n on n.oid = c.relnamespace) inner join pg_attribute a on (not a.attisdropped) and a.attrelid = c.oid) inner join pg_type t on t.oid = a.atttypid) left outer join pg_attrdef d on a.atthasdef)",
    R"(select pg_catalog.quote_ident(c.relname) from pg_class c where substring(pg_catalog.quote_ident(c.relname), 1, 2) = 'us' limit 1000)",
    R"(select string_agg(a.attname, ', ') from pg_catalog.generate_series(0, pg_catalog.array_upper('{1}'::pg_catalog.int2[], 1)) s, pg_catalog.pg_attribute a where a.attnum = ('{1,2}'::int2[])[s])",
    R"(select t.typname, t.typinput = 'array_in'::regproc as is_array from pg_type t where t.oid = any ('{16,17}'::oid[]))",
    R"(select pg_catalog.pg_get_constraintdef(oid, true) as definition, conrelid::pg_catalog.regclass from pg_catalog.pg_constraint where contype = 'f' and conparentid = 0)",
};
// clang-format on

TEST(ClassifierApplication, ItsReadsMayRunOnReplicas) {
    for (const auto text : kReads) EXPECT_EQ(postgresql(text), "Read") << text;
}

}  // namespace
}  // namespace freshread
