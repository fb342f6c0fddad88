# SPDX-License-Identifier: Apache-2.0
"""A case: its number, what it does, and the verdict that it comes to by raising Fault or not."""

from dataclasses import dataclass
from typing import Callable

from .event import Message, echo_of, text

# How what is sent is chopped; a number is one of octets.
TOGETHER, BY_FRAMES, BY_OCTETS = "together", "frame by frame", 1


@dataclass(frozen=True)
class Volume:
    """How much the cases of compression send at most: so many messages, so many octets (one message
    in any case)."""

    messages: int = 1000
    octets: int = 1 << 18


FULL_VOLUME = Volume(octets=1 << 62)


@dataclass(frozen=True)
class Case:
    """`play(peer, volume)`. Most of them are an Exchange; `offers` are those of RFC 7692."""

    number: str
    title: str
    play: Callable
    offers: tuple = ()

    @property
    def section(self):
        return self.number.split(".")[0]

    @property
    def order(self):
        return tuple(map(int, self.number.split(".")))


# -- how a connection ends ------------------------------------------------------------------------

@dataclass(frozen=True)
class Orderly:
    """We close when everything has come; the server answers with our code and closes TCP."""

    code: int = 1000

    def finish(self, peer):
        peer.close(self.code)


@dataclass(frozen=True)
class Closed:
    """The server's Close comes by itself, or as the answer to a Close that was sent, then it closes
    TCP; it waits for nothing more from us. `unfinished` is a message cut short by that, whose
    beginning may have come back."""

    code: int | None
    unfinished: Message | None = None

    def finish(self, peer):
        peer.expect_close(self.code, self.unfinished)


ORDERLY = Orderly()
PROTOCOL_ERROR = Closed(1002)


@dataclass(frozen=True)
class Exchange:
    """Frames out, in one go; events back; the end."""

    frames: tuple
    chop: object = TOGETHER
    events: tuple = ()
    ending: object = ORDERLY

    def __call__(self, peer, volume):
        del volume
        if self.chop == BY_FRAMES:
            for one in self.frames:
                peer.send(one)
        else:
            peer.send(*self.frames, chop=None if self.chop == TOGETHER else self.chop)
        peer.expect(*self.events)
        self.ending.finish(peer)


def bad_text(payload):
    """The end of a text message that is not UTF-8."""
    return Closed(1007, echo_of(text(payload)))


def _how(chop):
    if chop == BY_OCTETS:
        return ", octet by octet"
    return {TOGETHER: "", BY_FRAMES: ", frame by frame"}.get(chop, f", {chop} octets at a time")


def exchange(number, title, *frames, chop=TOGETHER, events=(), ending=ORDERLY):
    return Case(number, title + _how(chop), Exchange(frames, chop, tuple(events), ending))


def echoed(number, title, *frames, chop=TOGETHER):
    """The frames make one message, which comes back."""
    return exchange(number, title, *frames, chop=chop, events=[echo_of(*frames)])
