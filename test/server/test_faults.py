# SPDX-License-Identifier: Apache-2.0
"""System calls that fail (test/faults): httpd's children read and write less than they asked for,
are told to come again, are interrupted, lose a connection at any of its calls. Both ends get every
byte, or a clean end; no child crashes, leaks (the look-over) or spins."""

import errno
import os
import re
import signal
import time

import pytest

from support import policy, status, targets
from support.connection import Ended
from support.crowding import knock
from support.faults import MAKES_DESCRIPTORS
from support.frame import CLOSE, encode
from support.matrix import event_and_worker, every_scheme, everywhere
from support.waiting import wait_until

pytestmark = [pytest.mark.endurance, pytest.mark.sanitizer]

PLANS = {
    "short": {"short": 900, "most_octets": 700},
    "octet by octet": {"short": 1000, "most_octets": 1},
    "again": {"again": 700},
    "interrupt": {"interrupt": 500},
}
# Only of open tunnels: APR gives up a request when a read is told to come again right after a poll
# said that there is something, and the one before it was short.
ALL = {"short": 500, "most_octets": 300, "again": 400, "interrupt": 200}
COUNT_OF = {"short": "cut_short", "again": "again", "interrupt": "interrupted"}
UP, DOWN = 3_000, 6_000


def serves_without_spinning(httpd, client, seconds=0.4):
    """Nothing is going on any more, and that costs nothing."""
    with client.websocket("/ws/echo.xml") as tunnel:
        tunnel.echo(b"served as ever")
        before = httpd.cpu_seconds()
        time.sleep(seconds)
        assert httpd.cpu_seconds() - before < seconds / 2, "a child is busy with nothing"
        tunnel.close()


class OnDemand(targets.Source):
    """Begins when it is sent something."""

    def serve(self, session):
        session.receive()
        super().serve(session)


@pytest.fixture
def unreliable(new_httpd, faults, echo, sink, start):
    """An httpd with faults, and documents for targets that echo, take and give."""
    httpd = new_httpd(faults=faults, extra="WebSocketCloseTimeout 1s")
    for name, target in (("echo", echo), ("sink", sink), ("source", start(OnDemand(DOWN)))):
        httpd.write(f"ws/{name}.xml", policy.document(target.port))
    return httpd


class Conversations:
    """One each way and one both ways."""

    def __init__(self, client, sink):
        sinks = len(sink.sessions)
        self.echo, self.sink, self.source = (
            client.websocket(f"/ws/{name}.xml") for name in ("echo", "sink", "source"))
        self.session = sink.session(sinks)

    def lose_nothing(self):
        for size in (0, 1, 125, 126, 3000):
            self.echo.echo(b"".join(targets.pattern(size)))
        self.echo.close()
        for piece in targets.pattern(UP):
            self.sink.send(piece)
        self.sink.close()
        self.source.send(b"go")
        data, answer = self.source.receive_to_close()
        assert data == b"".join(targets.pattern(DOWN))
        assert answer.close_code == 1000
        self.source.send_close(1000)
        assert self.source.connection.at_end()
        self.source.connection.close()
        assert self.session.wait_ended() == "fin"
        assert (self.session.received_size, self.session.received_digest) == \
            (UP, targets.digest(UP))


def assert_struck(done, wishes):
    for wish in COUNT_OF.keys() & wishes.keys():
        assert done[COUNT_OF[wish]] > 5, f"{wish}: nothing went wrong: {done}"


@everywhere
def test_calls_that_do_less_than_they_could_change_nothing(unreliable, faults, connect_to, sink,
                                                           scheme):
    client = connect_to(unreliable, scheme)
    children = set(unreliable.children())
    for seed, (name, wishes) in enumerate(PLANS.items(), 1):
        before = unreliable.cpu_seconds()
        with faults.during(seed=seed, **wishes) as done:
            Conversations(client, sink).lose_nothing()
            # An octet a call is some ten thousand calls, with TLS and a sanitizer of 300 microseconds each.
            assert unreliable.cpu_seconds() - before < 12, name
            serves_without_spinning(unreliable, client)
        assert_struck(done, wishes)
    open_before = Conversations(client, sink)
    with faults.during(seed=9, **ALL) as done:
        open_before.lose_nothing()
    assert_struck(done, ALL)
    assert children <= set(unreliable.children()), "a child went"


# -- a connection breaks at any of its calls -----------------------------------------------------

class Attempt:
    """What a client saw of one conversation that something may cut."""

    UP = b"".join(targets.pattern(5000))

    def __init__(self, client):
        self.opened = self.closed = False
        self.received = b""
        try:
            self._converse(client)
        except TimeoutError:
            raise
        except (Ended, OSError):
            pass
        except AssertionError as refused:  # of the handshake: the target could not be reached
            if not str(refused).startswith("502"):
                raise

    def _converse(self, client):
        with client.websocket("/ws/echo.xml") as tunnel:
            self.opened = True
            tunnel.send(self.UP[:2000])
            self._receive(tunnel, 2000)
            tunnel.send(self.UP[2000:])
            self._receive(tunnel, len(self.UP))
            tunnel.send_close(1000)
            self._receive(tunnel, None)

    def _receive(self, tunnel, size):
        while size is None or len(self.received) < size:
            received = tunnel.receive_frame()
            if received.opcode == CLOSE:
                self.closed = True
                if size is not None:
                    tunnel.send_close(received.close_code)
                assert tunnel.connection.at_end(), "a Close and no end"
                raise Ended("closed")
            self.received += received.payload


@everywhere
@pytest.mark.parametrize("side", ["client", "target"])
def test_a_connection_that_breaks_at_any_call_ends_the_other_cleanly(unreliable, faults, connect_to,
                                                                     echo, scheme, side):
    unreliable.permit("websocket|SSL Library Error|AH02[0-9]+|ssl:|core:")
    client = connect_to(unreliable, scheme)
    children = set(unreliable.children())
    step, untouched = 0, 0
    while untouched < 3:
        step += 1
        assert step < 200, "there is no end of calls"
        known = len(echo.sessions)
        with faults.during(reset_side=side, reset_at=step) as done:
            attempt = Attempt(client)
            wait_until(lambda: all(one.ended.is_set() for one in echo.sessions[known:]), 5)
        # The kernel's own timing moves calls: a few attempts without a break in a row are the end.
        untouched = 0 if done["resets"] else untouched + 1
        assert Attempt.UP.startswith(attempt.received), f"call {step}: wrong bytes"
        for session in echo.sessions[known:]:
            # It may have come only now: the target hears of a connection after the kernel.
            assert session.ended.wait(5), f"call {step}: the target was not ended"
            assert Attempt.UP.startswith(bytes(session.received)), f"call {step}: wrong bytes"
        if side == "target" and attempt.opened:
            assert attempt.closed, f"call {step}: the client got no Close"
        if not done["resets"]:
            assert attempt.closed and attempt.received == Attempt.UP
    assert step > 5, "nothing was broken"
    assert children <= set(unreliable.children()), "a child went"
    serves_without_spinning(unreliable, client)


# -- clocks --------------------------------------------------------------------------------------

DAY = 86_400


@every_scheme
@pytest.mark.parametrize("mpm", ["prefork"], indirect=True)
def test_a_signal_between_a_call_and_the_look_at_its_error_breaks_no_tunnel(
        new_httpd, faults, connect_to, echo, scheme):
    """httpd's handler for a graceful end changes errno, at the latest when it comes again."""
    httpd = new_httpd(faults=faults)
    httpd.write("ws/echo.xml", policy.document(echo.port))
    with connect_to(httpd, scheme).websocket("/ws/echo.xml") as tunnel:
        tunnel.echo(b"before")
        with faults.during(again=500):
            for _ in range(3):
                faults.set(signal_with_again=signal.SIGUSR1)
                assert wait_until(lambda: tunnel.echo(b"meanwhile")
                                  or not faults.is_set("signal_with_again"))
        tunnel.echo(b"after")
        tunnel.close()


@everywhere
@pytest.mark.parametrize("error", [errno.EMFILE, errno.ENFILE], ids=["EMFILE", "ENFILE"])
@pytest.mark.parametrize("call", MAKES_DESCRIPTORS)
def test_a_handshake_that_finds_no_descriptor_is_asked_to_come_again(
        new_httpd, faults, connect_to, echo, scheme, call, error):
    """503 whichever descriptor it is, nothing stays behind, and the next is let in."""
    httpd = new_httpd(faults=faults)
    httpd.expect(rf"no-descriptor: .*{re.escape(os.strerror(error))}")
    client = connect_to(httpd, scheme)
    httpd.write("ws/echo.xml", policy.document(echo.port))  # one so young is read each time
    with faults.during(starved_calls=MAKES_DESCRIPTORS[call], starved_error=error) as done:
        assert knock(client, "/ws/echo.xml") is None
        assert client.request("/index.html").status == 200
    assert done["starved"] > 0, "nothing was refused"
    assert not echo.sessions, "the target heard of it"
    with client.websocket("/ws/echo.xml") as tunnel:
        tunnel.echo(b"let in")
        tunnel.close()


@event_and_worker
@every_scheme
def test_a_handshake_on_a_connection_that_httpd_has_closed_is_no_lack_of_descriptors(
        new_httpd, faults, connect_to, echo, scheme):
    """An ungraceful end of event and worker closes the connections of its workers."""
    httpd = new_httpd(faults=faults, extra=status.CONFIGURATION)
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd, scheme)
    with faults.during(starved_calls=MAKES_DESCRIPTORS["duplicate"], starved_error=errno.EBADF) as done:
        for path in ("/echo", "/ws/echo.xml"):
            connection = client.connect()
            connection.send(client.upgrade_request(path)[0])
            assert connection.at_end()
            connection.close()
    assert done["starved"] == 2
    told = status.read(client)
    assert sum(told["refused_total"].values()) == 0, told["refused_total"]
    client.websocket("/ws/echo.xml").echo(b"as ever")


@everywhere
def test_a_jump_of_the_calendar_is_nothing_to_a_tunnel(new_httpd, faults, connect_to, echo, scheme):
    """Neither is it idle for too long, nor is it pinged."""
    httpd = new_httpd(faults=faults, extra="WebSocketPingInterval 10min\nWebSocketIdleTimeout 20min")
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd, scheme)
    with client.websocket("/ws/echo.xml") as tunnel:
        for days in (1, -1, 400):
            faults.leap(calendar=days * DAY)
            serves_without_spinning(httpd, client)
            tunnel.echo(b"whatever the date")
        assert tunnel.pings == 0
        tunnel.close()


@every_scheme
@event_and_worker
def test_a_machine_that_was_paused_goes_on(new_httpd, faults, connect_to, echo, scheme):
    """The time-outs that have passed meanwhile are met, once; nobody else is hurt."""
    # One child, since one tunnel wakes the engine for the other.
    httpd = new_httpd(faults=faults, limits={"StartServers": 1, "MinSpareThreads": 1},
                      extra="WebSocketPingInterval 20min\nWebSocketIdleTimeout off")
    httpd.write("ws/echo.xml", policy.document(echo.port))
    httpd.write("ws/idle.xml", policy.document(echo.port, more="<idle-timeout>60</idle-timeout>"))
    client = connect_to(httpd, scheme)
    with client.websocket("/ws/echo.xml") as steady, client.websocket("/ws/idle.xml") as idle:
        steady.echo(b"before")
        idle.echo(b"before")
        faults.leap(monotonic=3600)
        # The kernel's timers do not leap with the clock; this wakes the engine.
        steady.echo(b"after an hour")
        data, answer = idle.receive_to_close()
        assert (data, answer.close_code) == (b"", 1001)
        steady.echo(b"still there")
        faults.leap(monotonic=3600 + 40 * DAY)
        steady.echo(b"after forty days")
        httpd.graceful()
        steady.echo(b"after a restart")
        steady.close()
        assert 1 <= steady.pings <= 2
    serves_without_spinning(httpd, client)


@event_and_worker
def test_what_mod_ssl_hears_of_as_it_is_freed_asks_for_nothing_that_is_gone(new_httpd, faults, connect_to, echo):
    """From this level on it is called back by its BIOs (test/faults/bios.cc), when the engine may have ended the tunnel."""
    httpd = new_httpd(faults=faults, extra="LogLevel ssl:trace4")
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd, "https")
    for _ in range(150):
        connection = client.connect()
        connection.send(client.upgrade_request("/ws/echo.xml")[0] + encode(CLOSE, b""))
        connection.receive_until(b"\r\n\r\n")
        connection.reset()
    client.websocket("/ws/echo.xml").echo(b"served as ever")
