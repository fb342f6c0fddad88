# SPDX-License-Identifier: Apache-2.0
"""Flaws in text."""

from .echo import PROTOCOL_ERROR, Conversation, Streaming
from .flaw import BAD_TEXTS, CUT_TEXTS, caught_by


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
