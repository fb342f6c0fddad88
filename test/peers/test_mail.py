# SPDX-License-Identifier: Apache-2.0
"""Nodemailer before aiosmtpd, which is told the client by the PROXY protocol: by the module, or by
HAProxy in between, which was told by the module."""

import asyncio

import pytest
import websockets

from npm_client import in_base64
from servers.haproxy import Haproxy
from servers.mail_server import MailServer
from support.matrix import every_scheme

pytestmark = pytest.mark.sanitizer

FROM, TO = "ann@client.test.example", ["bob@mail.test.example", "cat@mail.test.example"]

# Lines that SMTP would take for its end or stuffs, eight bits, the longest line, and volume.
MESSAGE = b"\r\n".join([
    b"Subject: a test", b"From: <ann@client.test.example>", b"Content-Transfer-Encoding: 8bit", b"",
    b".", b"..", b".begins with a dot", b"", "gr\u00fc\u00dfe \u4e16\u754c".encode(), b"QUIT",
    bytes(range(0x80, 0x100)), b"x" * 998, *(b"line %d of the volume" % number
                                             for number in range(10_000)), b"", b"."]) + b"\r\n"

# The address that the client has of the machine's own, and not httpd's toward the target.
CLIENT = "127.0.0.9"
# One that httpd believes what it forwards.
FORWARDER, FORWARDED = "127.0.0.8", "198.51.100.7"


@pytest.fixture
def mail_server(start):
    return start(MailServer())


@pytest.fixture
def deliver(npm, url_of, endpoint):
    """deliver(target, version, ...): the port that the client had."""

    def run(target, version, address=CLIENT, headers=None):
        path = endpoint(target, more=f"<proxy-protocol>{version}</proxy-protocol>")
        said = npm("mail", "deliver", url=url_of(path), to=TO, message=in_base64(MESSAGE),
                   localAddress=address, headers=headers or {}, **{"from": FROM})
        assert said["response"] == "250 2.0.0 kept"
        return said["localPort"]

    return run


def the_letter(server):
    """The one that arrived, which must be what was sent."""
    letter, = server.letters
    assert letter.content == MESSAGE
    assert (letter.mail_from, letter.rcpt_tos) == (FROM, TO)
    return letter


@every_scheme
@pytest.mark.parametrize("version", [1, 2])
def test_a_letter_arrives_byte_for_byte_and_its_sender_is_known(
        client, mail_server, deliver, version):
    port = deliver(mail_server, version)
    letter = the_letter(mail_server)
    assert letter.proxy.version == version
    assert letter.client == (CLIENT, port)
    assert (str(letter.proxy.dst_addr), letter.proxy.dst_port) == ("127.0.0.1", client.port)
    if version == 2:
        assert letter.proxy.tlv.AUTHORITY == b"localhost"
        assert ("SSL" in letter.proxy.tlv) == (client.scheme == "https")


@every_scheme
@pytest.mark.parametrize("version", [1, 2])
def test_haproxy_understands_it_and_passes_it_on(client, mail_server, start, deliver, version):
    relay = start(Haproxy(mail_server, version=3 - version))
    port = deliver(relay, version)
    letter = the_letter(mail_server)
    assert letter.proxy.version == 3 - version, "not the module's, but HAProxy's own"
    assert letter.client == (CLIENT, port)
    assert letter.proxy.dst_port == client.port
    seen = relay.session()
    assert (seen["client"], seen["port"]) == (CLIENT, port)
    assert seen["authority"] == ("localhost" if version == 2 else "-")


@pytest.mark.parametrize("version", [1, 2])
def test_the_sender_is_who_mod_remoteip_says(mail_server, deliver, version):
    deliver(mail_server, version, FORWARDER, {"X-Forwarded-For": FORWARDED})
    assert the_letter(mail_server).client == (FORWARDED, 0), "mod_remoteip knows no port"


@every_scheme
@pytest.mark.parametrize("relayed", [False, True], ids=["aiosmtpd", "haproxy"])
def test_who_demands_the_header_refuses_a_policy_without_it(
        client, url_of, endpoint, mail_server, start, relayed):
    url = url_of(endpoint(start(Haproxy(mail_server, version=1)) if relayed else mail_server))

    async def speak_first():
        async with websockets.connect(url, origin=client.origin, ssl=client.tls_context) as socket:
            await socket.send(b"EHLO client.test.example\r\n")
            with pytest.raises(websockets.ConnectionClosed) as ended:
                said = await asyncio.wait_for(socket.recv(), 30)
                pytest.fail(f"was let in: {said}")
            return ended.value.rcvd.code

    # Closed, or reset because it was not read.
    assert asyncio.run(speak_first()) in (1000, 1014)
    assert not mail_server.told and not mail_server.letters
    assert mail_server.connections == (0 if relayed else 1)
