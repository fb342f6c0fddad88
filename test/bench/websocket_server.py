# SPDX-License-Identifier: Apache-2.0
"""A WebSocket server for the load to judge, which answers what it is told to."""

from support import frame, targets
from support.client import accept_for

ANSWER = ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          "Sec-WebSocket-Accept: {accept}\r\n\r\n")


def framed(payload, **broken):
    return frame.encode(frame.BINARY, payload, **{"mask": None, **broken})


class WebSocketServer(targets.Target):
    """`respond(payload)` gives what goes out for a message, in pieces that are sent one by one;
    None ends the connection."""

    def __init__(self, respond=lambda payload: [framed(payload)], answer=ANSWER):
        self._respond, self._answer = respond, answer
        self.pongs = []
        super().__init__()

    def serve(self, session):
        waiting = bytearray()

        def read_more():
            data = session.receive()
            if not data:
                raise OSError("the client has gone")
            waiting.extend(data)

        def read_exactly(size):
            while len(waiting) < size:
                read_more()
            piece = bytes(waiting[:size])
            del waiting[:size]
            return piece

        while b"\r\n\r\n" not in waiting:
            read_more()
        request = read_exactly(waiting.index(b"\r\n\r\n") + 4)
        key = request.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0].decode()
        session.send(self._answer.format(accept=accept_for(key)).encode())
        while (received := frame.decode(read_exactly)).opcode != frame.CLOSE:
            assert received.masked
            if received.opcode == frame.PONG:
                self.pongs.append(received.payload)
                continue
            pieces = self._respond(received.payload)
            if pieces is None:
                return
            for piece in pieces:
                session.send(piece)
