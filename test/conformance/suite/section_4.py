# SPDX-License-Identifier: Apache-2.0
"""4: reserved opcodes (RFC 6455 5.2) of data (4.1) and of control frames (4.2)."""

from support.frame import Frame

from .case import BY_OCTETS, PROTOCOL_ERROR, TOGETHER, exchange
from .event import echo_of, ping, text

PAYLOAD = b"what would this be?"


def after_echo(number, opcode, payload, chop=TOGETHER):
    sound = text("nothing wrong here")
    with_payload = " with payload" if payload else ""
    return exchange(number, f"text, opcode {opcode}{with_payload}, Ping", sound,
                    Frame(opcode, payload), ping(), chop=chop, events=[echo_of(sound)],
                    ending=PROTOCOL_ERROR)


def cases():
    for group, first in (("4.1", 3), ("4.2", 11)):
        yield exchange(f"{group}.1", f"opcode {first}", Frame(first, b""), ending=PROTOCOL_ERROR)
        yield exchange(f"{group}.2", f"opcode {first + 1} with payload", Frame(first + 1, PAYLOAD),
                       ending=PROTOCOL_ERROR)
        yield after_echo(f"{group}.3", first + 2, b"")
        yield after_echo(f"{group}.4", first + 3, PAYLOAD)
        yield after_echo(f"{group}.5", first + 4, PAYLOAD, BY_OCTETS)
