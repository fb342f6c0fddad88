# SPDX-License-Identifier: Apache-2.0
"""A client's TCP or TLS connection under full control, and HTTP/1.1 responses read from it."""

import socket
import ssl
import struct
from dataclasses import dataclass, field


class Ended(EOFError):
    """The server closed (or reset) the connection before what was asked for had arrived."""


class Reader:
    """What can be said of whoever has receive_some()."""

    def receive_to_end(self):
        """Everything up to the server's end."""
        data = bytearray()
        while True:
            try:
                data += self.receive_some()
            except Ended:
                return bytes(data)


class Connection(Reader):
    """`tls` is a client context or None. Every read has a time limit: a test never hangs."""

    def __init__(self, port, *, tls=None, server_name="localhost", timeout=10.0,
                 receive_buffer=None, early=b""):
        raw = socket.socket()
        if receive_buffer:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        raw.settimeout(timeout)
        raw.connect(("127.0.0.1", port))
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.local_port, self.remote_port = raw.getsockname()[1], port
        if early:
            raw.sendall(early)
        self.socket = raw
        if tls:  # an end without close_notify is to be seen as what it is
            self.socket = tls.wrap_socket(raw, server_hostname=server_name,
                                          suppress_ragged_eofs=False)
        self._buffer = bytearray()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def set_timeout(self, seconds):
        self.socket.settimeout(seconds)

    def send(self, data):
        self.socket.sendall(data)

    def receive_some(self):
        """What is there, at least a byte; Ended at the end, TimeoutError when nothing comes."""
        if self._buffer:
            data, self._buffer = bytes(self._buffer), bytearray()
            return data
        return self._pull()

    def _pull(self):
        try:
            data = self.socket.recv(262144)
        except (ConnectionError, ssl.SSLEOFError) as error:
            raise Ended(str(error)) from error
        if not data:
            raise Ended("end of stream")
        return data

    def receive_exactly(self, size):
        while len(self._buffer) < size:
            self._buffer += self._pull()
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def receive_until(self, mark):
        while mark not in self._buffer:
            self._buffer += self._pull()
        return self.receive_exactly(self._buffer.index(mark) + len(mark))

    def at_end(self, timeout=5.0):
        """True when the server closes within `timeout` and sends nothing more before it does."""
        self.set_timeout(timeout)
        try:
            self.receive_some()
            return False
        except Ended:
            return True
        except TimeoutError:
            return False

    def silent_for(self, seconds):
        """True when neither a byte nor the end comes for so long."""
        before = self.socket.gettimeout()
        self.set_timeout(seconds)
        try:
            self._buffer += self._pull()
            return False
        except Ended:
            return False
        except TimeoutError:
            return True
        finally:
            self.set_timeout(before)

    def finish_sending(self):
        """FIN without a word of TLS or WebSocket, as of a program that was killed."""
        socket.socket.shutdown(self.socket, socket.SHUT_WR)

    def reset(self):
        """RST, as of a machine that went away."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    @property
    def is_open(self):
        return self.socket.fileno() >= 0

    def close(self):
        self.socket.close()


@dataclass
class Response:
    status: int
    reason: str
    headers: list = field(default_factory=list)  # of (name, value), as they came
    body: bytes = b""

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def get(self, name):
        """The value of a header that may come once; None without it."""
        values = self.all(name)
        assert len(values) <= 1, f"{name} came {len(values)} times: {values}"
        return values[0] if values else None

    def tokens(self, name):
        """The header's list, in lower case."""
        return [token.strip().lower() for value in self.all(name) for token in value.split(",")]


def _read_chunked(connection):
    body = bytearray()
    while True:
        size = int(connection.receive_until(b"\r\n").split(b";")[0], 16)
        body += connection.receive_exactly(size)
        connection.receive_exactly(2)
        if size == 0:
            return bytes(body)


def read_response(connection, method="GET"):
    head = connection.receive_until(b"\r\n\r\n").decode("latin-1")
    first, *lines = head.split("\r\n")[:-2]
    version, status, *reason = first.split(" ", 2)
    assert version == "HTTP/1.1", first
    headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines]
    response = Response(int(status), "".join(reason), headers)
    if response.status < 200 or response.status in (204, 304) or method == "HEAD":
        return response
    if "chunked" in response.tokens("Transfer-Encoding"):
        response.body = _read_chunked(connection)
    elif response.get("Content-Length") is not None:
        response.body = connection.receive_exactly(int(response.get("Content-Length")))
    else:
        response.body = connection.receive_to_end()
    return response
