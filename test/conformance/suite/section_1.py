# SPDX-License-Identifier: Apache-2.0
"""1: messages of every form of length, text (1.1) and binary (1.2)."""

from . import payload
from .case import echoed
from .event import binary, text

SIZES = [0, 125, 126, 127, 128, 65535, 65536]


def cases():
    for group, kind, frame, octets in (("1.1", "text", text, payload.text),
                                       ("1.2", "binary", binary, payload.binary)):
        for number, size in enumerate(SIZES, 1):
            yield echoed(f"{group}.{number}", f"{kind} of {size} octets", frame(octets(size)))
        yield echoed(f"{group}.8", f"{kind} of 65536 octets", frame(octets(65536)), chop=997)
