#!/usr/bin/python3
"""Stored functions that write, through MariaDB's own ODBC driver: neither called directly nor inside a view do they reach
the replica, and no more do views that take locks; what routines set reaches it.

Usage: inside `tests/cluster/cluster run --mariadb`.
"""
from __future__ import annotations

import os
import time
import unittest
from pathlib import Path

import pyodbc

REPLICA_LOG = Path(os.environ["FRESHREAD_TEST_MARIADB_REPLICA1_FILES"]) / "general.log"


def connect(dsn: str) -> pyodbc.Connection:
    return pyodbc.connect(f"DSN={dsn}", autocommit=True)


class StoredFunctions(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.leader, cls.replica = connect("mariadb_leader"), connect("mariadb_replica1")
        cls.replica.execute(f"set global general_log_file = '{REPLICA_LOG}'")
        cls.replica.execute("set global general_log = on")
        for statement in (
                "create table written (by_call int)",
                "create function writes(a int) returns int begin insert into written values (a); return a; end",
                "create function `count`(a int) returns int begin insert into written values (a); return a; end",
                "create view writing as select writes(300) as a",
                "create view counted as select test.count(400) as a",
                "create view above as select a + 100 as a from counted",
                "create view locking as select get_lock('of a view', 0) as a",
                "create view asking as select connection_id() as a",
                "create view all_schemas as select schema_name from information_schema.schemata",
                "create sequence numbered",
                "create table fleeting (a int) engine = memory",
                "create view plain as select by_call from written",
                "create table apart (a int)",
                "create view above_apart as select a from apart",
                "create procedure set_zone(zone text) set time_zone = zone",
                "create function sets_zone(zone text) returns int begin set time_zone = zone; return 1; end"):
            cls.leader.execute(statement)
        cls.await_replica()

    @classmethod
    def await_replica(cls) -> None:
        position = cls.leader.execute("select @@gtid_binlog_pos").fetchval()
        cls.assertEqual(cls(), cls.replica.execute(f"select master_gtid_wait('{position}', 60)").fetchval(), 0)

    def setUp(self) -> None:
        self.freshread = connect("freshread_any")
        self.addCleanup(self.freshread.close)

    def route(self, connection: pyodbc.Connection | None = None) -> tuple[str, str]:
        node, _, reason, *_ = (connection or self.freshread).execute("show freshread.last_route").fetchone()
        return node, reason

    def await_route(self, connection: pyodbc.Connection, text: str) -> None:
        """Until the catalog was asked again it is read on the leader."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            connection.execute(text).fetchall()
            if self.route(connection) == ("mariadb_replica1", "ReadOnReplica"):
                return
            self.assertEqual(self.route(connection), ("mariadb_leader", "UnknownRelation"))
            time.sleep(0.02)
        self.fail(f"{text} stays on the leader")

    def written(self, number: int) -> int:
        return self.leader.execute(f"select count(*) from written where by_call = {number}").fetchval()

    def test_the_session_says_what_routing_goes_by(self) -> None:
        for setting, reason in (("set @freshread_policy = 'leader'", "PolicyLeader"),
                                ("reset freshread.policy", "ReadOnReplica"),
                                ("SET @freshread_policy := \"leader\"", "PolicyLeader"),
                                ("set freshread.policy = default", "ReadOnReplica")):
            self.freshread.execute(setting)
            self.freshread.execute("select * from plain").fetchall()
            self.assertEqual(self.route()[1], reason, setting)
        self.freshread.execute("set @freshread_user = 'alice'")
        self.assertEqual(self.freshread.execute("show freshread.user").fetchval(), "alice")
        for refused, state in (("set @freshread_policy = 'position'", "22023"), ("set @a = 1, @freshread_b = 2", "42601")):
            with self.assertRaisesRegex(pyodbc.Error, state):
                self.freshread.execute(refused)

    def test_a_plain_view_is_read_on_the_replica(self) -> None:
        self.freshread.execute("select * from plain").fetchall()
        self.assertEqual(self.route(), ("mariadb_replica1", "ReadOnReplica"))

    def test_reads_that_touch_a_critical_table_go_by_the_policy(self) -> None:
        keywords = "DSN=freshread_any;Policy=leader;CriticalTables={{test.`Written`, {}}}"
        with pyodbc.connect(keywords.format("apart2"), autocommit=True) as connection:
            for text in ("select * from written", "select by_call from `test`.plain where by_call = 1",
                         "select schema_name from all_schemas"):
                with self.subTest(text):
                    connection.execute(text).fetchall()
                    self.assertEqual(self.route(connection), ("mariadb_leader", "CriticalTable"))
                    self.assertNotIn(text, REPLICA_LOG.read_text())
            for text in ("select a from apart", "select a from above_apart", "select 1 from dual"):
                with self.subTest(text):
                    self.await_route(connection, text)
        with self.assertRaisesRegex(pyodbc.Error, "HY000.*The keyword 'CriticalTables' has the value"):
            pyodbc.connect(keywords.format("two words"), autocommit=True)

    def test_a_direct_call_never_reaches_the_replica(self) -> None:
        calls = ("select writes({})", "select `writes` ({})", "select test.writes({})", "select count ({})",
                 "select 1 from dual where writes({}) = 0", "select (select writes({}))",
                 "with x as (select writes({}) as a) select * from x", "select if(1, writes({}), 2) /* ? */")
        for number, call in enumerate(calls, start=100):
            text = call.format(number)
            with self.subTest(text):
                self.freshread.execute(text).fetchall()
                self.assertIn(self.route(), (("mariadb_leader", "UnknownFunction"), ("mariadb_leader", "Write")))
                self.assertEqual(self.written(number), 1)
                self.assertNotIn(text, REPLICA_LOG.read_text())

    def test_what_a_routine_sets_reaches_the_replica(self) -> None:
        midnight = "select cast(from_unixtime(0) as char)"
        for number, routine in enumerate(("call set_zone('{}')", "{{call set_zone('{}')}}", "select sets_zone('{}')")):
            for zone, hour in (("+05:00", "05"), (f"+0{number + 1}:00", f"0{number + 1}")):
                with self.subTest(routine.format(zone)):
                    self.freshread.execute(routine.format(zone))
                    self.assertEqual(self.freshread.execute(midnight).fetchval(), f"1970-01-01 {hour}:00:00")
                    self.assertEqual(self.route(), ("mariadb_replica1", "ReadOnReplica"))

    def test_autocommit_that_is_on_may_be_set(self) -> None:
        self.freshread.execute("set autocommit = 1")
        self.freshread.execute("select * from plain").fetchall()
        self.assertEqual(self.route(), ("mariadb_replica1", "ReadOnReplica"))
        self.freshread.execute("set autocommit = 0")
        self.freshread.execute("select * from plain").fetchall()
        self.assertEqual(self.route(), ("mariadb_leader", "SessionUnreplicated"))

    def test_a_view_that_writes_is_answered_by_the_leader(self) -> None:
        for view, number, writes in (("writing", 300, 300), ("counted", 400, 400), ("above", 500, 400)):
            with self.subTest(view):
                before = self.written(writes)
                for times in (1, 2):
                    self.assertEqual(self.freshread.execute(f"select * from {view}").fetchval(), number)
                    self.assertEqual(self.route(), ("mariadb_leader", "UnknownRelation"))
                    self.assertEqual(self.written(writes), before + times)
                self.assertNotIn(f"select * from {view}", REPLICA_LOG.read_text())

    def test_what_only_the_leader_has_is_asked_there(self) -> None:
        for relation, reason in (("locking", "UnknownRelation"), ("asking", "NodeDependent"),
                                 ("`Test`.`LOCKING`", "UnknownRelation"), ("fleeting", "NodeDependent"),
                                 ("numbered", "NodeDependent"), ("mysql.user", "NodeDependent")):
            with self.subTest(relation):
                text = f"select count(*) from {relation}"
                try:
                    self.freshread.execute(text).fetchall()
                except pyodbc.Error:
                    self.assertEqual(relation, "`Test`.`LOCKING`")
                self.assertEqual(self.route(), ("mariadb_leader", reason))
                self.assertNotIn(text, REPLICA_LOG.read_text())

    def test_what_every_node_has_is_read_on_the_replica(self) -> None:
        for text in ("select * from `plain`", "select * from test.plain where by_call = 1", "select 1 from dual",
                     "select * from all_schemas", "select count(*) from information_schema.tables where false",
                     "with plain2 as (select * from plain) select * from plain2", "describe plain"):
            with self.subTest(text):
                self.freshread.execute(text).fetchall()
                reason = self.route()
                self.assertIn(reason, (("mariadb_replica1", "ReadOnReplica"), ("mariadb_leader", "NodeDependent")))
                self.assertEqual(reason[1] == "NodeDependent", "information_schema.tables" in text)
        self.freshread.execute("show tables from test").fetchall()
        self.assertEqual(self.route(), ("mariadb_leader", "NodeDependent"))

    def test_what_is_defined_anew_is_looked_at_again(self) -> None:
        self.freshread.execute("create or replace view changing as select by_call from written")
        self.await_replica()
        self.freshread.execute("select * from changing").fetchall()
        self.assertEqual(self.route()[0], "mariadb_replica1")
        self.freshread.execute("create or replace view changing as select writes(600) as by_call")
        self.freshread.execute("select * from changing").fetchall()
        self.assertEqual(self.route(), ("mariadb_leader", "UnknownRelation"))
        self.assertEqual(self.written(600), 1)
        # Of somebody else's making: not known before it was asked for, about a second later.
        self.leader.execute("create table newer (a int)")
        self.await_replica()
        self.await_route(self.freshread, "select * from newer")

    def test_a_function_that_is_called_free_may_be_used_by_a_view(self) -> None:
        self.leader.execute("create or replace function doubled(a int) returns int deterministic return a * 2")
        self.leader.execute("create or replace view of_doubled as select doubled(by_call) as a from written")
        self.await_replica()
        with pyodbc.connect("DSN=freshread_any;FreeFunctions=doubled", autocommit=True) as connection:
            for text in ("select * from of_doubled", "select test.doubled(2)", "select `doubled`(3)"):
                self.await_route(connection, text)
        self.freshread.execute("select * from of_doubled").fetchall()
        self.assertEqual(self.route(), ("mariadb_leader", "UnknownRelation"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
