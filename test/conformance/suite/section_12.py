# SPDX-License-Identifier: Apache-2.0
"""12: permessage-deflate (RFC 7692) as a client usually offers it, over five kinds of content: a
message at a time, each compared octet by octet. (13 has the same messages and other offers.)"""

import functools

from support import frame
from support.frame import Frame

from . import payload
from .case import ORDERLY, Case
from .deflate import Deflater, Offer
from .event import Message
from .fault import Fault

KIB = 1 << 10
# (size of a message, of the fragments of its compressed form)
SHAPES = [(16, None), (64, None), (256, None), (KIB, None), (4 * KIB, None), (8 * KIB, None),
          (16 * KIB, None), (32 * KIB, None), (64 * KIB, None), (128 * KIB, None),
          (8 * KIB, 256), (16 * KIB, 256), (32 * KIB, 256), (64 * KIB, 256), (128 * KIB, 256),
          (128 * KIB, KIB), (128 * KIB, 4 * KIB), (128 * KIB, 32 * KIB)]

TEXTS = {"JSON", "HTML"}
# The server has to make these half as long at least, where a message is worth the trouble.
COMPRESSIBLE = {"JSON", "HTML", "German text"}
WORTH_IT = KIB


# So many octets of one case are compressed once and kept, as every driver is sent the same.
KEPT = 2 << 20


def deflated(document, size, count, agreement):
    """The messages in their compressed form, as one connection makes them."""
    deflater = Deflater(agreement)
    return map(deflater.deflate, payload.messages(document, size, count))


@functools.lru_cache(maxsize=None)
def kept(*what):
    return tuple(deflated(*what))


def in_frames(kind, octets, fragment):
    """A compressed message: RSV1 on its first frame."""
    size = fragment or max(len(octets), 1)
    for start in range(0, max(len(octets), 1), size):
        end = start + size
        yield Frame(frame.CONTINUATION if start else kind, octets[start:end],
                    fin=end >= len(octets), rsv=0 if start else 4)


class Compressed:
    def __init__(self, document, size, fragment):
        self._document, self._size, self._fragment = document, size, fragment
        self._kind = frame.TEXT if document in TEXTS else frame.BINARY

    def __call__(self, peer, volume):
        count = min(volume.messages, max(volume.octets // self._size, 1))
        what = (self._document, self._size, count)
        source = kept if count * self._size <= KEPT else deflated
        total = 0
        for plain, octets in zip(payload.messages(*what), source(*what, peer.agreement)):
            peer.send(*in_frames(self._kind, octets, self._fragment))
            peer.expect(Message(self._kind, plain))
            total += len(plain)
        self._check_saving(peer, total)
        ORDERLY.finish(peer)

    def _check_saving(self, peer, total):
        if self._document in COMPRESSIBLE and self._size >= WORTH_IT \
                and peer.data_octets > total / 2:
            raise Fault(f"{total} octets came back in {peer.data_octets}: hardly compressed")


def compressed_cases(group, document, offers):
    for number, (size, fragment) in enumerate(SHAPES, 1):
        pieces = f" in fragments of {fragment}" if fragment else ""
        yield Case(f"{group}.{number}", f"{document} in messages of {size}{pieces}",
                   Compressed(document, size, fragment), offers)


def cases():
    for number, document in enumerate(payload.DOCUMENTS, 1):
        yield from compressed_cases(f"12.{number}", document, (Offer(),))
