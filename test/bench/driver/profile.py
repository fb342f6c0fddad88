# SPDX-License-Identifier: Apache-2.0
"""Where a server's processor time goes during a row, by perf."""

import re
import subprocess
from contextlib import contextmanager

from .measure import at_work
from .peers.peer import Broken
from .processes import tree
from .report import table

LINES = 60
# In the summary: what takes less than this many per cent is left out.
LEAST_SHARE = 0.5


@contextmanager
def _samples(row, kind, certificate, seconds):
    """By the clock of the processor, since virtual machines often have no counters of its events."""
    if row.is_memory or not row.fits(kind):
        raise Broken(f"{kind.name} has nothing to do in {row.name}")
    with at_work(row, kind, certificate) as (peer, _):
        samples = str(peer.folder / "perf.data")
        pids = ",".join(map(str, tree(peer.pid)))
        _run("record", "-q", "-e", "cpu-clock", "-F", "2999", "-g", "-p", pids, "-o", samples, "--",
             "sleep", str(seconds))
        yield samples


def _report(samples, *options):
    text = _run("report", "-i", samples, "--stdio", "-g", "none", *options)
    return [line.rstrip() for line in text.splitlines() if line.strip() and line[0] != "#"]


def report(row, kind, certificate, seconds):
    """The functions that the most samples fell into."""
    with _samples(row, kind, certificate, seconds) as samples:
        lines = _report(samples, "--no-children", "-F", "overhead,dso,symbol")
    return f"{kind.name}, {row.title}\n\n" + "\n".join(lines[:LINES])


def shares(lines, pattern):
    """[(name, per cent)] of the lines of a report whose end the pattern finds; its group is the
    name."""
    found = []
    for line in lines:
        name = re.search(pattern, line)
        share = float(line.split()[0].rstrip("%"))
        if name and share >= LEAST_SHARE:
            found.append((name[1], share))
    return sorted(found, key=lambda one: -one[1])


def summary(row, kind, certificate, seconds):
    """The kernel's part by system call, the rest by library."""
    with _samples(row, kind, certificate, seconds) as samples:
        calls = shares(_report(samples, "--children", "-F", "overhead_children,symbol"),
                       r" __x64_sys_(\w+)$")
        places = shares(_report(samples, "--no-children", "--sort", "dso"), r"% +(\S+)$")
    outside = [one for one in places if not one[0].startswith("[kernel")]
    lines = [[f"`{name}`", f"{share:.1f}"] for name, share in calls]
    lines += [[f"outside the kernel, in {name}", f"{share:.1f}"] for name, share in outside]
    return f"{kind.name}, {row.title}: per cent of the processor time\n\n" + \
        table(["system call, or place", "%"], lines)


def _run(*words):
    done = subprocess.run(["perf", *words], text=True, capture_output=True, check=False)
    if done.returncode != 0:
        raise Broken(f"perf {words[0]}: {done.stderr}")
    return done.stdout
