#!/usr/bin/python3
"""`freshread monitor`, `status` and `mark` against a leader and a replica: service_test.py FRESHREAD

Runs inside tests/cluster/cluster run.
"""
from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

FRESHREAD = ""
CLUSTER = os.path.join(os.path.dirname(__file__), "../cluster/cluster")
NODES = ("LEADER", "REPLICA1")


def freshread(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([FRESHREAD, *arguments], capture_output=True, timeout=60, text=True)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done


def on(node: str, sql: str) -> str:
    return subprocess.run(["psql", "-XAtqc", sql, os.environ[f"FRESHREAD_TEST_{node}"]], check=True,
                          capture_output=True, text=True).stdout.strip()


def monitors() -> list[str]:
    return [on(node, "select count(*) from pg_stat_activity where application_name = 'freshread-monitor'")
            for node in NODES]


def eventually(condition) -> bool:
    deadline = time.monotonic() + 30
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


class OfAService(unittest.TestCase):
    def setUp(self) -> None:
        self.state = tempfile.mkdtemp(prefix="freshread-state-")
        on("LEADER", "create table if not exists item (i int); grant all on item to public")
        subprocess.run([CLUSTER, "wait", "replica1"], check=True)

    def source(self, more: str = "") -> str:
        return f"DSN=freshread;MarkAge=100ms;StateDir={self.state};{more}"

    def status(self, more: str = "") -> dict:
        return json.loads(freshread("status", "--dsn", self.source(more), "--json").stdout)

    def service(self) -> subprocess.Popen:
        service = subprocess.Popen([FRESHREAD, "monitor", "--dsn", self.source()])
        self.addCleanup(service.wait)
        self.addCleanup(service.kill)
        return service

    def samplers(self) -> set[int]:
        return {node.get("monitor", 0) for node in self.status()["nodes"]}

    def test_a_service_samples_for_all_and_another_stands_by(self) -> None:
        first = self.service()
        self.assertTrue(eventually(lambda: monitors() == ["1", "1"]))
        second = self.service()
        self.assertEqual(self.samplers(), {first.pid})
        self.assertEqual(monitors(), ["1", "1"])
        first.send_signal(signal.SIGKILL)
        first.wait()
        self.assertTrue(eventually(lambda: self.samplers() == {second.pid}))
        self.assertTrue(eventually(lambda: monitors() == ["1", "1"]))
        second.send_signal(signal.SIGTERM)
        self.assertEqual(second.wait(), 0)
        self.assertTrue(eventually(lambda: monitors() == ["0", "0"]))

    def test_status_tells_nodes_store_and_counts(self) -> None:
        self.assertTrue(eventually(lambda: self.status()["store"]["base_set"]))
        status = self.status("User=alice")
        self.assertEqual(status["user"], "alice")
        self.assertEqual([(node["name"], node["role"]) for node in status["nodes"]],
                         [("pg_leader", "leader"), ("pg_replica1", "replica")])
        for node in status["nodes"]:
            self.assertEqual(node["timeline"], 1)
            self.assertGreater(node["monitor"], 0)
        self.assertTrue(status["store"]["available"])
        self.assertFalse(status["store"]["mark_open"])
        self.assertEqual(status["store"]["open_marks"], 0)
        self.assertTrue(status["store"]["counted_all"])
        self.assertEqual(status["store"]["base_timeline"], 1)
        self.assertRegex(status["store"]["base"], "^[0-9A-F]+/[0-9A-F]+$")
        text = freshread("status", "--dsn", self.source()).stdout
        self.assertIn("pg_replica1: replica, ", text)
        self.assertIn("store: available", text)
        self.assertIn("open marks: 0", text)

        # Late by what it has not applied, and for as long as somebody has watched the leader be further.
        self.service()
        subprocess.run([CLUSTER, "pause", "replica1"], check=True)
        try:
            on("LEADER", "insert into item select generate_series(1, 1000)")

            def late() -> bool:
                replica = self.status()["nodes"][1]
                return replica.get("lag_bytes", 0) > 1000 and replica.get("lag_seconds", 0) > 0
            self.assertTrue(eventually(late))
        finally:
            subprocess.run([CLUSTER, "resume", "replica1"], check=True)

    def test_status_counts_what_other_processes_do(self) -> None:
        self.service()  # what has ended is known as long as somebody is there
        client = subprocess.Popen(["isql", "-v", "-b", "-k", self.source("User=bob")], stdin=subprocess.PIPE,
                                  stdout=subprocess.DEVNULL, text=True)
        self.addCleanup(client.wait)
        self.addCleanup(client.kill)
        written = 0

        def counted() -> bool:
            nonlocal written
            client.stdin.write("insert into item values (1)\n")
            client.stdin.flush()
            written += 1
            return any(one["process"] == client.pid and one["counts"].get("Write", 0) > 0
                       for one in self.status()["processes"])
        self.assertTrue(eventually(counted))
        client.stdin.close()
        self.assertEqual(client.wait(), 0)
        self.assertEqual(self.status()["total"]["Write"], written)

    def test_mark_makes_a_user_see_what_was_written_past_freshread(self) -> None:
        self.assertTrue(eventually(lambda: self.status()["store"]["base_set"]))
        subprocess.run([CLUSTER, "pause", "replica1"], check=True)
        try:
            on("LEADER", "insert into item values (77)")
            self.assertEqual(freshread("mark", "--dsn", self.source(), "--user", "alice").stdout, "marked: alice\n")
            read = "select * from item where i = 77"
            marked = freshread("explain", "--dsn", self.source("User=alice"), read).stdout
            self.assertIn("pg_leader (leader)", marked)
            self.assertIn("ReplicaBehind", marked)
            other = freshread("explain", "--dsn", self.source("User=bob"), read).stdout
            self.assertIn("pg_replica1 (replica)", other)
        finally:
            subprocess.run([CLUSTER, "resume", "replica1"], check=True)

    def test_what_cannot_be_done_is_said(self) -> None:
        freshread("mark", "--dsn", self.source(), code=2)
        freshread("monitor", code=2)
        freshread("status", code=2)
        self.assertIn("Monitor=none", freshread("monitor", "--dsn", self.source("Monitor=none"), code=1).stderr)
        self.assertIn("could not be", freshread("mark", "--dsn", self.source("Store=sqlite:///proc/none/x"),
                                                "--user", "u", code=1).stderr)


if __name__ == "__main__":
    FRESHREAD = sys.argv.pop(1)
    unittest.main()
