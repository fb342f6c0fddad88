# SPDX-License-Identifier: Apache-2.0
"""permessage-deflate with npm's ws and Python's websockets: what is agreed on is done, both ways, and
seen from the bytes on the connection."""

import asyncio
import os
import random

import pytest
import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

from npm_client import in_base64
from support.matrix import every_scheme
from support.targets import pattern
from support.waiting import wait_until

pytestmark = pytest.mark.sanitizer

SIZES = (0, 1, 125, 126, 1024, 65535, 65536, 300_000)
# Nothing in it repeats: only a window that outlasts a message makes another of the same smaller.
NOISE, REPEATS = os.urandom(1500), 20
TEXT = "words that come again and again; "
takeover = pytest.mark.parametrize("takeover", [True, False], ids=["takeover", "no-takeover"])
both_kinds = pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])


def messages_of_sizes(binary):
    """For each size one, whose bytes are known; text is ASCII, cut to size."""
    alphabet = random.Random(7692)
    for size in SIZES:
        text = "".join(alphabet.choices(["lorem ", "ipsum ", "dolor ", "sit "], k=size // 4 + 1))
        yield b"".join(pattern(size)) if binary else text.encode()[:size]


def assert_smaller(way, octets, total):
    assert octets < total / 2, f"{way}: {octets} bytes for {total}"


def assert_window(way, octets, takeover):
    total = len(NOISE) * REPEATS
    if takeover:
        assert octets < total / 4, f"{way}: {octets} bytes, as if every message were new"
    else:
        assert octets > total * 0.9, f"{way}: {octets} bytes, as if the window had been kept"


def offer_of_ws(takeover):
    return {"serverNoContextTakeover": not takeover, "clientNoContextTakeover": not takeover,
            "threshold": 0}


@every_scheme
@both_kinds
@takeover
def test_ws_gets_back_what_it_sent_in_every_size(npm, url_of, binary, takeover):
    messages = list(messages_of_sizes(binary))
    said = npm("echo", "exchange", url=url_of("/echo"), offer=offer_of_ws(takeover), binary=binary,
               messages=[in_base64(one) for one in messages])
    assert said["same"] == len(messages)
    assert said["code"] == 1000
    assert said["extensions"] == "permessage-deflate"
    if not binary:
        total = sum(map(len, messages))
        assert_smaller("sent", said["sent"], total)
        assert_smaller("received", said["received"], total)


@every_scheme
@takeover
def test_ws_and_the_module_keep_their_windows_as_agreed(npm, url_of, takeover):
    said = npm("echo", "exchange", url=url_of("/echo"), offer=offer_of_ws(takeover), binary=True,
               messages=[in_base64(NOISE)] * REPEATS)
    assert said["same"] == REPEATS
    assert_window("sent", said["sent"], takeover)
    assert_window("received", said["received"], takeover)


def test_ws_that_offers_nothing_gets_nothing(npm, url_of):
    said = npm("echo", "exchange", url=url_of("/echo"), offer=False, binary=False,
               messages=[in_base64(TEXT.encode() * 100)])
    assert (said["same"], said["extensions"]) == (1, "")
    assert min(said["sent"], said["received"]) > 100 * len(TEXT)


class Counting(websockets.WebSocketClientProtocol):
    """Counts what goes over the connection: frames, and inside TLS."""

    sent = received = 0

    def connection_made(self, transport):
        super().connection_made(transport)
        write = transport.write

        def count_and_write(data):
            self.sent += len(data)
            write(data)

        transport.write = count_and_write

    def data_received(self, data):
        self.received += len(data)
        super().data_received(data)


@pytest.fixture
def talk(client, url_of):
    """talk(path, takeover, conversation): conversation(socket) over a connection of websockets."""

    def run(path, takeover, conversation, **options):
        deflate = ClientPerMessageDeflateFactory(
            server_no_context_takeover=not takeover, client_no_context_takeover=not takeover)

        async def connected():
            async with websockets.connect(
                    url_of(path), origin=client.origin, ssl=client.tls_context, compression=None,
                    extensions=[deflate], create_protocol=Counting, **options) as socket:
                agreed, = socket.extensions
                assert agreed.remote_no_context_takeover == (not takeover)
                assert agreed.local_no_context_takeover == (not takeover)
                socket.sent = socket.received = 0
                await asyncio.wait_for(conversation(socket), 60)
            return socket

        return asyncio.run(connected())

    return run


async def receive_bytes(socket, size):
    """Of a tunnel, whose messages have no boundaries that mean something."""
    data = b""
    while len(data) < size:
        data += await socket.recv()
    return data


@every_scheme
@takeover
def test_websockets_gets_back_what_it_sent_in_every_size(talk, takeover):

    async def conversation(socket):
        for binary in (False, True):
            for message in messages_of_sizes(binary):
                message = message if binary else message.decode()
                await socket.send(message)
                assert await socket.recv() == message

    assert talk("/echo", takeover, conversation, max_size=None).close_code == 1000


@every_scheme
@takeover
def test_a_compressed_tunnel_keeps_its_windows_as_agreed(talk, endpoint, httpd, echo, takeover):
    path = endpoint(echo).replace("/ws/", "/ws/compressed/")
    httpd.write(path[1:], (httpd.documents / path[1:].replace("compressed/", "")).read_text())

    async def conversation(socket):
        for _ in range(REPEATS):
            await socket.send(NOISE)
            assert await receive_bytes(socket, len(NOISE)) == NOISE

    socket = talk(path, takeover, conversation)
    assert bytes(echo.session().received) == NOISE * REPEATS
    assert_window("sent", socket.sent, takeover)
    assert_window("received", socket.received, takeover)


@takeover
def test_a_message_in_fragments_is_one_message(talk, takeover):
    pieces = [TEXT * 50, "", "\u00fc" * 1000, TEXT]

    async def conversation(socket):
        await socket.send(pieces)
        assert await socket.recv() == "".join(pieces)

    talk("/echo", takeover, conversation)


def test_pings_are_answered_between_compressed_messages(talk):

    async def conversation(socket):
        for number in range(10):
            await socket.send(TEXT * number)
            await asyncio.wait_for(await socket.ping(b"ping %d" % number), 20)
            assert await socket.recv() == TEXT * number

    talk("/echo", True, conversation, ping_interval=None)


def test_a_client_that_takes_no_long_messages_closes_with_1009(talk, httpd):

    async def conversation(socket):
        await socket.send("x" * 1001)
        with pytest.raises(websockets.ConnectionClosed) as ended:
            await socket.recv()
        assert ended.value.sent.code == 1009

    talk("/echo", True, conversation, max_size=1000)
    assert wait_until(lambda: httpd.error_log.find("1009"))
