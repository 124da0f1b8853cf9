"""Leaves nothing behind: finds a test cluster's processes, stops them and removes its directory.

Run as a program it is the watchdog of one cluster. It holds the read end of a pipe whose write end only the owner
of the cluster has, so it learns of the owner's end however that comes, SIGKILL included. It is in a session of its
own and not a child of the owner, because test runners that time out kill the whole tree of descendants.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

# Marks every process that was started for a cluster: found again in /proc/PID/environ.
DIRECTORY_VARIABLE = "FRESHREAD_TEST_DIR"
SERVER_PROGRAMS = frozenset({"postgres", "postmaster", "initdb", "pg_ctl", "pg_basebackup", "mariadbd", "sh"})
KEEP = b"keep"


def clean_environment() -> dict[str, str]:
    """The environment for servers and the watchdog: no settings of a client, no preloaded sanitizer, and no mark
    of an enclosing cluster, whose watchdog would otherwise take them for its own."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "TZ") if name in os.environ}
    return kept | {"LC_ALL": "C.UTF-8"}


class Watchdog:
    """The owner's end of the pipe."""

    def __init__(self, directory: Path) -> None:
        hold_read, self._hold = os.pipe()
        self._report, report_write = os.pipe()
        starter = subprocess.Popen(
            [sys.executable, "-I", "-B", __file__, str(directory)],
            stdin=hold_read, stdout=report_write, stderr=subprocess.DEVNULL,
            start_new_session=True, cwd="/", env=clean_environment())
        os.close(hold_read)
        os.close(report_write)
        if starter.wait() != 0:
            raise RuntimeError("the watchdog of the test cluster did not start")

    def dismiss(self) -> None:
        """Leaves the cluster running."""
        os.write(self._hold, KEEP)
        self._finish()

    def tear_down(self) -> str:
        """Stops and removes the cluster; returns what the watchdog has to say, normally nothing."""
        return self._finish()

    def _finish(self) -> str:
        if self._hold < 0:
            return ""
        os.close(self._hold)
        self._hold = -1
        with os.fdopen(self._report, "rb") as report:
            return report.read().decode(errors="replace")


def is_running(pid: int) -> bool:
    """False for a zombie too: where process 1 does not reap, it stays for ever and does nothing."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def wait_until_gone(pids: set[int], seconds: float) -> set[int]:
    """Returns those which are still there."""
    deadline = time.monotonic() + seconds
    while True:
        pids = {pid for pid in pids if is_running(pid)}
        if not pids or time.monotonic() > deadline:
            return pids
        time.sleep(0.01)


def send(pids: set[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def children_of(parents: set[int]) -> set[int]:
    found = set()
    for pid in _all_pids():
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            continue
        if int(stat.rpartition(")")[2].split()[1]) in parents:
            found.add(pid)
    return found


def server_processes(directory: Path) -> set[int]:
    """Everything of the servers that works in the directory. A command line is readable by all; a working directory
    only by root with CAP_SYS_PTRACE, which containers seldom grant, so both are asked."""
    found = set()
    name = os.fsencode(directory)
    for pid in _all_pids():
        try:
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        program = os.path.basename(os.fsdecode(arguments[0])).rstrip(":").split(":")[0]
        if program not in SERVER_PROGRAMS:
            continue
        if any(name in argument for argument in arguments[1:]) or _works_in(pid, directory):
            found.add(pid)
    return found | children_of(found)


def client_processes(directory: Path) -> set[int]:
    """Everything that was started with the cluster's environment, wherever it has gone since. Looks several times,
    because a process shows no environment while it is in the middle of execve()."""
    mark = os.fsencode(f"{DIRECTORY_VARIABLE}={directory}")
    found = set()
    for attempt in range(3):
        if attempt > 0:
            time.sleep(0.02)
        for pid in _all_pids() - {os.getpid()}:
            try:
                if mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                    found.add(pid)
            except OSError:
                continue
    return {pid for pid in found if is_running(pid)}


def shared_memory_of(data: Path) -> int | None:
    """The System V segment named in postmaster.pid; it outlives a server that was killed."""
    try:
        return int((data / "postmaster.pid").read_text().splitlines()[6].split()[1])
    except (OSError, IndexError, ValueError):
        return None


def remove_shared_memory(identifier: int | None) -> None:
    if identifier is not None:
        ipc_rmid = 0
        ctypes.CDLL(None).shmctl(identifier, ipc_rmid, None)


def kill_server(data: Path) -> None:
    """SIGKILL for the postmaster and all its children, as the machine's end would. The postmaster is stopped first,
    so that it neither starts another child nor ends them in its own way."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        postmaster, port, sockets = int(lines[0]), lines[3], Path(lines[4])
    except (OSError, IndexError, ValueError):
        return
    segment = shared_memory_of(data)
    send({postmaster}, signal.SIGSTOP)
    everything = {postmaster} | children_of({postmaster})
    send(everything, signal.SIGKILL)
    if wait_until_gone(everything, 10):
        raise RuntimeError(f"processes of {data.name} did not end: {everything}")
    remove_shared_memory(segment)
    # Where process 1 does not reap, the zombie would look to the next postmaster like a living predecessor.
    for lock in (data / "postmaster.pid", sockets / f".s.PGSQL.{port}.lock"):
        lock.unlink(missing_ok=True)


def signal_server(data: Path, number: int) -> None:
    """A signal for the postmaster, and then for its children."""
    postmaster = int((data / "postmaster.pid").read_text().splitlines()[0])
    send({postmaster}, number)
    send(children_of({postmaster}), number)


def freeze_server(data: Path) -> None:
    """The postmaster first, so that it makes no child that is missed."""
    signal_server(data, signal.SIGSTOP)


def thaw_server(data: Path) -> None:
    signal_server(data, signal.SIGCONT)


def tear_down(directory: Path) -> None:
    """Stops the servers and removes the directory. Safe to call at any point of a cluster's life, and twice."""
    segments = [shared_memory_of(path.parent) for path in directory.glob("nodes/*/postmaster.pid")]
    servers = server_processes(directory)
    # "Immediate shutdown": no checkpoint, but shared memory is given back. A stopped process first has to go on.
    send(servers, signal.SIGQUIT)
    send(servers, signal.SIGCONT)
    wait_until_gone(servers, 6)
    while servers := {pid for pid in server_processes(directory) if is_running(pid)}:
        send(servers, signal.SIGKILL)
        wait_until_gone(servers, 1)
    for segment in segments:
        remove_shared_memory(segment)
    for _ in range(50):
        shutil.rmtree(directory, ignore_errors=True)
        if not directory.exists():
            return
        time.sleep(0.1)
    raise RuntimeError(f"{directory} could not be removed")


def end_clients(directory: Path) -> set[int]:
    """Ends what the command left running; returns what it found."""
    found = clients = client_processes(directory)
    send(clients, signal.SIGTERM)
    send(clients, signal.SIGCONT)
    wait_until_gone(clients, 2)
    while clients := client_processes(directory):
        send(clients, signal.SIGKILL)
        wait_until_gone(clients, 1)
    return found


def _all_pids() -> set[int]:
    return {int(entry) for entry in os.listdir("/proc") if entry.isdigit()}


def _works_in(pid: int, directory: Path) -> bool:
    try:
        return Path(os.readlink(f"/proc/{pid}/cwd")).is_relative_to(directory)
    except OSError:
        return False


def _names(pids: set[int]) -> str:
    names = []
    for pid in sorted(pids):
        try:
            names.append(f"{pid} ({Path(f'/proc/{pid}/comm').read_text().strip()})")
        except OSError:
            names.append(str(pid))
    return ", ".join(names)


def _watch(directory: Path) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    if os.fork():
        os._exit(0)
    said = b""
    while part := os.read(0, 64):
        said += part
    if said == KEEP:
        return
    remarks = []
    if left := client_processes(directory):
        remarks.append(f"ended processes that the command left running: {_names(left)}")
        end_clients(directory)
    try:
        tear_down(directory)
    except Exception as error:
        remarks.append(f"cleaning up failed: {error}")
    try:
        os.write(1, "\n".join(remarks).encode())
    except OSError:
        pass  # the owner is gone; nobody to tell


if __name__ == "__main__":
    _watch(Path(sys.argv[1]))
