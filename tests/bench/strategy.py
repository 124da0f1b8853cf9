"""The strategies of the field, in the order in which people usually come by them, as connection strings."""
from __future__ import annotations

from dataclasses import dataclass

# What a read of one's own may miss, by the name that tests/bench/users has for it.
STALE = {"own": "old version of a row", "newest": "a new row is missing", "deleted": "a deleted row is there",
         "all": "a list is not complete"}
EVERYTHING = frozenset(STALE)
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Strategy:
    """What a user's own reads miss while replicas are far behind, further than the window, is exactly `misses`."""

    key: str
    title: str
    keywords: str
    misses: frozenset[str] = NOTHING
    window: float = 0  # seconds for which a user who wrote stays on the leader: nothing is missed within them
    tokens: bool = False  # users take the token of each write along
    store: str = ""  # which server has to be started for it


STRATEGIES = [
    Strategy("leader", "always the leader", "Policy=leader"),
    Strategy("window_1s", "window of 1 s", "Policy=window;Window=1 s", EVERYTHING, window=1),
    Strategy("window_60s", "window of 60 s", "Policy=window;Window=60 s", EVERYTHING, window=60),
    Strategy("position", "position", "Policy=position"),
    Strategy("position_waits", "position, reads wait", "Policy=position;OnLag=wait 200 ms, leader"),
    Strategy("token", "commit tokens", "Policy=token", tokens=True),
    Strategy("redis", "position, shared store (Redis)", "Policy=position;Store={redis}", store="redis"),
    Strategy("synchronous", "synchronous", "Policy=synchronous"),
    Strategy("critical", "fragmented pinning (1 table)", "Policy=position;CriticalTables=profile", EVERYTHING - {"own"}),
    Strategy("fallback", "leader fallback", "Policy=fallback", EVERYTHING - {"newest"}),
    Strategy("any", "any replica", "Policy=any", EVERYTHING),
]


def named(keys: list[str]) -> list[Strategy]:
    """In the order of the table; all when none is named."""
    unknown = set(keys) - {strategy.key for strategy in STRATEGIES}
    if unknown:
        raise ValueError(f"no strategy {', '.join(sorted(unknown))}, only "
                         f"{', '.join(strategy.key for strategy in STRATEGIES)}")
    return [strategy for strategy in STRATEGIES if not keys or strategy.key in keys]
