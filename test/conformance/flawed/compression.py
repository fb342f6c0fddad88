# SPDX-License-Identifier: Apache-2.0
"""Flaws in compression."""

import zlib

from support import frame

from .echo import Conversation
from .flaw import DEFLATE, caught_by


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
