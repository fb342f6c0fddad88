# SPDX-License-Identifier: Apache-2.0
"""Small TCP services as threads, on loopback ports that the kernel chose."""

import hashlib
import os
import selectors
import socket
import struct
import threading
from contextlib import suppress

from .waiting import wait_until

BLOCK = bytes(range(251)) * 261  # 65,511 bytes: its odd length tells a piece from the next


def pattern(size):
    """Deterministic bytes, made in pieces."""
    while size > 0:
        piece = BLOCK[:size]
        size -= len(piece)
        yield piece


def digest(size):
    """What the hash of pattern(size) is."""
    total = hashlib.sha256()
    for piece in pattern(size):
        total.update(piece)
    return total.hexdigest()


class Session:
    """One connection that a target has accepted, and what happened on it."""

    def __init__(self, connection, peer):
        self.connection = connection
        self.peer = peer
        self.received = bytearray()  # the first MiB
        self.received_size = 0
        self.sent_size = 0
        self.opened = threading.Event()  # the target's openings are behind it
        self.failure = None  # what went wrong in one of them
        self.ended = threading.Event()
        self.how = None  # "fin" or "reset", once ended
        self._hash = hashlib.sha256()

    def note(self, data):
        if len(self.received) < 1 << 20:
            self.received += data
        self.received_size += len(data)
        self._hash.update(data)

    def end(self, how):
        self.how = how
        self.ended.set()

    def send(self, data):
        view = memoryview(data)
        while view:
            sent = self.connection.send(view)
            self.sent_size += sent
            view = view[sent:]

    def receive(self):
        """Some bytes, noted; b"" at the end."""
        try:
            data = self.connection.recv(262144)
        except OSError:
            self.end("reset")
            return b""
        if data:
            self.note(data)
        else:
            self.end("fin")
        return data

    def receive_to_end(self):
        while self.receive():
            pass

    def finish_sending(self):
        self.connection.shutdown(socket.SHUT_WR)

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    # -- asked by the test's own thread -----------------------------------------------------------

    @property
    def received_digest(self):
        return self._hash.hexdigest()

    def wait_received(self, size, timeout=10):
        wait_until(lambda: self.received_size >= size, timeout)
        assert self.received_size >= size, f"the target got {self.received_size} of {size} bytes"

    def wait_ended(self, timeout=10):
        assert self.ended.wait(timeout), "the target's connection was not ended"
        return self.how


class Target:
    """Accepts for ever; every connection is served by `serve` of the subclass, on a thread.

    `openings` are called with the session before that; they may replace its connection, and raise
    OSError or ValueError. `path` makes it a Unix socket; `address` may be IPv6.
    """

    backlog = 128

    def __init__(self, *, receive_buffer=None, send_buffer=None, address="127.0.0.1", port=0,
                 path=None, openings=()):
        self.openings = openings
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._listener = socket.socket(family if path is None else socket.AF_UNIX)
        if receive_buffer:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if send_buffer:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
        self._listener.bind((address, port) if path is None else str(path))
        if path is not None:
            os.chmod(path, 0o777)
        self._listener.listen(self.backlog)
        self.port = self._listener.getsockname()[1] if path is None else None
        self.sessions = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self):
        while True:
            try:
                connection, peer = self._listener.accept()
            except OSError:
                return
            if self.port is not None:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            session = Session(connection, peer)
            self.sessions.append(session)
            threading.Thread(target=self._serve_and_close, args=(session,), daemon=True).start()

    def _serve_and_close(self, session):
        try:
            for opening in self.openings:
                opening(session)
        except (OSError, ValueError) as error:
            session.failure = error
        else:
            session.opened.set()
            with suppress(OSError):
                self.serve(session)
        session.connection.close()
        if not session.ended.is_set():
            session.end("closed here")

    def serve(self, session):
        raise NotImplementedError

    def session(self, number=0, timeout=5):
        wait_until(lambda: len(self.sessions) > number, timeout)
        assert len(self.sessions) > number, "the target was not connected to"
        return self.sessions[number]

    @property
    def opened(self):
        """Sessions that got as far as the target's own protocol."""
        return [session for session in self.sessions if session.opened.is_set()]

    def close(self):
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        self._listener.close()
        for session in self.sessions:
            with suppress(OSError):
                session.connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)


class Echo(Target):
    def serve(self, session):
        while data := session.receive():
            session.send(data)


class Sink(Target):
    """Takes everything and counts it."""

    def serve(self, session):
        session.receive_to_end()


class Greeter(Target):
    """Says its line at once, then listens."""

    def __init__(self, greeting=b"hello\r\n", **options):
        self.greeting = greeting
        super().__init__(**options)

    def serve(self, session):
        session.send(self.greeting)
        session.receive_to_end()


class Source(Target):
    """Sends pattern(size), then FIN, and listens to the end."""

    def __init__(self, size, **options):
        self.size = size
        super().__init__(**options)

    def serve(self, session):
        for piece in pattern(self.size):
            session.send(piece)
        session.finish_sending()
        session.receive_to_end()


class Closer(Target):
    """Sends a line and closes both ways at once."""

    def __init__(self, farewell=b"bye\r\n", **options):
        self.farewell = farewell
        super().__init__(**options)

    def serve(self, session):
        session.send(self.farewell)


class Resetter(Target):
    """Answers the first bytes with RST."""

    def serve(self, session):
        session.receive()
        session.reset()


class SlowReader(Target):
    """Reads nothing until `resume` is set."""

    def __init__(self, **options):
        self.resume = threading.Event()
        super().__init__(**options)

    def serve(self, session):
        self.resume.wait(60)
        session.receive_to_end()

    def close(self):
        self.resume.set()
        super().close()


class Crowd:
    """Echo for thousands of connections, on one thread."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self._listener.getsockname()[1]
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._woken:
                    return
                if key.fileobj is self._listener:
                    self._selector.register(self._listener.accept()[0], selectors.EVENT_READ)
                else:
                    self._echo(key.fileobj)

    def _echo(self, connection):
        try:
            data = connection.recv(4096)
        except OSError:
            data = b""
        if data:
            connection.sendall(data)
        else:
            self._selector.unregister(connection)
            connection.close()

    @property
    def size(self):
        return len(self._selector.get_map()) - 2

    def close(self):
        self._wake.close()
        self._thread.join(5)
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()


class RefusedPort:
    """A port that is held and does not listen: connecting is refused."""

    def __init__(self):
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]

    def close(self):
        self._socket.close()


class Unanswering:
    """A listener whose queue is full: the kernel drops further SYNs, connecting times out."""

    def __init__(self):
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(0)
        self.port = self._listener.getsockname()[1]
        self._fillers = []
        while self._accepts():
            assert len(self._fillers) < 16, "the queue does not fill up"

    def _accepts(self):
        filler = socket.socket()
        filler.settimeout(0.3)
        self._fillers.append(filler)
        try:
            filler.connect(("127.0.0.1", self.port))
            return True
        except TimeoutError:
            return False

    def close(self):
        for filler in self._fillers:
            filler.close()
        self._listener.close()
