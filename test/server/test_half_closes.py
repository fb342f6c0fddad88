# SPDX-License-Identifier: Apache-2.0
"""Who ends first, who second, by Close, FIN or RST, before, between or after data, with or without
something pending that the other has not read: all orders. What was sent before its sender's orderly
end arrives, and what arrives is always a beginning of what was sent."""

import itertools
import threading
from contextlib import suppress

import pytest

from support import frame, policy, targets
from support.connection import Ended
from support.matrix import event_and_prefork, every_scheme

pytestmark = [pytest.mark.endurance, pytest.mark.sanitizer]

# More than the kernel holds on a shortened way, so that it waits inside the tunnel.
PENDING = 600_000

CLIENT_ENDS = ("close", "close and fin", "fin", "reset")
TARGET_ENDS = ("fin", "close both ways", "reset")


class Directed(targets.Target):
    """Does what the test says: `say` so many octets, then `end` in this way, when it is let."""

    def __init__(self, say, end):
        self.say, self.end = say, end
        self.go = threading.Event()
        super().__init__(receive_buffer=8192, send_buffer=8192)

    def serve(self, session):
        self.go.wait(10)
        reader = None
        if self.end == "fin":  # who half-closes goes on reading
            reader = threading.Thread(target=session.receive_to_end, daemon=True)
            reader.start()
        with suppress(OSError):  # the client may have gone first
            for piece in targets.pattern(self.say):
                session.send(piece)
        if self.end == "reset":
            session.reset()
        elif self.end == "fin":
            with suppress(OSError):
                session.finish_sending()
            reader.join(20)

    def close(self):
        self.go.set()
        super().close()


def speak(tunnel, say, end):
    """The client's sending half: so many octets, then its end."""
    with suppress(OSError):  # the target may have gone first
        for piece in targets.pattern(say):
            tunnel.send_frame(frame.BINARY, piece)
        if end.startswith("close"):
            tunnel.send_close(1000)
        if end.endswith("fin"):
            tunnel.connection.finish_sending()
        elif end == "reset":
            tunnel.connection.reset()


def read_to_end(tunnel):
    """(data, close code or None)"""
    data = bytearray()
    try:
        while True:
            received = frame.decode(tunnel.connection.receive_exactly)
            if received.opcode == frame.CLOSE:
                return bytes(data), received.close_code
            data += received.payload
    except (Ended, OSError):
        return bytes(data), None


def is_beginning(data):
    return data == b"".join(targets.pattern(len(data)))


# Worker's tunnels are event's, in the same engine.
@every_scheme
@event_and_prefork
@pytest.mark.parametrize("first", ["client", "target"])
def test_every_order_of_ending_keeps_what_was_sent_before_it(new_httpd, connect_to, start, scheme,
                                                             first):
    httpd = new_httpd(extra="WebSocketCloseTimeout 3s")
    httpd.permit(r"\[ssl:|\[core:")
    client = connect_to(httpd, scheme)
    combinations = itertools.product(CLIENT_ENDS, TARGET_ENDS, (0, PENDING), (0, PENDING))
    for number, case in enumerate(combinations):
        check_order(httpd, client, start, number, first, *case)


def check_order(httpd, client, start, number, first, client_end, target_end, up, down):
    case = f"{first} first, client: {client_end} after {up}, target: {target_end} after {down}"
    target = start(Directed(down, target_end))
    httpd.write(f"ws/{number}.xml", policy.document(target.port))
    tunnel = client.websocket(f"/ws/{number}.xml", receive_buffer=8192)
    if first == "target":
        target.go.set()
    else:
        # Where much is pending the target has to begin before all of it is sent.
        beginning = threading.Timer(0.03, target.go.set)
        beginning.start()
        speak(tunnel, up, client_end)
        beginning.join()
    data, code = (b"", None)
    if first == "target" or client_end != "reset":
        data, code = read_to_end(tunnel)
    if first == "target":
        speak(tunnel, up, client_end)
    session = target.session()
    assert session.ended.wait(15), f"{case}: the target was not ended"
    got = bytes(session.received)
    assert is_beginning(data), f"{case}: wrong bytes to the client"
    assert is_beginning(got), f"{case}: wrong bytes to the target"
    if target_end == "fin" and (first == "target" or client_end.startswith("close")):
        assert code == 1000, f"{case}: {code}"
        assert len(got) == up or client_end == "reset", f"{case}: {len(got)} came"
    if target_end == "fin" and first == "target":
        assert len(data) == down, f"{case}: {len(data)} came"
    if target_end == "fin" and client_end == "fin":
        assert len(got) == up, f"{case}: {len(got)} came"
    tunnel.connection.close()
    target.close()
