# SPDX-License-Identifier: Apache-2.0
"""3: reserved bits without an extension that uses them (RFC 6455 5.2). What came before is
answered, what comes behind is not."""

from .case import BY_FRAMES, BY_OCTETS, PROTOCOL_ERROR, TOGETHER, exchange
from .event import binary, close, echo_of, ping, text

GREETING = "nothing wrong here"


def after_echo(number, rsv, chop):
    sound = text(GREETING)
    return exchange(number, f"text, text with RSV {rsv}, Ping", sound, text(GREETING, rsv=rsv),
                    ping(), chop=chop, events=[echo_of(sound)], ending=PROTOCOL_ERROR)


def refused(number, title, frame):
    return exchange(number, title, frame, ending=PROTOCOL_ERROR)


def cases():
    yield refused("3.1", "text with RSV 1", text(GREETING, rsv=1))
    yield after_echo("3.2", 2, TOGETHER)
    yield after_echo("3.3", 3, BY_FRAMES)
    yield after_echo("3.4", 4, BY_OCTETS)
    yield refused("3.5", "binary with RSV 5", binary(b"\x00\xff\xfe\xfd", rsv=5))
    yield refused("3.6", "Ping with RSV 6", ping("anybody?", rsv=6))
    yield refused("3.7", "Close with RSV 7", close(rsv=7))
