#!/usr/bin/python3
"""`freshread classify --dsn` and `freshread explain` against a leader and a replica: data_source_test.py FRESHREAD

Runs inside tests/cluster/cluster run.
"""
from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import unittest

FRESHREAD = ""
STATE = tempfile.mkdtemp(prefix="freshread-state-")


def freshread(*arguments: str, text: str = "", code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([FRESHREAD, *arguments], input=text, capture_output=True, timeout=60, text=True)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done


def on_leader(sql: str) -> str:
    return subprocess.run(["psql", "-XAtqc", sql, os.environ["FRESHREAD_TEST_LEADER"]], check=True,
                          capture_output=True, text=True).stdout.strip()


def source(more: str = "") -> str:
    return f"DSN=freshread;StateDir={STATE};{more}"


def consequences(text: str, more: str = "") -> list[str]:
    lines = freshread("classify", "--dsn", source(more), text=text).stdout.splitlines()
    return [line.split("\t")[1] for line in lines]


def explained(statement: str, more: str = "") -> dict[str, str]:
    lines = freshread("explain", "--dsn", source(more), statement).stdout.splitlines()
    return {word: value.strip() for word, value in (line.split(":", 1) for line in lines)}


class OfADataSource(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        on_leader("create table item (i int); create function enter() returns int language sql volatile as "
                  "'insert into item values (1) returning i'; create view entering as select enter() as n; "
                  "create view calm as select i from item; grant all on item, calm, entering to public")
        subprocess.run([os.path.join(os.path.dirname(__file__), "../cluster/cluster"), "wait", "replica1"], check=True)

    def test_classify_asks_the_catalog(self) -> None:
        text = "select * from item\nselect * from calm\nselect * from entering\nselect * from nothing\nselect enter()\n"
        self.assertEqual(consequences(text), [
            "replica", "replica", "leader, tracked: UnknownRelation", "leader, tracked: UnknownRelation",
            "leader, tracked: UnknownFunction (enter)"])
        self.assertEqual(consequences("select * from entering\nselect enter()\n", "FreeFunctions=enter"),
                         ["replica", "replica"])

    def test_explain_says_where_and_why_and_runs_nothing(self) -> None:
        write = explained("select enter()", "User=alice")
        self.assertEqual((write["kind"], write["node"], write["reason"], write["counts as"], write["user"]),
                         ("Unknown", "pg_leader (leader)", "UnknownFunction", "a write of the user", "alice"))
        self.assertEqual(on_leader("select count(*) from item"), "0")
        read = explained("/* freshread replica */ select * from item")
        self.assertEqual((read["kind"], read["node"], read["reason"], read["counts as"]),
                         ("Read", "pg_replica1 (replica)", "ReadOnReplica", "no write"))
        self.assertEqual(explained("show freshread.last_route")["node"], "none: the driver answers itself")
        self.assertEqual(explained("select 1", "Policy=leader")["reason"], "PolicyLeader")

    def test_what_cannot_be_opened_is_said(self) -> None:
        self.assertIn("no data source 'nowhere'", freshread("explain", "--dsn", "nowhere", "select 1", code=1).stderr)
        self.assertIn("'Policy'", freshread("explain", "--dsn", source("Policy=best"), "select 1", code=1).stderr)
        freshread("explain", "--dsn", source(), code=2)
        freshread("explain", "select 1", code=2)
        freshread("classify", "--dsn", source(), "--dialect", "generic", code=2)


if __name__ == "__main__":
    FRESHREAD = sys.argv.pop(1)
    unittest.main()
