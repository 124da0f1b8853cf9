"""A Redis server of one's own, for as long as a `with` lasts."""
from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# What Debian's redis-server is a link to, and which comes without a service that would be started.
PROGRAM = Path("/usr/bin/redis-check-rdb")


@contextmanager
def redis_server(directory: Path) -> Iterator[str]:
    """Gives its address, for Store=."""
    socket = directory / "redis.sock"
    with subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly", "no",
                           "--dir", str(directory)], executable=PROGRAM, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            for line in server.stdout:
                if "eady to accept connections" in line:
                    break
            else:
                raise RuntimeError(f"redis-server ended with {server.wait()}")
            yield f"redis+unix://{socket}"
        finally:
            server.terminate()
