"""One strategy under the workload: processes with users (tests/bench/users), watches of the replicas' snapshots, and
what the servers themselves have counted (pg_stat_statements)."""
from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cluster"))
from cluster import Cluster, ClusterError, Node  # noqa: E402
from oracle import Replica, servable  # noqa: E402
from strategy import Strategy  # noqa: E402

# What the cluster has to be started with.
SETTINGS = {"shared_preload_libraries": "pg_stat_statements", "log_statement": "none", "log_connections": "off",
            "log_disconnections": "off"}
WRITES = ("update", "insert", "delete")
OWN = ("own", "newest", "deleted", "all")
# Whatever the driver counts on the leader for other reasons is a read.
NO_READS = {"Write", "SessionState", "LeaderSession", "TransactionControl"}
SNAPSHOT_EVERY = 1000  # microseconds

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Workload:
    users: int = 100
    first: int = 0  # the number of the first
    connections: int = 1  # of each
    processes: int = 4
    writes: int = 10  # per cent
    think: float = 100  # milliseconds between two statements of a user
    warm_up: float = 3
    seconds: float = 30
    seed: int = 1


@dataclass(frozen=True)
class Did:
    """A statement of a user; times in nanoseconds. `transaction`: the user's last write before it, and `since` how long
    before it that was begun."""

    begin: int
    took: int
    activity: str
    stale: bool
    transaction: int
    since: int

    @classmethod
    def read(cls, line: str) -> Did:
        _, _user, begin, took, activity, stale, transaction, since = line.split()
        return cls(int(begin), int(took), activity, stale == "1", int(transaction), int(since))


@dataclass
class Measurement:
    """`reads_on_leader` and `extra_on_leader` are what the servers counted, `counted_on_leader` is the driver's word."""

    strategy: Strategy
    seconds: float
    did: list[Did] = field(default_factory=list)
    reads_on_leader: int = 0
    reads_on_replicas: int = 0  # those that were asked again on the leader, too
    extra_on_leader: int = 0
    counted_on_leader: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    oracle_most: int = 0
    oracle_least: int = 0

    @property
    def reads(self) -> list[Did]:
        return [did for did in self.did if did.activity not in WRITES]

    @property
    def writes(self) -> list[Did]:
        return [did for did in self.did if did.activity in WRITES]

    @property
    def stale(self) -> Counter[str]:
        return Counter(did.activity for did in self.did if did.stale)

    @property
    def share(self) -> float:
        """Of reads that the leader had nothing to do with."""
        return 1 - self.reads_on_leader / len(self.reads)

    @property
    def oracle_share(self) -> float:
        return self.oracle_most / len(self.reads)


class Users:
    """The processes of the users."""

    def __init__(self, program: Path, connection: str, workload: Workload, tokens: bool) -> None:
        self._pool = ThreadPoolExecutor(workload.processes)
        self._progress: dict[int, list[int]] = {}
        self._processes = []
        for number in range(workload.processes):
            begin, end = (workload.users * place // workload.processes for place in (number, number + 1))
            self._processes.append(subprocess.Popen(
                [str(program), connection, f"first={workload.first + begin}", f"users={end - begin}",
                 f"of={workload.users}", f"connections={workload.connections}", f"writes={workload.writes}",
                 f"think={workload.think}", f"seed={workload.seed}", f"tokens={'yes' if tokens else 'no'}"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        self._answers(lambda _: None)

    def command(self, text: str, tell: Tell = lambda _: None) -> list[str]:
        for process in self._processes:
            assert process.stdin
            process.stdin.write(text + "\n")
            process.stdin.flush()
        return self._answers(tell)

    def close(self) -> None:
        for process in self._processes:
            assert process.stdin
            process.stdin.close()
        for process in self._processes:
            assert process.stdout
            process.wait()
            process.stdout.close()
        self._pool.shutdown()

    def _answers(self, tell: Tell) -> list[str]:
        answers = self._pool.map(lambda number: self._answer(number, tell), range(len(self._processes)))
        return [line for lines in answers for line in lines]

    def _answer(self, number: int, tell: Tell) -> list[str]:
        process = self._processes[number]
        assert process.stdout
        lines: list[str] = []
        for line in process.stdout:
            verb, *words = line.split()
            if verb == "end":
                return lines
            if verb == "progress":
                self._progress[number] = [int(word) for word in words]
                if number == 0:
                    reads, writes, stale = (sum(column) for column in zip(*list(self._progress.values())))
                    tell(f"{reads} reads, {writes} writes, {stale} reads stale")
            else:
                lines.append(line)
        raise ClusterError(f"the users' process ended with {process.wait()}")


class Watch:
    """Of a replica's snapshots."""

    def __init__(self, program: Path, node: Node, file: Path) -> None:
        self._file = file
        with file.open("w") as output:
            self._process = subprocess.Popen([str(program), node.conninfo, str(SNAPSHOT_EVERY)], stdin=subprocess.PIPE,
                                             stdout=output)

    def end(self) -> Replica:
        assert self._process.stdin
        self._process.stdin.close()
        if self._process.wait() != 0:
            raise ClusterError("the watch of a replica's snapshots failed")
        return Replica(self._file.read_text().splitlines())


def prepare(cluster: Cluster) -> None:
    cluster.leader.sql("create extension if not exists pg_stat_statements")


def make_tables(cluster: Cluster) -> None:
    cluster.leader.sql("drop table if exists profile, message; "
                       "create table profile (owner bigint primary key, value bigint not null) with (fillfactor = 50); "
                       "create table message (id bigint primary key, owner bigint not null); "
                       "create index on message (owner); grant all on profile, message to public")
    for replica in cluster.replicas:
        cluster.wait(replica)


def connection_string(cluster: Cluster, strategy: Strategy, state: Path, servers: dict[str, str]) -> str:
    replicas = ",".join(f"pg_{node.name}" for node in cluster.replicas)
    return (f"Driver=Freshread;Leader=pg_leader;Replicas={replicas};StateDir={state};"
            + strategy.keywords.format(**servers))


def statements(node: Node) -> Counter[str]:
    """What the application's account has asked this node since the last reset: reads, writes, else."""
    rows = node.sql("select case when query ~* '^select .* from (profile|message) ' then 'reads' "
                    "when query ~* '^(update|insert into|delete from) (profile|message) ' then 'writes' else 'else' end, "
                    "sum(calls) from pg_stat_statements where userid = 'app'::regrole group by 1")
    return Counter({name: int(calls) for name, calls in rows})


def counters(users: Users) -> Counter[tuple[str, str]]:
    """What the driver has counted: by node and reason."""
    counted: Counter[tuple[str, str]] = Counter()
    for line in users.command("counters"):
        _, node, reason, count = line.split()
        counted[node, reason] += int(count)
    return counted


def measure(cluster: Cluster, programs: Path, strategy: Strategy, workload: Workload, servers: dict[str, str],
            tell: Tell) -> Measurement:
    make_tables(cluster)
    # The users' table of a strategy begins empty.
    state = Path(os.environ["FRESHREAD_TEST_DIR"]) / f"strategy-{strategy.key}"
    state.mkdir(mode=0o700)
    result = Measurement(strategy, workload.seconds)
    users = Users(programs / "users", connection_string(cluster, strategy, state, servers), workload, strategy.tokens)
    watches = [Watch(programs / "snapshots", replica, state / replica.name) for replica in cluster.replicas]
    # Until everybody is where the strategy keeps them: with a window, for a window.
    users.command(f"run {workload.warm_up + strategy.window}", lambda text: tell(f"warming up: {text}"))
    before = counters(users)
    for node in cluster.nodes.values():
        node.sql("select pg_stat_statements_reset()")
    result.did = [Did.read(line) for line in users.command(f"record {workload.seconds}", tell)]
    asked = {node.name: statements(node) for node in cluster.nodes.values()}
    counted = counters(users)
    counted.subtract(before)
    # What is applied late is still to be seen.
    for replica in cluster.replicas:
        cluster.wait(replica)
    shown = [watch.end() for watch in watches]
    users.close()

    leader = asked.pop(cluster.leader.name)
    if leader["writes"] != len(result.writes):
        raise ClusterError(f"{len(result.writes)} writes, but the leader counted {leader['writes']}")
    result.reads_on_leader, result.extra_on_leader = leader["reads"], leader["else"]
    result.reads_on_replicas = sum(node["reads"] for node in asked.values())
    for (node, reason), count in counted.items():
        if node == "pg_leader" and reason not in NO_READS:
            result.counted_on_leader += count
            result.reasons[reason] += count
    result.oracle_most, result.oracle_least = servable([(did.begin, did.transaction) for did in result.reads], shown)
    return result
