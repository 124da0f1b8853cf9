"""The comparison as an SVG: a row for each strategy, a panel for each question. Light or dark as the reader's page is."""
from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from figures import Figures, digits

LEFT, TOP, ROW, GAP, BOTTOM = 200, 92, 34, 38, 36
PANEL = 148
VALUE = 40  # room behind a bar for its value

STYLE = """
  text { font: 12px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328 }
  .title { font-size: 15px; font-weight: 600 }
  .heading { font-weight: 600 }
  .quiet { fill: #59636e; font-size: 11px }
  .axis { stroke: #c4ccd4; stroke-width: 1 }
  .band { fill: #818b98; fill-opacity: 0.08 }
  .good { fill: #2f6fb0 } .bad { fill: #c0392b } .plain { fill: #6e7781 } .more { fill: #b7791f }
  .mark { stroke: #1f2328; stroke-width: 2 }
  .span { stroke: #6e7781; stroke-width: 2 }
  .hollow { fill: #ffffff; stroke: #6e7781; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .quiet { fill: #9198a1 } .axis { stroke: #4a525c }
    .good { fill: #6cb0f0 } .bad { fill: #ff7b6b } .plain { fill: #9aa4af } .more { fill: #e3b341 }
    .mark { stroke: #e6edf3 } .span { stroke: #9aa4af } .hollow { fill: #0d1117; stroke: #9aa4af }
  }
"""


@dataclass(frozen=True)
class Axis:
    """From values to places within a panel."""

    place: Callable[[float], float]
    ticks: Sequence[tuple[float, str]]


def linear(most: float, unit: str = "") -> Axis:
    step = next(step for power in range(-3, 9) for step in (10.0 ** power, 2 * 10.0 ** power, 5 * 10.0 ** power)
                if most / step <= 3.001)
    top = step * max(1, math.ceil(most / step - 1e-9))
    ticks = [(step * i, f"{step * i:g}{unit}") for i in range(round(top / step) + 1)]
    return Axis(lambda value: value / top * (PANEL - VALUE), ticks)


def logarithmic(values: Sequence[float]) -> Axis:
    low = math.floor(math.log10(max(0.001, min(values))))
    high = max(low + 1, math.ceil(math.log10(max(values))))
    return Axis(lambda value: (math.log10(max(value, 10.0 ** low)) - low) / (high - low) * PANEL,
                [(10.0 ** power, f"{10.0 ** power:g}") for power in range(low, high + 1)])


class Drawing:
    def __init__(self) -> None:
        self.parts: list[str] = []

    def text(self, x: float, y: float, content: str, style: str = "", anchor: str = "start") -> None:
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" class="{style}" text-anchor="{anchor}">{escape(content)}</text>')

    def bar(self, x: float, y: float, width: float, style: str) -> None:
        self.parts.append(f'<rect x="{x:.1f}" y="{y - 8:.1f}" width="{max(width, 0):.1f}" height="16" class="{style}"/>')

    def line(self, x1: float, y1: float, x2: float, y2: float, style: str) -> None:
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{style}"/>')

    def dot(self, x: float, y: float, style: str) -> None:
        self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" class="{style}"/>')


def draw(title: str, rows: Sequence[Figures]) -> str:
    drawing = Drawing()
    height = TOP + ROW * len(rows) + BOTTOM
    drawing.text(16, 26, title, "title")
    for number, row in enumerate(rows):
        if number % 2 == 0:
            drawing.parts.append(f'<rect x="8" y="{TOP + ROW * number}" width="{LEFT + 5 * (PANEL + GAP) - 16}" '
                                 f'height="{ROW}" class="band"/>')
        drawing.text(16, TOP + ROW * number + 21, row.title)
    shares(drawing, 0, rows)
    stale(drawing, 1, rows)
    latencies(drawing, 2, "Time of a read, ms", [(row.read.median, row.read.p99) for row in rows])
    latencies(drawing, 3, "Time of a write, ms", [(row.write.median, row.write.p99) for row in rows])
    statements(drawing, 4, rows)
    width = LEFT + 5 * (PANEL + GAP)
    described = "; ".join(f"{row.title}: {100 * row.share:.1f} % of reads on replicas, {100 * row.stale:.2f} % stale"
                          for row in rows)
    body = "\n".join(drawing.parts)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'role="img">\n<title>{escape(title)}</title>\n<desc>{escape(described)}</desc>\n<style>{STYLE}</style>\n'
            f"{body}\n</svg>\n")


def panel(drawing: Drawing, number: int, heading: str, remark: str, axis: Axis, rows: int) -> float:
    """Where it begins."""
    x = LEFT + number * (PANEL + GAP)
    drawing.text(x, TOP - 34, heading, "heading")
    drawing.text(x, TOP - 16, remark, "quiet")
    bottom = TOP + ROW * rows
    for value, name in axis.ticks:
        drawing.line(x + axis.place(value), TOP - 6, x + axis.place(value), bottom, "axis")
        drawing.text(x + axis.place(value), bottom + 18, name, "quiet", "middle")
    return x


def middle(number: int) -> float:
    return TOP + ROW * number + ROW / 2


def shares(drawing: Drawing, number: int, rows: Sequence[Figures]) -> None:
    axis = linear(100, " %")
    x = panel(drawing, number, "Reads on replicas", "mark: an oracle", axis, len(rows))
    for at, row in enumerate(rows):
        drawing.bar(x, middle(at), axis.place(100 * row.share), "good")
        drawing.line(x + axis.place(100 * row.oracle), middle(at) - 12, x + axis.place(100 * row.oracle), middle(at) + 12,
                     "mark")
        drawing.text(x + PANEL - VALUE + 6, middle(at) + 4, f"{100 * row.share:.1f} %")


def stale(drawing: Drawing, number: int, rows: Sequence[Figures]) -> None:
    axis = linear(max([100 * row.stale for row in rows] + [0.1]), " %")
    x = panel(drawing, number, "Stale reads", "of one's own rows", axis, len(rows))
    for at, row in enumerate(rows):
        drawing.bar(x, middle(at), axis.place(100 * row.stale), "bad")
        drawing.text(x + axis.place(100 * row.stale) + 6, middle(at) + 4, f"{100 * row.stale:.2f} %" if row.stale else "none")


def latencies(drawing: Drawing, number: int, heading: str, values: Sequence[tuple[float, float]]) -> None:
    axis = logarithmic([value for pair in values for value in pair])
    x = panel(drawing, number, heading, "full: median, hollow: 99 %", axis, len(values))
    for at, (median, most) in enumerate(values):
        drawing.line(x + axis.place(median), middle(at), x + axis.place(most), middle(at), "span")
        drawing.dot(x + axis.place(most), middle(at), "hollow")
        drawing.dot(x + axis.place(median), middle(at), "plain")


def statements(drawing: Drawing, number: int, rows: Sequence[Figures]) -> None:
    axis = linear(max(row.leader for row in rows))
    x = panel(drawing, number, "Leader, statements/s", "gold: not the application's", axis, len(rows))
    for at, row in enumerate(rows):
        own = axis.place(row.leader - row.extra)
        drawing.bar(x, middle(at), own, "plain")
        drawing.bar(x + own, middle(at), axis.place(row.extra), "more")
        drawing.text(x + axis.place(row.leader) + 6, middle(at) + 4, digits(row.leader))
