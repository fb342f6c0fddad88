# SPDX-License-Identifier: Apache-2.0
"""A child whose descriptors are few: tunnels leave httpd what it needs itself."""

import time

import pytest

from support import policy, processes, sanitizer
from support.client import write_request
from support.connection import read_response
from support.crowding import fill, knock, knock_until_let_in, storm
from support.matrix import event_and_worker, every_scheme
from support.waiting import wait_until

pytestmark = [pytest.mark.endurance,
              event_and_worker]

NO_DESCRIPTOR = r"\[websocket:error\].* no-descriptor: .*ulimit -n"

# Debian's, but one child: it is known who is asked.
ONE_CHILD = {"StartServers": 1, "ServerLimit": 1, "MinSpareThreads": 1, "MaxSpareThreads": 25,
             "MaxRequestWorkers": 25}


def fill_up(client):
    """A refusal alone does not say that all is taken: httpd lets go of its copy of a connection a
    moment after the client has its tunnel."""
    tunnels, refusals = [], 0
    while refusals < 10:
        more = fill(client, "/ws/sink.xml")
        tunnels += more
        refusals = 0 if more else refusals + 1
        time.sleep(0.02)
    return tunnels


# A connection of httpd's that ends leaves its number, which may be a low one, to a tunnel.
STRAYS = 4


@pytest.fixture
def crowded(new_httpd, connect_to, sink, scheme):
    """(httpd, client, tunnels): a child under `ulimit -n 256` that takes no more tunnels."""
    httpd = new_httpd(max_descriptors=256, limits=ONE_CHILD)
    httpd.expect(NO_DESCRIPTOR)
    httpd.permit("AH00161|AH00484")
    httpd.write("ws/sink.xml", policy.document(sink.port))
    client = connect_to(httpd, scheme)
    return httpd, client, fill_up(client)


def no_descriptor_lines(httpd):
    return [line for line in httpd.error_log.find("no-descriptor") if line.grave]


@pytest.mark.sanitizer
@every_scheme
def test_a_flood_is_answered_503_while_pages_are_served(crowded, sink):
    httpd, client, tunnels = crowded
    count = len(tunnels)
    assert count >= 30
    began, refused = time.monotonic(), 0
    while time.monotonic() - began < 2 or refused < 200:
        if tunnel := knock(client, "/ws/sink.xml"):
            tunnels.append(tunnel)
            continue
        refused += 1
        if refused % 20 == 0:
            assert client.request("/index.html").status == 200
    seconds = time.monotonic() - began
    assert len(tunnels) <= count + STRAYS
    assert wait_until(lambda: len(sink.sessions) >= len(tunnels))
    assert len(sink.sessions) == len(tunnels), "the flood got through to the target"
    assert 1 <= len(no_descriptor_lines(httpd)) <= seconds + 2
    tunnels[0].send(b"alive")
    sink.session(0).wait_received(5)


def test_handshakes_that_come_all_at_once_starve_nobody(crowded):
    httpd, client, tunnels = crowded
    pid = httpd.worker_of(tunnels[0].connection)
    more, refused = storm(client, "/ws/sink.xml", 60)
    assert len(more) <= STRAYS
    assert len(more) + refused == 60
    assert client.request("/index.html").status == 200
    assert httpd.children() == [pid], "the child gave up"


def test_connections_of_http_find_descriptors(crowded):
    """As many as the event MPM takes with 25 threads, all of them kept alive."""
    httpd, client, tunnels = crowded
    pid = httpd.worker_of(tunnels[0].connection)
    connections = [client.connect() for _ in range(60 if httpd.mpm == "event" else 20)]
    for connection in connections:
        connection.send(write_request("GET", "/index.html", {"Host": client.authority}))
        assert read_response(connection).status == 200
    assert httpd.children() == [pid], "the child gave up"


def test_a_crowded_child_does_not_spin(crowded):
    httpd, client, tunnels = crowded
    pid = httpd.worker_of(tunnels[0].connection)
    before = processes.cpu_seconds(pid)
    time.sleep(2)
    used = processes.cpu_seconds(pid) - before
    assert used < (1 if sanitizer.mode() else 0.2), f"{used} s of processor time in 2 s"


def test_when_tunnels_end_others_are_let_in(crowded):
    _, client, tunnels = crowded
    count = len(tunnels)
    for _ in range(3):
        tunnels.pop().close()
        tunnels.append(knock_until_let_in(client, "/ws/sink.xml"))
    for tunnel in tunnels:
        tunnel.connection.close()
    tunnels.clear()
    knock_until_let_in(client, "/ws/sink.xml")
    assert wait_until(lambda: tunnels.extend(fill(client, "/ws/sink.xml"))
                      or len(tunnels) + 2 >= count, 10), \
        f"{len(tunnels) + 1} tunnels, and there were {count}"
