# SPDX-License-Identifier: Apache-2.0
"""Every order in which a tunnel may end, and that nothing sent before an end is lost."""

import hashlib
import threading
import time

import pytest

from support import frame, policy, targets
from support.connection import Ended
from support.matrix import every_scheme, everywhere

pytestmark = pytest.mark.sanitizer

MUCH = 5_000_003
ENDLESS = 1 << 50


def send_pattern(tunnel, size):
    for piece in targets.pattern(size):
        tunnel.send_frame(frame.BINARY, piece)


class HalfCloser(targets.Target):
    """Says its line and FIN at once, and reads on slowly at first."""

    def serve(self, session):
        session.send(b"I am done, go on\r\n")
        session.finish_sending()
        time.sleep(0.3)
        session.receive_to_end()


class LastWord(targets.Target):
    """Answers the end of what it is sent."""

    def serve(self, session):
        session.receive_to_end()
        session.send(b"got %d bytes\r\n" % session.received_size)


# -- the client ends -----------------------------------------------------------------------------

@everywhere
def test_the_client_closes_and_the_target_has_every_byte_then_fin(client, endpoint, sink):
    tunnel = client.websocket(endpoint(sink))
    send_pattern(tunnel, MUCH)
    tunnel.close(1000)
    session = sink.session()
    assert session.wait_ended() == "fin"
    assert (session.received_size, session.received_digest) == (MUCH, targets.digest(MUCH))


@every_scheme
def test_the_client_closes_and_drops_at_once(client, endpoint, sink):
    """A page that is left: Close, then FIN, and nobody waits for the answer."""
    tunnel = client.websocket(endpoint(sink))
    send_pattern(tunnel, 200_000)
    tunnel.send_close(1001)
    tunnel.connection.finish_sending()
    session = sink.session()
    assert session.wait_ended() == "fin"
    assert (session.received_size, session.received_digest) == (200_000, targets.digest(200_000))


@everywhere
def test_the_client_vanishes_by_fin_and_the_target_has_every_byte_then_fin(client, endpoint, sink):
    tunnel = client.websocket(endpoint(sink))
    send_pattern(tunnel, MUCH)
    tunnel.connection.finish_sending()
    session = sink.session()
    assert session.wait_ended() == "fin"
    assert (session.received_size, session.received_digest) == (MUCH, targets.digest(MUCH))


@everywhere
def test_the_client_vanishes_by_reset_and_the_target_is_ended(client, endpoint, sink):
    tunnel = client.websocket(endpoint(sink))
    tunnel.send(b"last words")
    sink.session().wait_received(10)
    tunnel.connection.reset()
    assert sink.session().wait_ended() in ("fin", "reset")
    assert bytes(sink.session().received) == b"last words"


@every_scheme
def test_the_client_vanishes_in_the_middle_of_a_frame(client, endpoint, sink):
    tunnel = client.websocket(endpoint(sink))
    tunnel.connection.send(frame.encode_header(frame.BINARY, 100) + b"x" * 40)
    tunnel.connection.finish_sending()
    assert sink.session().wait_ended() == "fin"
    assert sink.session().received_size == 40


@every_scheme
def test_the_client_vanishes_while_the_target_sends(client, endpoint, start):
    source = start(targets.Source(ENDLESS))
    tunnel = client.websocket(endpoint(source))
    tunnel.receive_data()
    tunnel.connection.reset()
    source.session().wait_ended()


@everywhere
def test_a_client_that_closes_reads_no_answer_and_goes_leaves_nothing(new_httpd, connect_to, start,
                                                                      scheme):
    """Close in the middle of a stream that is not read; the look-over finds what stays behind."""
    httpd = new_httpd(extra="WebSocketCloseTimeout 1s")
    source = start(targets.Source(ENDLESS))
    httpd.write("ws/x.xml", policy.document(source.port))
    tunnel = connect_to(httpd, scheme).websocket("/ws/x.xml", receive_buffer=4096)
    tunnel.send_close(1000)
    time.sleep(0.3)
    assert not source.session().ended.is_set(), "a client that may still read was given up"
    tunnel.connection.reset()
    source.session().wait_ended(5)


@every_scheme
def test_the_answer_to_a_close_does_not_cut_a_frame(client, endpoint, start):
    source = start(targets.Source(50_000_000))
    tunnel = client.websocket(endpoint(source))
    first = tunnel.receive_data()
    tunnel.send_close(1000)
    data, answer = tunnel.receive_to_close()
    assert answer.close_code == 1000
    assert first + data == b"".join(targets.pattern(len(first) + len(data)))


@every_scheme
def test_the_target_has_the_last_word_after_the_client_closed(client, endpoint, start):
    """The target sees the end at once and its answer goes out before ours."""
    target = start(LastWord())
    tunnel = client.websocket(endpoint(target))
    send_pattern(tunnel, 100_000)
    tunnel.send_close(1000)
    data, answer = tunnel.receive_to_close()
    assert data == b"got 100000 bytes\r\n"
    assert answer.close_code == 1000


# -- the target ends -----------------------------------------------------------------------------

@everywhere
@pytest.mark.parametrize("size", [0, 1, MUCH])
def test_the_target_ends_and_the_client_has_every_byte_then_close_1000(client, endpoint, start,
                                                                       size):
    source = start(targets.Source(size))
    tunnel = client.websocket(endpoint(source))
    data, answer = tunnel.receive_to_close()
    assert len(data) == size
    assert hashlib.sha256(data).hexdigest() == targets.digest(size)
    assert answer.close_code == 1000
    tunnel.send_close(1000)
    assert tunnel.connection.at_end()
    assert source.session().wait_ended() == "fin"


@every_scheme
def test_the_target_closes_both_ways_at_once(client, endpoint, start):
    tunnel = client.websocket(endpoint(start(targets.Closer(b"bye\r\n"))))
    data, answer = tunnel.receive_to_close()
    assert (data, answer.close_code) == (b"bye\r\n", 1000)
    tunnel.send_close(1000)
    assert tunnel.connection.at_end()


@everywhere
def test_the_target_resets_and_the_client_is_told(client, endpoint, start):
    target = start(targets.Resetter())
    tunnel = client.websocket(endpoint(target))
    tunnel.send(b"provoke")
    _, answer = tunnel.receive_to_close()
    assert answer.close_code in (1011, 1014)
    tunnel.send_close(answer.close_code)
    assert tunnel.connection.at_end()


@everywhere
def test_the_target_half_closes_and_still_has_every_byte_of_the_client(client, endpoint, start):
    target = start(HalfCloser())
    tunnel = client.websocket(endpoint(target))
    send_pattern(tunnel, MUCH)  # most of it after the target's FIN
    data, answer = tunnel.receive_to_close()
    assert (data, answer.close_code) == (b"I am done, go on\r\n", 1000)
    tunnel.send_close(1000)
    assert tunnel.connection.at_end()
    session = target.session()
    assert session.wait_ended() == "fin"
    assert (session.received_size, session.received_digest) == (MUCH, targets.digest(MUCH))


@every_scheme
def test_a_client_that_never_answers_the_close_is_cut_after_the_close_timeout(
        new_httpd, connect_to, start, scheme):
    httpd = new_httpd(extra="WebSocketCloseTimeout 1s")
    httpd.write("ws/x.xml", policy.document(start(targets.Closer()).port))
    tunnel = connect_to(httpd, scheme).websocket("/ws/x.xml")
    assert tunnel.receive_to_close()[1].close_code == 1000
    began = time.monotonic()
    assert tunnel.connection.at_end(timeout=6)
    assert 0.5 < time.monotonic() - began < 4


@every_scheme
def test_both_ends_close_at_the_same_time(client, endpoint, start):
    path = endpoint(start(targets.Closer(b"")))
    for _ in range(10):
        tunnel = client.websocket(path)
        tunnel.send_close(1000)
        _, answer = tunnel.receive_to_close()
        assert answer.close_code == 1000
        assert tunnel.connection.at_end()


# -- both at once --------------------------------------------------------------------------------

@everywhere
def test_both_directions_at_once_lose_nothing(client, endpoint, echo):
    """More than any buffer holds, so both directions block each other unless each flows alone."""
    size = 8_000_000
    tunnel = client.websocket(endpoint(echo))
    sender = threading.Thread(target=send_pattern, args=(tunnel, size), daemon=True)
    if client.scheme == "http":
        sender.start()
        data = tunnel.receive_bytes(size)
        sender.join(10)
        assert hashlib.sha256(data).hexdigest() == targets.digest(size)
    else:  # Python's SSL object is for one thread at a time
        pieces = list(targets.pattern(size))
        data = bytearray()
        for piece in pieces:
            tunnel.send(piece)
            data += tunnel.receive_bytes(len(piece))
        assert hashlib.sha256(data).hexdigest() == targets.digest(size)
    tunnel.close()


@every_scheme
def test_a_hundred_tunnels_end_in_all_ways_and_nothing_is_left(client, endpoint, start, echo):
    """The look-over of `httpd` counts what is left open."""
    closer = endpoint(start(targets.Closer()))
    echoing = endpoint(echo)
    for number in range(100):
        tunnel = client.websocket(closer if number % 5 == 0 else echoing)
        if number % 5 == 1:
            tunnel.connection.reset()
        elif number % 5 == 2:
            tunnel.connection.finish_sending()
        elif number % 5 == 3:
            tunnel.close()
        elif number % 5 == 4:
            tunnel.echo(b"last")
            tunnel.connection.close()
        else:
            assert tunnel.receive_to_close()[1].close_code == 1000
            tunnel.connection.close()


@every_scheme
def test_tls_ends_with_close_notify(client, endpoint, echo):
    """Python raises SSLEOFError, an Ended with a text, where the notice is missing."""
    tunnel = client.websocket(endpoint(echo))
    tunnel.send_close(1000)
    tunnel.receive_to_close()
    with pytest.raises(Ended, match="^end of stream$"):
        tunnel.connection.receive_some()
