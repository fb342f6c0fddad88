# SPDX-License-Identifier: Apache-2.0
"""Flaws in control frames and at the end."""

import select
import socket
import struct

from support import frame

from .echo import PROTOCOL_ERROR, Conversation, Violation
from .flaw import BAD_TEXTS, ENDS, caught_by


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


@caught_by(*ENDS, played=ENDS, by_tls=True, said="ended against TLS")
class SaysNoGoodbyeOfTls(Conversation):
    def say_goodbye(self):
        pass


@caught_by("2.5", "3.*", "4.*", "5.1", "5.2", "5.9", "5.1[0-8]", *BAD_TEXTS, "7.3.2", "7.3.6",
           "7.5.1", "7.9.*", "7.13.*")
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
