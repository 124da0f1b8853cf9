#!/usr/bin/python3
"""The main job through pyodbc, in processes of their own: u1 writes in one and reads in another, replay paused; u2 reads
from the replica meanwhile; replay resumed, u1's reads move to the replica.

Usage: inside `tests/cluster/cluster run`. As `pyodbc_two_processes.py client DSN` it is one of those processes: it takes
commands on standard input (insert ID, select TAG ID) and answers on standard output.
"""
from __future__ import annotations

import os
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cluster"))
from cluster import Cluster, client_environment, wait_for  # noqa: E402

ROUNDS = 1000
NEW_PROCESSES = 1000 if os.environ.get("FRESHREAD_LONG") else 25


def client(dsn: str, autocommit: bool) -> None:
    import pyodbc

    connection = pyodbc.connect(f"DSN={dsn}", autocommit=autocommit)
    cursor = connection.cursor()
    for line in sys.stdin:
        verb, *words = line.split()
        if verb == "insert":
            cursor.execute("insert into item (id, name) values (?, ?)", int(words[0]), "written")
            connection.commit()
            print("ok", flush=True)
        else:
            tag, row = words
            found = cursor.execute(f"select name from item where id = ? and name <> '{tag}'", int(row)).fetchone()
            print(found[0] if found else "none", flush=True)
    connection.close()


class Process:
    """A client process that is told what to do line by line."""

    def __init__(self, dsn: str, autocommit: bool) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, "client", dsn, "autocommit" if autocommit else "manual"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **client_environment()})

    def ask(self, line: str) -> str:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().strip()
        if not answer:
            raise AssertionError(f"the client process ended with {self._process.wait()} on: {line}")
        return answer

    def close(self) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


class TwoProcesses(unittest.TestCase):
    def setUp(self) -> None:
        self.cluster = Cluster.open(Path(os.environ["FRESHREAD_TEST_CLUSTER"]))
        self.replica = self.cluster["replica1"]
        self.cluster.leader.sql("drop table if exists item; create table item (id int primary key, name text); "
                                "grant all on item to public")
        self.cluster.wait(self.replica)
        self.u2 = Process("freshread_u2", autocommit=True)
        # A new users' table serves everybody from the leader until its base is known and replayed.
        self.tags = 0
        wait_for("u2's reads on the replica", lambda: self.select_on(self.u2, 0)[1] == "replica1")
        self.addCleanup(self.u2.close)
        self.addCleanup(self.replica.resume)

    def select_on(self, process: Process, row: int) -> tuple[str, str]:
        """What a read found, and which node's log shows that it served it."""
        self.tags += 1
        tag = f"tag-{os.getpid()}-{self.tags}-"
        found = process.ask(f"select {tag} {row}")
        served = [name for name, lines in self.cluster.served(tag).items() if lines]
        self.assertEqual(len(served), 1, f"served by {served}")
        return found, served[0]

    def test_the_reader_sees_what_the_writer_committed(self) -> None:
        self.replica.pause()
        writer = Process("freshread_u1", autocommit=False)
        self.addCleanup(writer.close)
        self.assertEqual(writer.ask("insert 0"), "ok")
        reader = Process("freshread_u1", autocommit=True)
        self.addCleanup(reader.close)
        seen = sum(1 for row in range(1, ROUNDS + 1)
                   if writer.ask(f"insert {row}") == "ok" and reader.ask(f"select none {row}") == "written")
        self.assertEqual(seen, ROUNDS)

        found, node = self.select_on(self.u2, ROUNDS)
        self.assertEqual((found, node), ("none", "replica1"), "u2 did not write and is served by the replica")

        for row in range(ROUNDS + 1, ROUNDS + 1 + NEW_PROCESSES):
            self.assertEqual(writer.ask(f"insert {row}"), "ok")
            started_after = Process("freshread_u1", autocommit=True)
            self.assertEqual(started_after.ask(f"select none {row}"), "written")
            started_after.close()

        self.assertEqual(self.select_on(reader, ROUNDS), ("written", "leader"))
        self.replica.resume()
        resumed = time.monotonic()
        wait_for("u1's reads on the replica", lambda: self.select_on(reader, ROUNDS) == ("written", "replica1"))
        print(f"{seen} of {ROUNDS} reads saw the write; {NEW_PROCESSES} new processes too; "
              f"on the replica {time.monotonic() - resumed:.3f} s after replay was resumed")


if __name__ == "__main__":
    if sys.argv[1:2] == ["client"]:
        client(sys.argv[2], sys.argv[3] == "autocommit")
    else:
        unittest.main(verbosity=2)
