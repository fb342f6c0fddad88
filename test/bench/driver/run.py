# SPDX-License-Identifier: Apache-2.0
"""build/bench, once everything is installed and built."""

import argparse
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from support.installation import SOURCE
from support.tls import Certificate

from . import facts, framings, peers, plots, profile, rows, scale, syscalls
from .measure import measure
from .peers.peer import Broken, raise_descriptor_limit
from .programs import LoadFailed
from .report import Report, significant

SCRATCH = SOURCE / "_bench"
SCALE_TUNNELS, SCALE_ROUNDS = 9000, 3
# A load average that says that others use the machine too.
NOISY = 0.5


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
    parser.add_argument("--seconds", type=float, default=1.2, metavar="S",
                        help="of each window that is measured")
    parser.add_argument("--only", action="append", metavar="PEER,...")
    parser.add_argument("--rows", action="append", metavar="ROW,...")
    parser.add_argument("--quick", action="store_true", help="one round with windows of 0.4 s")
    parser.add_argument("--output", type=Path, metavar="FILE")
    instead = parser.add_argument_group("instead of the table, for one server (mod_websocket)")
    instead.add_argument("--scale", type=int, nargs="?", const=SCALE_TUNNELS, metavar="TUNNELS",
                         help="what so many (9000) change for a message and for HTTP")
    instead.add_argument("--children", type=int, default=1, metavar="N",
                         help="with --scale: in so many (1) child processes of httpd")
    instead.add_argument("--churn", type=int, nargs="?", const=1_000_000, metavar="TUNNELS",
                         help="what so many (1000000) that come and go leave behind")
    instead.add_argument("--framings", action="store_true",
                         help="what text, lines and mqtt cost beside binary")
    instead.add_argument("--syscalls", action="store_true", help="count system calls")
    instead.add_argument("--profile", metavar="ROW", help="where processor time goes in that row")
    options = parser.parse_args(arguments)
    if options.quick:
        options.rounds, options.seconds = 1, 0.4
    options.peers = chosen(options.only, peers.ALL, "peer")
    options.row_list = chosen(options.rows, rows.ALL, "row")
    if options.rounds < 1 or options.seconds <= 0:
        parser.error("at least one round, and some time")
    options.whole = not options.only and not options.rows and options.rounds >= 5
    if options.output is None:
        options.output = (SOURCE / "doc" if options.whole else SCRATCH) / "benchmarks.md"
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
                try:
                    figure = measure(row, kind, certificate, options.seconds)
                except LoadFailed as error:
                    raise LoadFailed(f"{row.name} at {kind.name}: {error}") from error
                figures[row.name].setdefault(kind.name, []).append(figure)
                say(f"round {number} of {options.rounds}  {row.name:13} {kind.name:14}"
                    f"{significant(figure.value):>8} {row.unit}", flush=True)
    return figures


def other_than_the_table(options, certificate, descriptors):
    """The text of what was asked for instead; None where nothing was."""
    kind = options.peers[0] if options.only else peers.ModWebsocket
    if options.scale:
        tunnels = scale.most_tunnels(options.scale, descriptors, options.children)
        return scale.scale(kind, certificate, tunnels, options.rounds, options.seconds,
                           options.children)
    if options.churn:
        return scale.churn(kind, certificate, options.churn)
    if options.framings:
        return framings.report(certificate, options.rounds, options.seconds)
    if options.syscalls:
        return syscalls.report(kind, certificate, options.seconds)
    if options.profile:
        row, = chosen([options.profile], rows.ALL, "row")
        return profile.report(row, kind, certificate, options.seconds)
    return None


def beside_the_table(options, certificate, descriptors):
    """What else a whole run looks at: {placeholder of the template: text}."""
    if not options.whole:
        return {"many": "Not measured in this run.", "framings": "Not measured in this run.",
                "syscalls": "Not counted in this run.", "profile": "Not profiled in this run."}
    tunnels = scale.most_tunnels(SCALE_TUNNELS, descriptors)
    many = scale.scale(peers.ModWebsocket, certificate, tunnels, SCALE_ROUNDS, options.seconds)
    try:
        calls = syscalls.report(peers.ModWebsocket, certificate, options.seconds)
    except (Broken, FileNotFoundError) as error:  # no strace, or it is not allowed here
        calls = f"Not counted: {error}"
    handshake, = chosen(["handshake"], rows.ALL, "row")
    try:
        where = profile.summary(handshake, peers.ModWebsocket, certificate, 2 * options.seconds)
    except (Broken, FileNotFoundError) as error:  # no perf, or it is not allowed here
        where = f"Not profiled: {error}"
    return {"many": many, "syscalls": calls, "profile": where,
            "framings": framings.report(certificate, options.rounds, options.seconds)}


def make_table(options, arguments, certificate, descriptors):
    for kind in list(options.peers):
        if not kind.installed():
            print(f"{kind.name} is not installed and is left out")
            options.peers.remove(kind)
    load_average = os.getloadavg()[0]
    if load_average > NOISY:
        print(f"Others use this machine (load average {load_average:.1f}); the figures suffer.")
    SCRATCH.mkdir(exist_ok=True)
    began = time.monotonic()
    about = facts.of(options.peers, arguments, options.rounds, options.seconds)
    about.update(beside_the_table(options, certificate, descriptors))
    figures = collect(options, certificate)
    about["minutes"] = f"{(time.monotonic() - began) / 60:.0f}"
    report = Report(figures, about)
    options.output.write_text(report.text(), "utf-8")
    pictures = plots.draw(figures, report.rows, SCRATCH)
    return "\n".join([report.overview(), "", *map(str, [options.output, *pictures])])


def main(arguments):
    options = parse(arguments)
    # So that a `kill` ends the servers as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    descriptors = raise_descriptor_limit()
    try:
        with tempfile.TemporaryDirectory() as folder:
            certificate = Certificate(Path(folder))
            text = other_than_the_table(options, certificate, descriptors)
            if text is None:
                text = make_table(options, arguments, certificate, descriptors)
    except (Broken, LoadFailed) as error:
        print(f"build/bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(f"\n{text}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
