# SPDX-License-Identifier: Apache-2.0
"""2: Ping and Pong (RFC 6455 5.5.2, 5.5.3). Every Ping is answered, also each of many."""

from .case import BY_OCTETS, PROTOCOL_ERROR, TOGETHER, exchange
from .event import ping, pong, pong_of

NOT_TEXT = b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff"
LONGEST = b"\xfe" * 125


def answered(number, title, *pings, chop=TOGETHER):
    return exchange(number, title, *pings, chop=chop, events=map(pong_of, pings))


def cases():
    yield answered("2.1", "empty Ping", ping())
    yield answered("2.2", "Ping with text", ping("Is anybody there?"))
    yield answered("2.3", "Ping with octets that are no text", ping(NOT_TEXT))
    yield answered("2.4", "Ping of 125 octets", ping(LONGEST))
    yield exchange("2.5", "Ping of 126 octets, which is too long", ping(LONGEST + b"\xfe"),
                   ending=PROTOCOL_ERROR)
    yield answered("2.6", "Ping of 125 octets", ping(LONGEST), chop=BY_OCTETS)
    yield exchange("2.7", "empty Pong unasked: no answer", pong())
    yield exchange("2.8", "Pong with text unasked: no answer", pong("here I am"))
    last = ping("and are you there?")
    yield exchange("2.9", "Pong unasked, then Ping: one answer", pong("here I am"), last,
                   events=[pong_of(last)])
    many = [ping(f"ping {number} of 10") for number in range(1, 11)]
    yield answered("2.10", "ten Pings: ten Pongs in order", *many)
    yield answered("2.11", "ten Pings: ten Pongs in order", *many, chop=BY_OCTETS)
