# SPDX-License-Identifier: Apache-2.0
"""What a case fails with."""


class Fault(Exception):
    """The server did something else than the case asks for; the text says what."""


def shown(octets, limit=24):
    """Octets for a text: readable where they are, cut where they are many."""
    if len(octets) <= limit:
        return repr(bytes(octets))
    return f"{bytes(octets[:limit])!r}... ({len(octets)} octets)"
