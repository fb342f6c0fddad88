# SPDX-License-Identifier: Apache-2.0
"""Graceful restarts in a row, and stops, under load: no byte is lost, nobody is turned away, and a
server with few slots in its scoreboard gives up the oldest draining child for a new one."""

import os
import re
import threading
import time

import pytest

from support import frame, policy, processes, sanitizer, targets
from support.load import Churn, Ledger, Load, Streams
from support.matrix import event_and_worker, every_mpm
from support.waiting import wait_until

pytestmark = pytest.mark.endurance

# A soak or a slow machine may ask for another number.
RESTARTS = int(os.environ.get("RESTARTS", "50"))

# Restarts in quick succession pass httpd by before it has started a child (it takes a second). Every
# so many-th waits for one.
PATIENT = 5

# Two children are enough for the work, so four slots mean: two may drain at a time.
FEW_SLOTS = {"StartServers": 1, "ServerLimit": 4, "ThreadLimit": 16, "ThreadsPerChild": 16,
             "MinSpareThreads": 8, "MaxSpareThreads": 32, "MaxRequestWorkers": 32}
SLOTS = FEW_SLOTS["ServerLimit"]

# A process of prefork for each tunnel of a test and some to spare, so that none is started later: one that is told to
# end while it is being started may crash (doc/operation.md).
FORKED_BEFORE = {"StartServers": 40, "MaxSpareServers": 250}


@event_and_worker
def test_restarts_in_a_row_under_load_lose_no_byte(new_httpd, connect_to, start, figure, mpm):
    # worker gives the slot of a child that is going to a new one: there none is ever short, and the
    # drain time-out is what bounds the number of children.
    httpd = new_httpd(limits=FEW_SLOTS,
                      extra="WebSocketDrainTimeout 4s" if mpm == "worker" else "")
    # What httpd and we say when slots are short; every other line fails the test.
    # AH00546: httpd's own books of children, where their slot was given to another.
    httpd.permit("AH03490|AH10159|AH00546|scoreboard|drain")
    ledger = start(Ledger())
    httpd.write("ws/echo.xml", policy.document(ledger.port))
    clients = [connect_to(httpd, scheme) for scheme in ("http", "https")]
    load = Load(
        # Half of them stay for as long as they may, the others move on to younger children.
        [Streams(clients[seed % 2], "/ws/echo.xml", ledger, seed, rest=0.05,
                 life=1e9 if seed < 20 else 0.4 * (seed - 19)) for seed in range(40)]
        + [Churn(clients[seed % 2], "/ws/echo.xml", seed) for seed in range(4)])
    assert wait_until(lambda: len(ledger.entries) >= 40, 20), "the load does not begin"
    most_children, parent = 0, []
    began = time.monotonic()
    for number in range(RESTARTS):
        old = set(httpd.children())
        httpd.graceful()
        if number % PATIENT == 0:
            assert wait_until(lambda: set(httpd.children()) - old, 15), "no new child was started"
        time.sleep(0.1)
        load.check()
        most_children = max(most_children, len(httpd.children()))
        parent.append(processes.pss_kib(httpd.pid))
    took = time.monotonic() - began
    load.stop()
    codes = [code for one in load.workers if isinstance(one, Streams) for code in one.codes]
    figure(f"{mpm}: {RESTARTS} graceful restarts in {took:.1f} s; {codes.count(1012)} of "
           f"{len(codes)} tunnels closed with 1012; {load.count(Churn)} new connections; at most "
           f"{most_children} children; the parent grew by {parent[-1] - parent[RESTARTS // 5]} KiB")
    assert codes.count(1012) and codes.count(1000) >= 40 and len(codes) == \
        codes.count(1012) + codes.count(1000)
    why = "no scoreboard slot is left" if mpm == "event" else "WebSocketDrainTimeout is over"
    assert httpd.error_log.find(why), "no drain had to be ended"
    assert load.count(Churn) > RESTARTS, "hardly anybody could connect"
    assert most_children <= (SLOTS if mpm == "event" else 12)
    assert wait_until(lambda: len(httpd.children()) <= 2, 15), "draining children stayed"
    if sanitizer.mode() is None:
        # A configuration that is read anew every time leaves some pages behind, not megabytes.
        assert parent[-1] - parent[RESTARTS // 5] < 3 * 1024, f"the parent grows: {parent}"


def open_tunnels_of_all_kinds(httpd, clients, start, echo):
    """Idle, busy, stalled either way, in the middle of a frame, with a Close that nobody answers."""
    source = start(targets.Source(1 << 50))
    deaf = start(targets.SlowReader(receive_buffer=4096))
    closer = start(targets.Closer())
    for name, target in (("echo", echo), ("source", source), ("deaf", deaf), ("closer", closer)):
        httpd.write(f"ws/{name}.xml", policy.document(target.port))
    tunnels = []
    for client in clients:
        for path in ("/ws/echo.xml", "/ws/source.xml", "/ws/deaf.xml", "/ws/closer.xml", "/echo"):
            tunnels.append(client.websocket(path, receive_buffer=8192))
        tunnels.append(client.websocket("/ws/echo.xml"))
        tunnels[-1].connection.send(frame.encode(frame.BINARY, b"x" * 500)[:100])
    for tunnel in tunnels:
        tunnel.connection.set_timeout(0.3)
    with_deaf = [one for number, one in enumerate(tunnels) if number % 6 == 2]
    for tunnel in with_deaf:
        try:
            for piece in targets.pattern(1 << 26):
                tunnel.send(piece)
        except TimeoutError:
            pass
        else:
            raise AssertionError("a target that does not read took everything")
    return tunnels


@pytest.mark.plain
@pytest.mark.sanitizer
@every_mpm
def test_a_stop_under_load_takes_less_than_two_seconds(new_httpd, connect_to, start, echo, mpm):
    """Nobody is in the middle of an ordinary request: one that is holds up the event MPM until it is
    killed after ten seconds, with or without this module."""
    limit = 2 if sanitizer.mode() is None else 6
    # Beyond what httpd needs for as many children without a tunnel, which prefork has dozens of. A machine that is busy
    # with other things may make one stop slow, not each.
    times = []
    limits = FORKED_BEFORE if mpm == "prefork" else {}
    while not times or (times[-1] >= limit and len(times) < 3):
        times.append(stop_under_load(new_httpd, connect_to, start, echo, limits) - time_of_plain_stop(new_httpd, limits))
    assert times[-1] < limit, f"stops took {times} s"


def time_of_stop(httpd):
    began = time.monotonic()
    httpd.signal_stop()
    httpd.wait_stopped()
    return time.monotonic() - began


def at_rest(new_httpd, limits, extra=""):
    """One whose children have all been started."""
    httpd = new_httpd(limits=limits, extra=extra)
    httpd.wait_at_rest()
    return httpd


def time_of_plain_stop(new_httpd, limits):
    return time_of_stop(at_rest(new_httpd, limits))


def stop_under_load(new_httpd, connect_to, start, echo, limits):
    httpd = at_rest(new_httpd, limits, extra='<Location "/echo">\nSetHandler websocket-echo\n</Location>')
    httpd.permit(r"\[ssl:|\[core:")
    clients = [connect_to(httpd, scheme) for scheme in ("http", "https")]
    tunnels = open_tunnels_of_all_kinds(httpd, clients, start, echo)
    ended, busy = [], []

    def keep_echoing(tunnel):
        try:
            while True:
                tunnel.echo(b"x" * 3000)
        except Exception:  # whatever the end is like for one in the middle of his work
            ended.append(tunnel)

    for number in range(8):
        busy.append(threading.Thread(
            target=keep_echoing, args=(clients[number % 2].websocket("/ws/echo.xml"),), daemon=True))
        busy[-1].start()
    children = httpd.children()
    assert children and not ended
    took = time_of_stop(httpd)
    assert not [pid for pid in children if os.path.exists(f"/proc/{pid}")], "a child outlived httpd"
    for thread in busy:
        thread.join(5)
    assert len(ended) == len(busy), "a tunnel outlived its server"
    assert not [line for line in httpd.error_log.lines() if re.search("AH00046|AH00047", line.raw)], \
        "a child had to be killed"
    assert len(tunnels) == 12
    return took
