# SPDX-License-Identifier: Apache-2.0
"""One figure: a fresh server before a fresh backend, a load, and what that cost."""

import time
from contextlib import contextmanager
from dataclasses import dataclass

from .processes import cpu_seconds, settled_memory_kib, tree
from .programs import Backend, Load

# Before the window: caches are warm, TCP's windows have grown.
WARM_UP = 0.25
# Tunnels that come and go before memory is looked at, so that what a server makes once is made.
FIRST_TUNNELS = 100


@dataclass
class Figure:
    value: float
    p50_us: float = 0.0
    p99_us: float = 0.0
    a_second: float = 0.0   # of what the figure is about
    share: float = 0.0      # of one processor that the server took


def _load(row, peer, **more):
    return Load(row.mode, peer.target(row.tls), path=peer.path, tls=row.tls,
                **{**row.options, **more})


def measure(row, kind, certificate, seconds):
    """`kind` is the peer's class."""
    if row.is_memory:
        with started(row, kind, certificate) as peer:
            return _memory(row, peer)
    with at_work(row, kind, certificate) as (peer, load):
        time.sleep(min(WARM_UP, seconds))
        return _cost(row, peer, load, seconds)


@contextmanager
def started(row, kind, certificate):
    with Backend(kind.backend) as backend, \
            kind(backend.port, certificate=certificate, tunnels=row.tunnels(kind)) as peer:
        if row.is_about_handshakes:
            time.sleep(peer.settling)
        yield peer


@contextmanager
def at_work(row, kind, certificate):
    """A server that the row's load has begun to keep busy."""
    more = {"quiet": row.quiet} if row.quiet else {}
    with started(row, kind, certificate) as peer, _load(row, peer, **more) as load:
        load.answer()
        yield peer, load


def look(load, root, command):
    """(what was done, what it cost) of nearly one moment. The processes are listed before: that
    takes milliseconds, and not always as many."""
    pids = tree(root)
    done = load.ask(command)
    return done, cpu_seconds(pids)


def _cost(row, peer, load, seconds):
    first, cpu_before = look(load, peer.pid, "begin")
    time.sleep(seconds)
    # Asked before `end`, which stops the load and takes its time over the latencies.
    last, cpu_after = look(load, peer.pid, "look")
    latency = load.ask("end")["busy"]
    done = {name: last[name] - first[name] for name in ("messages", "bytes", "handshakes", "at")}
    cpu = cpu_after - cpu_before
    count = done["handshakes"] or done["messages"]
    return Figure(row.cost(done, cpu), latency["p50_us"], latency["p99_us"],
                  count / done["at"], cpu / done["at"])


def _memory(row, peer):
    with _load(row, peer, quiet=min(FIRST_TUNNELS, row.quiet_for(peer))) as load:
        load.answer()
        load.ask("end")
    before = settled_memory_kib(peer.pid)
    quiet = row.quiet_for(peer)
    with _load(row, peer, quiet=quiet) as load:
        load.answer(120)
        after = settled_memory_kib(peer.pid)
        # They live. Not before: two thousand messages at once are not idleness.
        load.ask("check")
        load.ask("end")
    return Figure((after - before) / quiet)
