#!/usr/bin/env python3
"""Write routing/builtin_postgresql.cpp: what a PostgreSQL server itself brings that a Read may use.

    generate_builtin_postgresql.py 'host=/tmp dbname=postgres' > builtin_postgresql.cpp

Functions come from pg_proc, types from pg_type, operators from pg_operator, all of the schema pg_catalog. A function is
harmless when no overload of its name is volatile, none of its signatures is for the server's own use, and the review
below does not say otherwise. A volatile function is left out, and so runs on the leader as unknown, unless the review
names it. The review is by name: of several overloads the worst counts.

Needs psql. Run it against the oldest server that is supported: a name that only newer servers have is left out, because
on the older ones it may be a function of the user. Compare with the newest one for names whose volatility changed.
"""
import re
import subprocess
import sys

HARMLESS_VOLATILE = """
    clock_timestamp current_query gen_random_uuid pg_collation_actual_version pg_database_collation_actual_version
    pg_partition_ancestors pg_partition_tree pg_sleep pg_sleep_for pg_sleep_until random timeofday
""".split()

# Answers that differ between a leader and a replica that has caught up, or that describe one server process.
NODE_DEPENDENT = r"""
    inet_(client|server)_(addr|port) current_setting version txid_current_snapshot pg_current_snapshot txid_status
    txid_current_if_assigned pg_current_xact_id_if_assigned mxid_age
    pg_xact_status pg_xact_commit_timestamp(_origin)? pg_last_committed_xact pg_get_multixact_members
    pg_is_in_recovery pg_is_wal_replay_paused pg_get_wal_replay_pause_state pg_last_.* pg_current_wal_.*
    pg_current_logfile pg_backend_pid pg_postmaster_start_time pg_conf_load_time pg_control_.* pg_config pg_jit_available
    pg_show_.* pg_settings_get_flags pg_lock_status pg_blocking_pids pg_safe_snapshot_blocking_pids
    pg_isolation_test_session_is_blocked pg_hba_file_rules pg_ident_file_mappings pg_ls_.* pg_read_file pg_read_binary_file
    pg_stat_file pg_stat_get_.* pg_stat_have_stats pg_get_backend_memory_contexts pg_get_shmem_allocations
    pg_get_replication_slots pg_get_wal_resource_managers pg_prepared_xact pg_prepared_statement pg_cursor
    pg_notification_queue_usage pg_listening_channels pg_replication_origin_(progress|session_is_setup|session_progress|oid)
    pg_sequence_last_value pg_(database|relation|table|indexes|total_relation|tablespace)_size pg_tablespace_databases
    pg_tablespace_location pg_relation_filepath pg_is_other_temp_schema pg_available_extension(s|_versions)
    pg_extension_update_paths pg_trigger_depth
""".split()

LEADER_SESSION = r"""
    currval lastval setseed pg_export_snapshot pg_my_temp_schema pg_notify lo_.* loread lowrite
    pg_replication_origin_(session|xact)_(setup|reset) pg_stat_clear_snapshot pg_stat_force_next_flush
""".split()

LOCKING = r"pg_(try_)?advisory_.*".split()
SETS_SESSION = ["set_config"]

# Effects that do not wait for COMMIT.
WRITES = r"""
    nextval setval txid_current pg_current_xact_id pg_logical_emit_message pg_logical_slot_get_.* pg_switch_wal
    pg_create_restore_point pg_stat_reset.* pg_terminate_backend pg_cancel_backend pg_reload_conf pg_promote
    pg_rotate_logfile.* pg_wal_replay_(pause|resume) pg_backup_(start|stop) pg_log_backend_memory_contexts
    pg_(create|copy)_(logical|physical)_replication_slot pg_drop_replication_slot pg_replication_slot_advance
    pg_replication_origin_(create|drop|advance) pg_import_system_collations brin_(de)?summarize_.*
    gin_clean_pending_list
""".split()

# Not volatile in the catalog, and yet not harmless: they run a query given as text, read relations that the statement
# does not name, or call back into code of the user.
LEFT_OUT = r"""
    (query|table|schema|database|cursor)_to_xml.* ts_stat ts_rewrite (domain|array|record|range|multirange)_in pg_event_trigger_.*
    fmgr_.*_validator .*_(recv|send|typanalyze) .*(sel|support|handler) currtid2
""".split()

def matcher(patterns):
    return re.compile("(?:" + "|".join(patterns) + r")\Z")


def query(conninfo, sql):
    out = subprocess.run(["psql", "-XAt", "-F", "\t", "-d", conninfo, "-c", sql], check=True, text=True,
                         stdout=subprocess.PIPE).stdout
    return [line.split("\t") for line in out.splitlines()]


def effects(conninfo):
    """name -> effect, or None for a name that stays unknown."""
    review = [(matcher(WRITES), "Write"), (matcher(SETS_SESSION), "SetsSession"), (matcher(LOCKING), "Locking"),
              (matcher(LEADER_SESSION), "LeaderSession"), (matcher(LEFT_OUT), None),
              (matcher(NODE_DEPENDENT), "NodeDependent"), (matcher(HARMLESS_VOLATILE), "Harmless")]
    rows = query(conninfo, """
        select proname, bool_or(provolatile = 'v'),
               bool_and(prorettype in ('internal'::regtype, 'trigger'::regtype, 'event_trigger'::regtype)
                        or 'internal'::regtype = any (proargtypes))
        from pg_proc where pronamespace = 'pg_catalog'::regnamespace group by proname""")
    found = {}
    for name, volatile, for_the_server in rows:
        for pattern, effect in review:
            if pattern.match(name):
                found[name] = effect
                break
        else:
            found[name] = None if volatile == "t" or for_the_server == "t" else "Harmless"
    return found


def operators(conninfo, effect_of):
    """Operator names every implementation of which is harmless."""
    rows = query(conninfo, """
        select o.oprname, p.proname from pg_operator o join pg_proc p on p.oid = o.oprcode
        where o.oprnamespace = 'pg_catalog'::regnamespace""")
    bad = {name for name, function in rows if effect_of.get(function) != "Harmless"}
    return sorted({name for name, _ in rows} - bad | {"=>", ":=", "!="})


def types(conninfo):
    """Base, range, multirange and pseudo types, row types of the catalog, and SQL's own spellings."""
    rows = query(conninfo, """
        select typname from pg_type where typnamespace = 'pg_catalog'::regnamespace
        and typtype in ('b', 'r', 'm', 'p', 'c') and typelem = 0""")
    # typelem is set for arrays, but also for types that can be subscripted.
    rows += query(conninfo, """
        select typname from pg_type where typnamespace = 'pg_catalog'::regnamespace and typelem <> 0""")
    spellings = """int integer smallint bigint real decimal dec boolean character nchar double national float
                   """.split()
    return sorted({name for (name,) in rows} | set(spellings))


def table(element, name, lines):
    print(f"constexpr {element} {name}[] = {{")
    for line in lines:
        print(f"    {line},")
    print("};\n")


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("??", "?\\?") + '"'


def main():
    conninfo = sys.argv[1]
    effect_of = effects(conninfo)
    (version,), = query(conninfo, "show server_version")
    unsafe = {name for name, effect in effect_of.items() if effect not in ("Harmless", "NodeDependent", None)}
    assert {"nextval", "setval", "currval", "set_config", "pg_notify", "lo_put"} <= unsafe
    print(f"// Generated by routing/generate_builtin_postgresql.py from PostgreSQL {version.split()[0]}: not for editing.")
    print("// Each table is sorted by bytes.")
    print('#include "routing/builtin_names.h"\n')
    print("namespace freshread {\n\nnamespace {\n\n// clang-format off")
    table("BuiltinFunction", "kPostgreSqlFunctions",
          (f"{{{quoted(n)}, FunctionEffect::{e}}}" for n, e in sorted(effect_of.items()) if e))
    table("std::string_view", "kPostgreSqlTypes", map(quoted, types(conninfo)))
    table("std::string_view", "kOperators", map(quoted, operators(conninfo, effect_of)))
    print("}  // namespace\n")
    print("std::span<const BuiltinFunction> postgresql_functions() { return kPostgreSqlFunctions; }")
    print("std::span<const std::string_view> postgresql_types() { return kPostgreSqlTypes; }")
    print("std::span<const std::string_view> postgresql_operators() { return kOperators; }\n")
    print("// clang-format on\n\n}  // namespace freshread")


main()
