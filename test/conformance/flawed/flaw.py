# SPDX-License-Identifier: Apache-2.0
"""What a flaw is: an echo that is wrong in one way, and the cases that have to find it."""

from dataclasses import dataclass

from suite.utf8 import GROUPS

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
