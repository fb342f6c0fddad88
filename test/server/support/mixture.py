# SPDX-License-Identifier: Apache-2.0
"""Traffic of every kind for a soak: workers (support.load) that carry, cut, stall and abuse tunnels.
A server may be restarted under them: a Close 1012 ends a turn, whatever had come by then was right."""

import hashlib
import time

from . import frame, targets
from .deflating import BROWSER, Deflating
from .load import Churn, Forgetful, Streams, Worker
from .target_tls import Tls

BULK = 1_500_000


class Restarted(Exception):
    """Close 1012 came."""


def heed(received):
    """The frame, unless it is a Close."""
    if received.opcode == frame.CLOSE:
        if received.close_code == 1012:
            raise Restarted
        raise AssertionError(f"Close {received.close_code} {received.payload[2:]!r}")
    return received


class Tunnels(Worker):
    """Each turn is `carry` over a new tunnel."""

    headers = {}
    options = {}

    def __init__(self, client, path, seed):
        super().__init__(seed)
        self.client, self.path = client, path

    def turn(self):
        with self.client.websocket(self.path, self.headers, **self.options) as tunnel:
            try:
                self.carry(tunnel)
            except Restarted:
                tunnel.send_close(1012)
                tunnel.connection.at_end(self.client.timeout)

    def carry(self, tunnel):
        raise NotImplementedError

    def end(self, tunnel):
        tunnel.send_close(1000)
        received = tunnel.receive_frame()
        assert received.opcode == frame.CLOSE and received.close_code in (1000, 1012), received
        assert tunnel.connection.at_end(self.client.timeout)


class Echo(Forgetful, targets.Echo):
    pass


class Source(Forgetful, targets.Source):
    pass


class Downloads(Tunnels):
    """All that a target gives, to its end."""

    def carry(self, tunnel):
        total, size = hashlib.sha256(), 0
        while True:
            received = tunnel.receive_frame()
            if received.opcode == frame.CLOSE and received.close_code == 1000:
                break
            data = heed(received).payload
            total.update(data)
            size += len(data)
        assert size == BULK and total.hexdigest() == targets.digest(BULK)
        tunnel.send_close(1000)
        assert tunnel.connection.at_end(self.client.timeout)


class SlowReaders(Tunnels):
    """A part, slowly; then gone."""

    options = {"receive_buffer": 8192}

    def carry(self, tunnel):
        end = time.monotonic() + self.random.uniform(0.5, 4)
        data = b""
        while time.monotonic() < end and not self.stopped and len(data) < BULK:
            data += heed(tunnel.receive_frame()).payload
            self.pause(0.02)
        assert data == b"".join(targets.pattern(len(data)))
        if self.random.random() < 0.5:
            tunnel.connection.reset()


class Lines(Tunnels):
    """Text messages that are lines to the target, which says them again."""

    headers = {"Sec-WebSocket-Protocol": "text.ircv3.net"}

    def carry(self, tunnel):
        for number in range(self.random.randint(1, 40)):
            lines = [f"PRIVMSG #sw\u00e4mme :{number} {one}".encode() for one in range(3)]
            for line in lines:
                tunnel.send_frame(frame.TEXT, line)
            for line in lines:
                received = heed(tunnel.receive_frame())
                assert (received.opcode, received.payload) == (frame.TEXT, line)
        self.end(tunnel)


class HeedfulDeflating(Deflating):
    def next_frame(self):
        while (received := heed(super().next_frame())).opcode == frame.PING:
            self.websocket.send_frame(frame.PONG, received.payload)
        return received


class Compressed(Tunnels):
    """Messages that keep kind and boundaries, through the echo in the server itself."""

    headers = BROWSER

    def carry(self, tunnel):
        deflating = HeedfulDeflating(tunnel)
        for _ in range(self.random.randint(1, 20)):
            payload = self.random.choice((
                b"all the same " * self.random.randint(0, 20_000),
                self.random.randbytes(self.random.randint(0, 60_000))))
            deflating.send(payload)
            assert deflating.receive()[0] == payload
        self.end(tunnel)


class Aborts(Tunnels):
    """Ends that nobody would wish for, and what breaks the protocol."""

    def carry(self, tunnel):
        if self.random.random() < 0.7:
            tunnel.send(self.random.randbytes(self.random.randint(1, 100_000)))
        if self.random.random() < 0.5:
            tunnel.connection.send(frame.encode(frame.BINARY, b"x" * 400)[:self.random.randint(1, 400)])
        kind = self.random.randrange(5)
        if kind == 0:
            tunnel.connection.reset()
        elif kind == 1:
            tunnel.connection.finish_sending()
        elif kind == 2:
            tunnel.connection.send(self.random.randbytes(200))
            tunnel.connection.finish_sending()
            tunnel.connection.receive_to_end()
        elif kind == 3:
            tunnel.send_close(1001)


class Pings(Tunnels):
    """A flood, read to its last pong."""

    def carry(self, tunnel):
        count = self.random.randint(1, 300)
        tunnel.connection.send(frame.encode(frame.PING, b"p" * 100) * count)
        for _ in range(count):
            assert heed(tunnel.receive_frame()).opcode == frame.PONG
        self.end(tunnel)


class SelfTalk(Tunnels):
    """`tls`: the whole way encrypted. Uneven pieces, each of which comes back."""

    def carry(self, tunnel):
        for _ in range(self.random.randint(1, 30)):
            piece = self.random.randbytes(self.random.choice((1, 125, 126, 4000, 70_000)))
            tunnel.send(piece)
            came = b""
            while len(came) < len(piece):
                came += heed(tunnel.receive_frame()).payload
            assert came == piece
        self.end(tunnel)


def documents(httpd, start, policy, ledger, authority):
    """What the workers need of an httpd."""
    echo, source = start(Echo()), start(Source(BULK))
    secure = start(Echo(openings=[Tls(authority.issue("DNS:localhost").server_context())]))
    for name, text in {
            "ledger": policy.document(ledger.port), "echo": policy.document(echo.port),
            "source": policy.document(source.port),
            "lines": policy.document(echo.port, more="<framing>lines</framing>"),
            "tls": policy.document(secure.port, host="localhost", more="<tls/>")}.items():
        httpd.write(f"ws/{name}.xml", text)


def workers(client, ledger, seed):
    """One of each kind for a client; `seed` sets them apart from another client's."""
    yield Streams(client, "/ws/ledger.xml", ledger, seed, life=8, rest=0.02)
    yield Streams(client, "/ws/ledger.xml", ledger, seed + 1, life=20, most_octets=200_000)
    yield Churn(client, "/ws/ledger.xml", seed + 2)
    yield Downloads(client, "/ws/source.xml", seed + 3)
    yield SlowReaders(client, "/ws/source.xml", seed + 4)
    yield Lines(client, "/ws/lines.xml", seed + 5)
    yield Compressed(client, "/echo", seed + 6)
    yield Aborts(client, "/ws/echo.xml", seed + 7)
    yield Pings(client, "/ws/echo.xml", seed + 8)
    yield SelfTalk(client, "/ws/tls.xml", seed + 9)
