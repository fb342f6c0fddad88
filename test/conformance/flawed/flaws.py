# SPDX-License-Identifier: Apache-2.0
"""Echoes with one flaw each, and the cases that have to find it."""

import select
import socket
import struct
import zlib
from dataclasses import dataclass

from suite.utf8 import GROUPS
from support import frame

from .echo import PROTOCOL_ERROR, Conversation, Streaming, Violation

# What a flaw is shown to, unless it says otherwise.
RULES = ("1.*.[1-3]", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "9.7.1", "10.*")
# Among the cases of compression: messages of 16, 1024 and 4096 octets.
DEFLATE = ("12.[1-5].[145]", "13.*.[145]")

BAD_TEXTS = ("6.3.*", "6.4.*", *(f"6.{group}.{number}" for group, sequences in enumerate(GROUPS, 5)
                                 for number, (_, valid) in enumerate(sequences, 1) if not valid))
# Of these, the ones that are right so far and end too early.
CUT_TEXTS = ("6.6.1", "6.6.3", "6.6.4", "6.6.6", "6.6.8", "6.6.10", "6.14.6", "6.14.7")

# An end of each kind.
ENDS = ("1.1.2", "3.1", "6.3.1", "7.1.1", "7.3.1")


@dataclass(frozen=True)
class Flaw:
    """All of `caught` fail, `maybe` too when the octets arrive just so, no other that is `played`.
    Those of `silent` are found by waiting in vain."""

    conversation: type
    caught: tuple
    maybe: tuple = ()
    silent: tuple = ()
    played: tuple = RULES
    by_tls: bool = False
    said: str = ""  # is in each verdict


FLAWS = []


def caught_by(*caught, **options):
    def register(conversation):
        FLAWS.append(Flaw(conversation, caught, **options))
        return conversation

    return register


# -- frames ---------------------------------------------------------------------------------------

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


# -- messages -------------------------------------------------------------------------------------

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


# -- text -----------------------------------------------------------------------------------------

@caught_by(*BAD_TEXTS, silent=("6.4.*",))
class TakesAnyOctetsForText(Conversation):
    def check_text(self, octets, final=False):
        pass


@caught_by("6.4.*", silent=("6.4.*",), played=("6.4.*",))
class ChecksTextAtItsEnd(Conversation):
    def check_text(self, octets, final=False):
        if final:
            super().check_text(bytes(self.message), True)


@caught_by("6.4.[34]", silent=("6.4.[34]",))
class ChecksTextByFrames(Conversation):
    def take_data(self, size, key, fin):
        super().take_data(size, key, False)
        super().check_text(bytes(self.message))
        self.decoder.reset()
        if fin:
            self.message_ends()

    def check_text(self, octets, final=False):
        if final:
            super().check_text(bytes(self.message), final)


@caught_by("6.3.*", "6.20.*", "6.21.*")
class AcceptsSurrogates(Conversation):
    strictness = "surrogatepass"


@caught_by(*CUT_TEXTS)
class AcceptsTextThatStopsHalfway(Conversation):
    def check_text(self, octets, final=False):
        super().check_text(octets)


@caught_by("6.2.[34]", "10.*")
class ForgetsHalfACharacterBetweenFragments(Conversation):
    def take_data(self, size, key, fin):
        self.decoder.reset()
        super().take_data(size, key, fin)


@caught_by(*BAD_TEXTS, "7.5.1", said="Close 1002 came where Close 1007")
class CallsBadTextAProtocolError(Conversation):
    def fail(self, code):
        super().fail(PROTOCOL_ERROR)


@caught_by(*(set(BAD_TEXTS) - set(CUT_TEXTS)), said="which is not UTF-8")
class SendsBackBadText(Streaming):
    def check_text(self, octets, final=False):
        if octets:
            self.send_piece(octets, fin=False)
        super().check_text(octets, final)

    def piece(self, octets):
        self.check_text(octets)


# -- control frames -------------------------------------------------------------------------------

@caught_by("2.[12346]", "2.9", "2.1[01]", "5.[678]", "5.19", "5.20", "6.4.[12]",
           silent=("2.*", "5.19", "5.20", "6.4.[12]"))
class AnswersNoPing(Conversation):
    def answer_ping(self, payload):
        pass


@caught_by("2.1[01]", "5.19", "5.20", silent=("2.1[01]",))
class AnswersOnePingOnly(Conversation):
    answered = False

    def answer_ping(self, payload):
        if not self.answered:
            super().answer_ping(payload)
        self.answered = True


@caught_by("5.[678]", played=("2.*", "5.[1-9]", "5.1[0-8]"))
class AnswersPingsBetweenMessages(Conversation):
    def __init__(self, connection):
        super().__init__(connection)
        self.waiting = []

    def answer_ping(self, payload):
        self.waiting.append(payload)
        self.answer_waiting()

    def answer_waiting(self):
        if self.kind is None:
            for payload in self.waiting:
                super().answer_ping(payload)
            self.waiting = []

    def echo(self, kind, payload):
        super().echo(kind, payload)
        self.answer_waiting()


@caught_by("2.[346]", "2.1[01]", "5.[678]", "5.19", "5.20", "6.4.[12]", "2.2",
           "2.9")
class CutsPongs(Conversation):
    def answer_ping(self, payload):
        super().answer_ping(payload[:7])


@caught_by("2.[789]")
class AnswersPongs(Conversation):
    def take_pong(self, payload):
        self.send_frame(frame.PONG, payload)


# -- the end --------------------------------------------------------------------------------------

@caught_by(*ENDS, silent=ENDS, played=ENDS, said="nothing came")
class LeavesTcpOpen(Conversation):
    def finish_sending(self):
        pass


@caught_by(*ENDS, played=ENDS, said="reset")
class ResetsTcp(Conversation):
    def end(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@caught_by("3.1", "6.3.1", silent=("*",), played=("3.1", "6.3.1"), said="nothing came")
class WaitsForAnAnswerBeforeItCloses(Conversation):
    def fail(self, code):
        self.send_frame(frame.CLOSE, frame.close_payload(code))
        while self.connection.recv(65536):
            pass
        self.end()


@caught_by(*ENDS, played=ENDS, by_tls=True, said="without close_notify")
class SaysNoGoodbyeOfTls(Conversation):
    def say_goodbye(self):
        pass


@caught_by("2.5", "3.*", "4.*", "5.1", "5.2", "5.9", "5.1[0-8]", *BAD_TEXTS, "7.3.2", "7.3.6", "7.5.1",
           "7.9.*", "7.13.*")
class FailsWithoutAWord(Conversation):
    def fail(self, code):
        self.end()


@caught_by("1.*", "7.1.*", "7.7.*", played=("1.*", "7.1.*", "7.7.*"), said="behind the server's")
class ClosesTwice(Conversation):
    def answer_close(self, payload):
        super().answer_close(payload)
        super().answer_close(payload)


@caught_by("7.1.[3456]", said="behind the server's Close")
class GoesOnBehindAClose(Conversation):
    def take_control(self, opcode, payload):
        if super().take_control(opcode, payload):
            return True
        if opcode == frame.CLOSE and self.something_came():
            self.answer_close = lambda payload: None
            self.take_frame()
        return False

    def something_came(self):
        return self.buffer or select.select([self.connection], [], [], 0)[0]


@caught_by("7.3.1", "7.7.[2-9]", "7.7.1[0-3]")
class AnswersEveryCloseWith1000(Conversation):
    def answer_close(self, payload):
        super().answer_close(frame.close_payload(1000))


@caught_by("7.9.*", "7.13.*")
class AcceptsAnyCode(Conversation):
    def check_close_code(self, code):
        pass


@caught_by("7.7.1[0-3]")
class KnowsOnlyTheCodesOfTheRfc(Conversation):
    def check_close_code(self, code):
        if code > 1011:
            raise Violation(PROTOCOL_ERROR)
        super().check_close_code(code)


@caught_by("7.3.2")
class AcceptsHalfACode(Conversation):
    def check_close_length(self, payload):
        pass

    def take_close(self, payload):
        super().take_close(b"" if len(payload) == 1 else payload)


@caught_by("7.5.1")
class AcceptsAnyReason(Conversation):
    def check_reason(self, reason):
        pass


@caught_by("7.1.6", said="Close 1000 came where text message")
class ClosesBeforeItsLastEchoes(Conversation):
    """From a long message on it would rather echo later."""

    busy = False

    def echo(self, kind, payload):
        self.busy = self.busy or len(payload) > 200_000
        if not self.busy:
            super().echo(kind, payload)


# -- compression ----------------------------------------------------------------------------------

@caught_by("1.*", played=("1.*",), said="none offered")
class AnswersWhatWasNotOffered(Conversation):
    def agree(self, offers):
        super().agree(offers)
        return "permessage-deflate"


@caught_by("1.*", played=("1.*",), said="RSV 4")
class MarksPlainMessagesAsCompressed(Conversation):
    def echo(self, kind, payload):
        self.send_frame(kind, payload, rsv=4)


@caught_by(*DEFLATE, played=("1.*.1", *DEFLATE), said="came 0 times")
class DeclinesCompression(Conversation):
    def agree(self, offers):
        return super().agree([])


@caught_by("12.[134].[45]", "13.*.[45]", played=DEFLATE, said="hardly compressed")
class AgreesAndNeverCompresses(Conversation):
    def echo(self, kind, payload):
        self.send_frame(kind, payload)


@caught_by("13.2.*", "13.[5-7].*", played=DEFLATE, said="keeps the server's context")
class IgnoresTheOfferOfNoTakeover(Conversation):
    def answer(self):
        return super().answer().replace("; server_no_context_takeover", "")


@caught_by("13.[3-7].*", played=DEFLATE, said="greater window")
class IgnoresTheOfferOfAWindow(Conversation):
    def answer(self):
        return super().answer().partition("; server_max_window_bits")[0]


@caught_by("13.7.*", played=DEFLATE, said="keeps the server's context")
class TakesUpAnyOfferButTheFirst(Conversation):
    def choose(self, offers):
        return offers[-1]


@caught_by("13.2.[45]", "13.[5-7].[45]", played=DEFLATE, said="cannot be inflated")
class KeepsAContextThatItGaveUp(Conversation):
    def deflate(self, payload):
        octets = self.deflater.compress(payload) + self.deflater.flush(zlib.Z_SYNC_FLUSH)
        return octets[:-4]


@caught_by("13.3.[45]", "13.5.[45]", "13.7.[45]", played=DEFLATE, said="cannot be inflated")
class UsesAWiderWindowThanAgreed(Conversation):
    def new_deflater(self):
        return zlib.compressobj(wbits=-15)


@caught_by("12.[1-4].*", "13.*", maybe=("12.5.*",), played=DEFLATE)
class ForgetsTheClientsContext(Conversation):
    def begin_inflating(self):
        self.inflater = self.new_inflater()


@caught_by("12.*.[45]", "13.*.[45]", played=DEFLATE, said="cannot be inflated")
class LeavesTheTailOn(Conversation):
    def deflate(self, payload):
        return super().deflate(payload) + b"\x00\x00\xff"


@caught_by("12.*.11", "13.*.11", played=("12.*.11", "13.*.11"), said="RSV 4")
class MarksEveryFragment(Conversation):
    def send_frame(self, opcode, payload, fin=True, rsv=0):
        if rsv and len(payload) > 100:
            super().send_frame(opcode, payload[:100], fin=False, rsv=rsv)
            super().send_frame(frame.CONTINUATION, payload[100:], rsv=rsv)
        else:
            super().send_frame(opcode, payload, fin, rsv)
