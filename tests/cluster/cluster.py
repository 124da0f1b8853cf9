"""A PostgreSQL leader and its hot standbys in one directory, for tests, the quickstart and benchmarks.

    with Cluster(replicas=1) as cluster:
        cluster["replica1"].pause()
        cluster.leader.sql("CREATE TABLE t (i int)")

Servers run as an ordinary user (`postgres` when started by root), listen on unix sockets in the directory and on
free ports of 127.0.0.1, and are gone when the owner is gone, see caretaker.py. The state file lets other processes
control the same cluster: Cluster.open(path).

Accounts: the superuser `postgres` without a password on the unix socket; `app`, `u1` and `u2` with PASSWORD on
127.0.0.1.
"""

from __future__ import annotations

import json
import os
import pwd
import random
import re
import secrets
import socket
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import caretaker
import odbc_files

LOGINS = ("app", "u1", "u2")
# Distinctive, so that a test can search logs and files for it.
PASSWORD = "pw-7Qk2vX9d"
# Below the kernel's ephemeral ports, so that no outgoing connection takes the port of a node that restarts.
PORTS = range(20000, 32000)
TIMEOUT = 60.0
FIELD_SEPARATOR = "\x1f"

# What every node has. Durability is off: these servers survive a kill, not a power cut.
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "400",
    "wal_level": "replica",
    "max_wal_senders": "20",
    "wal_keep_size": "512MB",
    "hot_standby": "on",
    "wal_retrieve_retry_interval": "200ms",
    "wal_receiver_status_interval": "1s",
    # In the data directory instead of /dev/shm, where a killed server would leave it.
    "dynamic_shared_memory_type": "mmap",
    "password_encryption": "scram-sha-256",
    "log_line_prefix": "%m [%p] user=%u db=%d app=%a: ",
    "log_statement": "all",
    "log_connections": "on",
    "log_disconnections": "on",
}

HOST_BASED_AUTHENTICATION = """\
local all         postgres              trust
local replication postgres              trust
local all         all                   scram-sha-256
host  all         all      127.0.0.1/32 scram-sha-256
"""


class ClusterError(RuntimeError):
    """A sentence for the user of the cluster."""


def parse_duration(text: str) -> float:
    """Seconds: '2s', '500ms', '1min' or a plain number."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|min|)", text.strip())
    if not match:
        raise ClusterError(f"'{text}' is not a duration such as 2s, 500ms or 1min")
    return float(match[1]) * {"ms": 0.001, "s": 1.0, "min": 60.0, "": 1.0}[match[2]]


def parse_lsn(text: str) -> int:
    high, low = text.split("/")
    return int(high, 16) << 32 | int(low, 16)


def format_lsn(position: int) -> str:
    return f"{position >> 32:X}/{position & 0xFFFFFFFF:X}"


def reachable_position(insert: int, page: int = 8192) -> int:
    """A position just behind a page header is only reached by a replica with the next record; until then it stands
    at the page's start. No record is shorter than 24 bytes, so nothing lies between."""
    return insert - insert % page if insert % page <= 40 else insert


def wait_for(what: str, condition: Callable[[], bool], timeout: float = TIMEOUT) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise ClusterError(f"{what}: not within {timeout:g} s")
        time.sleep(0.02)


def server_account() -> pwd.struct_passwd | None:
    """Under which servers run; None: as oneself."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        raise ClusterError("run by root, and the user postgres does not exist") from None


def temporary_directory(longest_socket: str, account: pwd.struct_passwd | None) -> Path:
    """A name; the directory is made once the watchdog knows it."""
    for parent in (Path(tempfile.gettempdir()), Path("/tmp")):
        path = parent / f"freshread-{secrets.token_hex(4)}"
        passable = account is None or all(
            folder.stat().st_mode & 0o001 for folder in (parent, *parent.parents))
        # A unix socket's address has room for 107 bytes.
        if len(str(path / longest_socket)) <= 107 and passable:
            break
    return path


@dataclass(frozen=True)
class Installation:
    """The programs of a server and the account under which servers run."""

    programs: Path
    account: pwd.struct_passwd | None  # None: as oneself

    @classmethod
    def find(cls) -> Installation:
        candidates = [Path(folder) for folder in (os.environ.get("FRESHREAD_PG_BINDIR"),
                                                  "/usr/lib/postgresql/15/bin") if folder]
        candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
        programs = next((folder for folder in candidates if (folder / "postgres").exists()), None)
        if programs is None:
            raise ClusterError("no PostgreSQL server found: install postgresql-15 or set FRESHREAD_PG_BINDIR")
        return cls(programs, server_account())

    def run(self, program: str, *arguments: str, folder: Path, timeout: float = TIMEOUT) -> None:
        identity = {} if self.account is None else {
            "user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": [self.account.pw_gid]}
        # Through a file, not a pipe: a server that was started inherits it and would keep a pipe open.
        with tempfile.TemporaryFile() as output:
            try:
                done = subprocess.run([self.programs / program, *arguments], stdin=subprocess.DEVNULL,
                                      stdout=output, stderr=output, cwd=folder, timeout=timeout,
                                      env=caretaker.clean_environment(), check=False, **identity)
            except subprocess.TimeoutExpired:
                raise ClusterError(f"{program} did not end within {timeout:g} s") from None
            if done.returncode != 0:
                output.seek(0)
                raise ClusterError(f"{program} failed: {output.read().decode(errors='replace').strip()}")

    def own(self, *paths: Path) -> None:
        if self.account is not None:
            for path in paths:
                os.chown(path, self.account.pw_uid, self.account.pw_gid)


class Node:
    """One server. Methods return when what they ask for is in effect."""

    def __init__(self, name: str, directory: Path, port: int, installation: Installation) -> None:
        self.name = name
        self.port = port
        self.data = directory / "nodes" / name
        self.log = directory / "log" / f"{name}.log"
        self._directory = directory
        self._installation = installation

    @property
    def sockets(self) -> Path:
        return self._directory / "sockets"

    @property
    def conninfo(self) -> str:
        return f"host={self.sockets} port={self.port} dbname=postgres user=postgres"

    def sql(self, statement: str, conninfo: str | None = None, timeout: float = TIMEOUT) -> list[list[str]]:
        """Rows as text; NULL as an empty string. As superuser and without a trace in the log, unless another
        connection string is given."""
        environment = caretaker.clean_environment() | {"PGAPPNAME": "cluster", "PGCONNECT_TIMEOUT": "10"}
        if conninfo is None:
            environment["PGOPTIONS"] = "-c log_statement=none"
        try:
            done = subprocess.run(
                [self._installation.programs / "psql", "-XAtq", "-F", FIELD_SEPARATOR, "-v", "ON_ERROR_STOP=1",
                 "-d", conninfo or self.conninfo, "-c", statement],
                env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                timeout=timeout, cwd="/")
        except subprocess.TimeoutExpired:
            raise ClusterError(f"{self.name}: no answer within {timeout:g} s: {statement}") from None
        if done.returncode != 0:
            raise ClusterError(f"{self.name}: {done.stderr.strip()}")
        return [line.split(FIELD_SEPARATOR) for line in done.stdout.splitlines()]

    def value(self, expression: str) -> str:
        return self.sql(f"SELECT {expression}")[0][0]

    def pid(self) -> int | None:
        """Of the postmaster, None when there is none."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None
        return pid if caretaker.is_running(pid) else None

    def is_in_recovery(self) -> bool:
        return self.value("pg_is_in_recovery()") == "t"

    def position(self) -> int:
        """What a replica has replayed; the insert position of a leader."""
        return parse_lsn(self.value("CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()"
                                    " ELSE pg_current_wal_insert_lsn() END"))

    def start(self) -> None:
        self._control("start", "-l", str(self.log))

    def stop(self, mode: str = "fast") -> None:
        self._control("stop", "-m", mode)

    def restart(self, mode: str = "fast") -> None:
        self._control("restart", "-m", mode, "-l", str(self.log))

    def kill(self) -> None:
        """SIGKILL for all its processes."""
        caretaker.kill_server(self.data)

    def freeze(self) -> None:
        """Stops all its processes: its kernel accepts connections, nobody answers."""
        caretaker.freeze_server(self.data)

    def thaw(self) -> None:
        caretaker.thaw_server(self.data)

    def pause(self) -> None:
        """Pauses replay. Takes as long as a pending apply delay."""
        self.sql("SELECT pg_wal_replay_pause()")
        wait_for(f"{self.name} pauses replay",
                 lambda: self.value("pg_get_wal_replay_pause_state()") == "paused")

    def resume(self) -> None:
        wait_for(f"{self.name} resumes replay", self._resumed)

    def _resumed(self) -> bool:
        # What is replayed at once may cancel the very query that resumed it, or the next one that asks.
        try:
            self.sql("SELECT pg_wal_replay_resume()")
            return self.value("pg_get_wal_replay_pause_state()") == "not paused"
        except ClusterError as error:
            if "conflict with recovery" in str(error):
                return False
            raise

    def delay(self, seconds: float) -> None:
        """Applies commits this long after they happened on the leader."""
        self.configure("recovery_min_apply_delay", f"{round(seconds * 1000)}ms")

    def configure(self, setting: str, value: str) -> None:
        """Sets what a reload can change, on this node, and waits until new connections see it."""
        self.sql(f"ALTER SYSTEM SET {setting} = {quote(value)}")
        # Compared through the server, because it normalises units.
        loaded = self.value("pg_conf_load_time()")
        self.sql("SELECT pg_reload_conf()")
        wait_for(f"{self.name} reloads", lambda: self.value("pg_conf_load_time()") != loaded)

    def promote(self) -> None:
        if self.value("pg_promote(true, 60)") != "t":
            raise ClusterError(f"{self.name} was not promoted")

    def follow(self, leader: Node) -> None:
        """Streams from another node from now on."""
        self.configure("primary_conninfo", leader.conninfo)

    def wait(self, position: int, timeout: float = TIMEOUT) -> None:
        """Until it has replayed the position (as a leader: written it)."""
        wait_for(f"{self.name} reaches {format_lsn(position)}", lambda: self.position() >= position, timeout)

    def served(self, literal: str) -> int:
        """How many log lines contain the text: with log_statement=all, how often this node was asked it."""
        wanted = literal.encode()
        with self.log.open("rb") as log:
            return sum(wanted in line for line in log)

    def _control(self, verb: str, *arguments: str) -> None:
        self._installation.run("pg_ctl", verb, "-w", "-t", str(round(TIMEOUT)), "-D", str(self.data), *arguments,
                               folder=self._directory, timeout=TIMEOUT + 5)


class Cluster:
    """Owner of the servers when made by the constructor or start(); a remote control when made by open()."""

    def __init__(self, replicas: int = 1, *, directory: Path | None = None, delay: float = 0.0,
                 settings: dict[str, str] | None = None, monitor_roles: tuple[str, ...] = ("app",),
                 driver: Path | None = None) -> None:
        """monitor_roles get pg_monitor; driver is the Freshread library that odbcinst.ini names."""
        self._installation = Installation.find()
        self._replicas = replicas
        self._delay = delay
        self._settings = SETTINGS | (settings or {})
        self._monitor_roles = monitor_roles
        self._watchdog: caretaker.Watchdog | None = None
        self.driver = driver
        self.directory = directory.absolute() if directory else temporary_directory(
            "sockets/.s.PGSQL.65535", self._installation.account)
        self.nodes: dict[str, Node] = {}
        self._leader = "leader"

    @classmethod
    def open(cls, state: Path) -> Cluster:
        """The cluster that a state file describes."""
        try:
            content = json.loads(state.read_text())
        except OSError as error:
            raise ClusterError(f"no cluster: {error}") from None
        # A directory is only ever removed by a state file that lies in it.
        if Path(content["directory"]) != state.absolute().parent:
            raise ClusterError(f"{state} belongs to a cluster in {content['directory']}")
        cluster = cls(len(content["nodes"]) - 1, directory=Path(content["directory"]),
                      driver=Path(content["driver"]) if content["driver"] else None)
        cluster._leader = content["leader"]
        for name, port in content["nodes"].items():
            cluster._add_node(name, port)
        return cluster

    def __enter__(self) -> Cluster:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.tear_down()

    def __getitem__(self, name: str) -> Node:
        try:
            return self.nodes[name]
        except KeyError:
            raise ClusterError(f"no node '{name}', only {', '.join(self.nodes)}") from None

    @property
    def leader(self) -> Node:
        """The node that was promoted last."""
        return self.nodes[self._leader]

    @property
    def replicas(self) -> list[Node]:
        return [node for node in self.nodes.values() if node is not self.leader]

    @property
    def state_file(self) -> Path:
        return self.directory / "cluster.json"

    def start(self) -> None:
        """Returns when every replica has replayed what the leader has written. Nothing remains when it fails."""
        # Before the watchdog is told: it removes what it is told.
        if self.directory.exists() and any(self.directory.iterdir()):
            raise ClusterError(f"{self.directory} is not empty")
        self._watchdog = caretaker.Watchdog(self.directory)
        try:
            self._make_directory()
            self._start_leader()
            with ThreadPoolExecutor() as pool:
                list(pool.map(self._start_replica, range(1, self._replicas + 1)))
            # In order of number, not of arrival.
            self.nodes = dict(sorted(self.nodes.items()))
            for replica in self.replicas:
                self.wait(replica)
                if self._delay:
                    replica.delay(self._delay)
            self._write_odbc_files()
            self._save()
        except BaseException:
            self.tear_down()
            raise

    def keep(self) -> None:
        """The servers outlive this process; somebody else calls tear_down()."""
        if self._watchdog:
            self._watchdog.dismiss()
            self._watchdog = None

    def tear_down(self) -> str:
        """Stops the servers and removes the directory; returns remarks, normally none."""
        if self._watchdog:
            watchdog, self._watchdog = self._watchdog, None
            return watchdog.tear_down()
        caretaker.tear_down(self.directory)
        return ""

    def promote(self, node: Node) -> None:
        node.promote()
        self._leader = node.name
        self._save()

    def wait(self, node: Node, position: int | None = None, timeout: float = TIMEOUT) -> None:
        """Until the node has replayed the position, by default all that the leader has written."""
        if position is None:
            insert, flushed = (parse_lsn(text) for text in self.leader.sql(
                "SELECT pg_current_wal_insert_lsn(), pg_current_wal_flush_lsn()")[0])
            if flushed < insert:
                # WAL that no commit has flushed is not sent; on a quiet leader that can take ten seconds.
                self.leader.sql("SELECT pg_logical_emit_message(true, 'cluster', 'flush')")
            position = reachable_position(insert)
        node.wait(position, timeout)

    def served(self, literal: str) -> dict[str, int]:
        return {name: node.served(literal) for name, node in self.nodes.items()}

    def environment(self) -> dict[str, str]:
        """What a client of the cluster needs, on top of its own environment."""
        variables = {
            caretaker.DIRECTORY_VARIABLE: str(self.directory),
            "FRESHREAD_TEST_CLUSTER": str(self.state_file),
            "FRESHREAD_TEST_PASSWORD": PASSWORD,
        } | odbc_files.environment(self.directory)
        if self.driver:
            variables["FRESHREAD_DRIVER"] = str(self.driver)
        for name, node in self.nodes.items():
            prefix = f"FRESHREAD_TEST_{name.upper()}"
            variables |= {prefix: node.conninfo, f"{prefix}_PORT": str(node.port), f"{prefix}_LOG": str(node.log)}
        return variables

    def _make_directory(self) -> None:
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        folders = [self.directory / name for name in ("nodes", "sockets", "log")]
        for folder in folders:
            folder.mkdir(mode=0o700)
        self._installation.own(*folders)
        if self._installation.account is not None:
            # The superuser needs no password on the socket, so nobody but the two accounts may come near it.
            os.chown(self.directory, -1, self._installation.account.pw_gid)
            self.directory.chmod(0o710)
        (self.directory / "state").mkdir(mode=0o700)

    def _add_node(self, name: str, port: int) -> Node:
        node = self.nodes[name] = Node(name, self.directory, port, self._installation)
        return node

    def _start_leader(self) -> None:
        leader = self._add_node("leader", 0)
        self._installation.run("initdb", "-D", str(leader.data), "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8",
                               "-A", "trust", "--no-sync", "--no-instructions", folder=self.directory)
        # Written in place, so they keep their owner; a base backup takes them along.
        (leader.data / "pg_hba.conf").write_text(HOST_BASED_AUTHENTICATION)
        with (leader.data / "postgresql.conf").open("a") as configuration:
            configuration.write("include 'freshread.conf'\n")
        self._start_on_free_port(leader)
        roles = "; ".join(
            f"CREATE ROLE {login} LOGIN PASSWORD {quote(PASSWORD)}; GRANT CREATE ON DATABASE postgres TO {login};"
            f" GRANT ALL ON SCHEMA public TO {login};"
            f" ALTER DEFAULT PRIVILEGES FOR ROLE {login} GRANT ALL ON TABLES TO PUBLIC;"
            f" ALTER DEFAULT PRIVILEGES FOR ROLE {login} GRANT ALL ON SEQUENCES TO PUBLIC" for login in LOGINS)
        leader.sql(roles + "; ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC")
        for role in self._monitor_roles:
            leader.sql(f"GRANT pg_monitor TO {role}")

    def _start_replica(self, number: int) -> None:
        replica = self._add_node(f"replica{number}", 0)
        self._installation.run("pg_basebackup", "-D", str(replica.data), "-d", self.leader.conninfo, "-R",
                               "-X", "stream", "-c", "fast", "--no-sync", folder=self.directory)
        self._start_on_free_port(replica)

    def _start_on_free_port(self, node: Node) -> None:
        """Between finding a port free and listening on it somebody else may take it: then the next one."""
        for attempt in range(10):
            node.port = find_free_port({other.port for other in self.nodes.values()})
            settings = self._settings | {
                "port": str(node.port), "listen_addresses": "127.0.0.1", "cluster_name": node.name,
                "unix_socket_directories": str(node.sockets)}
            path = node.data / "freshread.conf"
            path.write_text("".join(f"{name} = {quote(value)}\n" for name, value in settings.items()))
            self._installation.own(path)
            try:
                node.start()
                return
            except ClusterError:
                log = node.log.read_text(errors="replace") if node.log.exists() else ""
                if attempt == 9 or "Address already in use" not in log:
                    raise ClusterError(f"{node.name} did not start; its log ends with\n{log[-2000:]}") from None
                node.log.unlink()

    def _write_odbc_files(self) -> None:
        odbc_files.write(self.directory / "odbcinst.ini", odbc_files.drivers(self.driver))
        odbc_files.write(self.directory / "odbc.ini", odbc_files.data_sources(
            {name: node.port for name, node in self.nodes.items()}, "app", PASSWORD, self.directory / "state",
            self.driver is not None))

    def _save(self) -> None:
        content = {"directory": str(self.directory), "leader": self._leader,
                   "driver": str(self.driver) if self.driver else None,
                   "nodes": {name: node.port for name, node in self.nodes.items()}}
        new = self.state_file.with_suffix(".new")
        new.write_text(json.dumps(content, indent=2) + "\n")
        new.replace(self.state_file)


def quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def find_free_port(taken: set[int]) -> int:
    for port in random.sample(PORTS, len(PORTS)):
        if port not in taken:
            with socket.socket() as probe:
                try:
                    probe.bind(("127.0.0.1", port))
                    return port
                except OSError:
                    continue
    raise ClusterError("no free port on 127.0.0.1")


def default_driver() -> Path | None:
    """FRESHREAD_DRIVER, else what the release preset built, else none."""
    if name := os.environ.get("FRESHREAD_DRIVER"):
        return Path(name).absolute()
    built = Path(__file__).resolve().parents[2] / "build/release/driver/libfreshreadodbc.so"
    return built if built.exists() else None


def client_environment() -> dict[str, str]:
    """For child processes that were not built here (isql, python3) but load the driver: on top of their environment.
    A driver built with a sanitizer needs its runtime preloaded, and the leaks of others are not looked for."""
    preload = os.environ.get("FRESHREAD_CLIENT_PRELOAD")
    return {"LD_PRELOAD": preload, "ASAN_OPTIONS": "detect_leaks=0"} if preload else {}
