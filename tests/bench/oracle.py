"""What somebody could have served on replicas who knows exactly when they apply what.

A replica can serve a read once it shows the last write of the user that had returned when the read began. When it began
to show it lies between two questions for its snapshot (tests/bench/snapshots): `earliest` is the begin of the last one
whose answer cannot have shown it, `latest` the end of the first whose answer must have. By `earliest` the oracle serves
at least what any truth would let it serve.
"""
from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """One line of tests/bench/snapshots."""

    old: int
    end: int
    xmin: int
    xmax: int

    @classmethod
    def read(cls, line: str) -> Change:
        old, _begin, end, snapshot = line.split()
        xmin, xmax = snapshot.split(":")[:2]
        return cls(int(old), int(end), int(xmin), int(xmax))


class Replica:
    """What one replica showed, and when."""

    def __init__(self, lines: list[str]) -> None:
        self._changes = [Change.read(line) for line in lines]
        # Neither ever goes back on a replica that goes on.
        self._xmins = [change.xmin for change in self._changes]
        self._xmaxs = [change.xmax for change in self._changes]

    def earliest(self, transaction: int) -> float:
        found = bisect_right(self._xmaxs, transaction)
        return self._changes[found].old if found < len(self._changes) else float("inf")

    def latest(self, transaction: int) -> float:
        found = bisect_right(self._xmins, transaction)
        return self._changes[found].end if found < len(self._changes) else float("inf")


def servable(reads: list[tuple[int, int]], replicas: list[Replica]) -> tuple[int, int]:
    """How many of the reads (begin, the user's last transaction) at most, and at least."""
    bounds: dict[int, tuple[float, float]] = {}
    most = least = 0
    for begin, transaction in reads:
        if transaction not in bounds:
            bounds[transaction] = (min(replica.earliest(transaction) for replica in replicas),
                                   min(replica.latest(transaction) for replica in replicas))
        earliest, latest = bounds[transaction]
        most += earliest <= begin
        least += latest <= begin
    return most, least
