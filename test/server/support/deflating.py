# SPDX-License-Identifier: Apache-2.0
"""permessage-deflate (RFC 7692) on the client's side."""

import re
import zlib

from . import frame

# What a browser offers.
BROWSER = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}


class Deflating:
    """The client's half of the extension over a WebSocket, as it was agreed on."""

    def __init__(self, websocket):
        self.websocket = websocket
        self.agreed = websocket.response.get("Sec-WebSocket-Extensions")
        window = re.search(r"client_max_window_bits=(\d+)", self.agreed)
        self.window = int(window.group(1)) if window else 15
        self.compressor = self.decompressor = None

    def compress(self, payload):
        if self.compressor is None or "client_no_context_takeover" in self.agreed:
            self.compressor = zlib.compressobj(9, zlib.DEFLATED, -self.window)
        data = self.compressor.compress(payload) + self.compressor.flush(zlib.Z_SYNC_FLUSH)
        return data[:-4]

    def decompress(self, data):
        if self.decompressor is None or "server_no_context_takeover" in self.agreed:
            self.decompressor = zlib.decompressobj(-15)
        return self.decompressor.decompress(data + b"\0\0\xff\xff")

    def send(self, payload, opcode=frame.BINARY):
        self.websocket.send_frame(opcode, self.compress(payload), rsv=4)

    def next_frame(self):
        return frame.decode(self.websocket.connection.receive_exactly)

    def receive(self):
        """(payload, whether it came compressed)"""
        received = self.next_frame()
        payload, compressed = bytearray(received.payload), received.rsv == 4
        while not received.fin:
            received = self.next_frame()
            assert received.opcode == frame.CONTINUATION and received.rsv == 0
            payload += received.payload
        return (self.decompress(bytes(payload)) if compressed else bytes(payload)), compressed
