# SPDX-License-Identifier: Apache-2.0
"""What a case sends, and what may come back."""

from dataclasses import dataclass

from support import frame
from support.frame import Frame

from .fault import shown

KINDS = {frame.TEXT: "text", frame.BINARY: "binary"}


def octets(payload):
    return payload.encode() if isinstance(payload, str) else payload


# -- frames to send -------------------------------------------------------------------------------

def text(payload="", fin=True, rsv=0):
    return Frame(frame.TEXT, octets(payload), fin, rsv)


def binary(payload=b"", fin=True, rsv=0):
    return Frame(frame.BINARY, payload, fin, rsv)


def more(payload="", fin=True):
    return Frame(frame.CONTINUATION, octets(payload), fin)


def ping(payload="", fin=True, rsv=0):
    return Frame(frame.PING, octets(payload), fin, rsv)


def pong(payload="", fin=True):
    return Frame(frame.PONG, octets(payload), fin)


def close(code=None, reason=b"", rsv=0):
    return Frame(frame.CLOSE, frame.close_payload(code, octets(reason)), rsv=rsv)


# -- events that come back ------------------------------------------------------------------------

@dataclass(frozen=True)
class Message:
    """A whole message, however it was cut into frames."""

    kind: int
    payload: bytes

    def __str__(self):
        return f"{KINDS[self.kind]} message {shown(self.payload)}"


@dataclass(frozen=True)
class Pong:
    payload: bytes

    def __str__(self):
        return f"Pong {shown(self.payload)}"


@dataclass(frozen=True)
class Close:
    """The code (None: a Close without one); its reason is not compared."""

    code: int | None

    def __str__(self):
        return "Close without a code" if self.code is None else f"Close {self.code}"


@dataclass(frozen=True)
class End:
    """The end of the connection, which has to be `closed`."""

    how: str = "closed"

    def __str__(self):
        return f"the connection {self.how}"


def echo_of(*frames):
    """The message that these frames make."""
    return Message(frames[0].opcode, b"".join(one.payload for one in frames))


def pong_of(one):
    return Pong(one.payload)
