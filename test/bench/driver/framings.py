# SPDX-License-Identifier: Apache-2.0
"""What the module's framings cost beside binary: the same printable text through each."""

import statistics

from . import peers
from .measure import measure
from .report import significant, table
from .rows import Row, a_gigabyte, a_message

# (framing, kind of the client's messages)
FRAMINGS = [("binary", "binary"), ("mqtt", "binary"), ("text", "text"), ("lines", "text")]
# A line has at most 16 KiB.
WORK = [("echo", "CPU µs a round trip", a_message, {"size": 64, "connections": 50}),
        ("echo", "CPU µs a round trip", a_message, {"size": 1024, "connections": 200}),
        ("bulk", "CPU ms a GB", a_gigabyte, {"size": 16000, "connections": 4, "window": 8})]


def with_framing(framing):
    return type(f"Framing{framing.title()}", (peers.ModWebsocket,), {"framing": framing})


def report(certificate, rounds, seconds):
    lines = []
    for mode, unit, cost, options in WORK:
        found = {framing: [] for framing, _ in FRAMINGS}
        for _ in range(rounds):
            for framing, kind in FRAMINGS:
                row = Row("framing", "", unit, mode, cost, {**options, "kind": kind},
                          busy=options["connections"])
                found[framing].append(
                    measure(row, with_framing(framing), certificate, seconds).value)
        middle = {framing: statistics.median(values) for framing, values in found.items()}
        lines.append([f"{mode} {options['size']:,} B, {options['connections']} connections", unit] +
                     [f"{significant(middle[framing])} "
                      f"({significant(middle[framing] / middle['binary'])})"
                      for framing, _ in FRAMINGS])
    return f"the framings of mod_websocket; medians of {rounds} rounds, and in brackets how many " \
        "times binary\n\n" + table(["work", "unit"] + [name for name, _ in FRAMINGS], lines)
