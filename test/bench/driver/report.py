# SPDX-License-Identifier: Apache-2.0
"""doc/benchmarks.md of the figures: medians, spreads, ratios."""

import statistics
from pathlib import Path
from string import Template

from . import rows as all_rows

TEMPLATE = Path(__file__).resolve().parent.parent / "benchmarks.md.in"
FLOOR, OURS = "relay", "mod_websocket"
NOTHING = "-"


def significant(value):
    """Three figures, which is more than such measurements are good for."""
    if value is None:
        return NOTHING
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def median(figures, name="value"):
    return statistics.median(getattr(one, name) for one in figures) if figures else None


def ratio(value, base):
    return None if value is None or not base or base <= 0 else value / base


def best_peer(row_figures):
    """(name, median) of the best of those that are neither ours nor the floor."""
    medians = {name: median(figures) for name, figures in row_figures.items()
               if figures and name not in (FLOOR, OURS)}
    return min(medians.items(), key=lambda one: one[1]) if medians else (None, None)


def table(header, lines):
    return "\n".join("| " + " | ".join(words) + " |"
                     for words in (header, ["---"] * len(header), *lines))


class Report:
    """`figures`: {row name: {peer name: [Figure, one a round]}}, `facts`: text for the template."""

    def __init__(self, figures, facts):
        self.figures, self.facts = figures, facts
        self.rows = [row for row in all_rows.ALL if figures.get(row.name)]
        self.peers = list(dict.fromkeys(peer for row in self.rows for peer in figures[row.name]))

    def overview(self):
        header = ["work", "unit", *self.peers]
        if OURS in self.peers:
            header += ["of relay", "of the best peer"]
        return table(header, [self._overview_line(row) for row in self.rows])

    def _overview_line(self, row):
        own = self.figures[row.name]
        line = [row.title, row.unit]
        line += [significant(median(own.get(peer))) for peer in self.peers]
        if OURS in self.peers:
            ours, (name, best) = median(own.get(OURS)), best_peer(own)
            of_best = ratio(ours, best)
            line += [significant(ratio(ours, median(own.get(FLOOR)))),
                     NOTHING if of_best is None else f"{significant(of_best)} ({name})"]
        return line

    def details(self):
        return "\n\n".join(f"### {row.title}, {row.unit}\n\n{self._row_table(row)}"
                           for row in self.rows)

    def _row_table(self, row):
        own = self.figures[row.name]
        floor, ours = median(own.get(FLOOR)), median(own.get(OURS))
        header = ["server", "median", "least", "most", "of relay", "mod_websocket of it"]
        if not row.is_memory:
            header += ["p50 µs", "p99 µs", "a second", "processor taken"]
        lines = []
        for peer in self.peers:
            figures = own.get(peer)
            if not figures:
                continue
            value, values = median(figures), [one.value for one in figures]
            line = [peer, significant(value), significant(min(values)), significant(max(values)),
                    significant(ratio(value, floor)), significant(ratio(ours, value))]
            if not row.is_memory:
                line += [significant(median(figures, "p50_us")),
                         significant(median(figures, "p99_us")),
                         significant(median(figures, "a_second")),
                         f"{median(figures, 'share'):.0%}"]
            lines.append(line)
        return table(header, lines)

    def text(self):
        return Template(TEMPLATE.read_text("utf-8")).substitute(
            overview=self.overview(), details=self.details(), **self.facts)
