# SPDX-License-Identifier: Apache-2.0
"""13: permessage-deflate as RFC 7692 7.1 lets it be tuned. What was agreed is held against what the
server does: a context that it should have dropped, or a window wider than agreed, does not
inflate."""

from .deflate import Offer
from .section_12 import compressed_cases

OFFERS = [
    (Offer(),),
    (Offer(no_takeover=True),),
    (Offer(window=9),),
    (Offer(window=15),),
    (Offer(no_takeover=True, window=9),),
    (Offer(no_takeover=True, window=15),),
    (Offer(no_takeover=True, window=9), Offer(no_takeover=True), Offer()),
]


def cases():
    for number, offers in enumerate(OFFERS, 1):
        yield from compressed_cases(f"13.{number}", "JSON", offers)
