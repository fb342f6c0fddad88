# SPDX-License-Identifier: Apache-2.0
"""RFC 6455 section 5 on the wire: what passes, and what is refused with which code."""

import pytest

from support import frame, targets
from support.matrix import everywhere

pytestmark = pytest.mark.sanitizer

SIZES = [0, 1, 2, 3, 124, 125, 126, 127, 128, 4095, 65535, 65536, 65537, 1_000_000]


@everywhere
def test_frames_of_every_size_come_back(client, endpoint, echo):
    tunnel = client.websocket(endpoint(echo))
    for size in SIZES:
        tunnel.echo(b"".join(targets.pattern(size)))
    tunnel.close()


def test_frames_go_out_in_their_shortest_form_and_whole(client, endpoint, start):
    """decode() of this suite refuses masked frames and reserved bits; here the lengths."""
    source = start(targets.Source(300_000))
    tunnel = client.websocket(endpoint(source))
    read = tunnel.connection.receive_exactly
    received = 0
    while received < 300_000:
        first, second = read(2)
        assert first & 0x0F in (frame.BINARY, frame.CONTINUATION)
        size = second
        if second == 126:
            size = int.from_bytes(read(2), "big")
            assert size >= 126
        elif second == 127:
            size = int.from_bytes(read(8), "big")
            assert size >= 65536
        received += len(read(size))
    assert received == 300_000


@everywhere
def test_every_split_of_the_bytes_is_the_same_to_the_target(client, endpoint, sink):
    """A byte a segment (and a TLS record), so every header is cut in every place."""
    tunnel = client.websocket(endpoint(sink))
    whole = (frame.encode(frame.BINARY, b"small") + frame.encode(frame.PING, b"p")
             + frame.encode(frame.BINARY, b"y" * 130) + frame.encode(frame.TEXT, "ü€".encode()))
    for byte in whole:
        tunnel.connection.send(bytes([byte]))
    sink.session().wait_received(5 + 130 + 5)
    assert bytes(sink.session().received) == b"small" + b"y" * 130 + "ü€".encode()
    assert tunnel.receive_frame() == frame.Frame(frame.PONG, b"p")


def test_many_frames_in_one_segment_are_all_taken(client, endpoint, sink):
    tunnel = client.websocket(endpoint(sink))
    tunnel.connection.send(b"".join(frame.encode(frame.BINARY, b"%04d" % n) for n in range(5000)))
    sink.session().wait_received(20_000)
    assert bytes(sink.session().received) == b"".join(b"%04d" % n for n in range(5000))


@pytest.mark.parametrize("mask", [b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x01\x02\x03\x04"],
                         ids=["zero", "ones", "steps"])
def test_any_mask_is_taken_off(client, endpoint, sink, mask):
    tunnel = client.websocket(endpoint(sink))
    payload = b"".join(targets.pattern(1003))
    for start in range(9):  # every alignment
        tunnel.send_frame(frame.BINARY, payload[start:], mask=mask)
    expected = b"".join(payload[start:] for start in range(9))
    sink.session().wait_received(len(expected))
    assert bytes(sink.session().received) == expected


@everywhere
def test_fragments_with_pings_between_are_one_stream(client, endpoint, sink):
    tunnel = client.websocket(endpoint(sink))
    tunnel.send_frame(frame.BINARY, b"one ", fin=False)
    tunnel.send_frame(frame.PING, b"between")
    assert tunnel.receive_frame() == frame.Frame(frame.PONG, b"between")
    tunnel.send_frame(frame.CONTINUATION, b"", fin=False)
    tunnel.send_frame(frame.CONTINUATION, b"two ", fin=False)
    tunnel.send_frame(frame.PONG, b"unasked")
    tunnel.send_frame(frame.CONTINUATION, b"three")
    tunnel.send_frame(frame.TEXT, b" four", fin=True)
    sink.session().wait_received(18)
    assert bytes(sink.session().received) == b"one two three four"
    tunnel.close()


def test_a_fragment_is_not_held_back_until_its_message_ends(client, endpoint, echo):
    tunnel = client.websocket(endpoint(echo))
    tunnel.send_frame(frame.BINARY, b"at once", fin=False)
    assert tunnel.receive_bytes(7) == b"at once"


def test_the_beginning_of_a_frame_is_not_held_back_until_its_end(client, endpoint, echo):
    tunnel = client.websocket(endpoint(echo))
    whole = frame.encode(frame.BINARY, b"0123456789")
    tunnel.connection.send(whole[:-4])
    assert tunnel.receive_bytes(6) == b"012345"
    tunnel.connection.send(whole[-4:])
    assert tunnel.receive_bytes(4) == b"6789"


@pytest.mark.parametrize("payload", [b"", b"ping", bytes(range(125))], ids=len)
def test_a_ping_is_answered_with_its_payload(client, endpoint, echo, payload):
    tunnel = client.websocket(endpoint(echo))
    for _ in range(3):
        tunnel.send_frame(frame.PING, payload)
        assert tunnel.receive_frame() == frame.Frame(frame.PONG, payload)
    assert not echo.session().received


def test_an_empty_message_is_no_byte_and_no_end(client, endpoint, echo):
    tunnel = client.websocket(endpoint(echo))
    for opcode in (frame.BINARY, frame.TEXT):
        tunnel.send_frame(opcode, b"")
    tunnel.echo(b"still here")


def test_text_arrives_as_it_was_sent(client, endpoint, echo):
    tunnel = client.websocket(endpoint(echo))
    text = "PRIVMSG #caf\u00e9 :\U0001f642 \u4f60\u597d\r\n".encode()
    tunnel.send_frame(frame.TEXT, text)
    assert tunnel.receive_bytes(len(text)) == text


def test_a_character_may_be_cut_by_fragments(client, endpoint, sink):
    tunnel = client.websocket(endpoint(sink))
    text = "\U0001f642".encode()
    tunnel.send_frame(frame.TEXT, text[:1], fin=False)
    for byte in text[1:3]:
        tunnel.send_frame(frame.CONTINUATION, bytes([byte]), fin=False)
    tunnel.send_frame(frame.CONTINUATION, text[3:])
    sink.session().wait_received(4)
    assert bytes(sink.session().received) == text


VIOLATIONS = {
    "unmasked": (1002, frame.encode(frame.BINARY, b"bare", mask=None)),
    "unmasked and empty": (1002, frame.encode(frame.BINARY, b"", mask=None)),
    "unmasked ping": (1002, frame.encode(frame.PING, b"", mask=None)),
    "unmasked close": (1002, frame.encode(frame.CLOSE, b"\x03\xe8", mask=None)),
    "continuation of nothing": (1002, frame.encode(frame.CONTINUATION, b"x")),
    "message within a message": (1002, frame.encode(frame.BINARY, b"a", fin=False)
                                 + frame.encode(frame.BINARY, b"b")),
    "fragmented ping": (1002, frame.encode(frame.PING, b"x", fin=False)),
    "fragmented close": (1002, frame.encode(frame.CLOSE, b"\x03\xe8", fin=False)),
    "ping of 126": (1002, frame.encode(frame.PING, b"x" * 126)),
    "16-bit length for 125": (1002, frame.encode(frame.BINARY, b"x" * 125, form=16)),
    "64-bit length for 65535": (1002, frame.encode(frame.BINARY, b"x" * 65535, form=64)),
    "top bit of the length": (1002, frame.encode_header(frame.BINARY, 1 << 63)),
    "text c0 af": (1007, frame.encode(frame.TEXT, b"\xc0\xaf")),
    "text surrogate": (1007, frame.encode(frame.TEXT, b"\xed\xa0\x80")),
    "text above 10ffff": (1007, frame.encode(frame.TEXT, b"\xf4\x90\x80\x80")),
    "text cut short": (1007, frame.encode(frame.TEXT, b"abc\xe2\x82")),
    "text cut short by fragments": (1007, frame.encode(frame.TEXT, b"\xe2", fin=False)
                                    + frame.encode(frame.CONTINUATION, b"\x82")),
    "text bad though unfinished": (1007, frame.encode(frame.TEXT, b"\xf4\x90", fin=False)),
    "16 MiB and one": (1009, frame.encode_header(frame.BINARY, (16 << 20) + 1)),
    "4 GiB": (1009, frame.encode_header(frame.BINARY, 1 << 32)),
    "the longest": (1009, frame.encode_header(frame.BINARY, (1 << 63) - 1)),
    "16 MiB and one in two fragments": (1009, frame.encode(frame.BINARY, b"x", fin=False)
                                        + frame.encode(frame.CONTINUATION, bytes(16 << 20))),
    "close of one byte": (1002, frame.encode(frame.CLOSE, b"\x03")),
    "close reason is not text": (1007, frame.encode(frame.CLOSE, b"\x03\xe8\xff")),
    **{f"reserved bits {rsv}": (1002, frame.encode(frame.BINARY, b"x", rsv=rsv))
       for rsv in range(1, 8)},
    **{f"reserved opcode {code}": (1002, frame.encode(code, b"x"))
       for code in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)},
    **{f"close code {code}": (1002, frame.encode(frame.CLOSE, frame.close_payload(code)))
       for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535)},
}


@pytest.mark.parametrize("name", VIOLATIONS)
def test_a_violation_is_answered_with_its_code_after_what_was_valid(client, endpoint, sink, name):
    code, wire = VIOLATIONS[name]
    tunnel = client.websocket(endpoint(sink))
    tunnel.connection.send(frame.encode(frame.BINARY, b"valid") + wire)
    data, answer = tunnel.receive_to_close()
    assert (data, answer.close_code) == (b"", code)
    assert tunnel.connection.at_end()
    assert sink.session().wait_ended() == "fin"
    assert bytes(sink.session().received).startswith(b"valid")


@everywhere
@pytest.mark.parametrize("name", ["unmasked", "text c0 af", "16 MiB and one"])
def test_a_violation_is_answered_everywhere(client, endpoint, sink, name):
    code, wire = VIOLATIONS[name]
    tunnel = client.websocket(endpoint(sink))
    tunnel.connection.send(wire + frame.encode(frame.BINARY, b"not looked at") * 1000)
    assert tunnel.receive_to_close()[1].close_code == code
    assert tunnel.connection.at_end()
    assert sink.session().wait_ended() == "fin"
    assert b"not looked at" not in sink.session().received


def test_a_message_of_16_mib_is_not_too_big(client, endpoint, sink):
    tunnel = client.websocket(endpoint(sink))
    tunnel.send_frame(frame.BINARY, b"x" * (16 << 20))
    sink.session().wait_received(16 << 20)
    tunnel.close()
    assert sink.session().received_size == 16 << 20


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
                                  3000, 3999, 4000, 4999])
def test_a_close_is_answered_with_its_code(client, endpoint, sink, code):
    tunnel = client.websocket(endpoint(sink))
    _, answer = tunnel.close(code)
    assert answer.close_code == code
    assert sink.session().wait_ended() == "fin"


def test_a_close_without_a_code_is_answered_without_one(client, endpoint, sink):
    tunnel = client.websocket(endpoint(sink))
    _, answer = tunnel.close(None)
    assert answer.payload == b""


def test_a_close_with_a_reason_of_123_bytes_is_answered(client, endpoint, sink):
    tunnel = client.websocket(endpoint(sink))
    tunnel.send_close(1000, "ü".encode() * 61 + b"x")
    assert tunnel.receive_to_close()[1].close_code == 1000


def test_what_follows_a_close_is_not_looked_at(client, endpoint, sink):
    tunnel = client.websocket(endpoint(sink))
    tunnel.connection.send(frame.encode(frame.BINARY, b"before")
                           + frame.encode(frame.CLOSE, b"\x03\xe8")
                           + frame.encode(frame.BINARY, b"after") + b"\xff" * 100)
    assert tunnel.receive_to_close()[1].close_code == 1000
    assert tunnel.connection.at_end()
    assert sink.session().wait_ended() == "fin"
    assert bytes(sink.session().received) == b"before"
