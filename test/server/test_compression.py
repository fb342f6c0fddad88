# SPDX-License-Identifier: Apache-2.0
"""permessage-deflate through httpd: when it is agreed on, what it carries, where it stops."""

import functools
import zlib

import pytest

from support import frame, policy, sanitizer, targets
from support.deflating import BROWSER, Deflating
from support.matrix import everywhere

pytestmark = pytest.mark.sanitizer

CONFIGURATION = """
<Location "/echo">
  SetHandler websocket-echo
  WebSocketMaxMessageSize 4M
</Location>
<Location "/plain-echo">
  SetHandler websocket-echo
  WebSocketCompression Off
</Location>
<Location "/ws/compressed.xml">
  WebSocketCompression On level=9 window=15 no-takeover
</Location>
"""
GIB = 1 << 30
GROWTH_KIB = 8 * 1024


@pytest.fixture
def serving(same_httpd, echo):
    httpd = same_httpd(extra=CONFIGURATION)
    httpd.write("ws/compressed.xml", policy.document(echo.port))
    httpd.write("ws/plain.xml", policy.document(echo.port))
    return httpd


def agreed(client, path, offer):
    response = client.handshake(path, {"Sec-WebSocket-Extensions": offer})
    assert response.status == 101
    return response.get("Sec-WebSocket-Extensions")


def test_the_echo_compresses_and_a_tunnel_does_not_unless_asked(serving, connect_to):
    client = connect_to(serving)
    offer = BROWSER["Sec-WebSocket-Extensions"]
    assert agreed(client, "/echo", offer).startswith("permessage-deflate")
    assert agreed(client, "/plain-echo", offer) is None
    assert agreed(client, "/ws/plain.xml", offer) is None
    answer = agreed(client, "/ws/compressed.xml", offer)
    assert "server_no_context_takeover" in answer


@pytest.mark.parametrize("offer", [
    "permessage-deflate; unknown", "permessage-deflate; server_max_window_bits=8",
    "permessage-deflate; server_max_window_bits=09", "permessage-deflate; client_max_window_bits=16",
    "permessage-deflate; server_no_context_takeover=1",
    "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
    "permessage-deflate; server_max_window_bits", "x-webkit-deflate-frame"])
def test_an_invalid_offer_is_declined_and_the_next_one_tried(serving, connect_to, offer):
    client = connect_to(serving)
    assert agreed(client, "/echo", offer) is None
    answer = agreed(client, "/echo", f"{offer}, permessage-deflate; server_no_context_takeover")
    assert answer.startswith("permessage-deflate") and "server_no_context_takeover" in answer


@everywhere
@pytest.mark.parametrize("path", ["/echo", "/ws/compressed.xml"])
def test_messages_go_compressed_both_ways(serving, connect_to, scheme, path):
    websocket = connect_to(serving, scheme).websocket(path, BROWSER)
    talk = Deflating(websocket)
    for round_ in range(3):
        message = f"the same words again and again, round {round_} ".encode() * 2000
        talk.send(message)
        got, seen = b"", False
        while len(got) < len(message):
            payload, compressed = talk.receive()
            got, seen = got + payload, seen or compressed
        assert got == message and seen
    websocket.send_frame(frame.BINARY, b"a plain one between")
    assert talk.receive() == (b"a plain one between", False)
    websocket.close()


@functools.cache
def bomb(size, window):
    """A frame that inflates to so many zeroes: one block, which stands for itself, over and over."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -window)
    block = compressor.compress(bytes(16 << 20)) + compressor.flush(zlib.Z_FULL_FLUSH)
    return (block * (size >> 24))[:-4]


@pytest.mark.plain
@everywhere
@pytest.mark.parametrize("path", ["/echo", "/ws/compressed.xml"])
def test_a_bomb_of_a_gibibyte_is_closed_with_1009(serving, connect_to, scheme, path, figure):
    client = connect_to(serving, scheme)
    warm = Deflating(client.websocket(path, BROWSER))
    warm.send(b"x" * 100_000)
    warm.receive()
    before = serving.pss_kib()
    websocket = client.websocket(path, BROWSER)
    payload = bomb(GIB, Deflating(websocket).window)
    websocket.send_frame(frame.BINARY, payload, rsv=4)
    while True:
        received = frame.decode(websocket.connection.receive_exactly)
        if received.opcode == frame.CLOSE:
            break
    assert received.close_code == 1009
    grown = serving.pss_kib() - before
    figure(f"{scheme} {serving.mpm} {path}: a GiB of zeroes in {len(payload)} bytes, "
           f"closed with 1009, children grew by {grown} KiB")
    if sanitizer.mode() is None:
        assert grown < GROWTH_KIB


def test_a_corrupt_stream_is_1007(serving, connect_to):
    websocket = connect_to(serving).websocket("/echo", BROWSER)
    websocket.send_frame(frame.BINARY, b"\xff" * 20, rsv=4)
    received = frame.decode(websocket.connection.receive_exactly)
    assert (received.opcode, received.close_code) == (frame.CLOSE, 1007)


def test_text_is_checked_after_inflating(serving, connect_to):
    talk = Deflating(connect_to(serving).websocket("/echo", BROWSER))
    talk.send(b"\xc3\x28", frame.TEXT)
    received = frame.decode(talk.websocket.connection.receive_exactly)
    assert (received.opcode, received.close_code) == (frame.CLOSE, 1007)


def test_a_compressed_frame_without_the_agreement_is_1002(serving, connect_to):
    websocket = connect_to(serving).websocket("/plain-echo")
    websocket.send_frame(frame.BINARY, b"x", rsv=4)
    received = websocket.receive_frame()
    assert (received.opcode, received.close_code) == (frame.CLOSE, 1002)


def test_a_target_that_floods_reaches_a_slow_client_whole(new_httpd, connect_to, start):
    size = 3_000_000
    source = start(targets.Source(size))
    httpd = new_httpd(extra="WebSocketCompression On")
    httpd.write("ws/source.xml", policy.document(source.port))
    talk = Deflating(connect_to(httpd).websocket("/ws/source.xml", BROWSER, receive_buffer=16384))
    got = bytearray()
    while len(got) < size:
        got += talk.receive()[0]
    assert bytes(got) == b"".join(targets.pattern(size))
