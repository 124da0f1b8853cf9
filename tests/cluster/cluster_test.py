#!/usr/bin/python3
"""The cluster does what it says, and nothing of it remains. All through its command, as its users call it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import caretaker
from cluster import (PASSWORD, Cluster, ClusterError, parse_duration, parse_lsn, reachable_position)

COMMAND = Path(__file__).resolve().parent / "cluster"


def outside_environment() -> dict[str, str]:
    """Without what an enclosing cluster may have set."""
    return {name: value for name, value in os.environ.items() if not name.startswith("FRESHREAD_TEST_")}


def run(*arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, *arguments], env=outside_environment(), capture_output=True, text=True,
                          timeout=timeout, check=False)


class Pure(unittest.TestCase):
    def test_durations_have_units(self) -> None:
        self.assertEqual([parse_duration(text) for text in ("2s", "500ms", "1min", "0", "1.5s")],
                         [2, 0.5, 60, 0, 1.5])
        with self.assertRaises(ClusterError):
            parse_duration("soon")

    def test_a_position_behind_a_page_header_is_the_start_of_the_page(self) -> None:
        self.assertEqual(reachable_position(parse_lsn("0/3002028")), parse_lsn("0/3002000"))
        self.assertEqual(reachable_position(parse_lsn("0/3002029")), parse_lsn("0/3002029"))


class Control(unittest.TestCase):
    """One cluster for all of these: each leaves it as found."""

    cluster: Cluster

    @classmethod
    def setUpClass(cls) -> None:
        cls.cluster = Cluster(replicas=2)
        cls.cluster.start()
        cls.addClassCleanup(cls.cluster.tear_down)
        cls.cluster.leader.sql("CREATE TABLE numbers (n int)")

    def control(self, *arguments: str) -> str:
        done = run(*arguments, "--state", str(self.cluster.state_file))
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def seen_by(self, node: str, number: int) -> bool:
        return self.cluster[node].value(f"EXISTS (SELECT FROM numbers WHERE n = {number})") == "t"

    def write(self, number: int) -> None:
        self.cluster.leader.sql(f"INSERT INTO numbers VALUES ({number})")

    def test_a_paused_replica_stands_still_and_catches_up_when_resumed(self) -> None:
        self.control("pause", "replica1")
        self.write(1)
        self.control("wait", "replica2")
        self.assertTrue(self.seen_by("replica2", 1))
        self.assertFalse(self.seen_by("replica1", 1))
        self.assertIn("replay=paused", self.control("status"))
        self.control("resume", "replica1")
        self.control("wait", "replica1")
        self.assertTrue(self.seen_by("replica1", 1))

    def test_a_delayed_replica_applies_later(self) -> None:
        self.control("delay", "replica1", "1s")
        self.addCleanup(self.control, "delay", "replica1", "0")
        written = time.monotonic()
        self.write(2)
        while not self.seen_by("replica1", 2):
            self.assertLess(time.monotonic(), written + 30)
        self.assertGreater(time.monotonic(), written + 0.9)

    def test_waiting_has_an_end(self) -> None:
        done = run("wait", "replica1", "--lsn", "7/0", "--timeout", "300ms", "--state",
                   str(self.cluster.state_file))
        self.assertEqual(done.returncode, 1)
        self.assertIn("replica1 reaches 7/0: not within 0.3 s", done.stderr)

    def test_a_killed_node_starts_again_with_what_it_had(self) -> None:
        for node in ("leader", "replica1"):
            self.control("kill", node)
            self.assertIsNone(self.cluster[node].pid())
            self.control("start", node)
        self.write(3)
        self.control("wait", "replica1")
        self.assertTrue(self.seen_by("replica1", 3))

    def test_a_node_stops_and_restarts(self) -> None:
        self.control("stop", "replica1")
        self.assertIn("role=down", self.control("status"))
        self.control("start", "replica1")
        before = self.cluster["replica1"].pid()
        self.control("restart", "replica1")
        self.assertNotEqual(self.cluster["replica1"].pid(), before)

    def test_the_log_tells_which_node_served(self) -> None:
        replica = self.cluster["replica2"]
        replica.sql("SELECT 'who serves 8c1f'", replica.conninfo)
        replica.sql("SELECT 'who serves 8c1f', 'unseen'")
        self.assertEqual(self.cluster.served("who serves 8c1f"), {"leader": 0, "replica1": 0, "replica2": 1})
        self.assertEqual(self.control("served", "who serves 8c1f"), "leader 0\nreplica1 0\nreplica2 1\n")

    def test_logins_need_their_password_on_loopback(self) -> None:
        port = self.cluster["replica1"].port
        for login in ("app", "u1", "u2"):
            address = f"host=127.0.0.1 port={port} dbname=postgres user={login}"
            self.assertEqual(self.cluster.leader.sql("SELECT session_user", f"{address} password={PASSWORD}"),
                             [[login]])
            with self.assertRaisesRegex(ClusterError, "password"):
                self.cluster.leader.sql("SELECT 1", f"{address} password=wrong")

    def test_app_may_read_the_receiver_and_others_may_not(self) -> None:
        for login, readable in (("app", True), ("u1", False)):
            address = f"host=127.0.0.1 port={self.cluster['replica1'].port} dbname=postgres user={login}"
            rows = self.cluster.leader.sql("SELECT received_tli FROM pg_stat_wal_receiver",
                                           f"{address} password={PASSWORD}")
            self.assertEqual(rows == [["1"]], readable, rows)

    def test_an_unknown_node_is_named(self) -> None:
        done = run("pause", "replica7", "--state", str(self.cluster.state_file))
        self.assertEqual(done.returncode, 1)
        self.assertIn("no node 'replica7', only leader, replica1, replica2", done.stderr)

    def test_the_password_is_in_no_log(self) -> None:
        for node in self.cluster.nodes.values():
            self.assertEqual(node.served(PASSWORD), 0)


class Promotion(unittest.TestCase):
    def test_a_promoted_replica_leads_and_the_other_follows(self) -> None:
        with Cluster(replicas=2) as cluster:
            cluster.leader.kill()
            cluster.promote(cluster["replica1"])
            cluster["replica2"].follow(cluster.leader)
            cluster.leader.sql("CREATE TABLE after_promotion (n int)")
            cluster.wait(cluster["replica2"])
            self.assertEqual(cluster["replica2"].value("to_regclass('after_promotion') IS NOT NULL"), "t")
            self.assertEqual(Cluster.open(cluster.state_file).leader.name, "replica1")


class Odbc(unittest.TestCase):
    def test_every_underlying_data_source_connects(self) -> None:
        script = """
            for dsn in pg_leader pg_replica1 pg_leader_ansi pg_replica1_ansi; do
                echo "select 'via', inet_server_port()" | isql -b -x0x2c "$dsn" || exit 1
            done
            echo "select 'via', inet_server_port()" | isql -b -x0x2c pg_leader_nologin u1 "$FRESHREAD_TEST_PASSWORD"
            echo "$FRESHREAD_TEST_LEADER_PORT $FRESHREAD_TEST_REPLICA1_PORT"
        """
        done = run("run", "--", "bash", "-c", script)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        leader, replica = done.stdout.split()[-2:]
        self.assertEqual(re.findall(r"via,(\d+)", done.stdout), [leader, replica, leader, replica, leader])

    def test_mariadb_follows_by_gtid_and_refuses_to_write(self) -> None:
        done = run("run", "--mariadb", "--", "sh", "-c", """
            printf 'create table t (i int)\\ninsert into t values (7)\\nselect @@gtid_binlog_pos\\n' |
                isql mariadb_leader -v -b -c -d, | tail -n 1
            printf "select master_gtid_wait(@@gtid_slave_pos, 10)\\ninsert into t values (8)\\n" |
                isql mariadb_replica1 -v -b -c""")
        self.assertRegex(done.stdout, r"\b0-1-\d+\b")
        self.assertIn("--read-only option", done.stdout + done.stderr)

    def test_the_drivers_are_registered(self) -> None:
        done = run("run", "--driver", "/nowhere/libfreshreadodbc.so", "--", "odbcinst", "-q", "-d")
        self.assertLessEqual({"[Freshread]", "[PostgreSQL Unicode]", "[PostgreSQL ANSI]"},
                             set(done.stdout.split("\n")))
        done = run("run", "--driver", "/nowhere/libfreshreadodbc.so", "--", "odbcinst", "-q", "-s")
        self.assertLessEqual({"[freshread]", "[freshread_any]", "[freshread_u1]", "[freshread_u2]"},
                             set(done.stdout.split("\n")))


class NothingRemains(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="freshread-test-"))
        self.folder.chmod(0o711)
        self.addCleanup(lambda: os.rmdir(self.folder))  # fails when anything is left in it
        self.segments: set[int] = set()

    @staticmethod
    def abandoned_segments() -> set[int]:
        """System V shared memory to which nobody is attached."""
        rows = [line.split() for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]]
        return {int(row[1]) for row in rows if row[6] == "0"}

    def begin(self, *command: str, options: tuple[str, ...] = ()) -> tuple[subprocess.Popen[str], Path]:
        """A cluster in self.folder whose command has started; the directory of the cluster."""
        process = subprocess.Popen(
            [COMMAND, "run", *options, "--", "sh", "-c", f'echo "$FRESHREAD_TEST_DIR"; {" ".join(command)}'],
            env=outside_environment() | {"TMPDIR": str(self.folder)}, stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        directory = Path(process.stdout.readline().strip())
        self.assertTrue(directory.is_relative_to(self.folder), directory)
        self.assertTrue(caretaker.server_processes(directory))
        self.segments |= {segment for data in directory.glob("nodes/*")
                          if (segment := caretaker.shared_memory_of(data)) is not None}
        return process, directory

    def assert_nothing_remains(self, directory: Path) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and (
                directory.exists() or caretaker.server_processes(directory)
                or caretaker.client_processes(directory)):
            time.sleep(0.05)
        self.assertFalse(directory.exists())
        self.assertEqual({pid for pid in caretaker.server_processes(directory) if caretaker.is_running(pid)}, set())
        self.assertEqual(caretaker.client_processes(directory), set())
        self.assertEqual(self.abandoned_segments() & self.segments, set())

    def test_after_success_and_failure_of_the_command(self) -> None:
        for code in (0, 7):
            process, directory = self.begin(f"exit {code}")
            self.assertEqual(process.wait(60), code)
            self.assert_nothing_remains(directory)

    def test_a_command_that_dies_of_a_signal_fails_as_in_a_shell(self) -> None:
        process, directory = self.begin("kill -9 $$")
        self.assertEqual(process.wait(60), 128 + signal.SIGKILL)
        self.assert_nothing_remains(directory)

    def test_a_command_that_cannot_be_run_is_an_error(self) -> None:
        done = run("run", "--", "/no/such/program")
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot run /no/such/program", done.stderr)

    def test_after_each_signal_to_the_cluster(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            process, directory = self.begin("exec sleep 600")
            process.send_signal(number)
            self.assertEqual(process.wait(60), 128 + number)
            self.assert_nothing_remains(directory)

    def test_after_sigkill(self) -> None:
        process, directory = self.begin("sleep 600 & sleep 600")
        process.kill()
        process.wait()
        self.assert_nothing_remains(directory)

    def test_of_mariadb_whichever_way_it_ends(self) -> None:
        process, directory = self.begin("exit 3", options=("--mariadb",))
        self.assertEqual(process.wait(60), 3)
        self.assert_nothing_remains(directory)
        process, directory = self.begin("sleep 60", options=("--mariadb",))
        process.kill()
        self.assert_nothing_remains(directory)

    def test_after_sigkill_of_the_whole_tree(self) -> None:
        """As test runners end what took too long."""
        process, directory = self.begin("sleep 600 & sleep 600")
        tree = {process.pid}
        while more := caretaker.children_of(tree) - tree:
            tree |= more
        caretaker.send(tree, signal.SIGKILL)
        process.wait()
        self.assert_nothing_remains(directory)

    def test_after_sigkill_while_it_starts(self) -> None:
        for delay in (0.1, 0.5, 1.0, 1.5):
            process = subprocess.Popen([COMMAND, "run", "--", "sleep", "600"],
                                       env=outside_environment() | {"TMPDIR": str(self.folder)})
            time.sleep(delay)
            process.kill()
            process.wait()
            deadline = time.monotonic() + 30
            while (left := list(self.folder.iterdir())) and time.monotonic() < deadline:
                time.sleep(0.05)
            self.assertEqual(left, [])
            self.assertEqual({pid for pid in caretaker.server_processes(self.folder) if caretaker.is_running(pid)},
                             set())

    def test_after_servers_were_stopped_by_a_signal_or_killed(self) -> None:
        process, directory = self.begin(f"{COMMAND} kill replica1; exec sleep 600")
        postmaster = int((directory / "nodes/leader/postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGSTOP)
        process.kill()
        process.wait()
        self.assert_nothing_remains(directory)

    def test_processes_that_outlive_the_command_are_ended_and_named(self) -> None:
        done = run("run", "--replicas", "0", "--", "sh", "-c", "setsid sleep 600 >&- 2>&- & exit 0")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr, r"ended processes that the command left running: \d+ \((sh|setsid|sleep)\)")

    def test_a_kept_cluster_stays_until_it_is_stopped(self) -> None:
        process, directory = self.begin("true", options=("--keep",))
        process.wait(60)
        status = run("status", "--state", str(directory / "cluster.json"))
        self.assertIn("role=leader", status.stdout)
        self.assertEqual(run("stop", "--state", str(directory / "cluster.json")).returncode, 0)
        self.assert_nothing_remains(directory)

    def test_a_directory_that_is_not_empty_is_refused_and_left_alone(self) -> None:
        precious = self.folder / "precious"
        precious.write_text("data")
        self.addCleanup(precious.unlink)
        done = run("start", "--dir", str(self.folder))
        self.assertEqual(done.returncode, 1)
        self.assertIn("is not empty", done.stderr)
        self.assertEqual(precious.read_text(), "data")


if __name__ == "__main__":
    unittest.main(verbosity=2)
