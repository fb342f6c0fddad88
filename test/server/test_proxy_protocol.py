# SPDX-License-Identifier: Apache-2.0
"""What a target learns of the client by the PROXY protocol, read by a strict reader."""

import pytest

from support import policy, proxy_header, targets
from support.matrix import everywhere
from support.proxy_header import ProxyHeader
from support.waiting import wait_until

pytestmark = pytest.mark.sanitizer


def said(session):
    """The header of a session whose target has read it."""
    assert wait_until(lambda: hasattr(session, "header"))
    return session.header


@pytest.fixture
def reader(start):
    return start(targets.Echo(openings=[ProxyHeader()]))


@everywhere
@pytest.mark.parametrize("version", [1, 2])
def test_the_header_comes_first_and_names_the_client(httpd, client, reader, version):
    httpd.write("ws/proxy.xml", policy.document(
        reader.port, more=f"<proxy-protocol>{version}</proxy-protocol>"))
    tunnel = client.websocket("/ws/proxy.xml")
    address, port = tunnel.connection.socket.getsockname()[:2]
    tunnel.echo(b"behind the header")
    header = said(reader.session())
    assert header.protocol == version
    assert (header.source, header.source_port) == (address, port)
    assert (header.destination, header.destination_port) == ("127.0.0.1", client.port)
    if version == 2:
        assert header.authority == "localhost"
        assert (header.tls is not None) == (client.scheme == "https")
    if header.tls:
        assert header.tls.client == proxy_header.CLIENT_SSL
        assert header.tls.version.startswith("TLSv1.") and header.tls.cipher
    tunnel.close()


@pytest.mark.parametrize("version", [1, 2])
def test_the_address_is_that_of_mod_remoteip(new_httpd, connect_to, reader, version):
    httpd = new_httpd(extra="RemoteIPTrustedProxy 127.0.0.1")
    httpd.write("ws/proxy.xml", policy.document(
        reader.port, more=f"<proxy-protocol>{version}</proxy-protocol>"))
    client = connect_to(httpd)
    for number, (forwarded, source, destination) in enumerate((
            ("192.0.2.7", "192.0.2.7", "127.0.0.1"),
            ("2001:db8::7", "2001:db8::7", "::ffff:"))):
        client.websocket("/ws/proxy.xml", {"X-Forwarded-For": forwarded}).echo(b"x")
        header = said(reader.session(number))
        assert header.source == source
        assert header.destination.startswith(destination)


def test_without_the_element_nothing_is_said(httpd, client, echo):
    httpd.write("ws/plain.xml", policy.document(echo.port))
    client.websocket("/ws/plain.xml").echo(b"the first bytes")
    assert bytes(echo.session().received).startswith(b"the first bytes")
