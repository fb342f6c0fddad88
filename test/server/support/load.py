# SPDX-License-Identifier: Apache-2.0
"""Load whose every byte is accounted for: both ends of every tunnel keep a hash of what they sent
and got. A worker is a thread; it stops when it is told, and keeps its first error."""

import hashlib
import random
import struct
import threading
import time

from . import frame, targets

ORDERLY = (1000, 1001, 1012)
NUMBER = struct.Struct("!Q")


class Forgetful(targets.Target):
    """For any number of sessions: one that has ended is not kept, nor what it received."""

    def _serve_and_close(self, session):
        super()._serve_and_close(session)
        session.received.clear()
        self.sessions.remove(session)


class Ledger(Forgetful):
    """An echo that knows its tunnels by the number that each says first, and keeps a hash of what
    came."""

    backlog = 512

    def __init__(self):
        self.entries = {}
        super().__init__()

    def serve(self, session):
        first = b""
        while len(first) < NUMBER.size:
            data = session.receive()
            if not data:
                return
            session.send(data)
            first += data
        self.entries[NUMBER.unpack(first[:NUMBER.size])[0]] = session
        while data := session.receive():
            session.send(data)


class Worker(threading.Thread):
    """`turn` is called until stop(); `count` tells how often it came to its end."""

    def __init__(self, seed):
        super().__init__(daemon=True)
        self.random = random.Random(seed)
        self.count, self.error = 0, None
        self._stopped = threading.Event()

    def turn(self):
        raise NotImplementedError

    def run(self):
        try:
            while not self.stopped:
                self.turn()
                self.count += 1
        except BaseException as error:  # told in the test's own thread
            self.error = error

    @property
    def stopped(self):
        return self._stopped.is_set()

    def tell_to_stop(self):
        self._stopped.set()

    def pause(self, seconds):
        self._stopped.wait(seconds)


class Streams(Worker):
    """Tunnel after tunnel, each carrying random pieces both ways until the server closes it with
    1012 or, after about `life` seconds, we do. Either way every byte that was sent has arrived at
    the target, and what came back is a beginning of it: all of it, where we closed."""

    _numbers = iter(range(1, 1 << 62))

    def __init__(self, client, path, ledger, seed, *, life=1e9, most_octets=20_000, rest=0.0):
        super().__init__(seed)
        self.client, self.path, self.ledger = client, path, ledger
        self.life, self.most_octets, self.rest = life, most_octets, rest
        self.codes = []  # of the Closes that came

    def turn(self):
        number = next(self._numbers)
        sent, received = hashlib.sha256(), bytearray()
        with self.client.websocket(self.path) as tunnel:
            code, total = self._carry(tunnel, number, sent, received)
            self.codes.append(code)
            assert code in ORDERLY, f"Close {code}"
            tunnel.connection.at_end(self.client.timeout)
        session = self.ledger.entries.get(number)
        if session is None:
            assert total <= NUMBER.size, f"the target never heard of tunnel {number}"
            return
        session.wait_ended(self.client.timeout)
        assert session.received_size == total, \
            f"Close {code}: the target got {session.received_size} of {total} bytes"
        assert session.received_digest == sent.hexdigest(), "the target got other bytes"
        del self.ledger.entries[number]

    def _carry(self, tunnel, number, sent, received):
        """(code of the Close that came, bytes sent)"""
        end, total, piece = time.monotonic() + self.life, 0, NUMBER.pack(number)
        while True:
            tunnel.send(piece)
            sent.update(piece)
            total += len(piece)
            code = self._receive(tunnel, piece, received)
            if code is not None:
                tunnel.send_close(code)
                return code, total
            if self.stopped or time.monotonic() > end:
                tunnel.send_close(1000)
                rest, answer = tunnel.receive_to_close()
                assert rest == b"", "bytes from nowhere"
                return answer.close_code, total
            self.pause(self.rest)
            piece = self.random.randbytes(self.random.randint(1, self.most_octets))

    @staticmethod
    def _receive(tunnel, piece, received):
        """None when the piece came back, a code when a Close came first."""
        received.clear()
        while len(received) < len(piece):
            got = tunnel.receive_frame()
            if got.opcode == frame.CLOSE:
                assert piece.startswith(received), "the client got other bytes"
                return got.close_code
            received += got.payload
        assert received == piece, "the client got other bytes"
        return None


class Churn(Worker):
    """New connections all the time: a tunnel for one message, or an ordinary request."""

    def __init__(self, client, path, seed):
        super().__init__(seed)
        self.client, self.path = client, path

    def turn(self):
        if self.random.random() < 0.4:
            assert self.client.request("/index.html").status == 200
            return
        with self.client.websocket(self.path) as tunnel:
            payload = NUMBER.pack(0) + self.random.randbytes(self.random.randint(1, 500))
            tunnel.send(payload)
            data = bytearray()
            while len(data) < len(payload):
                got = tunnel.receive_frame()
                if got.opcode == frame.CLOSE:
                    assert got.close_code == 1012, got
                    return
                data += got.payload
            assert data == payload
            if self.random.random() < 0.7:
                tunnel.send_close(1000)
                _, answer = tunnel.receive_to_close()
                assert answer.close_code in ORDERLY


class Load:
    """Workers together. `check` raises the first error of any."""

    def __init__(self, workers):
        self.workers = list(workers)
        for one in self.workers:
            one.start()

    def check(self):
        for one in self.workers:
            if one.error:
                raise one.error

    def stop(self, timeout=30):
        for one in self.workers:
            one.tell_to_stop()
        for one in self.workers:
            one.join(timeout)
            assert not one.is_alive(), f"{type(one).__name__} does not end"
        self.check()

    def count(self, kind):
        return sum(one.count for one in self.workers if isinstance(one, kind))

