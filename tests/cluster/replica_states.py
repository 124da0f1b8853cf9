"""The three states of the replicas in which a program has to see the same through Freshread as without it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Iterator

from cluster import Cluster

# They serve reads; they are 200 ms late, so that reads of what was just written begin on the leader and end on a replica;
# they replay nothing, so that everybody who wrote stays on the leader.
STATES = ("current", "delayed", "paused")


@contextmanager
def replicas_in(state: str, cluster: Cluster) -> Iterator[None]:
    """From a moment when all replicas have replayed everything, until they replay again without delay."""
    for replica in cluster.replicas:
        cluster.wait(replica)
        if state == "delayed":
            replica.delay(0.2)
        elif state == "paused":
            replica.pause()
    try:
        yield
    finally:
        for replica in cluster.replicas:
            if state == "delayed":
                replica.delay(0)
            elif state == "paused":
                replica.resume()
