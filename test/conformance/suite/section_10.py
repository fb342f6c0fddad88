# SPDX-License-Identifier: Apache-2.0
"""10: fragments whose size fits no power of two."""

from . import payload
from .case import Case
from .event import text
from .section_9 import InFragments


def cases():
    yield Case("10.1.1", "text of 65536 octets in fragments of 1300",
               InFragments(text, payload.text(65536), 1300))
