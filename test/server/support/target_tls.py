# SPDX-License-Identifier: Apache-2.0
"""The server's side of TLS, for targets."""

import socket
import ssl
from contextlib import suppress


class TlsSocket:
    """A server's TLS over a socket, with what ssl.SSLSocket lacks: shutdown() says close_notify and
    leaves the other way open. An end without close_notify is an error."""

    def __init__(self, raw, context):
        self._raw = raw
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        try:
            self._run(self._tls.do_handshake)
        finally:
            self._flush()  # the alert that says what was wrong
        self.version = self._tls.version()

    def _flush(self):
        if self._outgoing.pending:
            self._raw.sendall(self._outgoing.read())

    def _run(self, step, *arguments):
        while True:
            try:
                result = step(*arguments)
                self._flush()
                return result
            except ssl.SSLWantReadError:
                self._flush()
                data = self._raw.recv(65536)
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()

    def send(self, data):
        return self._run(self._tls.write, data)

    def recv(self, size):
        try:
            return self._run(self._tls.read, size)
        except ssl.SSLZeroReturnError:
            return b""

    def shutdown(self, how):
        if how == socket.SHUT_WR:
            with suppress(ssl.SSLWantReadError):  # the peer's own close_notify is not waited for
                self._tls.unwrap()
            self._flush()
        self._raw.shutdown(how)

    def setsockopt(self, *arguments):
        self._raw.setsockopt(*arguments)

    def fin(self):
        """The end of TCP, without a word of TLS."""
        self._raw.shutdown(socket.SHUT_WR)

    def close(self):
        self._raw.close()


class Tls:
    """A target's opening (see support.targets); `context` is a server's. What clients asked for in
    server_name is kept, None where one sent none."""

    def __init__(self, context):
        self._context = context
        self.asked_names = []
        context.sni_callback = lambda _, name, __: self.asked_names.append(name)

    def __call__(self, session):
        session.connection = TlsSocket(session.connection, self._context)
