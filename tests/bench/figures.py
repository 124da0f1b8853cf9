"""The figures of a comparison: of each strategy, and as a table."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from strategy import STALE
from workload import OWN, Measurement, Workload

HEADINGS = ("strategy", "reads on replicas", "an oracle", "stale reads of one's own", "read, median and 99 %",
            "write, median and 99 %", "leader, statements per s", "of these extra")


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


@dataclass(frozen=True)
class Latency:
    """In milliseconds."""

    median: float
    p99: float

    @classmethod
    def of(cls, nanoseconds: Sequence[int]) -> Latency:
        values = [value / 1e6 for value in nanoseconds] or [0.0]
        return cls(percentile(values, 0.5), percentile(values, 0.99))

    def __str__(self) -> str:
        return f"{digits(self.median)}, {digits(self.p99)} ms"


@dataclass(frozen=True)
class Figures:
    title: str
    share: float
    oracle: float
    stale: float  # of reads of one's own
    stale_kinds: str
    read: Latency
    write: Latency
    leader: float  # statements per second
    extra: float

    @classmethod
    def of(cls, measurement: Measurement) -> Figures:
        own = [did for did in measurement.reads if did.activity in OWN]
        stale = measurement.stale
        extra = measurement.extra_on_leader / measurement.seconds
        return cls(
            measurement.strategy.title, measurement.share, measurement.oracle_share,
            sum(stale.values()) / max(1, len(own)),
            ", ".join(f"{STALE[kind]} {stale[kind]}" for kind in STALE if stale[kind]),
            Latency.of([did.took for did in measurement.reads]), Latency.of([did.took for did in measurement.writes]),
            (measurement.reads_on_leader + len(measurement.writes)) / measurement.seconds + extra, extra)

    def cells(self) -> list[str]:
        stale = f"{100 * self.stale:.2f} %" if self.stale else "none"
        return [self.title, f"{100 * self.share:.1f} %", f"{100 * self.oracle:.1f} %", stale, str(self.read),
                str(self.write), f"{self.leader:.0f}", f"{self.extra:.1f}"]


def digits(number: float) -> str:
    """Two of them, or the integer."""
    return f"{number:.2f}" if number < 1 else f"{number:.1f}" if number < 10 else f"{number:.0f}"


def described(workload: Workload, replicas: int, delay: float) -> str:
    return (f"{workload.users} users, {workload.writes} % writes, {digits(workload.think)} ms between two statements of a user, "
            f"{replicas} replica{'s' if replicas > 1 else ''} that appl{'y' if replicas > 1 else 'ies'} {1000 * delay:g} ms "
            f"late, {workload.seconds:g} s each")


def markdown(rows: Sequence[Figures]) -> str:
    lines = [HEADINGS, ["---"] * len(HEADINGS), *(row.cells() for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def text(rows: Sequence[Figures]) -> str:
    lines = [list(HEADINGS), *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    return "\n".join("  ".join(cell.ljust(width) if column == 0 else cell.rjust(width)
                               for column, (cell, width) in enumerate(zip(line, widths))).rstrip()
                     for line in lines) + "\n"
