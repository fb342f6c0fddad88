# SPDX-License-Identifier: Apache-2.0
"""build/bench, once everything is installed and built."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from support.installation import SOURCE
from support.tls import Certificate

from . import facts, peers, rows
from .measure import measure
from .peers.peer import raise_descriptor_limit
from .report import Report, significant

SCRATCH = SOURCE / "_bench"


def chosen(words, everything, what):
    """Those of `everything` that are named, in its order; all where none is."""
    if not words:
        return list(everything)
    wanted = [word for part in words for word in part.split(",")]
    known = [one.name for one in everything]
    for word in wanted:
        if word not in known:
            raise SystemExit(f"no {what} '{word}'; there are: {', '.join(known)}")
    return [one for one in everything if one.name in wanted]


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="build/bench", description="Measures the module beside its peers; writes "
        "doc/benchmarks.md, or _bench/benchmarks.md where not everything is measured.")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--seconds", type=float, default=1.5, metavar="S",
                        help="of each window that is measured")
    parser.add_argument("--only", action="append", metavar="PEER,...")
    parser.add_argument("--rows", action="append", metavar="ROW,...")
    parser.add_argument("--quick", action="store_true", help="one round with windows of 0.4 s")
    parser.add_argument("--output", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    if options.quick:
        options.rounds, options.seconds = 1, 0.4
    options.peers = chosen(options.only, peers.ALL, "peer")
    options.row_list = chosen(options.rows, rows.ALL, "row")
    if options.rounds < 1 or options.seconds <= 0:
        parser.error("at least one round, and some time")
    whole = not options.only and not options.rows and options.rounds >= 5
    if options.output is None:
        options.output = (SOURCE / "doc" if whole else SCRATCH) / "benchmarks.md"
    return options


def collect(options, certificate, say=print):
    """{row: {peer: [Figure, ...]}}; the rounds are whole turns, so that a noisy minute spoils one
    figure of everybody rather than all of one's."""
    figures = {row.name: {} for row in options.row_list}
    for number in range(1, options.rounds + 1):
        for row in options.row_list:
            for kind in options.peers:
                if not row.fits(kind):
                    continue
                figure = measure(row, kind, certificate, options.seconds)
                figures[row.name].setdefault(kind.name, []).append(figure)
                say(f"round {number} of {options.rounds}  {row.name:13} {kind.name:14}"
                    f"{significant(figure.value):>8} {row.unit}", flush=True)
    return figures


def main(arguments):
    options = parse(arguments)
    for kind in list(options.peers):
        if not kind.installed():
            print(f"{kind.name} is not installed and is left out")
            options.peers.remove(kind)
    raise_descriptor_limit()
    SCRATCH.mkdir(exist_ok=True)
    began = time.monotonic()
    about = facts.of(options.peers, arguments, options.rounds, options.seconds)
    with tempfile.TemporaryDirectory() as folder:
        figures = collect(options, Certificate(Path(folder)))
    about["minutes"] = f"{(time.monotonic() - began) / 60:.0f}"
    report = Report(figures, about)
    options.output.write_text(report.text(), "utf-8")
    print(f"\n{report.overview()}\n\n{options.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
