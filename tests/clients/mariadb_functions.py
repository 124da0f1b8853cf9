#!/usr/bin/python3
"""Stored functions that write, through MariaDB's own ODBC driver: called directly they never reach the replica; inside a
view the replica refuses them, the leader answers, and the text is a write from then on.

Usage: inside `tests/cluster/cluster run --mariadb`.
"""
from __future__ import annotations

import os
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
                "create view plain as select by_call from written",
                "create procedure set_zone(zone text) set time_zone = zone",
                "create function sets_zone(zone text) returns int begin set time_zone = zone; return 1; end"):
            cls.leader.execute(statement)
        position = cls.leader.execute("select @@gtid_binlog_pos").fetchval()
        cls.assertEqual(cls(), cls.replica.execute(f"select master_gtid_wait('{position}', 60)").fetchval(), 0)

    def setUp(self) -> None:
        self.freshread = connect("freshread_any")
        self.addCleanup(self.freshread.close)

    def route(self) -> tuple[str, str]:
        node, _, reason, *_ = self.freshread.execute("show freshread.last_route").fetchone()
        return node, reason

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
        for view, number in (("writing", 300), ("counted", 400)):
            with self.subTest(view):
                for times, reason in enumerate(("RetriedOnLeader", "RefusedByReplica", "RefusedByReplica"), start=1):
                    self.assertEqual(self.freshread.execute(f"select * from {view}").fetchval(), number)
                    self.assertEqual(self.route(), ("mariadb_leader", reason))
                    self.assertEqual(self.written(number), times)


if __name__ == "__main__":
    unittest.main(verbosity=2)
