"""A MariaDB leader and its replicas in one directory, for one command.

    with MariaDbCluster(replicas=1) as cluster:
        subprocess.run(command, env=os.environ | cluster.environment())

Replicas follow by GTID and are read_only. Servers run as an ordinary user, listen on unix sockets in the directory
and on free ports of 127.0.0.1, and are gone when the owner is gone, see caretaker.py.

Accounts: `root` without a password on the unix socket; `app` with PASSWORD, on both ways, with every privilege but
to write where a server is read-only.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

import caretaker
import odbc_files
from cluster import (PASSWORD, TIMEOUT, ClusterError, Installation, find_free_port, quote, server_account,
                     temporary_directory, wait_for)

INSTALLER = Path("/usr/bin/mariadb-install-db")
SERVER = Path("/usr/sbin/mariadbd")

# What every node has. Durability is off: these servers survive a kill, not a power cut.
SETTINGS = {
    "innodb-use-native-aio": "0",
    "innodb-flush-log-at-trx-commit": "0",
    "innodb-buffer-pool-size": "64M",
    "innodb-log-file-size": "16M",
    "innodb-doublewrite": "0",
    "innodb-fast-shutdown": "2",
    "sync-binlog": "0",
    "debug-no-sync": "1",
    "skip-name-resolve": "1",
    "max-connections": "200",
    "log-bin": "binlog",
    # So that both have the same rows whatever made them.
    "binlog-format": "ROW",
    "log-bin-trust-function-creators": "1",
    "log-slave-updates": "1",
    "slave-max-allowed-packet": "1G",
    # A replica that stops at the first event it cannot apply would be of no use to a test that goes on.
    "slave-skip-errors": "all",
}

LEADER_SQL = f"""\
CREATE DATABASE test;
CREATE USER app@localhost IDENTIFIED BY {quote(PASSWORD)};
CREATE USER app@'127.0.0.1' IDENTIFIED BY {quote(PASSWORD)};
GRANT ALL ON *.* TO app@localhost WITH GRANT OPTION;
GRANT ALL ON *.* TO app@'127.0.0.1' WITH GRANT OPTION;
REVOKE READ ONLY ADMIN ON *.* FROM app@localhost;
REVOKE READ ONLY ADMIN ON *.* FROM app@'127.0.0.1';
CREATE USER replication@'127.0.0.1' IDENTIFIED BY {quote(PASSWORD)};
GRANT REPLICATION SLAVE ON *.* TO replication@'127.0.0.1';
"""


class MariaDbNode:
    def __init__(self, name: str, number: int, directory: Path, port: int) -> None:
        self.name = name
        self.number = number
        self.port = port
        self.data = directory / "nodes" / name
        # Where, and nowhere else, SELECT INTO OUTFILE may write.
        self.files = directory / "files" / name
        self.socket = directory / "sockets" / f"{name}.sock"
        self.log = directory / "log" / f"{name}.log"

    def accepts(self) -> bool:
        """It greets, which it does once its first statements have run."""
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.socket))
                return bool(probe.recv(1))
            except OSError:
                return False


class MariaDbCluster:
    def __init__(self, replicas: int = 1, *, settings: dict[str, str] | None = None,
                 driver: Path | None = None) -> None:
        """driver is the Freshread library that odbcinst.ini names."""
        for program in (INSTALLER, SERVER):
            if not program.exists():
                raise ClusterError(f"no {program}: install mariadb-server-core")
        self._installation = Installation(SERVER.parent, server_account())
        self._settings = SETTINGS | (settings or {})
        self._replicas = replicas
        self._watchdog: caretaker.Watchdog | None = None
        self.driver = driver
        self.directory = temporary_directory("sockets/replica1.sock", self._installation.account)
        self.nodes: dict[str, MariaDbNode] = {}

    def __enter__(self) -> MariaDbCluster:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.tear_down()

    def start(self) -> None:
        """Returns when every replica has applied what the leader was given. Nothing remains when it fails."""
        self._watchdog = caretaker.Watchdog(self.directory)
        try:
            self._make_directory()
            self._install()
            self._start("leader", LEADER_SQL)
            for number in range(1, self._replicas + 1):
                self._start(f"replica{number}", self._follow_sql())
            self._write_odbc_files()
        except BaseException:
            self.tear_down()
            raise

    def tear_down(self) -> str:
        """Stops the servers and removes the directory; returns remarks, normally none."""
        watchdog, self._watchdog = self._watchdog, None
        return watchdog.tear_down() if watchdog else ""

    def environment(self) -> dict[str, str]:
        """What a client of the cluster needs, on top of its own environment."""
        variables = {
            caretaker.DIRECTORY_VARIABLE: str(self.directory),
            "FRESHREAD_TEST_PASSWORD": PASSWORD,
        } | odbc_files.environment(self.directory)
        if self.driver:
            variables["FRESHREAD_DRIVER"] = str(self.driver)
        for name, node in self.nodes.items():
            prefix = f"FRESHREAD_TEST_MARIADB_{name.upper()}"
            variables |= {f"{prefix}_SOCKET": str(node.socket), f"{prefix}_PORT": str(node.port),
                          f"{prefix}_FILES": str(node.files), f"{prefix}_LOG": str(node.log)}
        return variables

    def _make_directory(self) -> None:
        self.directory.mkdir(mode=0o700)
        folders = [self.directory / name for name in ("nodes", "sockets", "log", "files")]
        for folder in folders:
            folder.mkdir(mode=0o700)
        if self._installation.account is not None:
            # root needs no password on the socket, so nobody but the two accounts may come near it.
            os.chown(self.directory, -1, self._installation.account.pw_gid)
            self.directory.chmod(0o710)
        self._installation.own(*folders)
        (self.directory / "state").mkdir(mode=0o700)

    def _install(self) -> None:
        self._installation.run(
            str(INSTALLER), "--no-defaults", f"--datadir={self.directory}/nodes/empty",
            f"--tmpdir={self.directory}/nodes", "--skip-test-db",
            "--auth-root-authentication-method=normal", "--innodb-use-native-aio=0", "--innodb-log-file-size=16M",
            folder=self.directory)

    def _follow_sql(self) -> str:
        return (f"CHANGE MASTER TO master_host = '127.0.0.1', master_port = {self.nodes['leader'].port},"
                f" master_user = 'replication', master_password = {quote(PASSWORD)},"
                " master_connect_retry = 1, master_use_gtid = slave_pos;\nSTART SLAVE;\n"
                # Each of the leader's statements was a transaction of its own.
                f"SELECT MASTER_GTID_WAIT('0-1-{LEADER_SQL.count(';')}', {round(TIMEOUT)});\n")

    def _start(self, name: str, first_sql: str) -> None:
        """Between finding a port free and listening on it somebody else may take it: then the next one."""
        for attempt in range(10):
            port = find_free_port({other.port for other in self.nodes.values()})
            node = MariaDbNode(name, len(self.nodes) + 1, self.directory, port)
            shutil.copytree(self.directory / "nodes" / "empty", node.data)
            node.files.mkdir(mode=0o700, exist_ok=True)
            script = self.directory / "nodes" / f"{name}.sql"
            script.write_text(first_sql)
            self._installation.own(node.files, script, node.data, *node.data.rglob("*"))
            if self._listens(node, self._launch(node, script)):
                self.nodes[name] = node
                return
            log = node.log.read_text(errors="replace")
            if attempt == 9 or "Address already in use" not in log:
                raise ClusterError(f"{name} did not start; its log ends with\n{log[-2000:]}")
            node.log.unlink()
            shutil.rmtree(node.data)

    def _launch(self, node: MariaDbNode, script: Path) -> subprocess.Popen[bytes]:
        account = self._installation.account
        identity = {} if account is None else {
            "user": account.pw_uid, "group": account.pw_gid, "extra_groups": [account.pw_gid]}
        settings = self._settings | {
            "datadir": str(node.data), "socket": str(node.socket), "port": str(node.port),
            "bind-address": "127.0.0.1", "pid-file": str(node.data / "pid"), "server-id": str(node.number),
            "secure-file-priv": str(node.files), "init-file": str(script), "tmpdir": str(node.data),
            "read-only": "0" if node.name == "leader" else "1"}
        with node.log.open("wb") as log:
            return subprocess.Popen([SERVER, "--no-defaults", *(f"--{key}={value}" for key, value in settings.items())],
                                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.directory,
                                    env=caretaker.clean_environment(), start_new_session=True, **identity)

    def _listens(self, node: MariaDbNode, server: subprocess.Popen[bytes]) -> bool:
        wait_for(f"{node.name} accepts connections", lambda: server.poll() is not None or node.accepts(), TIMEOUT)
        return server.poll() is None

    def _write_odbc_files(self) -> None:
        odbc_files.write(self.directory / "odbcinst.ini", odbc_files.drivers(self.driver))
        odbc_files.write(self.directory / "odbc.ini", odbc_files.mariadb_data_sources(
            {name: node.port for name, node in self.nodes.items()}, "app", PASSWORD, self.directory / "state",
            self.driver is not None))
