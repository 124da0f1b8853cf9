#!/usr/bin/python3
"""Every strategy misses of a user's own writes exactly what docs/strategies.md says: with replicas that apply late, all at
once, each with users of its own who write and read on several connections (tests/bench/users.cpp).

With FRESHREAD_LONG also: what promises something keeps it while everything around it fails (tests/consistency).

Inside `tests/cluster/cluster run` with a late replica: strategies_test.py PROGRAMS CHECKER, the folder of tests/bench's
programs and the consistency checker.
"""
from __future__ import annotations

import os
import subprocess
import sys
import time
import unittest
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))
from redis_server import redis_server  # noqa: E402
from strategy import EVERYTHING, NOTHING, STRATEGIES, Strategy  # noqa: E402
from workload import Did, Users, Workload, connection_string, counters, make_tables  # noqa: E402
from cluster import Cluster  # noqa: E402  the path to it is known by now

PROGRAMS = CHECKER = Path()
SEED = int(os.environ.get("FRESHREAD_SEED", time.time_ns() % 1_000_000))
LONG = bool(os.environ.get("FRESHREAD_LONG"))
USERS = 3
PHASE = 20.0 if LONG else 1.5  # seconds
# For what has to be missed once: a slow machine gets more of them.
PHASES = 20

# Beside the table's: windows that are shorter and longer than replicas are late.
CHECKED = [strategy for strategy in STRATEGIES if not strategy.window] + [
    Strategy("short_window", "window shorter than the lag", "Policy=window;Window=50 ms", EVERYTHING, window=0.05),
    Strategy("long_window", "window longer than the lag", "Policy=window;Window=1500 ms", NOTHING, window=1.5)]

# What promises something, for the checker. Its users write all the time, and what fails takes seconds: so a window is long,
# and nobody leaves it.
PROMISING = {"leader": "", "window": "Window=10 s", "token": "", "synchronous": "", "position": "CriticalTables=counter"}


def stale_kinds(did: list[Did]) -> Counter[str]:
    return Counter(one.activity for one in did if one.stale)


def check(cluster: Cluster, number: int, strategy: Strategy, servers: dict[str, str]) -> str:
    """A sentence for each thing that is not as promised."""
    state = Path(os.environ["FRESHREAD_TEST_DIR"]) / f"strategy-{strategy.key}"
    state.mkdir(mode=0o700)
    # Pauses between two writes of a user are to be longer than the window, too.
    writes = 2 if strategy.window > 1 else 10
    workload = Workload(users=USERS, first=number * USERS, connections=2, processes=1, writes=writes, think=20, seed=SEED)
    users = Users(PROGRAMS / "users", connection_string(cluster, strategy, state, servers) + ";MarkAge=100 ms", workload,
                  strategy.tokens)
    did: list[Did] = []
    for _ in range(PHASES):
        did += [Did.read(line) for line in users.command(f"record {PHASE}")]
        stale = stale_kinds(did)
        on_replicas = counters(users)["pg_replica1", "ReadOnReplica"]
        if strategy.misses <= set(stale) and (on_replicas or strategy.key == "leader"):
            break
    users.close()

    print(f"{strategy.title}: {len(did)} statements, {on_replicas} on the replica, stale: "
          f"{', '.join(f'{count} {kind}' for kind, count in stale.items()) or 'none'}", flush=True)
    complaints = []
    if set(stale) != strategy.misses:
        complaints.append(f"missed {sorted(stale)}, documented is {sorted(strategy.misses)}")
    # Whoever reads within the window stays on the leader from when the write returned, which was later than it began.
    if any(one.stale and one.since + one.took < strategy.window * 1e9 for one in did):
        complaints.append("a read was stale within the window")
    if strategy.key != "leader" and not on_replicas:
        complaints.append("no read was served by the replica: this says nothing")
    return "; ".join(complaints)


class Strategies(unittest.TestCase):
    def test_misses_what_is_documented(self) -> None:
        print(f"seed {SEED}")
        cluster = Cluster.open(Path(os.environ["FRESHREAD_TEST_CLUSTER"]))
        make_tables(cluster)
        with redis_server(Path(os.environ["FRESHREAD_TEST_DIR"])) as redis, ThreadPoolExecutor(len(CHECKED)) as pool:
            complaints = list(pool.map(lambda pair: check(cluster, *pair, {"redis": redis}), enumerate(CHECKED)))
        for strategy, complaint in zip(CHECKED, complaints):
            with self.subTest(strategy.key):
                self.assertEqual(complaint, "")

    @unittest.skipUnless(LONG, "a minute for each")
    def test_promises_hold_while_everything_fails(self) -> None:
        for policy, keywords in PROMISING.items():
            folder = Path(os.environ["FRESHREAD_TEST_DIR"]) / f"checked-{policy}"
            folder.mkdir()
            with self.subTest(policy):
                subprocess.run([str(CHECKER), "--policy", policy, "--keywords", keywords, "--seconds", "60", "--least-share",
                                "0"], check=True, env=os.environ | {"FRESHREAD_TEST_DIR": str(folder)})


if __name__ == "__main__":
    PROGRAMS, CHECKER = Path(sys.argv.pop(1)), Path(sys.argv.pop(1))
    unittest.main(verbosity=2)
