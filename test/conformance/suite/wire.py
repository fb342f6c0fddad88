# SPDX-License-Identifier: Apache-2.0
"""A client's connection that reads while it cannot write: a server that echoes a long message as it
comes would otherwise wait for us, and we for it."""

import select
import socket
import ssl

from support.connection import Connection, Ended

TLS_RECORD = 16384
WOULD_BLOCK = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Wire(Connection):
    """After go_live() every operation takes the time that it takes, but TimeoutError comes when
    nothing at all happens for `patience` seconds. Up to then it is 15 for each."""

    def __init__(self, port, *, tls, patience):
        if tls:  # Python's contexts take an end without close_notify for a right one otherwise
            tls.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
        super().__init__(port, tls=tls, timeout=15.0)
        self._patience = patience
        self._is_tls = tls is not None
        self._live = False
        self._sendable = True
        self._poll = select.poll()
        self.ending = None  # "closed" in order, or how else the server left

    def go_live(self):
        self._live = True
        self.set_timeout(0)
        self._poll.register(self.socket)

    @property
    def buffer(self):
        """What has come and was not taken; who takes from its front deletes that."""
        return self._buffer

    # -- sending ----------------------------------------------------------------------------------

    def send(self, data):
        """What a server that has gone does not take is dropped: reading tells how it went."""
        if not self._live:
            super().send(data)
            return
        rest = memoryview(data)
        step = TLS_RECORD if self._is_tls else max(len(rest), 1)
        while rest and self._sendable:
            sent = self._send_some(rest[:step])
            rest = rest[sent:]
            if not sent and self._sendable:
                self._wait(select.POLLIN | select.POLLOUT)
                self._read_while_sending()

    def _send_some(self, data):
        try:
            return self.socket.send(data)
        except WOULD_BLOCK:
            return 0
        except (ConnectionError, ssl.SSLError):
            self._sendable = False
            return 0

    def _read_while_sending(self):
        try:
            self._read()
        except Ended:
            self._sendable = False  # pull() comes to the same end

    # -- receiving --------------------------------------------------------------------------------

    def pull(self):
        """More in the buffer; Ended at the end."""
        while not self._read():
            self._wait(select.POLLIN)

    def _read(self):
        try:
            self._buffer += self._pull()
        except WOULD_BLOCK:
            return False
        return True

    def _pull(self):
        if self.ending:
            raise Ended(self.ending)
        try:
            return super()._pull()
        except WOULD_BLOCK:
            raise
        except ssl.SSLError as error:
            self.ending = f"ended against TLS ({error.reason})"
            raise Ended(self.ending) from error
        except Ended as end:
            self.ending = self._kind_of_end(end.__cause__)
            raise

    def _kind_of_end(self, cause):
        if isinstance(cause, ConnectionError):
            return "reset"
        if isinstance(cause, ssl.SSLError):
            return f"ended against TLS ({cause.reason})"
        return self._end_of_tcp() if self._is_tls and self._live else "closed"

    def _end_of_tcp(self):
        """Behind close_notify: the FIN that has to follow it, read past TLS."""
        try:
            self._wait(select.POLLIN)
            more = socket.socket.recv(self.socket, 1)
        except ConnectionError:
            return "reset"
        except TimeoutError:
            return "left open behind close_notify"
        return "closed" if not more else "followed by octets behind close_notify"

    def _wait(self, events):
        self._poll.modify(self.socket, events)
        if not self._poll.poll(self._patience * 1000):
            raise TimeoutError
