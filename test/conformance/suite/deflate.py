# SPDX-License-Identifier: Apache-2.0
"""The client's permessage-deflate (RFC 7692): what it offers, what an answer must hold, and both
directions of the data."""

import zlib
from dataclasses import dataclass

from .fault import Fault

NAME = "permessage-deflate"
TAIL = b"\x00\x00\xff\xff"
CLIENT_WINDOWS = range(9, 16)  # 8 is in the RFC, but zlib cannot compress with it
SERVER_WINDOWS = range(8, 16)


@dataclass(frozen=True)
class Offer:
    """What we ask of the server; of ourselves we offer everything."""

    no_takeover: bool = False
    window: int | None = None

    def __str__(self):
        words = [NAME, "client_no_context_takeover", "client_max_window_bits"]
        if self.no_takeover:
            words.append("server_no_context_takeover")
        if self.window:
            words.append(f"server_max_window_bits={self.window}")
        return "; ".join(words)


@dataclass(frozen=True)
class Agreement:
    server_takeover: bool
    server_window: int
    client_takeover: bool
    client_window: int


def header(offers):
    """The value of Sec-WebSocket-Extensions."""
    return ", ".join(map(str, offers))


def _parameters(value):
    name, *words = [word.strip() for word in value.split(";")]
    if name != NAME:
        raise Fault(f"the extension {name!r} was answered and not offered")
    found = {}
    for word in words:
        key, _, setting = word.partition("=")
        if key in found:
            raise Fault(f"{key} came twice in {value!r}")
        found[key] = setting.strip('"')
    return found


def _flag(parameters, name):
    setting = parameters.pop(name, None)
    if setting:
        raise Fault(f"{name} has a value")
    return setting is not None


def _window(parameters, name, allowed):
    setting = parameters.pop(name, None)
    if setting is None:
        return None
    if setting not in map(str, allowed):
        raise Fault(f"{name} is {setting!r}")
    return int(setting)


def agreed(values, offers):
    """The Agreement in an answer's header values, which has to take up the first of our offers."""
    if len(values) != 1:
        raise Fault(f"Sec-WebSocket-Extensions came {len(values)} times in the answer")
    parameters = _parameters(values[0])
    server_no_takeover = _flag(parameters, "server_no_context_takeover")
    client_no_takeover = _flag(parameters, "client_no_context_takeover")
    server_window = _window(parameters, "server_max_window_bits", SERVER_WINDOWS)
    client_window = _window(parameters, "client_max_window_bits", CLIENT_WINDOWS)
    if parameters:
        raise Fault(f"unknown parameters in {values[0]!r}")
    wanted = offers[0]
    if wanted.no_takeover and not server_no_takeover:
        raise Fault(f"{values[0]!r} keeps the server's context though we asked it not to")
    if wanted.window and (server_window or 16) > wanted.window:
        raise Fault(f"{values[0]!r} has a greater window than the {wanted.window} bits asked for")
    return Agreement(not server_no_takeover, server_window or 15,
                     not client_no_takeover, client_window or 15)


class Inflater:
    """Fails where the server kept its context or used a window greater than agreed."""

    def __init__(self, agreement):
        self._agreement = agreement
        self._stream = self._new_stream()

    def _new_stream(self):
        return zlib.decompressobj(wbits=-self._agreement.server_window)

    def inflate(self, payload):
        if not self._agreement.server_takeover:
            self._stream = self._new_stream()
        try:
            return self._inflate(payload + TAIL)
        except zlib.error as error:
            raise Fault(f"a message cannot be inflated: {error}") from None

    def _inflate(self, rest):
        """zlib lets a distance reach back over all that one call puts out, whatever the window is:
        so where it is small, little is put out a call."""
        window = self._agreement.server_window
        step = 1 << window - 3 if window < 15 else 0
        pieces = []
        while True:
            pieces.append(self._stream.decompress(rest, step))
            rest = self._stream.unconsumed_tail
            if not rest and len(pieces[-1]) < (step or 1 << 62):
                return b"".join(pieces)


class Deflater:
    def __init__(self, agreement):
        self._agreement = agreement
        self._stream = self._new_stream()

    def _new_stream(self):
        return zlib.compressobj(wbits=-self._agreement.client_window)

    def deflate(self, payload):
        if not self._agreement.client_takeover:
            self._stream = self._new_stream()
        octets = self._stream.compress(payload) + self._stream.flush(zlib.Z_SYNC_FLUSH)
        return octets.removesuffix(TAIL)
