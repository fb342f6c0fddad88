# SPDX-License-Identifier: Apache-2.0
"""Octets that are UTF-8 or just not, in the groups 6.5 to 6.23: the sequences that Markus Kuhn's
stress test for decoders names. (octets, whether they are UTF-8), stated here and not computed by
the decoder of some language."""


def _all(valid, *hexadecimal):
    return [(bytes.fromhex(one), valid) for one in hexadecimal]


def _good(*hexadecimal):
    return _all(True, *hexadecimal)


def _bad(*hexadecimal):
    return _all(False, *hexadecimal)


GREEK = "ce ba e1 bd b9 cf 83 ce bc ce b5"
GREEK_ENDS = {2, 5, 7, 9, 11}  # of its characters

# One octet that announces more than follows; each of length 2 to 6, lowest and highest.
TRUNCATED = ["c0", "e0 80", "f0 80 80", "f8 80 80 80", "fc 80 80 80 80",
             "df", "ef bf", "f7 bf bf", "fb bf bf bf", "fd bf bf bf bf"]


def _within_hello(*hexadecimal):
    return [(b"hello" + bytes.fromhex(one) + b"world", True) for one in hexadecimal]


def _prefixes_of_greek():
    whole = bytes.fromhex(GREEK)
    return [(whole[:size], size in GREEK_ENDS) for size in range(1, len(whole) + 1)]


def _continuations():
    alternating = ["80 bf 80 bf 80 bf"[:3 * count - 1] for count in range(2, 7)]
    return _bad("80", "bf", *alternating) + [(bytes(range(0x80, 0xBF)), False)]


def _lone_starts():
    """Each followed by a space."""
    for first, end in ((0xC0, 0xDF), (0xE0, 0xEF), (0xF0, 0xF7), (0xF8, 0xFB), (0xFC, 0xFD)):
        yield b"".join(bytes([start, 0x20]) for start in range(first, end)), False


def _non_characters():
    """The last two code points of every plane; valid for RFC 3629."""
    for plane in range(17):
        for last in (0xFFFE, 0xFFFF):
            yield chr(plane << 16 | last).encode(), True


GROUPS = [
    _within_hello("24", "c2 a2", "e2 82 ac", "f0 a4 ad a2") + _good(GREEK),       # 6.5
    _prefixes_of_greek(),                                                         # 6.6
    # Shortest and longest of every length.
    _good("00", "c2 80", "e0 a0 80", "f0 90 80 80"),                              # 6.7
    _bad("f8 88 80 80 80", "fc 84 80 80 80 80"),                                  # 6.8
    _good("7f", "df bf", "ef bf bf", "f4 8f bf bf"),                              # 6.9
    _bad("f7 bf bf bf", "fb bf bf bf bf", "fd bf bf bf bf bf"),                   # 6.10
    # Beside the surrogates, U+FFFD, the last code point and the one behind it.
    _good("ed 9f bf", "ee 80 80", "ef bf bd", "f4 8f bf bf") + _bad("f4 90 80 80"),  # 6.11
    _continuations(),                                                             # 6.12
    list(_lone_starts()),                                                         # 6.13
    _bad(*TRUNCATED),                                                             # 6.14
    _bad(" ".join(TRUNCATED)),                                                    # 6.15
    _bad("fe", "ff", "fe fe ff ff"),                                              # 6.16
    # Overlong: a slash, the last code point of each shorter form, NUL.
    _bad("c0 af", "e0 80 af", "f0 80 80 af", "f8 80 80 80 af", "fc 80 80 80 80 af"),      # 6.17
    _bad("c1 bf", "e0 9f bf", "f0 8f bf bf", "f8 87 bf bf bf", "fc 83 bf bf bf bf"),      # 6.18
    _bad("c0 80", "e0 80 80", "f0 80 80 80", "f8 80 80 80 80", "fc 80 80 80 80 80"),      # 6.19
    # Surrogates, alone and in pairs.
    _bad("ed a0 80", "ed ad bf", "ed ae 80", "ed af bf", "ed b0 80", "ed be 80", "ed bf bf"),
    _bad(*(f"{high} {low}" for high in ("ed a0 80", "ed ad bf", "ed ae 80", "ed af bf")
           for low in ("ed b0 80", "ed bf bf"))),                                 # 6.21
    list(_non_characters()),                                                      # 6.22
    _good("ef bf b9", "ef bf ba", "ef bf bb", "ef bf bc", "ef bf bd", "ef bf be", "ef bf bf"),
]
