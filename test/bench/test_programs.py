# SPDX-License-Identifier: Apache-2.0
"""The load believes no server; relay and backend change nothing under pressure from both sides."""

import subprocess
from contextlib import contextmanager

import pytest

from driver.peers import Relay
from driver.programs import Backend, Load, LoadFailed, program_of_ours
from support import frame
from support.waiting import wait_until
from websocket_server import ANSWER, WebSocketServer, framed

pytestmark = pytest.mark.sanitizer


@contextmanager
def serving(*arguments, **options):
    server = WebSocketServer(*arguments, **options)
    try:
        yield server
    finally:
        server.close()


def one_by_one(data):
    return [data[i:i + 1] for i in range(len(data))]


def in_fragments(payload):
    return [framed(payload[:1], fin=False),
            frame.encode(frame.CONTINUATION, payload[1:7], fin=False, mask=None),
            frame.encode(frame.CONTINUATION, payload[7:], mask=None)]


def finish(load, messages=20):
    """The load's last words, once it has had so many messages back."""
    load.answer()
    assert wait_until(lambda: load.ask("look")["messages"] >= messages, 20)
    return load.ask("end")


@pytest.mark.parametrize("respond", [
    lambda payload: [framed(payload)],
    lambda payload: one_by_one(framed(payload)),
    in_fragments,
    lambda payload: [framed(b""), framed(payload)],
], ids=["in one frame", "byte by byte", "in fragments", "after an empty frame"])
@pytest.mark.parametrize("size", [1, 300])
def test_an_echo_is_right_however_it_is_framed_and_cut(respond, size):
    with serving(respond) as server, \
            Load("echo", server.port, connections=2, size=size) as load:
        done = finish(load)
        assert done["bytes"] == done["messages"] * size
        assert done["handshakes"] == 2
        assert 0 < done["busy"]["p50_us"] <= done["busy"]["p99_us"]


def test_a_length_of_eight_bytes_that_is_cut_is_understood():
    def cut_in_the_header(payload):
        whole = framed(payload)
        return [whole[:3], whole[3:7], whole[7:]]

    with serving(cut_in_the_header) as server, \
            Load("bulk", server.port, connections=1, size=70_000) as load:
        finish(load)


def test_pings_are_answered_between_messages():
    def ping_first(payload):
        return [frame.encode(frame.PING, b"there?", mask=None), framed(payload)]

    with serving(ping_first) as server, Load("echo", server.port, connections=1) as load:
        finish(load)
        assert server.pongs and set(server.pongs) == {b"there?"}


def changed(payload):
    return [framed(payload[:-1] + bytes([payload[-1] ^ 1]))]


@pytest.mark.parametrize("respond, complaint", [
    (changed, "changed a message"),
    (lambda payload: [framed(payload[:-1]), framed(b"\0" + payload[-1:])], "a message|more than"),
    (lambda payload: [framed(payload + b"!")], "more than it was sent"),
    (lambda payload: [framed(payload), framed(payload)], "a message|more than it was sent"),
    (lambda payload: [framed(payload, mask=frame.MASK)], "masked"),
    (lambda payload: [framed(payload, rsv=4)], "reserved bit"),
    (lambda payload: [frame.encode(frame.PING, b"", fin=False, mask=None)], "control frame"),
    (lambda payload: [frame.encode(frame.CLOSE, mask=None)], "closed a tunnel"),
    (lambda payload: None, "ended a connection"),
], ids=["a bit is changed", "a byte is put in", "a byte is added", "it comes twice", "it is masked",
        "RSV1 is set", "a ping is fragmented", "a Close comes", "the connection ends"])
def test_a_wrong_echo_ends_the_load(respond, complaint):
    with serving(respond) as server, Load("echo", server.port, connections=1) as load:
        with pytest.raises(LoadFailed, match=complaint):
            finish(load)


@pytest.mark.parametrize("answer, complaint", [
    ("HTTP/1.1 403 Forbidden\r\n\r\n", "403"),
    (ANSWER.format(accept="s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "Sec-WebSocket-Accept"),
    ("x" * 20_000, "no end"),
], ids=["refused", "a wrong Sec-WebSocket-Accept", "no end"])
def test_a_wrong_handshake_ends_the_load(answer, complaint):
    with serving(answer=answer) as server, Load("handshake", server.port, connections=1) as load:
        with pytest.raises(LoadFailed, match=complaint):
            load.answer()


def test_a_message_of_another_connection_is_found():
    """Connections begin with different messages."""
    seen = []

    def first_of_all(payload):
        seen.append(payload)
        return [framed(seen[0])]

    with serving(first_of_all) as server, Load("echo", server.port, connections=2) as load:
        with pytest.raises(LoadFailed, match="changed a message"):
            finish(load)


@pytest.mark.parametrize("words", [[], ["echo"], ["sing", "1"], ["echo", "x"], ["echo", "65536"],
                                   ["echo", "1", "--size"], ["echo", "1", "--size", "0"],
                                   ["echo", "1", "--tempo", "3"]])
def test_what_the_load_does_not_understand_is_said(words):
    done = subprocess.run([program_of_ours("load"), *words], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False, timeout=20)
    assert done.returncode in (1, 2)
    assert done.stderr.startswith("load: ") or '"error"' in done.stdout


@pytest.mark.parametrize("connections, size", [(1, 1 << 20), (4, 1 << 20), (3, 65536)])
def test_relay_and_backend_hold_back_who_is_too_fast(connections, size):
    with Backend("websocket") as backend, Relay(backend.port) as relay, \
            Load("bulk", relay.port, connections=connections, size=size, window=8) as load:
        assert finish(load, 40)["handshakes"] == connections


def test_quiet_tunnels_speak_in_turn_and_when_they_are_checked():
    with Backend("websocket") as backend, \
            Load("mixed", backend.port, connections=2, quiet=50, pause=500) as load:
        load.answer()
        load.ask("begin")
        assert wait_until(lambda: load.ask("check")["messages"] > 1000, 20)
        done = load.ask("end")
        assert done["quiet"]["count"] >= 50 and done["busy"]["count"] > 0


def test_quiet_tunnels_without_a_pause_say_nothing_more():
    with Backend("websocket") as backend, Load("idle", backend.port, quiet=50) as load:
        load.answer()
        assert load.ask("begin")["messages"] == 50
        assert load.ask("check")["messages"] == 100
        assert load.ask("end")["messages"] == 100


def test_handshakes_come_one_after_the_other():
    with Backend("websocket") as backend, Relay(backend.port) as relay, \
            Load("handshake", relay.port, connections=4) as load:
        load.answer()
        assert wait_until(lambda: load.ask("look")["handshakes"] > 200, 20)
        done = load.ask("end")
        assert done["messages"] == 0 and done["busy"]["count"] == done["handshakes"]
