# SPDX-License-Identifier: Apache-2.0
"""Flaws in frames and messages."""

from support import frame

from .echo import PROTOCOL_ERROR, Conversation, Violation
from .flaw import caught_by


@caught_by("3.*")
class AcceptsReservedBits(Conversation):
    def check_reserved_bits(self, opcode, rsv):
        pass

    def begin_inflating(self):
        self.compressed = False


class SkipsFrames(Conversation):
    """Reads frames of data, of a kind that its subclasses know, to their ends and forgets them."""

    skips = False

    def begin(self, opcode, rsv):
        self.skips = self.is_to_skip(opcode)
        if not self.skips:
            super().begin(opcode, rsv)

    def take_data(self, size, key, fin):
        if self.skips:
            self.read(size)
        else:
            super().take_data(size, key, fin)


@caught_by("4.*", silent=("4.[12].[12]",))
class SkipsReservedOpcodes(SkipsFrames):
    def check_opcode(self, opcode):
        pass

    def is_to_skip(self, opcode):
        return opcode > frame.BINARY

    def take_control(self, opcode, payload):
        return super().take_control(min(opcode, frame.PONG), payload)


@caught_by("2.5", "7.3.6")
class AcceptsLongControlFrames(Conversation):
    def check_control(self, fin, size):
        if not fin:
            raise Violation(PROTOCOL_ERROR)


@caught_by("5.1", "5.2")
class AcceptsFragmentsOfControlFrames(Conversation):
    ended = True

    def check_control(self, fin, size):
        super().check_control(True, size)
        self.ended = fin

    def begin(self, opcode, rsv):
        if self.ended:
            super().begin(opcode, rsv)
        else:
            self.ended = True
            self.begin_message(frame.TEXT, False)


@caught_by("5.9", "5.1[0-7]")
class SkipsLoneContinuations(SkipsFrames):
    def is_to_skip(self, opcode):
        return opcode == frame.CONTINUATION and self.kind is None


@caught_by("5.18")
class JoinsMessagesThatWereNotEnded(Conversation):
    def begin(self, opcode, rsv):
        super().begin(opcode if self.kind is None else frame.CONTINUATION, rsv)


@caught_by("1.*", played=("1.*",), said="masked")
class MasksWhatItSends(Conversation):
    def send_frame(self, opcode, payload, fin=True, rsv=0):
        self.send(frame.encode(opcode, payload, fin=fin, rsv=rsv))


@caught_by("1.*.[1-7]", "1.*.8", played=("1.*",), said="not the shortest")
class SendsLengthsOf64Bits(Conversation):
    def send_frame(self, opcode, payload, fin=True, rsv=0):
        self.send(frame.encode(opcode, payload, fin=fin, rsv=rsv, mask=None, form=64))


@caught_by("1.1.*", played=("1.*",))
class EchoesEverythingAsBinary(Conversation):
    def echo(self, kind, payload):
        super().echo(frame.BINARY, payload)


@caught_by("5.[3-8]", "5.15", "5.19", "5.20", "6.1.[23]", "6.2.[2-4]", "10.*", "5.18",
           "6.4.[12]", "7.1.5")
class EchoesFragmentsAsMessages(Conversation):
    def take_data(self, size, key, fin):
        kind = self.kind
        super().take_data(size, key, True)
        self.kind = None if fin else kind


@caught_by("1.*.7", "1.*.8", "7.1.6", "9.1.[1-3]", played=("1.*", "7.*", "9.1.[1-3]"))
class SpoilsLongMessages(Conversation):
    def echo(self, kind, payload):
        super().echo(kind, payload[:65535] + b"?" * (len(payload) - 65535))


@caught_by("9.[78].[2-6]", played=("9.[78].*",))
class EchoesTheMessageBefore(Conversation):
    before = None

    def echo(self, kind, payload):
        super().echo(kind, payload if self.before is None else self.before)
        self.before = payload


@caught_by("6.1.1", "6.1.2", "1.*.1", "9.7.1")
class GreetsInsteadOfEmptyMessages(Conversation):
    def echo(self, kind, payload):
        super().echo(kind, payload or b"hello")


@caught_by("3.2", "4.1.[34]", "4.2.[34]", "5.15", maybe=("3.[34]", "4.*.5"),
           said="Close 1002 came where text message")
class LosesEchoesWhenItFails(Conversation):
    """It answers only when there is nothing to read."""

    def __init__(self, connection):
        super().__init__(connection)
        self.waiting = []

    def echo(self, kind, payload):
        self.waiting.append((kind, payload))

    def flush(self):
        for kind, payload in self.waiting:
            super().echo(kind, payload)
        self.waiting = []

    def pull(self):
        self.flush()
        super().pull()

    def answer_ping(self, payload):
        self.flush()
        super().answer_ping(payload)

    def answer_close(self, payload):
        self.flush()
        super().answer_close(payload)
