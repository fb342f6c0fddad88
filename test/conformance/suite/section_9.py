# SPDX-License-Identifier: Apache-2.0
"""9: long messages whole (9.1, 9.2), in fragments (9.3, 9.4) and in pieces (9.5, 9.6), and many
short ones (9.7, 9.8); text in the odd groups, binary in the even ones."""

from . import payload
from .case import ORDERLY, Case, echoed
from .event import binary, echo_of, more, text

KIB, MIB = 1 << 10, 1 << 20
WHOLE = [64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB]
FRAGMENTS = [64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB]
PIECES = [64, 128, 256, 512, 1024, 2048]
SHORT = [0, 16, 64, 256, KIB, 4 * KIB]
ROUND_TRIPS = 1000


class InFragments:
    """Made when the case is played: some have 65536 of them."""

    def __init__(self, frame, message, size):
        self._frame, self._message, self._size = frame, message, size

    def _frames(self):
        message = self._message
        for start in range(0, len(message), self._size):
            end = start + self._size
            yield (more if start else self._frame)(message[start:end], fin=end >= len(message))

    def __call__(self, peer, volume):
        del volume
        peer.send(*self._frames())
        peer.expect(echo_of(self._frame(self._message)))
        ORDERLY.finish(peer)


def round_trips(frame, size):
    def play(peer, volume):
        del volume
        for number in range(ROUND_TRIPS):
            message = frame(b"%0*d" % (size, number) if size else b"")
            peer.send(message)
            peer.expect(echo_of(message))
        ORDERLY.finish(peer)

    return play


def in_words(size):
    return f"{size // MIB} MiB" if size >= MIB else f"{size // KIB} KiB" if size >= KIB \
        else f"{size} octets"


def cases():
    for odd, kind, frame, octets in ((1, "text", text, payload.text),
                                     (2, "binary", binary, payload.binary)):
        for number, size in enumerate(WHOLE, 1):
            yield echoed(f"9.{odd}.{number}", f"{kind} of {in_words(size)}", frame(octets(size)))
        for number, size in enumerate(FRAGMENTS, 1):
            yield Case(f"9.{odd + 2}.{number}", f"{kind} of 4 MiB in fragments of {in_words(size)}",
                       InFragments(frame, octets(4 * MIB), size))
        for number, size in enumerate(PIECES, 1):
            yield echoed(f"9.{odd + 4}.{number}", f"{kind} of 1 MiB", frame(octets(MIB)), chop=size)
        for number, size in enumerate(SHORT, 1):
            yield Case(f"9.{odd + 6}.{number}", f"{ROUND_TRIPS} times {kind} of {in_words(size)}",
                       round_trips(frame, size))
