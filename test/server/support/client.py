# SPDX-License-Identifier: Apache-2.0
"""An HTTP and RFC 6455 client that can say anything, for one server."""

import base64
import hashlib
import os

from . import frame
from .connection import Connection, Ended, Response, read_response

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

__all__ = ["Client", "Ended", "Response", "WebSocket", "accept_for", "new_key"]


def new_key():
    return base64.b64encode(os.urandom(16)).decode()


def accept_for(key):
    return base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()


def write_request(method, path, headers, version="HTTP/1.1", body=b""):
    """`headers` is a dict; a list as value repeats the header, None leaves it out."""
    lines = [f"{method} {path} {version}"]
    for name, value in headers.items():
        values = value if isinstance(value, list) else [value]
        lines += [f"{name}: {one}" for one in values if one is not None]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


class WebSocket:
    """The framed half of a connection whose handshake was answered with 101."""

    def __init__(self, connection, response, key):
        self.connection = connection
        self.response = response
        self.key = key
        self.pings = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def send_frame(self, opcode, payload=b"", **broken):
        self.connection.send(frame.encode(opcode, payload, **broken))

    def send(self, payload):
        self.send_frame(frame.BINARY, payload)

    def send_close(self, code=None, reason=b""):
        self.send_frame(frame.CLOSE, frame.close_payload(code, reason))

    def receive_frame(self):
        """The next frame; pings are answered on the way and not returned."""
        while True:
            received = frame.decode(self.connection.receive_exactly)
            assert not received.masked, "a server must not mask (RFC 6455 5.1)"
            assert received.rsv == 0, "no extension was negotiated"
            if received.opcode != frame.PING:
                return received
            self.pings += 1
            self.send_frame(frame.PONG, received.payload)

    def receive_data(self):
        """The payload of the next frame, which must be binary data."""
        received = self.receive_frame()
        assert received.opcode in (frame.BINARY, frame.CONTINUATION), received
        return received.payload

    def receive_bytes(self, size):
        """Exactly so many bytes of the target's stream, however they were framed."""
        data = bytearray()
        while len(data) < size:
            data += self.receive_data()
        assert len(data) == size, f"{len(data)} bytes came, {size} were due"
        return bytes(data)

    def echo(self, payload):
        self.send(payload)
        assert self.receive_bytes(len(payload)) == payload

    def receive_to_close(self):
        """(bytes of data up to the Close, the Close frame)."""
        data = bytearray()
        while True:
            received = self.receive_frame()
            if received.opcode == frame.CLOSE:
                return bytes(data), received
            assert received.opcode in (frame.BINARY, frame.CONTINUATION), received
            data += received.payload

    def close(self, code=1000):
        """Our side of an orderly end: Close, the answer, the server's FIN."""
        self.send_close(code)
        data, answer = self.receive_to_close()
        assert self.connection.at_end(), "the server must close first (RFC 6455 7.1.1)"
        self.connection.close()
        return data, answer


class Client:
    """Speaks to one httpd over one scheme; keeps what is open, so that close() finds it all."""

    def __init__(self, httpd, scheme="http", *, host="localhost", tls_version=None, timeout=10.0):
        self.httpd, self.scheme, self.host, self.timeout = httpd, scheme, host, timeout
        self._tls_context = self._new_tls_context(tls_version)
        self._opened = []

    def close(self):
        for connection in self._opened:
            connection.close()

    def _new_tls_context(self, version):
        if self.scheme != "https":
            return None
        return self.httpd.certificate.client_context(version)

    @property
    def tls_context(self):
        """The context to give to another client library; None for http."""
        return self._tls_context

    @property
    def port(self):
        return self.httpd.https_port if self.scheme == "https" else self.httpd.http_port

    @property
    def authority(self):
        return f"{self.host}:{self.port}"

    @property
    def origin(self):
        return f"{self.scheme}://{self.authority}"

    def connect(self, **options):
        connection = Connection(self.port, tls=self.tls_context, server_name=self.host,
                                **{"timeout": self.timeout, **options})
        self._opened = [one for one in self._opened if one.is_open] + [connection]
        return connection

    # -- HTTP -------------------------------------------------------------------------------------

    def request(self, path, method="GET", headers=None, version="HTTP/1.1", body=b""):
        """One request on a connection of its own."""
        connection = self.connect()
        connection.send(write_request(
            method, path, {"Host": self.authority, "Connection": "close", **(headers or {})},
            version, body))
        response = read_response(connection, method)
        connection.close()
        return response

    def upgrade_request(self, path, headers=None, *, method="GET", version="HTTP/1.1", body=b""):
        """(bytes of a right handshake but for what `headers` changes, its key)."""
        key = new_key()
        standard = {"Host": self.authority, "Upgrade": "websocket", "Connection": "Upgrade",
                    "Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13",
                    "Origin": self.origin}
        changed = {**standard, **(headers or {})}
        return write_request(method, path, changed, version, body), changed["Sec-WebSocket-Key"]

    def handshake(self, path, headers=None, *, method="GET", version="HTTP/1.1", body=b"",
                  **options):
        """The answer to a handshake that is not expected to succeed."""
        connection = self.connect(**options)
        request, _ = self.upgrade_request(path, headers, method=method, version=version, body=body)
        connection.send(request)
        response = read_response(connection, method)
        connection.close()
        return response

    # -- WebSocket --------------------------------------------------------------------------------

    def websocket(self, path, headers=None, *, early=b"", **options):
        """An open tunnel; `early` goes out in the handshake's own segment (and TLS record)."""
        connection = self.connect(**options)
        request, key = self.upgrade_request(path, headers)
        connection.send(request + early)
        response = read_response(connection)
        assert response.status == 101, f"{response.status} {response.reason}: {response.body!r}"
        assert response.get("Sec-WebSocket-Accept") == accept_for(key)
        return WebSocket(connection, response, key)
