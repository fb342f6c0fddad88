# SPDX-License-Identifier: Apache-2.0
"""The client of one case: sends frames, chopped as asked for, and turns what comes back into
events, each frame of it held against RFC 6455 (and 7692) on the way."""

import codecs
import random
import struct

from support import frame
from support.connection import Ended

from .deflate import Inflater
from .event import Close, End, Message, Pong
from .fault import Fault

CONTROL = {frame.CLOSE, frame.PING, frame.PONG}
OPCODES = {frame.CONTINUATION, frame.TEXT, frame.BINARY} | CONTROL


class Incoming:
    """A message whose last frame has not come."""

    def __init__(self, kind, compressed):
        self.kind, self.compressed = kind, compressed
        self.pieces = []


class Peer:
    """`agreement` is that on permessage-deflate, None without one. `seed` makes the masking keys,
    so that a case is the same octets in every run."""

    def __init__(self, wire, *, agreement=None, seed=0):
        self.agreement = agreement
        self.data_octets = 0  # payload of data frames, as it came
        self._wire = wire
        self._inflater = Inflater(agreement) if agreement else None
        self._keys = random.Random(seed)
        self._incoming = None
        self._closing = False  # the server's Close has come

    # -- sending ----------------------------------------------------------------------------------

    def encode(self, one):
        return frame.encode(one.opcode, one.payload, fin=one.fin, rsv=one.rsv,
                            mask=self._keys.randbytes(4))

    def send_octets(self, data, chop=None):
        """In pieces of `chop` octets, each a segment (and a TLS record) of its own."""
        if not chop:
            self._wire.send(data)
            return
        for start in range(0, len(data), chop):
            self._wire.send(data[start:start + chop])

    def send(self, *frames, chop=None):
        """All in one piece, or chopped without regard to the frames."""
        self.send_octets(b"".join(map(self.encode, frames)), chop)

    # -- receiving --------------------------------------------------------------------------------

    def next_event(self):
        while True:
            try:
                event = self._take_frame()
            except Ended:
                return self._ended()
            except TimeoutError:
                raise Fault("nothing came") from None
            if event is not None:
                return event

    def expect(self, *events):
        """These, in this order, and no other between them."""
        for expected in events:
            try:
                event = self.next_event()
            except Fault as fault:
                raise Fault(f"{fault}, where {expected} was due") from None
            if event != expected:
                raise Fault(f"{event} came where {expected} was due")

    def expect_close(self, code, unfinished=None):
        """The server's Close, then its end of TCP while ours is open. Of the message `unfinished`
        a beginning may have come back, as far as it was sound."""
        self.expect(Close(code))
        self._check_unfinished(unfinished)
        self.expect(End())

    def close(self, code=1000):
        """Our side of an orderly end: nothing may come before the answer."""
        self.send(frame.Frame(frame.CLOSE, frame.close_payload(code)))
        self.expect_close(code)

    def _check_unfinished(self, sent):
        if self._incoming is None:
            return
        came = Message(self._incoming.kind, b"".join(self._incoming.pieces))
        if sent is None or came.kind != sent.kind or not sent.payload.startswith(came.payload):
            raise Fault(f"the beginning of a {came} came, which nobody sent")
        if came.kind == frame.TEXT:
            try:
                codecs.getincrementaldecoder("utf-8")().decode(came.payload)
            except UnicodeDecodeError:
                raise Fault(f"the beginning of a {came} came, which is not UTF-8") from None

    def _ended(self):
        if self._wire.ending == "closed" and self._wire.buffer:
            raise Fault("the connection closed in the middle of a frame")
        return End(self._wire.ending)

    def _need(self, size):
        buffer = self._wire.buffer
        while len(buffer) < size:
            self._wire.pull()

    def _take_frame(self):
        """The event that the next frame makes, or None when it makes none."""
        self._need(2)
        buffer = self._wire.buffer
        first, second = buffer[0], buffer[1]
        header, size = 2, second
        if second > 125:
            header, size = self._long_length(second)
        self._need(header + size)
        payload = bytes(memoryview(buffer)[header:header + size])
        del buffer[:header + size]
        if self._closing:
            raise Fault("a frame came behind the server's Close")
        opcode, fin, rsv = first & 0x0F, bool(first & 0x80), first >> 4 & 7
        if opcode not in OPCODES:
            raise Fault(f"a frame with opcode {opcode} came")
        if opcode in CONTROL:
            return self._control(opcode, fin, rsv, payload)
        return self._data(opcode, fin, rsv, payload)

    def _long_length(self, second):
        """(octets of the header, octets of the payload) where the length has 16 or 64 bits."""
        if second & 0x80:
            raise Fault("the server masked a frame")
        wide = second == 127
        header = 10 if wide else 4
        self._need(header)
        (size,) = struct.unpack_from("!Q" if wide else "!H", self._wire.buffer, 2)
        if size < (65536 if wide else 126):
            raise Fault(f"a length of {size} came in a form that is not the shortest")
        return header, size

    def _control(self, opcode, fin, rsv, payload):
        if not fin or rsv or len(payload) > 125:
            raise Fault(f"a control frame came with FIN {fin}, RSV {rsv}, {len(payload)} octets")
        if opcode == frame.PING:
            self.send(frame.Frame(frame.PONG, payload))
            return None
        return Pong(payload) if opcode == frame.PONG else self._close(payload)

    def _close(self, payload):
        self._closing = True
        if not payload:
            return Close(None)
        if len(payload) == 1:
            raise Fault("a Close with one octet came")
        try:
            payload[2:].decode()
        except UnicodeDecodeError:
            raise Fault("a Close with a reason that is not UTF-8 came") from None
        return Close(struct.unpack_from("!H", payload)[0])

    def _data(self, opcode, fin, rsv, payload):
        if opcode == frame.CONTINUATION:
            if self._incoming is None:
                raise Fault("a continuation frame came with nothing to continue")
        elif self._incoming is not None:
            raise Fault("a message began inside another")
        if rsv & 3 or (rsv and (self._inflater is None or opcode == frame.CONTINUATION)):
            raise Fault(f"a frame with opcode {opcode} and RSV {rsv} came")
        if opcode != frame.CONTINUATION:
            self._incoming = Incoming(opcode, bool(rsv))
        self._incoming.pieces.append(payload)
        self.data_octets += len(payload)
        return self._whole_message() if fin else None

    def _whole_message(self):
        came, self._incoming = self._incoming, None
        payload = b"".join(came.pieces)
        if came.compressed:
            payload = self._inflater.inflate(payload)
        return Message(came.kind, payload)
