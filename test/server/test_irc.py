# SPDX-License-Identifier: Apache-2.0
"""The main job: a real IRC server behind, two users on WebSockets talk."""

import asyncio

import pytest
import websockets

from support import policy
from support.matrix import everywhere
from support.ngircd import Ngircd

pytestmark = pytest.mark.sanitizer


class User:
    """An IRC user over a client that this project has not written."""

    def __init__(self, tunnel, nick):
        self._tunnel, self.nick = tunnel, nick
        self._pending = b""

    async def say(self, line):
        await self._tunnel.send(line.encode() + b"\r\n")

    async def hear(self, wanted):
        """The next line that holds `wanted`; PING is answered on the way."""
        while True:
            while b"\r\n" not in self._pending:
                message = await asyncio.wait_for(self._tunnel.recv(), 10)
                assert isinstance(message, bytes), "data of the target comes in binary frames"
                self._pending += message
            line, self._pending = self._pending.split(b"\r\n", 1)
            text = line.decode()
            if text.startswith("PING "):
                await self.say("PONG " + text[5:])
            elif wanted in text:
                return text

    async def register(self):
        await self.say(f"NICK {self.nick}")
        await self.say(f"USER {self.nick} 0 * :{self.nick}")
        await self.hear(f" 001 {self.nick} ")
        await self.hear(" 376 ")  # the end of the message of the day

    async def join(self, channel):
        await self.say(f"JOIN {channel}")
        await self.hear(" 366 ")  # the end of the names


@everywhere
def test_two_users_register_join_and_talk(client, endpoint, ngircd):
    path = endpoint(ngircd)
    url = f"{'wss' if client.scheme == 'https' else 'ws'}://{client.authority}{path}"
    options = {"origin": client.origin, "ssl": client.tls_context}

    async def chat():
        async with websockets.connect(url, **options) as one, \
                websockets.connect(url, **options) as two:
            ann, bob = User(one, "ann"), User(two, "bob")
            await ann.register()
            await bob.register()
            await ann.join("#room")
            await bob.join("#room")
            await ann.hear(":bob!")
            await ann.say("PRIVMSG #room :hello b\u00f6b")
            heard = await bob.hear("PRIVMSG #room")
            assert heard.startswith(":ann!") and heard.endswith(":hello b\u00f6b")
            await bob.say("PRIVMSG ann :hello ann")
            assert (await ann.hear("PRIVMSG ann")).startswith(":bob!")
            for number in range(20):
                await ann.say(f"PRIVMSG bob :number {number}")
            for number in range(20):
                assert (await bob.hear("PRIVMSG bob")).endswith(f":number {number}")
            await bob.say("QUIT :good night")
            await ann.hear("QUIT")
            with pytest.raises(websockets.ConnectionClosed) as ended:
                while True:
                    await asyncio.wait_for(two.recv(), 10)
            assert ended.value.rcvd.code == 1000  # ngircd closed; httpd said so

    asyncio.run(chat())


def test_the_irc_server_going_away_ends_the_tunnel(new_httpd, connect_to, start):
    server = start(Ngircd())
    httpd = new_httpd()
    httpd.write("ws/irc.xml", policy.document(server.port))
    tunnel = connect_to(httpd).websocket("/ws/irc.xml")
    tunnel.send(b"NICK cat\r\nUSER cat 0 * :cat\r\n")
    text = b""
    while b" 376 " not in text:
        text += tunnel.receive_data()
    server.close()
    _, answer = tunnel.receive_to_close()
    assert answer.close_code in (1000, 1011, 1014)
    httpd.permit("127.0.0.1")
    assert connect_to(httpd).handshake("/ws/irc.xml").status == 502
