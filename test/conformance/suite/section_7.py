# SPDX-License-Identifier: Apache-2.0
"""7: the end (RFC 6455 5.5.1, 7). Nothing behind a Close counts; an answer has the code of what it
answers; what must not be on the wire is a protocol error. Stricter than the RFC has to be: a bad
Close is answered before TCP closes, and what was echoed when the Close came goes out before it."""

from support import frame
from support.frame import Frame

from . import payload
from .case import PROTOCOL_ERROR, Closed, echoed, exchange
from .event import close, echo_of, more, ping, text

LEGAL = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]
ILLEGAL = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999]
UNDEFINED = [5000, 65535]
NORMAL = Closed(1000)


def cases():
    greeting = text("nothing wrong here")
    yield echoed("7.1.1", "text, then an orderly end", greeting)
    yield exchange("7.1.2", "two Closes", close(1000), close(), ending=NORMAL)
    yield exchange("7.1.3", "Close, Ping", close(1000), ping(), ending=NORMAL)
    yield exchange("7.1.4", "Close, text", close(1000), greeting, ending=NORMAL)
    begun = text("the first half, ", fin=False)
    yield exchange("7.1.5", "first fragment, Close, last fragment", begun, close(1000),
                   more("the second half"), ending=Closed(1000, echo_of(begun)))
    long = text(payload.text(256 << 10))
    yield exchange("7.1.6", "text of 256 KiB, text, Close, Ping: both texts come back first", long,
                   greeting, close(1000), ping(), events=[echo_of(long), echo_of(greeting)],
                   ending=NORMAL)

    yield exchange("7.3.1", "Close without a code", close(), ending=Closed(None))
    yield exchange("7.3.2", "Close with one octet", Frame(frame.CLOSE, b"\x03"),
                   ending=PROTOCOL_ERROR)
    yield exchange("7.3.3", "Close with a code", close(1000), ending=NORMAL)
    yield exchange("7.3.4", "Close with a code and a reason", close(1000, "that was all"),
                   ending=NORMAL)
    yield exchange("7.3.5", "Close with a reason of 123 octets", close(1000, "*" * 123),
                   ending=NORMAL)
    yield exchange("7.3.6", "Close with a reason of 124 octets, which is too long",
                   close(1000, "*" * 124), ending=PROTOCOL_ERROR)
    yield exchange("7.5.1", "Close with a reason that is not UTF-8",
                   close(1000, "κόσμε".encode() + b"\xed\xa0\x80"), ending=Closed(1007))

    for number, code in enumerate(LEGAL, 1):
        yield exchange(f"7.7.{number}", f"Close {code}", close(code), ending=Closed(code))
    for number, code in enumerate(ILLEGAL, 1):
        yield exchange(f"7.9.{number}", f"Close {code}, which must not be sent", close(code),
                       ending=PROTOCOL_ERROR)
    for number, code in enumerate(UNDEFINED, 1):
        yield exchange(f"7.13.{number}", f"Close {code}, which nothing defines", close(code),
                       ending=PROTOCOL_ERROR)
