# SPDX-License-Identifier: Apache-2.0
"""6: text is UTF-8 (RFC 3629, RFC 6455 8.1), and what is not is refused at the first octet that
cannot be: nothing that comes later is waited for (fail fast)."""

from . import utf8
from .case import Case, bad_text, echoed, exchange
from .event import more, ping, pong_of, text

MIXED = "Größe 3 µm, déjà vu @ 20 €, 漢字, 𝄞!"
GREEK = "κόσμε".encode()
SURROGATE = GREEK + b"\xed\xa0\x80" + b"edited"
# U+110000, which would be the first one behind Unicode: wrong by its second octet.
BEYOND = GREEK + b"\xf4\x90\x80\x80" + b"edited"
WRONG_BY = len(GREEK) + 2


def single_octets(payload):
    """A fragment an octet."""
    last = len(payload) - 1
    for place in range(len(payload)):
        octet = payload[place:place + 1]
        yield (more if place else text)(octet, fin=place == last)


def refused_by_fragment(good, wrong):
    """The first fragment is accepted (a Ping behind it is answered), the second is refused with the
    third not sent."""
    fence = ping("still open?")

    def play(peer, volume):
        del volume
        peer.send(text(good, fin=False), fence)
        peer.expect(pong_of(fence))
        peer.send(more(wrong, fin=False))
        bad_text(good + wrong).finish(peer)

    return play


def refused_within_frame(good, wrong):
    """The same within one frame, whose last octets are never sent."""

    def play(peer, volume):
        del volume
        whole = peer.encode(text(BEYOND))
        header = len(whole) - len(BEYOND)
        end = header + len(good)
        peer.send_octets(whole[:end])
        peer.send_octets(whole[end:end + len(wrong)])
        bad_text(good + wrong).finish(peer)

    return play


def sequence(number, payload, valid):
    if valid:
        return echoed(number, f"text {payload.hex(' ')}, which is UTF-8", text(payload))
    return exchange(number, f"text {payload.hex(' ')}, which is not UTF-8", text(payload),
                    ending=bad_text(payload))


def cases():
    yield echoed("6.1.1", "empty text", text())
    yield echoed("6.1.2", "text in three empty fragments", text(fin=False), more(fin=False), more())
    yield echoed("6.1.3", "text in three fragments, the first and the last empty", text(fin=False),
                 more("in the middle", fin=False), more())
    whole = MIXED.encode()
    yield echoed("6.2.1", "text with characters of one to four octets", text(whole))
    yield echoed("6.2.2", "the same in two fragments, cut between characters", text(MIXED[:9],
                 fin=False), more(MIXED[9:]))
    yield echoed("6.2.3", "the same, every octet a fragment", *single_octets(whole))
    yield echoed("6.2.4", "Greek, every octet a fragment", *single_octets(GREEK))
    yield exchange("6.3.1", "text with a surrogate in its middle", text(SURROGATE),
                   ending=bad_text(SURROGATE))
    yield exchange("6.3.2", "the same, every octet a fragment", *single_octets(SURROGATE),
                   ending=bad_text(SURROGATE))
    rest = BEYOND[len(GREEK):len(GREEK) + 4]
    prefix, wrong = BEYOND[:WRONG_BY - 1], BEYOND[WRONG_BY - 1:WRONG_BY]
    yield Case("6.4.1", "a fragment that is sound, one with a code point beyond Unicode, no third",
               refused_by_fragment(GREEK, rest))
    yield Case("6.4.2", "a fragment that is sound so far, one with the octet that is wrong",
               refused_by_fragment(prefix, wrong))
    yield Case("6.4.3", "6.4.1 in pieces of one frame, the last piece not sent",
               refused_within_frame(GREEK, rest))
    yield Case("6.4.4", "6.4.2 in pieces of one frame, the last piece not sent",
               refused_within_frame(prefix, wrong))
    for group, sequences in enumerate(utf8.GROUPS, 5):
        for number, (payload, valid) in enumerate(sequences, 1):
            yield sequence(f"6.{group}.{number}", payload, valid)
