"""The three states of the replicas in which a program has to see the same through Freshread as without it."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from cluster import Cluster

# They serve reads, from right behind a write on (Capture=commit: no sample has to be waited for); they are 200 ms late, so that reads of what was just written begin on the leader and end on a replica;
# they replay nothing, so that everybody who wrote stays on the leader.
STATES = ("current", "delayed", "paused")


@contextmanager
def replicas_in(state: str, cluster: Cluster) -> Iterator[None]:
    """From a moment when all replicas have replayed everything, until they replay again without delay."""
    usual = os.environ["ODBCINI"]
    for replica in cluster.replicas:
        cluster.wait(replica)
        if state == "delayed":
            replica.delay(0.2)
        elif state == "paused":
            replica.pause()
    try:
        if state == "current":
            os.environ["ODBCINI"] = str(capturing_at_commit(Path(usual)))
        yield
    finally:
        os.environ["ODBCINI"] = usual
        for replica in cluster.replicas:
            if state == "delayed":
                replica.delay(0)
            elif state == "paused":
                replica.resume()


def capturing_at_commit(data_sources: Path) -> Path:
    """The same data sources, with Capture=commit where they are Freshread's."""
    changed = data_sources.with_name("odbc-capture-commit.ini")
    changed.write_text(re.sub(r"^(Driver *= *Freshread)$", r"\1\nCapture = commit", data_sources.read_text(), flags=re.MULTILINE))
    return changed
