# SPDX-License-Identifier: Apache-2.0
"""5: fragments, and control frames between them (RFC 6455 5.4)."""

from .case import BY_FRAMES, BY_OCTETS, ORDERLY, PROTOCOL_ERROR, TOGETHER, Case, Closed, echoed, \
    exchange
from .event import echo_of, more, ping, pong, pong_of, text

CHOPS = [TOGETHER, BY_FRAMES, BY_OCTETS]
FIRST, LAST = text("the first half, ", fin=False), more("the second half")


def control_in_fragments(number, title, frame):
    return exchange(number, title, frame, more("second half"), ending=PROTOCOL_ERROR)


def nothing_to_continue(number, fin, chop):
    return exchange(number, f"continuation (FIN {fin:d}) of nothing, text", more("whose?", fin=fin),
                    text("nothing wrong here"), chop=chop, ending=PROTOCOL_ERROR)


def late_answer(by_frames):
    """The first Ping is answered before the message goes on: so the pause that shows this is the
    wait for that answer."""
    begin = [text("one ", fin=False), more("two ", fin=False)]
    end = [more("three ", fin=False), more("four ", fin=False)]
    first, second, last = ping("first ping"), ping("second ping"), more("five")

    def send(peer, frames):
        for piece in [[one] for one in frames] if by_frames else [frames]:
            peer.send(*piece)

    def play(peer, volume):
        del volume
        send(peer, [*begin, first])
        peer.expect(pong_of(first))
        send(peer, [*end, second, last])
        peer.expect(pong_of(second), echo_of(*begin, *end, last))
        ORDERLY.finish(peer)

    return play


def cases():
    yield control_in_fragments("5.1", "Ping in two fragments", ping("first half", fin=False))
    yield control_in_fragments("5.2", "Pong in two fragments", pong("first half", fin=False))
    for number, chop in enumerate(CHOPS, 3):
        yield echoed(f"5.{number}", "text in two fragments", FIRST, LAST, chop=chop)
    between = ping("between the halves")
    for number, chop in enumerate(CHOPS, 6):
        yield exchange(f"5.{number}", "Ping between two fragments: the Pong comes first", FIRST,
                       between, LAST, chop=chop, events=[pong_of(between), echo_of(FIRST, LAST)])
    for number, chop in enumerate(CHOPS, 9):
        yield nothing_to_continue(f"5.{number}", True, chop)
    for number, chop in enumerate(CHOPS, 12):
        yield nothing_to_continue(f"5.{number}", False, chop)
    yield exchange("5.15", "text in two fragments, continuation (FIN 0) of nothing, text", FIRST,
                   LAST, more("whose?", fin=False), text("nothing wrong here"),
                   events=[echo_of(FIRST, LAST)], ending=PROTOCOL_ERROR)
    for number, fin in ((16, False), (17, True)):
        twice = [more("whose?", fin=fin), FIRST, LAST] * 2
        yield exchange(f"5.{number}", f"twice: continuation (FIN {fin:d}) of nothing, text in two "
                       "fragments", *twice, ending=PROTOCOL_ERROR)
    yield exchange("5.18", "text in two fragments, both with the opcode of text", FIRST,
                   text("the second half"), ending=Closed(1002, echo_of(FIRST)))
    yield Case("5.19", "text in five fragments and two Pings, the first of which is answered "
               "before the third fragment is sent", late_answer(by_frames=False))
    yield Case("5.20", "the same, frame by frame", late_answer(by_frames=True))
