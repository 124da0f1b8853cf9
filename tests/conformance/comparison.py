"""A program played direct and through Freshread: how it is run, and what of its transcript counts. Shared by tests/conformance and tests/fuzz."""

from __future__ import annotations

import difflib
import os
import re
import subprocess
from typing import NamedTuple

from cluster import Cluster

# By state of the replica: the milliseconds a program waits for it after writing.
SETTLE = {"current": 100}

# What differs from run to run without anybody being able to rely on it.
RUN_TO_RUN = [
    (re.compile(r"SQL_CUR[0-9A-Za-z]+"), "SQL_CUR<n>"),
    (re.compile(r"_PLAN[0-9A-Za-z]+"), "_PLAN<n>"),
    (re.compile(r"\[Freshread\]\[ODBC Driver\]"), ""),
    # The driver manager says of psqlodbc, and Freshread says of the driver behind it, that it is older than 3.80.
    (re.compile(r"\[unixODBC\](\[Driver Manager\])?(?=Driver does not support the requested version)"), ""),
    (re.compile(r"(pg_leader|freshread)(_ansi)?"), "<dsn>"),
    (re.compile(r"<oid:\d+>"), "<oid>"),
    (re.compile(r"port \d+ failed"), "port <n> failed"),
]


class Transcript(NamedTuple):
    lines: list[str]
    ending: str

    @property
    def complete(self) -> bool:
        return self.ending == "exit code 0"

    def tail(self) -> str:
        return "\n".join([*self.lines[-5:], self.ending])


def play(command: list[str], settle: int, timeout: float = 60) -> tuple[list[str], str]:
    """What the program printed, and how it ended."""
    # What psqlodbc leaves uninitialised, and shows, is then the same in every run.
    environment = os.environ | {"MALLOC_PERTURB_": "85", "LC_ALL": "C.UTF-8"}
    # Negative lengths reach malloc in psqlodbc, and its leaks are not looked for.
    environment["ASAN_OPTIONS"] = ("detect_leaks=0:allocator_may_return_null=1:max_malloc_fill_size=1000000:"
                                   "malloc_fill_byte=170")
    if settle:
        environment["FRESHREAD_CONFORMANCE_SETTLE_MS"] = str(settle)
    try:
        done = subprocess.run(command, env=environment, capture_output=True, timeout=timeout, check=False)
        text, ending = done.stdout, f"exit code {done.returncode}"
        complaints = done.stderr.decode(errors="replace")
        if complaints:
            ending += f"\n{complaints[:6000]}"
    except subprocess.TimeoutExpired as expired:
        text, ending = expired.stdout or b"", f"does not end within {timeout:.0f} s"
    return text.decode(errors="replace").splitlines(), ending


def normalised(line: str) -> str:
    for pattern, replacement in RUN_TO_RUN:
        line = pattern.sub(replacement, line)
    return line


def difference(expected: Transcript, seen: Transcript, context: int = 2) -> list[str]:
    return list(difflib.unified_diff([*expected.lines, expected.ending], [*seen.lines, seen.ending],
                                     "direct", "through Freshread", n=context, lineterm=""))


def served_by_replicas(cluster: Cluster) -> int:
    return sum(replica.served("conformance.") for replica in cluster.replicas)
