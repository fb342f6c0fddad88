# SPDX-License-Identifier: Apache-2.0
"""Where a server's processor time goes during a row, by perf."""

import subprocess

from .measure import at_work
from .peers.peer import Broken
from .processes import tree

LINES = 60


def report(row, kind, certificate, seconds):
    """The functions that the most samples fell into. By the clock of the processor, since virtual
    machines often have no counters of its events."""
    if row.is_memory or not row.fits(kind):
        raise Broken(f"{kind.name} has nothing to do in {row.name}")
    with at_work(row, kind, certificate) as (peer, _):
        samples = str(peer.folder / "perf.data")
        pids = ",".join(map(str, tree(peer.pid)))
        _run("record", "-q", "-e", "cpu-clock", "-F", "2999", "-g", "-p", pids, "-o", samples, "--",
             "sleep", str(seconds))
        text = _run("report", "-i", samples, "--stdio", "-g", "none", "--no-children",
                    "-F", "overhead,dso,symbol")
    lines = [line.rstrip() for line in text.splitlines() if line.strip() and line[0] != "#"]
    return f"{kind.name}, {row.title}\n\n" + "\n".join(lines[:LINES])


def _run(*words):
    done = subprocess.run(["perf", *words], text=True, capture_output=True, check=False)
    if done.returncode != 0:
        raise Broken(f"perf {words[0]}: {done.stderr}")
    return done.stdout
