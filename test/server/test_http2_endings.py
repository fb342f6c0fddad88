# SPDX-License-Identifier: Apache-2.0
"""Streams of HTTP/2 that are slow, stuck or gone, and a server that restarts under them."""

import hashlib
import signal
import threading
import time
from contextlib import suppress

import pytest

from support import frame, policy, sanitizer, targets
from support.connection import Ended
from support.http2_server import CONFIGURATION
from support.matrix import event_and_worker
from support.waiting import wait_stalled, wait_until

pytestmark = [pytest.mark.endurance, pytest.mark.sanitizer]

MIB = 1 << 20
MUCH = 24 * MIB


class Talker(targets.Target):
    """Sends pattern(size) and takes everything meanwhile."""

    def __init__(self, size):
        self.size = size
        super().__init__()

    def serve(self, session):
        taker = threading.Thread(target=session.receive_to_end, daemon=True)
        taker.start()
        for piece in targets.pattern(self.size):
            session.send(piece)
        taker.join()


@pytest.fixture
def serve(new_httpd):
    """serve(target, directives): an httpd with /ws/tunnel.xml."""

    def start(target, extra="", **options):
        httpd = new_httpd(modules=["http2"], extra=CONFIGURATION + extra, **options)
        httpd.write("ws/tunnel.xml", policy.document(target.port))
        return httpd

    return start


# -- slow and stuck ------------------------------------------------------------------------------

@event_and_worker
def test_a_client_that_reads_slowly_gets_everything(serve, open_http2, start):
    tunnel = open_http2(serve(start(targets.Source(MIB)))).websocket("/ws/tunnel.xml")
    data = bytearray()
    while len(data) < MIB:
        data += tunnel.receive_data()
        time.sleep(0.005)
    assert hashlib.sha256(data).hexdigest() == targets.digest(MIB)
    tunnel.close()


@event_and_worker
def test_a_target_that_reads_late_gets_everything(serve, open_http2, start):
    target = start(targets.SlowReader(receive_buffer=65536))
    tunnel = open_http2(serve(target)).websocket("/ws/tunnel.xml")
    whole = b"".join(targets.pattern(16 * MIB))
    message = frame.encode(frame.BINARY, whole)
    sent = tunnel.connection.send_until_stuck(message, 0.5)
    assert sent < len(message)
    target.resume.set()
    tunnel.connection.send(message[sent:])
    tunnel.close()
    assert target.session().wait_ended() == "fin"
    assert target.session().received_digest == targets.digest(len(whole))


@pytest.mark.plain
@event_and_worker
def test_a_client_that_does_not_read_stops_the_target_and_costs_little(serve, open_http2, start):
    source = start(targets.Source(MUCH))
    httpd = serve(source)
    session = open_http2(httpd)
    tunnel = session.websocket("/ws/tunnel.xml")
    stalled = wait_stalled(lambda: source.session().sent_size)
    assert stalled < MUCH
    grown, spent = httpd.pss_kib(), httpd.cpu_seconds()
    others = [session.websocket("/ws/tunnel.xml") for _ in range(3)]
    for number in range(1, 4):
        wait_stalled(lambda number=number: source.session(number).sent_size)
    assert session.request("/index.html").status == 200
    if sanitizer.mode() is None:
        assert httpd.pss_kib() - grown < 3 * 1024
        time.sleep(1)
        assert httpd.cpu_seconds() - spent < 1
    data, answer = tunnel.receive_to_close()
    assert hashlib.sha256(data).hexdigest() == targets.digest(MUCH)
    assert answer.close_code == 1000
    for other in others:
        other.connection.reset()
    for number in range(1, 4):
        assert source.session(number).wait_ended() in ("fin", "reset")


@pytest.mark.parametrize("mpm", ["worker"], indirect=True)
def test_a_client_may_send_all_it_has_before_it_reads(serve, open_http2, start):
    """On event mod_http2 sends nothing, not even WINDOW_UPDATE, while all windows are shut."""
    talker = start(Talker(8 * MIB))
    tunnel = open_http2(serve(talker)).websocket("/ws/tunnel.xml")
    wait_stalled(lambda: talker.session().sent_size)
    for piece in targets.pattern(8 * MIB):
        tunnel.send(piece)
    talker.session().wait_received(8 * MIB)
    assert talker.session().received_digest == targets.digest(8 * MIB)
    got = tunnel.receive_bytes(8 * MIB)
    assert hashlib.sha256(got).hexdigest() == targets.digest(8 * MIB)
    tunnel.close()


@event_and_worker
def test_both_ways_stuffed_go_on_when_the_client_reads(serve, open_http2, start):
    talker = start(Talker(8 * MIB))
    tunnel = open_http2(serve(talker)).websocket("/ws/tunnel.xml")
    wait_stalled(lambda: talker.session().sent_size)
    whole = b"".join(targets.pattern(MIB))
    message = frame.encode(frame.BINARY, whole)
    sent = tunnel.connection.send_until_stuck(message, 0.5)
    got = tunnel.receive_bytes(8 * MIB)
    assert hashlib.sha256(got).hexdigest() == targets.digest(8 * MIB)
    tunnel.connection.send(message[sent:])
    talker.session().wait_received(MIB)
    assert talker.session().received_digest == targets.digest(MIB)
    tunnel.close()


@event_and_worker
def test_a_client_that_never_reads_is_given_up(serve, open_http2, start):
    source = start(targets.Source(MUCH))
    httpd = serve(source, "H2StreamTimeout 2\nTimeout 4\nWebSocketCloseTimeout 500ms")
    session = open_http2(httpd)
    session.websocket("/ws/tunnel.xml")
    assert source.session().wait_ended(20) in ("fin", "reset")
    assert wait_until(lambda: httpd.error_log.find("tunnel ended: .*client vanished"))


# -- ended by a side -----------------------------------------------------------------------------

@event_and_worker
def test_a_reset_stream_ends_the_target_and_nothing_else(serve, open_http2, echo):
    session = open_http2(serve(echo))
    doomed, other = (session.websocket("/ws/tunnel.xml") for _ in range(2))
    doomed.echo(b"open")
    doomed.connection.reset()
    assert echo.session(0).wait_ended() in ("fin", "reset")
    other.echo(b"still here")
    other.close()
    assert session.request("/index.html").status == 200


@event_and_worker
def test_a_connection_that_goes_ends_the_targets_of_all_its_streams(serve, open_http2, echo):
    session = open_http2(serve(echo))
    for tunnel in [session.websocket("/ws/tunnel.xml") for _ in range(4)]:
        tunnel.echo(b"open")
    session.close()
    for number in range(4):
        assert echo.session(number).wait_ended() in ("fin", "reset")


def test_end_stream_without_close_is_an_end_without_close(serve, open_http2, echo):
    tunnel = open_http2(serve(echo)).websocket("/ws/tunnel.xml")
    tunnel.send(b"last words")
    tunnel.connection.finish_sending()
    assert tunnel.receive_bytes(10) == b"last words"
    assert tunnel.connection.at_end()
    assert echo.session().wait_ended() == "fin"


def test_a_stream_that_ends_with_its_header_has_no_input(serve, open_http2, echo):
    session = open_http2(serve(echo))
    stream = session.connect("/ws/tunnel.xml", end_stream=True)
    assert stream.receive_response().status == 200
    assert stream.at_end()
    assert echo.session().wait_ended() == "fin"


def test_a_target_that_closes_ends_the_stream_with_1000(serve, open_http2, start):
    session = open_http2(serve(start(targets.Closer(b"x" * 200_000))))
    tunnel = session.websocket("/ws/tunnel.xml")
    data, answer = tunnel.receive_to_close()
    assert (data, answer.close_code) == (b"x" * 200_000, 1000)
    tunnel.send_close(1000)
    assert tunnel.connection.at_end()
    assert session.request("/index.html").status == 200


def test_a_target_that_resets_ends_the_stream_with_1014(serve, open_http2, start):
    tunnel = open_http2(serve(start(targets.Resetter()))).websocket("/ws/tunnel.xml")
    tunnel.send(b"go away")
    assert tunnel.receive_to_close()[1].close_code == 1014


def test_a_broken_frame_ends_the_stream_with_1002(serve, open_http2, echo):
    tunnel = open_http2(serve(echo)).websocket("/ws/tunnel.xml")
    tunnel.send_frame(frame.BINARY, b"unmasked", mask=None)
    assert tunnel.receive_to_close()[1].close_code == 1002
    assert tunnel.connection.at_end()


# -- time ----------------------------------------------------------------------------------------

def test_pings_keep_a_stream_and_their_absence_ends_it(serve, open_http2, sink):
    tunnel = open_http2(serve(sink, "WebSocketPingInterval 300ms")).websocket("/ws/tunnel.xml")
    for _ in range(4):
        assert frame.decode(tunnel.connection.receive_exactly) == frame.Frame(frame.PING, b"")
        tunnel.send_frame(frame.PONG)
    assert frame.decode(tunnel.connection.receive_exactly).opcode == frame.PING
    assert frame.decode(tunnel.connection.receive_exactly).close_code == 1008


def test_an_idle_stream_is_closed_with_1001(serve, open_http2, sink):
    tunnel = open_http2(serve(sink, "WebSocketIdleTimeout 700ms")).websocket("/ws/tunnel.xml")
    began = time.monotonic()
    assert tunnel.receive_to_close()[1].close_code == 1001
    assert 0.5 < time.monotonic() - began < 5


def test_a_client_that_answers_no_close_is_left_alone_in_time(serve, open_http2, start):
    httpd = serve(start(targets.Closer()), "WebSocketCloseTimeout 500ms")
    tunnel = open_http2(httpd).websocket("/ws/tunnel.xml")
    assert tunnel.receive_to_close()[1].close_code == 1000
    assert tunnel.connection.at_end()


@event_and_worker
def test_a_silent_tunnel_outlives_the_timeout_of_httpd(serve, open_http2, echo):
    httpd = serve(echo, "Timeout 1\nKeepAliveTimeout 1\nH2StreamTimeout 1\n"
                  "WebSocketPingInterval off")
    tunnel = open_http2(httpd).websocket("/ws/tunnel.xml")
    tunnel.echo(b"before")
    assert tunnel.connection.silent_for(3)
    tunnel.echo(b"after")


# -- workers -------------------------------------------------------------------------------------

@event_and_worker
def test_tunnels_leave_workers_to_requests_and_give_theirs_back(serve, open_http2, echo):
    """mod_http2 may forget a connection's request until another one comes: hence several tries."""
    httpd = serve(echo, "H2MinWorkers 2\nH2MaxWorkers 8", limits={
        "StartServers": 1, "ServerLimit": 1, "ThreadLimit": 32, "ThreadsPerChild": 32,
        "MaxRequestWorkers": 32, "MinSpareThreads": 1, "MaxSpareThreads": 32})
    httpd.expect("no-worker.*H2MaxWorkers")
    sessions = [open_http2(httpd) for _ in range(2)]
    tunnels = [session.websocket("/ws/tunnel.xml") for session in sessions for _ in range(3)]
    for tunnel in tunnels:
        tunnel.echo(b"open")

    def answers_to(send):
        """The answers to ever more requests, each on a connection of its own."""
        asked = []

        def answered():
            asked.append(send(open_http2(httpd)))
            for stream in asked:
                with suppress(TimeoutError):
                    stream.wait(lambda stream=stream: stream.response, 0.3)
            return [stream.response for stream in asked if stream.response]

        return answered

    tunnel_answers = answers_to(lambda session: session.connect("/ws/tunnel.xml"))
    for response in wait_until(tunnel_answers):
        assert (response.status, response.get("Retry-After")) == (503, "10")
    assert len(echo.sessions) == 6
    assert wait_until(answers_to(lambda session: session.send_request("/index.html")))
    tunnels[0].connection.reset()
    tunnels[1].close()
    assert wait_until(lambda: sum(one.status == 200 for one in tunnel_answers()) == 2, 10)
    for tunnel in tunnels[2:]:
        tunnel.echo(b"undisturbed")


@event_and_worker
def test_the_only_worker_is_for_requests(serve, open_http2, connect_to, echo):
    """As with H2MaxWorkers 1, or one thread a child: a tunnel would keep it from all requests."""
    httpd = serve(echo, "H2MinWorkers 1\nH2MaxWorkers 1", limits={
        "StartServers": 1, "ServerLimit": 1, "ThreadLimit": 16, "ThreadsPerChild": 16,
        "MaxRequestWorkers": 16, "MinSpareThreads": 1, "MaxSpareThreads": 16})
    httpd.expect("no-worker.*H2MaxWorkers")
    refused = open_http2(httpd).connect("/ws/tunnel.xml").receive_response()
    assert (refused.status, refused.get("Retry-After")) == (503, "10")
    assert open_http2(httpd).request("/index.html").status == 200
    connect_to(httpd, "https").websocket("/ws/tunnel.xml").echo(b"without a worker of HTTP/2")


@event_and_worker
def test_streams_are_tunnels_like_others_to_the_limits(serve, open_http2, connect_to, echo):
    httpd = serve(echo, "WebSocketMaxTunnels 2")
    httpd.expect("max-tunnels.*WebSocketMaxTunnels 2")
    session = open_http2(httpd)
    stream = session.websocket("/ws/tunnel.xml")
    connection = connect_to(httpd, "https").websocket("/ws/tunnel.xml")
    refused = session.connect("/ws/tunnel.xml").receive_response()
    assert (refused.status, refused.get("Retry-After")) == (503, "10")
    assert session.request("/index.html").status == 200

    stream.close()
    assert wait_until(
        lambda: session.connect("/ws/tunnel.xml").receive_response().status == 200)
    connection.echo(b"undisturbed")


# -- restarts ------------------------------------------------------------------------------------

@event_and_worker
def test_a_graceful_restart_lets_streams_go_on_and_then_says_1012(serve, open_http2, sink):
    # Longer than a restart takes that loads a sanitizer's build on a busy machine: the drain begins with it.
    httpd = serve(sink, "WebSocketDrainTimeout 4s")
    session = open_http2(httpd)
    tunnel = session.websocket("/ws/tunnel.xml")
    began = time.monotonic()
    httpd.graceful()
    tunnel.send(b"meanwhile")
    sink.session().wait_received(9)
    _, answer = tunnel.receive_to_close()
    assert answer.close_code == 1012
    assert 3 < time.monotonic() - began < 9
    tunnel.send_close(1012)
    assert tunnel.connection.at_end()
    assert open_http2(httpd).request("/index.html").status == 200


@pytest.mark.parametrize("drains", [False, True])
@event_and_worker
def test_a_stop_ends_every_stream_soon(serve, open_http2, sink, drains):
    httpd = serve(sink)
    session = open_http2(httpd)
    tunnels = [session.websocket("/ws/tunnel.xml") for _ in range(3)]
    if drains:
        httpd.graceful()
    httpd.settle()
    began = time.monotonic()
    httpd.signal_stop(signal.SIGTERM)
    for tunnel in tunnels:
        try:
            assert tunnel.receive_to_close()[1].close_code == 1001
        except Ended:
            assert tunnel.connection.reset_code is not None
    for number in range(3):
        sink.session(number).wait_ended()
    assert time.monotonic() - began < 2
    session.close()  # under worker an idle connection of HTTP/2 would hold up its child
    httpd.wait_stopped()


@event_and_worker
def test_a_restart_ends_streams_and_serves_again(serve, open_http2, echo):
    httpd = serve(echo)
    open_http2(httpd).websocket("/ws/tunnel.xml").echo(b"before")
    httpd.restart()
    assert echo.session().wait_ended()
    open_http2(httpd).websocket("/ws/tunnel.xml").echo(b"after")
