# SPDX-License-Identifier: Apache-2.0
"""Conversations that echo rightly, in small steps that a flawed one can take wrongly."""

import codecs
import socket
import ssl
import struct
import zlib

from suite import deflate
from support import frame
from support.client import accept_for

PROTOCOL_ERROR, BAD_DATA = 1002, 1007
LONGEST_CHUNK = 65536


class Violation(Exception):
    def __init__(self, code):
        super().__init__(code)
        self.code = code


class Gone(Exception):
    """The client has left."""


class Conversation:
    """One connection. A message is kept until it is whole."""

    def __init__(self, connection):
        self.connection = connection
        self.buffer = bytearray()
        self.kind = None  # of the message that has begun
        self.compressed = False
        self.message = bytearray()

    # -- octets -----------------------------------------------------------------------------------

    def pull(self):
        try:
            came = self.connection.recv(LONGEST_CHUNK)
        except OSError as error:
            raise Gone from error
        if not came:
            raise Gone
        self.buffer += came

    def read(self, size):
        while len(self.buffer) < size:
            self.pull()
        taken = bytes(self.buffer[:size])
        del self.buffer[:size]
        return taken

    def read_chunk(self, limit):
        """Between one octet and `limit`: what is there."""
        if not self.buffer:
            self.pull()
        return self.read(min(limit, len(self.buffer)))

    def send(self, octets):
        try:
            self.connection.sendall(octets)
        except OSError as error:
            raise Gone from error

    # -- the connection's life --------------------------------------------------------------------

    def run(self):
        try:
            self.shake_hands()
            while self.take_frame():
                pass
            self.end()
        except Violation as violation:
            self.fail(violation.code)
        except Gone:
            pass
        finally:
            self.connection.close()

    def shake_hands(self):
        while b"\r\n\r\n" not in self.buffer:
            self.pull()
        head = self.read(self.buffer.index(b"\r\n\r\n") + 4).decode()
        headers = {name.lower(): value.strip() for name, _, value in
                   (line.partition(":") for line in head.split("\r\n")[1:])}
        offered = headers.get("sec-websocket-extensions", "")
        lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
                 f"Sec-WebSocket-Accept: {accept_for(headers['sec-websocket-key'])}"]
        answer = self.agree([one.strip() for one in offered.split(",")] if offered else [])
        if answer:
            lines.append(f"Sec-WebSocket-Extensions: {answer}")
        self.send("\r\n".join([*lines, "", ""]).encode())

    def end(self):
        """The server closes first, and reads on until the client has closed too: what is not read
        would turn the end into a reset."""
        self.finish_sending()
        try:
            while socket.socket.recv(self.connection, LONGEST_CHUNK):
                pass
        except OSError:
            pass

    def finish_sending(self):
        if isinstance(self.connection, ssl.SSLSocket):
            self.say_goodbye()
        try:
            socket.socket.shutdown(self.connection, socket.SHUT_WR)
        except OSError as error:
            raise Gone from error

    def say_goodbye(self):
        """TLS's close_notify, without a wait for the client's."""
        self.connection.settimeout(0)
        try:
            self.connection.unwrap()
        except OSError:
            pass
        socket.socket.settimeout(self.connection, 30)

    def fail(self, code):
        try:
            self.send_frame(frame.CLOSE, frame.close_payload(code))
            self.end()
        except Gone:
            pass

    # -- frames -----------------------------------------------------------------------------------

    def send_frame(self, opcode, payload, fin=True, rsv=0):
        self.send(frame.encode(opcode, payload, fin=fin, rsv=rsv, mask=None))

    def take_frame(self):
        """Whether the conversation goes on behind it."""
        first, second = self.read(2)
        opcode, fin, rsv = first & 0x0F, bool(first & 0x80), first >> 4 & 7
        size = second & 0x7F
        self.check_reserved_bits(opcode, rsv)
        self.check_opcode(opcode)
        if opcode >= 8:
            self.check_control(fin, size)
        if size == 126:
            (size,) = struct.unpack("!H", self.read(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", self.read(8))
        key = self.read(4)
        if opcode >= 8:
            return self.take_control(opcode, frame.apply_mask(self.read(size), key))
        self.begin(opcode, rsv)
        self.take_data(size, key, fin)
        return True

    def check_reserved_bits(self, opcode, rsv):
        """RSV1 begins a compressed message, where that was agreed."""
        if rsv and not (rsv == 4 and self.agreement and opcode in (frame.TEXT, frame.BINARY)):
            raise Violation(PROTOCOL_ERROR)

    def check_opcode(self, opcode):
        if opcode in (3, 4, 5, 6, 7) or opcode > frame.PONG:
            raise Violation(PROTOCOL_ERROR)

    def check_control(self, fin, size):
        if not fin or size > 125:
            raise Violation(PROTOCOL_ERROR)

    # -- messages ---------------------------------------------------------------------------------

    def begin(self, opcode, rsv):
        if (opcode == frame.CONTINUATION) != (self.kind is not None):
            raise Violation(PROTOCOL_ERROR)
        if opcode != frame.CONTINUATION:
            self.begin_message(opcode, bool(rsv))

    def begin_message(self, kind, compressed):
        self.kind, self.compressed = kind, compressed
        self.message = bytearray()
        self.decoder = codecs.getincrementaldecoder("utf-8")(self.strictness)
        if compressed:
            self.begin_inflating()

    strictness = "strict"

    def take_data(self, size, key, fin):
        taken = 0
        while taken < size:
            chunk = self.read_chunk(size - taken)
            at = taken % 4
            taken += len(chunk)
            self.piece(self.plain(frame.apply_mask(chunk, key[at:] + key[:at])))
        if fin:
            if self.compressed:
                self.piece(self.plain(deflate.TAIL))
            self.message_ends()

    def plain(self, octets):
        if not self.compressed:
            return octets
        try:
            return self.inflater.decompress(octets)
        except zlib.error:
            raise Violation(BAD_DATA) from None

    def piece(self, octets):
        self.check_text(octets)
        self.message += octets

    def check_text(self, octets, final=False):
        if self.kind == frame.TEXT:
            try:
                self.decoder.decode(octets, final)
            except UnicodeDecodeError:
                raise Violation(BAD_DATA) from None

    def message_ends(self):
        self.check_text(b"", final=True)
        kind, self.kind = self.kind, None
        self.echo(kind, bytes(self.message))

    def echo(self, kind, payload):
        if self.agreement and len(payload) > 64:
            self.send_frame(kind, self.deflate(payload), rsv=4)
        else:
            self.send_frame(kind, payload)

    # -- control frames ---------------------------------------------------------------------------

    def take_control(self, opcode, payload):
        if opcode == frame.PING:
            self.answer_ping(payload)
        elif opcode == frame.PONG:
            self.take_pong(payload)
        else:
            self.take_close(payload)
            return False
        return True

    def answer_ping(self, payload):
        self.send_frame(frame.PONG, payload)

    def take_pong(self, payload):
        pass

    def take_close(self, payload):
        self.check_close_length(payload)
        if payload:
            self.check_close_code(struct.unpack_from("!H", payload)[0])
            self.check_reason(payload[2:])
        self.answer_close(payload)

    def check_close_length(self, payload):
        if len(payload) == 1:
            raise Violation(PROTOCOL_ERROR)

    def check_close_code(self, code):
        if not (1000 <= code <= 1014 and code not in (1004, 1005, 1006) or 3000 <= code <= 4999):
            raise Violation(PROTOCOL_ERROR)

    def check_reason(self, reason):
        try:
            reason.decode()
        except UnicodeDecodeError:
            raise Violation(BAD_DATA) from None

    def answer_close(self, payload):
        self.send_frame(frame.CLOSE, payload[:2])

    # -- compression ------------------------------------------------------------------------------

    def agree(self, offers):
        """The answer to offers, of which the first is taken up, and what follows from it."""
        self.agreement = None
        if not offers:
            return None
        wanted = self.choose(offers)
        no_takeover = "server_no_context_takeover" in wanted
        window = next((int(word.partition("=")[2]) for word in wanted.split("; ")
                       if word.startswith("server_max_window_bits=")), 15)
        self.asked_for_window = "server_max_window_bits" in wanted
        self.agreement = deflate.Agreement(not no_takeover, window, True, 15)
        self.deflater = self.new_deflater()
        self.inflater = self.new_inflater()
        return self.answer()

    def choose(self, offers):
        return offers[0]

    def answer(self):
        words = [deflate.NAME]
        if not self.agreement.server_takeover:
            words.append("server_no_context_takeover")
        if self.asked_for_window:
            words.append(f"server_max_window_bits={self.agreement.server_window}")
        return "; ".join(words)

    def new_deflater(self):
        return zlib.compressobj(level=1, wbits=-self.agreement.server_window)

    def new_inflater(self):
        return zlib.decompressobj(wbits=-15)

    def begin_inflating(self):
        """The client keeps its context, as agreed."""

    def deflate(self, payload):
        if not self.agreement.server_takeover:
            self.deflater = self.new_deflater()
        octets = self.deflater.compress(payload) + self.deflater.flush(zlib.Z_SYNC_FLUSH)
        return octets.removesuffix(deflate.TAIL)


class Streaming(Conversation):
    """Right as well: what has come of a message goes back at once, as a fragment."""

    def begin_message(self, kind, compressed):
        super().begin_message(kind, compressed)
        self.next_opcode = kind

    def piece(self, octets):
        self.check_text(octets)
        if self.agreement:
            self.message += octets
        else:
            self.send_piece(octets, fin=False)

    def send_piece(self, octets, fin):
        self.send_frame(self.next_opcode, octets, fin=fin)
        self.next_opcode = frame.CONTINUATION

    def echo(self, kind, payload):
        if self.agreement:
            super().echo(kind, payload)
        else:
            self.send_piece(b"", fin=True)
