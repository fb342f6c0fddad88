# SPDX-License-Identifier: Apache-2.0
"""What many tunnels in one process do to a message, to HTTP beside them, and what a great many that
come and go leave behind."""

import http.client
import statistics
import time

from .measure import FIRST_TUNNELS, look
from .processes import descriptor_count, own_memory_kib, settled_memory_kib
from .programs import Backend, Load
from .report import significant, table

BUSY = 10
REQUESTS = 1000
SPARE_DESCRIPTORS = 500
LOOKS = 10


def most_tunnels(wanted, limit, children=1):
    """As many as the limit of descriptors lets so many processes have, since both ends of each are
    a process's own, and lets the load and its backend have, which are one process each."""
    return min(wanted, children * (limit - SPARE_DESCRIPTORS) // 2, limit - SPARE_DESCRIPTORS)


def _tunnel_load(peer, mode, **options):
    return Load(mode, peer.port, path=peer.path, **options)


def _message_us(peer, quiet, seconds):
    """Processor time of a round trip on BUSY tunnels, beside so many that are idle."""
    with _tunnel_load(peer, "mixed", connections=BUSY, quiet=quiet, pause=0) as load:
        load.answer(120)
        time.sleep(0.25)
        first, before = look(load, peer.pid, "begin")
        time.sleep(seconds)
        last, after = look(load, peer.pid, "look")
        load.ask("end")
    return (after - before) / (last["messages"] - first["messages"]) * 1e6


def _http_us(port):
    """(p50, p99) of requests one after the other, each on a connection of its own."""
    times = []
    for _ in range(REQUESTS):
        began = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/index.html", headers={"Connection": "close"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        connection.close()
        times.append((time.perf_counter() - began) * 1e6)
    return statistics.median(times), statistics.quantiles(times, n=100)[98]


def _round(peer, tunnels, seconds):
    found = {"alone": _http_us(peer.port)}
    with _tunnel_load(peer, "idle", quiet=tunnels) as load:
        load.answer(120)
        found["beside"] = _http_us(peer.port)
        load.ask("check")
        load.ask("end")
    found["few"] = _message_us(peer, 0, seconds)
    found["many"] = _message_us(peer, tunnels - BUSY, seconds)
    return found


def scale(kind, certificate, tunnels, rounds, seconds, children=1):
    with Backend(kind.backend) as backend, \
            kind(backend.port, certificate=certificate, tunnels=tunnels + 64,
                 children=children) as peer:
        found = [_round(peer, tunnels, seconds) for _ in range(rounds)]

    def middle(read):
        return statistics.median(read(one) for one in found)

    lines = []
    for title, few, many in (
            ("CPU µs a round trip on 10 busy tunnels", lambda one: one["few"],
             lambda one: one["many"]),
            ("HTTP request, p50 µs", lambda one: one["alone"][0], lambda one: one["beside"][0]),
            ("HTTP request, p99 µs", lambda one: one["alone"][1], lambda one: one["beside"][1])):
        without, beside = middle(few), middle(many)
        lines.append([title, significant(without), significant(beside),
                      significant(beside / without)])
    where = "one child process" if children == 1 else f"{children} child processes"
    return f"{kind.name}: what {tunnels:,} tunnels in {where} change; medians of {rounds} " \
        "rounds\n\n" + \
        table(["", "without", f"with {tunnels:,} tunnels", "ratio"], lines)


def churn(kind, certificate, tunnels, say=print):
    """Opens and ends so many; memory and descriptors must come back to what they were."""
    lines = []

    def note(number):
        lines.append([f"{number:,}", f"{settled_memory_kib(peer.pid):,}",
                      f"{own_memory_kib(peer.pid):,}", str(descriptor_count(peer.pid))])
        say("  ".join(lines[-1]), flush=True)

    with Backend(kind.backend) as backend, \
            kind(backend.port, certificate=certificate, tunnels=64) as peer:
        done = 0
        for part in range(LOOKS + 1):
            wanted = tunnels * part // LOOKS or FIRST_TUNNELS
            with _tunnel_load(peer, "handshake") as load:
                load.answer()
                while done + load.ask("look")["handshakes"] < wanted:
                    time.sleep(0.02)
                done += load.ask("end")["handshakes"]
            note(done)
    return f"{kind.name}: tunnels that came and went\n\n" + \
        table(["tunnels so far", "Pss KiB", "of it anonymous", "descriptors"], lines)
