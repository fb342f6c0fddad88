# SPDX-License-Identifier: Apache-2.0
"""Slow-loris on each side: peers that say a little at a time, or stop in the middle of a word. They
get what is theirs, and nobody else waits for them."""

import threading
import time

import pytest

from support import frame, policy, targets
from support.client import accept_for
from support.connection import read_response
from support.httpd import SPARE_PROCESSES
from support.matrix import every_mpm, everywhere
from support.waiting import wait_until

pytestmark = [pytest.mark.endurance, pytest.mark.sanitizer]

LINE = b"220 ready when you are\r\n"


class Dripper(targets.Target):
    """Says its line an octet at a time, and takes what it is sent an octet at a time."""

    def serve(self, session):
        for octet in LINE:
            session.send(bytes([octet]))
            time.sleep(0.01)
        while data := session.connection.recv(1):
            session.note(data)
        session.end("fin")


def is_swift(client, path):
    """Somebody else is served meanwhile."""
    began = time.monotonic()
    with client.websocket(path) as tunnel:
        tunnel.echo(b"swift")
        tunnel.close()
    assert client.request("/index.html").status == 200
    assert time.monotonic() - began < 3


@everywhere
def test_a_handshake_of_an_octet_at_a_time_is_a_handshake(client, endpoint, echo):
    path = endpoint(echo)
    request, key = client.upgrade_request(path)
    connection = client.connect()
    for position, octet in enumerate(request):
        connection.send(bytes([octet]))
        if position == len(request) // 2:
            is_swift(client, path)
    response = read_response(connection)
    assert (response.status, response.get("Sec-WebSocket-Accept")) == (101, accept_for(key))
    connection.send(frame.encode(frame.BINARY, b"after all"))
    assert frame.decode(connection.receive_exactly).payload == b"after all"
    connection.close()


@every_mpm
def test_a_handshake_that_takes_too_long_is_reqtimeouts_and_holds_up_nobody(new_httpd, connect_to,
                                                                          echo, mpm):
    spare = {"StartServers": 12} if mpm == "prefork" else {}
    httpd = new_httpd(extra="RequestReadTimeout header=1-2,minrate=500", limits=spare)
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd)
    request, _ = client.upgrade_request("/ws/echo.xml")
    slow = [client.connect() for _ in range(8)]
    for connection in slow:
        connection.send(request[:-30])
    is_swift(client, "/ws/echo.xml")
    for connection in slow:
        assert b" 408 " in connection.receive_to_end()[:20] or connection.at_end()
    assert not [one for one in echo.sessions[1:] if one.received]


@everywhere
def test_frames_of_an_octet_each_arrive_at_once(client, endpoint, echo):
    """Nothing waits for more to come with it."""
    tunnel = client.websocket(endpoint(echo))
    for octet in b"slow but sure":
        tunnel.echo(bytes([octet]))
        time.sleep(0.1)
    tunnel.close()


@everywhere
def test_a_target_that_drips_is_heard_and_fed(client, endpoint, start):
    target = start(Dripper())
    tunnel = client.websocket(endpoint(target))
    began = time.monotonic()
    first = tunnel.receive_data()
    assert len(first) < len(LINE), "the line was held back until it was whole"
    rest = tunnel.receive_bytes(len(LINE) - len(first))
    assert first + rest == LINE and time.monotonic() - began < 5
    tunnel.send(b"".join(targets.pattern(5000)))
    tunnel.close()
    session = target.session()
    assert session.wait_ended() == "fin"
    assert (session.received_size, session.received_digest) == (5000, targets.digest(5000))


HALVES = {
    "nothing": b"",
    "half a header": frame.encode(frame.BINARY, b"x" * 300)[:3],
    "a header without its mask": frame.encode(frame.BINARY, b"x")[:4],
    "half a payload": frame.encode(frame.BINARY, b"x" * 300)[:100],
    "half a ping": frame.encode(frame.PING, b"x" * 100)[:50],
    "half a message": frame.encode(frame.BINARY, b"x" * 50, fin=False),
}


@everywhere
def test_clients_that_stop_in_the_middle_are_found_out_by_a_ping(new_httpd, connect_to, start,
                                                                 scheme):
    """They answer no ping: Close 1008, and the target is ended. The others go on."""
    httpd = new_httpd(extra="WebSocketPingInterval 1s\nWebSocketCloseTimeout 1s")
    echo = start(targets.Echo())
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd, scheme)
    stuck = {name: client.websocket("/ws/echo.xml") for name in HALVES}
    for name, tunnel in stuck.items():
        tunnel.connection.send(HALVES[name] or b"")
    is_swift(client, "/ws/echo.xml")
    before = httpd.cpu_seconds()
    for name, tunnel in stuck.items():
        received = frame.decode(tunnel.connection.receive_exactly)
        while received.opcode != frame.CLOSE:  # pings, which stay unanswered
            assert received.opcode in (frame.PING, frame.BINARY), name
            received = frame.decode(tunnel.connection.receive_exactly)
        assert received.close_code == 1008, name
        assert tunnel.connection.at_end(), name
    assert httpd.cpu_seconds() - before < 1
    assert wait_until(lambda: all(one.ended.is_set() for one in echo.sessions), 5)


@everywhere
def test_slow_peers_end_with_the_server(new_httpd, connect_to, start, scheme, mpm):
    """A stop waits for nobody who is in the middle of a word."""
    httpd = new_httpd(limits=SPARE_PROCESSES if mpm == "prefork" else {})
    httpd.wait_at_rest()
    dripper = start(Dripper())
    httpd.write("ws/drip.xml", policy.document(dripper.port))
    client = connect_to(httpd, scheme)
    stuck = [client.websocket("/ws/drip.xml") for _ in range(3)]
    for tunnel in stuck:
        tunnel.connection.send(HALVES["half a payload"])
    began = time.monotonic()
    httpd.signal_stop()
    enders = [threading.Thread(target=tunnel.connection.receive_to_end) for tunnel in stuck]
    for one in enders:
        one.start()
    httpd.wait_stopped()
    assert time.monotonic() - began < 5  # which is how long WebSocketCloseTimeout would have it wait
    for one in enders:
        one.join(5)
        assert not one.is_alive()
