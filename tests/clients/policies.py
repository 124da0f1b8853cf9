#!/usr/bin/python3
"""Every policy through pyodbc, with replay paused and resumed: a user writes, and reads again; another user reads. Which
node served each read is what the servers' own logs say.

Usage: inside `tests/cluster/cluster run`.
"""
from __future__ import annotations

import os
import sys
import tempfile
import unittest
from pathlib import Path

import pyodbc

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cluster"))
from cluster import Cluster, wait_for  # noqa: E402

# What a read finds, and where, behind a write of `writer` that the replica has not applied.
SEEN, OLD = ("written", "leader"), ("nothing", "replica1")

# policy, what is set beside it, the writer's own read, another user's, and the writer's when the replica has it.
POLICIES = (
    ("leader", "", SEEN, SEEN, ("written", "leader")),
    ("window", "Window=10min", SEEN, OLD, ("written", "leader")),
    ("window", "Window=1ms", OLD, OLD, ("written", "replica1")),
    ("position", "", SEEN, OLD, ("written", "replica1")),
    ("token", "", OLD, OLD, ("written", "replica1")),
    ("synchronous", "SyncTimeout=50ms", SEEN, OLD, ("written", "replica1")),
    ("fallback", "", SEEN, SEEN, ("written", "replica1")),
    ("any", "", OLD, OLD, ("written", "replica1")),
)


class Policies(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.cluster = Cluster.open(Path(os.environ["FRESHREAD_TEST_CLUSTER"]))
        cls.replica = cls.cluster["replica1"]
        cls.cluster.leader.sql("create table item (id int, name text); grant all on item to public")
        cls.directory = tempfile.TemporaryDirectory(dir=cls.cluster.directory)
        cls.addClassCleanup(cls.directory.cleanup)
        cls.rows = cls.tags = 0

    def connect(self, user: str, more: str) -> pyodbc.Connection:
        connection = pyodbc.connect(f"DSN=freshread;MarkAge=100ms;StateDir={self.directory.name};User={user};{more}",
                                    autocommit=True)
        self.addCleanup(connection.close)
        return connection

    def read(self, connection: pyodbc.Connection, row: int) -> tuple[str, str]:
        """What it found, and the node that was the last to be asked."""
        type(self).tags += 1
        tag = f"tag-{os.getpid()}-{self.tags}-"
        found = connection.execute(f"select name from item where id = ? and name <> '{tag}'", row).fetchone()
        served = [name for name, lines in self.cluster.served(tag).items() if lines]
        return found[0] if found else "nothing", "leader" if "leader" in served else served[0]

    def write(self, connection: pyodbc.Connection) -> int:
        type(self).rows += 1
        connection.execute("insert into item values (?, 'written')", self.rows)
        return self.rows

    def test_what_each_promises(self) -> None:
        for number, (policy, more, own, anothers, caught_up) in enumerate(POLICIES):
            with self.subTest(policy=policy, more=more):
                self.cluster.wait(self.replica)
                # Users of their own: a window lasts longer than a policy.
                writer = self.connect(f"writer{number}", f"Policy={policy};{more}")
                another = self.connect(f"another{number}", f"Policy={policy};{more}")
                if policy not in ("leader", "window"):
                    for connection in (writer, another):
                        wait_for("reads on the replica", lambda c=connection: self.read(c, 0)[1] != "leader" or
                                 policy == "fallback")
                if more == "Window=10min":
                    # A table that is younger than the window keeps everybody on the leader.
                    anothers = SEEN
                self.replica.pause()
                row = self.write(writer)
                for whose, connection, expected in (("the writer's own", writer, own), ("another user's", another, anothers)):
                    if expected == SEEN:
                        self.assertEqual(self.read(connection, row), expected, whose)
                    else:  # not while the write's mark is open
                        wait_for(f"{whose} read as {expected}", lambda c=connection: self.read(c, row) == OLD)
                self.replica.resume()
                self.cluster.wait(self.replica)
                wait_for(f"the writer's read as {caught_up}", lambda: self.read(writer, row) == caught_up)

    def test_a_token_carries_what_was_written(self) -> None:
        self.cluster.wait(self.replica)
        writer, worker = self.connect("writer", "Policy=token"), self.connect("worker", "Policy=token")
        self.replica.pause()
        row = self.write(writer)
        token = writer.execute("show freshread.token").fetchval()
        self.assertEqual(self.read(worker, row), OLD)
        worker.execute(f"set freshread.token = '{token}'")
        self.assertEqual(self.read(worker, row), SEEN)
        self.replica.resume()
        wait_for("the worker's read on the replica", lambda: self.read(worker, row) == ("written", "replica1"))

    def test_a_synchronous_write_is_there_for_everybody(self) -> None:
        self.cluster.wait(self.replica)
        writer, another = (self.connect(user, "Policy=synchronous;SyncTimeout=1min") for user in ("writer", "another"))
        wait_for("reads on the replica", lambda: self.read(another, 0)[1] == "replica1")
        for _ in range(10):
            row = self.write(writer)
            self.assertEqual(self.read(writer, row), ("written", "replica1"))
            self.assertEqual(self.read(another, row), ("written", "replica1"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
