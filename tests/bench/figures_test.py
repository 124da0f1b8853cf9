#!/usr/bin/python3
"""What tests/bench/strategies computes from what it has measured: the oracle, the figures, the chart."""
from __future__ import annotations

import sys
import unittest
import xml.etree.ElementTree as xml
from collections import Counter
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import chart  # noqa: E402
from figures import Figures, Latency, markdown, text  # noqa: E402
from oracle import Replica, servable  # noqa: E402
from strategy import STRATEGIES, named  # noqa: E402
from workload import Did, Measurement  # noqa: E402

# At 100 the replica is asked and shows all below 5; 8 is answered at 230, and what was asked last before that at 200.
REPLICA = Replica(["90 100 110 5:5:", "200 220 230 7:9:7", "300 310 320 9:9:"])


def measurement() -> Measurement:
    did = [Did(10, 1_000_000, "own", False, 4, 5), Did(20, 3_000_000, "newest", True, 8, 5),
           Did(30, 2_000_000, "anothers", False, 8, 5), Did(40, 5_000_000, "update", False, 8, 5)]
    return Measurement(named(["any"])[0], 2.0, did, reads_on_leader=1, extra_on_leader=4, oracle_most=2)


class Oracle(unittest.TestCase):
    def test_a_transaction_is_shown_between_the_last_answer_without_it_and_the_first_with_it(self) -> None:
        self.assertEqual((REPLICA.earliest(8), REPLICA.latest(8)), (200, 320))
        self.assertEqual((REPLICA.earliest(4), REPLICA.latest(4)), (90, 110))

    def test_what_is_never_shown_is_never_served(self) -> None:
        self.assertEqual(REPLICA.earliest(9), float("inf"))
        self.assertEqual(servable([(10**9, 9)], [REPLICA]), (0, 0))

    def test_reads_are_served_once_any_replica_shows_the_write(self) -> None:
        late = Replica(["90 100 110 5:5:", "900 910 920 9:9:"])
        self.assertEqual(servable([(199, 8), (200, 8), (319, 8), (320, 8)], [late, REPLICA]), (3, 1))


class Shown(unittest.TestCase):
    def test_figures_are_of_the_right_statements(self) -> None:
        figures = Figures.of(measurement())
        self.assertAlmostEqual(figures.share, 2 / 3)
        self.assertAlmostEqual(figures.oracle, 2 / 3)
        self.assertEqual(figures.stale, 1 / 2)  # one of the two reads of one's own
        self.assertEqual(figures.stale_kinds, "a new row is missing 1")
        self.assertEqual((figures.read, figures.write), (Latency(2, 3), Latency(5, 5)))
        self.assertEqual((figures.leader, figures.extra), (3, 2))

    def test_tables_have_a_line_for_each_strategy(self) -> None:
        rows = [Figures.of(measurement())] * 3
        self.assertEqual(len(markdown(rows).splitlines()), 5)
        self.assertEqual(len(text(rows).splitlines()), 4)
        self.assertEqual(Counter(line.count("|") for line in markdown(rows).splitlines()), {9: 5})

    def test_the_chart_names_every_strategy(self) -> None:
        root = xml.fromstring(chart.draw("a <title>", [Figures.of(measurement())]))
        words = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
        self.assertIn("any replica", words)
        self.assertIn("a <title>", words)

    def test_strategies_are_found_by_name_in_the_order_of_the_table(self) -> None:
        self.assertEqual([strategy.key for strategy in named(["any", "leader"])], ["leader", "any"])
        self.assertEqual(named([]), STRATEGIES)
        with self.assertRaises(ValueError):
            named(["nothing"])


if __name__ == "__main__":
    unittest.main()
