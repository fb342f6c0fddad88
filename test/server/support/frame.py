# SPDX-License-Identifier: Apache-2.0
"""RFC 6455 frames as a client writes and reads them, with every rule breakable on purpose."""

import struct
from dataclasses import dataclass

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10

MASK = b"\x37\xfa\x21\x3d"  # the example of RFC 6455 section 5.7


@dataclass(frozen=True)
class Frame:
    opcode: int
    payload: bytes
    fin: bool = True
    rsv: int = 0
    masked: bool = False

    @property
    def close_code(self):
        return struct.unpack("!H", self.payload[:2])[0] if len(self.payload) >= 2 else None


def apply_mask(payload, mask):
    if not any(mask):
        return bytes(payload)
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")


def encode_length(size, form=None):
    """The 7, 16 or 64 bit form; the shortest unless `form` names one. Without the mask bit."""
    form = form or (7 if size < 126 else 16 if size < 65536 else 64)
    if form == 7:
        return bytes([size])
    return struct.pack("!BH", 126, size) if form == 16 else struct.pack("!BQ", 127, size)


def encode_header(opcode, size, *, fin=True, rsv=0, mask=MASK, form=None):
    """`rsv` is three bits, RSV1 the highest; mask=None leaves the frame unmasked."""
    length = bytearray(encode_length(size, form))
    if mask is not None:
        length[0] |= 0x80
    return bytes([(0x80 if fin else 0) | rsv << 4 | opcode]) + bytes(length) + (mask or b"")


def encode(opcode, payload=b"", *, fin=True, rsv=0, mask=MASK, form=None):
    header = encode_header(opcode, len(payload), fin=fin, rsv=rsv, mask=mask, form=form)
    return header + (payload if mask is None else apply_mask(payload, mask))


def close_payload(code=None, reason=b""):
    return b"" if code is None else struct.pack("!H", code) + reason


def decode(read_exactly):
    """One frame, pulled through read_exactly(size) -> bytes."""
    first, second = read_exactly(2)
    size = second & 0x7F
    if size == 126:
        (size,) = struct.unpack("!H", read_exactly(2))
    elif size == 127:
        (size,) = struct.unpack("!Q", read_exactly(8))
    mask = read_exactly(4) if second & 0x80 else None
    payload = read_exactly(size)
    if mask is not None:
        payload = apply_mask(payload, mask)
    return Frame(first & 0x0F, payload, bool(first & 0x80), first >> 4 & 7, mask is not None)
