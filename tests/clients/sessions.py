#!/usr/bin/python3
"""Plays a session of every client on psqlodbc and through Freshread, in every state of the replica: the output is the
same to the byte, in the state `current` reads were served by the replica, and every read saw what was written before it.
With Shadow=yes the output is the same, and the replica serves nothing; with Shadow=compare it is the same, too.

  sessions.py PROGRAMS [--client NAME] [--state NAME] [--keep FOLDER]

Inside `tests/cluster/cluster run`; PROGRAMS is the folder of the sessions that were compiled. A session is a program
`... DSN ROUNDS` that prints what an application sees: it connects, makes tables and fills them, settles, reads, asks the
catalog, fails, uses transactions, and ends with rounds of a write and a read on a new connection. To settle is to print
`settle` and to read a line of standard input, again and again, with the query SETTLING between, until the line is `go`.
"""
from __future__ import annotations

import argparse
import configparser
import difflib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Callable, NamedTuple

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "cluster"))
from cluster import Cluster, client_environment  # noqa: E402
from replica_states import STATES, replicas_in  # noqa: E402

LONG = bool(os.environ.get("FRESHREAD_LONG"))
ROUNDS = 30 if LONG else 5
SESSION_TIMEOUT = 60.0
SETTLING = "select 1 from everything where id = -1"
# Keywords of psqlodbc with which everything is played: rows by cursors in small portions, and a savepoint per statement.
PORTIONS = {"UseDeclareFetch": "1", "Fetch": "7", "Protocol": "7.4-2"}
KEYWORDS: list[dict[str, str]] = [{}, PORTIONS] if LONG else [{}]
# Which of psqlodbc's libraries: a client that calls the ANSI functions is played on both.
WIDE, BOTH = ("",), ("", "_ansi")


# Who is played with Shadow=yes and Shadow=compare, too, by data source.
IN_SHADOW = {"freshread_shadow": ("pyodbc", "SQLAlchemy"), "freshread_compare": ("pyodbc",)}


class Client(NamedTuple):
    name: str
    command: tuple[str, ...]
    suffixes: tuple[str, ...]
    # Statements on the session's table that the replica serves at least, when it can serve everything.
    served: int


def clients(programs: Path) -> list[Client]:
    python = "/usr/bin/python3"
    return [
        Client("isql", (python, str(HERE / "isql_session.py"), "isql"), BOTH, 5),
        Client("iusql", (python, str(HERE / "isql_session.py"), "iusql"), WIDE, 5),
        Client("pyodbc", (python, str(HERE / "pyodbc_session.py")), WIDE, 30),
        Client("SQLAlchemy", (python, str(HERE / "sqlalchemy_session.py")), WIDE, 100),
        Client("DBD::ODBC", ("perl", str(HERE / "dbd_odbc_session.pl")), BOTH, 100),
        Client("PHP odbc", ("php", str(HERE / "php_odbc_session.php")), BOTH, 100),
        Client("PDO_ODBC", ("php", str(HERE / "pdo_odbc_session.php")), BOTH, 3),
        Client("RODBC", ("Rscript", "--vanilla", str(HERE / "rodbc_session.R")), BOTH, 100),
        Client("tdbc::odbc", ("tclsh8.6", str(HERE / "tdbc_odbc_session.tcl")), WIDE, 100),
        Client("QODBC", (str(programs / "qodbc_session"),), WIDE, 100),
        Client("SOCI", (str(programs / "soci_session"),), BOTH, 100),
    ]


class Run(NamedTuple):
    client: Client
    suffix: str

    @property
    def name(self) -> str:
        return f"{self.client.name}{self.suffix.replace('_', ' ')}"


class Transcript(NamedTuple):
    lines: list[str]
    ending: str


class Stage:
    def __init__(self, cluster: Cluster, keywords: dict[str, str], keep: Path | None) -> None:
        self._cluster = cluster
        self._keep = keep
        self._sources = write_sources(cluster, keywords)

    def play(self, run: Run, dsn: str, state: str, settled: Callable[[], bool] = lambda: True) -> Transcript:
        environment = os.environ | client_environment() | {
            "LC_ALL": "C.UTF-8", "TZ": "UTC", "ODBCINI": str(self._sources)}
        session = subprocess.Popen([*run.client.command, dsn + run.suffix, str(ROUNDS)], env=environment,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert session.stdin and session.stdout
        # A session that hangs ends here, and differs.
        guard = threading.Timer(SESSION_TIMEOUT, session.kill)
        guard.start()
        lines = []
        with session:
            for line in session.stdout:
                if line == b"settle\n":
                    session.stdin.write(b"go\n" if settled() else b"read\n")
                    session.stdin.flush()
                else:
                    lines.append(line.decode(errors="backslashreplace").removesuffix("\n"))
        guard.cancel()
        if self._keep:
            self._keep.mkdir(parents=True, exist_ok=True)
            (self._keep / f"{run.name.replace(' ', '-')}-{state}").write_text("\n".join([*lines, ""]))
        if session.returncode != 0:
            self._cluster.leader.sql("drop table if exists part, words, everything")
        return Transcript(lines, f"exit code {session.returncode}")


def write_sources(cluster: Cluster, keywords: dict[str, str]) -> Path:
    """The cluster's odbc.ini with keywords for psqlodbc."""
    sources = configparser.ConfigParser(interpolation=None, strict=True)
    sources.optionxform = str  # type: ignore[assignment,method-assign]
    sources.read(cluster.directory / "odbc.ini")
    for name in sources.sections():
        if name.startswith("pg_"):
            sources[name].update(keywords)
    path = cluster.directory / "sessions.ini"
    with path.open("w") as file:
        sources.write(file)
    return path


class Comparison:
    def __init__(self, cluster: Cluster, stage: Stage) -> None:
        self._cluster = cluster
        self._stage = stage
        self.failures = 0

    def direct(self, run: Run) -> Transcript:
        transcript = self._stage.play(run, "pg_leader", "direct")
        # Otherwise two sessions that both end early would be equal.
        if transcript.ending != "exit code 0" or not self._saw_all(transcript):
            self._fail(f"{run.name}: the direct session does not end", [*transcript.lines[-10:], transcript.ending])
        return transcript

    def compare(self, run: Run, state: str, expected: Transcript) -> None:
        before, settling, begun = self._served("everything"), self._served(SETTLING), time.monotonic()
        # In the state `current` it has settled when a read of its own was served by the replica.
        seen = self._stage.play(run, "freshread", state,
                                lambda: state != "current" or self._served(SETTLING) > settling)
        served, seconds = self._served("everything") - before, time.monotonic() - begun
        print(f"{run.name}, {state}: {served} statements served by the replica, {seconds:.1f} s", flush=True)
        if seen != expected:
            self._fail(f"{run.name}, {state}: not what the direct session saw", list(difflib.unified_diff(
                [*expected.lines, expected.ending], [*seen.lines, seen.ending], "direct", "through Freshread", n=2, lineterm="")))
        if state == "current" and served < run.client.served:
            self._fail(f"{run.name}: the replica was to serve {run.client.served} statements", [])
        if state == "paused" and served > 0:
            self._fail(f"{run.name}: the replica was to serve nothing", [])

    def compare_shadow(self, run: Run, dsn: str, expected: Transcript) -> None:
        """With Shadow=yes nothing is another either, and the replica serves nothing; with Shadow=compare it is asked,
        by connections of our own."""
        before, settling = self._served("everything"), self._served(SETTLING)
        # A session must not be over before anything of it was compared.
        seen = self._stage.play(run, dsn, dsn,
                                lambda: dsn != "freshread_compare" or self._served(SETTLING) > settling)
        served = self._served("everything") - before
        print(f"{run.name}, {dsn}: {served} statements asked of the replica", flush=True)
        if seen != expected:
            self._fail(f"{run.name}, {dsn}: not what the direct session saw", list(difflib.unified_diff(
                [*expected.lines, expected.ending], [*seen.lines, seen.ending], "direct", dsn, n=2, lineterm="")))
        if (served > 0) != (dsn == "freshread_compare"):
            self._fail(f"{run.name}, {dsn}: the replica was asked {served} statements", [])

    def _served(self, text: str) -> int:
        return sum(replica.served(text) for replica in self._cluster.replicas)

    @staticmethod
    def _saw_all(transcript: Transcript) -> bool:
        return any(line.endswith(f"{ROUNDS} of {ROUNDS} rounds read what they wrote") for line in transcript.lines)

    def _fail(self, title: str, lines: list[str]) -> None:
        self.failures += 1
        most = 60
        print("\n".join([f"--- {title}", *(line[:300] for line in lines[:most])]))
        if len(lines) > most:
            print(f"... {len(lines) - most} more lines")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=Path)
    parser.add_argument("--client", action="append", help="only this one; repeatable")
    parser.add_argument("--state", action="append", choices=STATES, help="only this one; repeatable")
    parser.add_argument("--keep", type=Path, help="folder for the outputs")
    options = parser.parse_args()

    cluster = Cluster.open(Path(os.environ["FRESHREAD_TEST_CLUSTER"]))
    runs = [Run(client, suffix) for client in clients(options.programs) for suffix in client.suffixes
            if not options.client or client.name in options.client]
    failures = 0
    for keywords in KEYWORDS:
        print(" ".join(["with", *(f"{key}={value}" for key, value in keywords.items())]) if keywords else "as it comes")
        comparison = Comparison(cluster, Stage(cluster, keywords, options.keep))
        expected = {run: comparison.direct(run) for run in runs}
        for state in options.state or STATES:
            with replicas_in(state, cluster):
                for run in runs:
                    comparison.compare(run, state, expected[run])
        for run in runs:
            for dsn, played in IN_SHADOW.items():
                if run.client.name in played and not options.state:
                    comparison.compare_shadow(run, dsn, expected[run])
        failures += comparison.failures
    print(f"{len(runs)} sessions, {failures} failures")
    return 1 if failures or not runs else 0


if __name__ == "__main__":
    sys.exit(main())
