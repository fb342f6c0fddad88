# SPDX-License-Identifier: Apache-2.0
"""The opening handshake that succeeds: RFC 6455 section 4, RFC 9110 section 7.8."""

import asyncio
import base64

import pytest
import websockets

from support import frame, policy, targets, tls
from support.client import accept_for, write_request
from support.connection import read_response
from support.matrix import every_scheme, everywhere

pytestmark = pytest.mark.sanitizer


@everywhere
def test_the_answer_is_101_with_the_right_headers_and_the_bytes_go_through(client, endpoint, echo):
    tunnel = client.websocket(endpoint(echo))
    response = tunnel.response
    assert response.tokens("Upgrade") == ["websocket"]
    assert response.tokens("Connection") == ["upgrade"]
    assert response.get("Sec-WebSocket-Accept") == accept_for(tunnel.key)
    assert response.get("Content-Length") is None
    assert response.get("Transfer-Encoding") is None
    assert response.get("Sec-WebSocket-Protocol") is None
    assert response.get("Sec-WebSocket-Extensions") is None
    tunnel.echo(b"through httpd")
    tunnel.close()


def test_the_accept_key_of_the_rfc_is_answered_as_in_the_rfc(client, endpoint, echo):
    response = client.handshake(endpoint(echo), {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="})
    assert response.status == 101
    assert response.get("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize("headers", [
    {"Connection": "keep-alive, Upgrade"},
    {"Connection": "upgrade"},
    {"Connection": "close , ,UPGRADE"},
    {"Connection": ["keep-alive", "Upgrade"]},
    {"Upgrade": "WebSocket"},
    {"Upgrade": "WEBSOCKET"},
    {"Upgrade": "h2c, websocket"},
    {"Upgrade": ["TLS/1.0", "websocket"]},
    {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits, x-unknown; a=\"b\""},
    {"Sec-WebSocket-Protocol": "chat, superchat"},
    {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAEC=="},
    {"Content-Length": "0"},
], ids=str)
def test_header_lists_are_read_as_lists_and_without_case(client, endpoint, echo, headers):
    client.websocket(endpoint(echo), headers).echo(b"list")


@pytest.mark.parametrize("version", tls.VERSIONS)
def test_both_versions_of_tls_carry_a_tunnel(httpd, connect_to, endpoint, echo, version):
    client = connect_to(httpd, "https", tls_version=tls.VERSIONS[version])
    tunnel = client.websocket(endpoint(echo))
    assert tunnel.connection.socket.version() == version
    tunnel.echo(b"".join(targets.pattern(300_000)))
    tunnel.close()


@everywhere
def test_frames_in_the_segment_of_the_handshake_reach_the_target(client, endpoint, echo):
    early = frame.encode(frame.BINARY, b"early ") + frame.encode(frame.BINARY, b"birds")
    tunnel = client.websocket(endpoint(echo), early=early)
    assert tunnel.receive_bytes(11) == b"early birds"
    tunnel.echo(b"and late ones")


@everywhere
def test_a_frame_cut_by_the_segment_of_the_handshake_is_put_together(client, endpoint, echo):
    whole = frame.encode(frame.BINARY, b"cut somewhere")
    for cut in (1, 2, 5, 6, 9, len(whole) - 1):
        with client.websocket(endpoint(echo), early=whole[:cut]) as tunnel:
            tunnel.connection.send(whole[cut:])
            assert tunnel.receive_bytes(13) == b"cut somewhere"


@everywhere
def test_much_that_came_with_the_handshake_is_not_lost(client, endpoint, sink):
    """More than httpd's and mod_ssl's read buffers of 8 and 16 KiB, less than is tolerated."""
    payload = b"".join(targets.pattern(60_000))
    tunnel = client.websocket(endpoint(sink), early=frame.encode(frame.BINARY, payload))
    session = sink.session()
    session.wait_received(len(payload))
    assert bytes(session.received) == payload
    tunnel.close()


@every_scheme
def test_more_than_a_client_may_send_unasked_never_becomes_a_request(httpd, client, endpoint, sink):
    """Whether the handshake is refused or the bytes go to the target is up to the module."""
    httpd.permit("early-bytes")
    connection = client.connect()
    request, _ = client.upgrade_request(endpoint(sink))
    connection.send(request + b"GET /secret.txt HTTP/1.1\r\nHost: localhost\r\n\r\n" * 4000)
    assert connection.receive_to_end().count(b"HTTP/1.1 ") == 1


@every_scheme
def test_a_close_in_the_segment_of_the_handshake_is_answered(client, endpoint, sink):
    early = frame.encode(frame.BINARY, b"brief") + frame.encode(frame.CLOSE,
                                                                frame.close_payload(1000))
    tunnel = client.websocket(endpoint(sink), early=early)
    _, answer = tunnel.receive_to_close()
    assert answer.close_code == 1000
    assert sink.session().wait_ended() == "fin"
    assert bytes(sink.session().received) == b"brief"


@every_scheme
def test_a_request_sent_byte_by_byte_is_understood(client, endpoint, echo):
    connection = client.connect()
    request, key = client.upgrade_request(endpoint(echo))
    for byte in request:
        connection.send(bytes([byte]))
    response = read_response(connection)
    assert response.status == 101
    assert response.get("Sec-WebSocket-Accept") == accept_for(key)


@every_scheme
def test_expect_100_continue_is_answered_before_the_101(client, endpoint, echo):
    connection = client.connect()
    request, _ = client.upgrade_request(endpoint(echo), {"Expect": "100-continue"})
    connection.send(request)
    assert read_response(connection).status == 100
    assert read_response(connection).status == 101


@every_scheme
def test_an_upgrade_on_a_kept_connection_works(client, endpoint, echo):
    connection = client.connect()
    for _ in range(3):
        connection.send(write_request("GET", "/index.html", {"Host": client.authority}))
        assert read_response(connection).status == 200
    request, key = client.upgrade_request(endpoint(echo))
    connection.send(request)
    response = read_response(connection)
    assert response.status == 101
    assert response.get("Sec-WebSocket-Accept") == accept_for(key)
    connection.send(frame.encode(frame.BINARY, b"kept"))
    assert frame.decode(connection.receive_exactly).payload == b"kept"


def test_a_pipelined_upgrade_waits_for_its_turn(client, endpoint, echo):
    request, _ = client.upgrade_request(endpoint(echo))
    connection = client.connect()
    connection.send(write_request("GET", "/index.html", {"Host": client.authority}) + request
                    + frame.encode(frame.BINARY, b"piped"))
    assert read_response(connection).status == 200
    assert read_response(connection).status == 101
    assert frame.decode(connection.receive_exactly).payload == b"piped"


@every_scheme
def test_the_greeting_of_the_target_follows_the_101(client, endpoint, start):
    tunnel = client.websocket(endpoint(start(targets.Greeter(b"220 ready\r\n"))))
    assert tunnel.receive_bytes(11) == b"220 ready\r\n"


@everywhere
def test_a_foreign_client_gets_its_echo(client, endpoint, echo):
    path = endpoint(echo)

    async def talk():
        scheme = "wss" if client.scheme == "https" else "ws"
        async with websockets.connect(f"{scheme}://{client.authority}{path}",
                                      origin=client.origin, ssl=client.tls_context) as tunnel:
            for size in (1, 1000, 100_000):
                payload = bytes(size)
                await tunnel.send(payload)
                received = b""
                while len(received) < size:
                    received += await asyncio.wait_for(tunnel.recv(), 5)
                assert received == payload
            await asyncio.wait_for(await tunnel.ping(), 5)

    asyncio.run(talk())


def test_authentication_in_front_holds_and_lets_through(new_httpd, connect_to, echo):
    httpd = new_httpd(extra="""<Directory "{root}/htdocs/ws">
        AuthType Basic
        AuthName "members"
        AuthUserFile "{root}/conf/users"
        Require valid-user
      </Directory>""")
    (httpd.root / "conf" / "users").write_text("ann:{SHA}0DPiKuNIrrVmD8IUCuw1hQxNqZc=\n")  # admin
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd)
    refused = client.handshake("/ws/echo.xml")
    assert refused.status == 401
    assert 'realm="members"' in refused.get("WWW-Authenticate")
    assert refused.get("Sec-WebSocket-Accept") is None
    token = base64.b64encode(b"ann:admin").decode()
    client.websocket("/ws/echo.xml", {"Authorization": f"Basic {token}"}).echo(b"member")


def test_require_in_front_holds(new_httpd, connect_to, echo):
    httpd = new_httpd(extra="""<Directory "{root}/htdocs/ws">
        Require ip 10.0.0.0/8
      </Directory>""")
    httpd.expect("AH01630: client denied by server configuration")
    httpd.write("ws/echo.xml", policy.document(echo.port))
    assert connect_to(httpd).handshake("/ws/echo.xml").status == 403
    assert not echo.sessions


def test_alias_and_rewrite_lead_to_an_endpoint(new_httpd, connect_to, echo):
    httpd = new_httpd(extra="""Alias "/aliased" "{root}/htdocs/ws/echo.xml"
      RewriteEngine On
      RewriteRule "^/rewritten$" "/ws/echo.xml" [PT]""")
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd)
    for path in ("/aliased", "/rewritten"):
        client.websocket(path).echo(path.encode())


def test_a_missing_document_is_404_as_ever(client):
    assert client.handshake("/ws/no-such.xml").status == 404


def test_the_access_log_tells_of_the_101(httpd, client, endpoint, echo):
    path = endpoint(echo)
    client.websocket(path).close()
    assert any(f'"GET {path} HTTP/1.1" 101' in line for line in httpd.access_lines())


def test_tunnels_to_one_target_are_apart(client, endpoint, echo):
    path = endpoint(echo)
    tunnels = [client.websocket(path) for _ in range(20)]
    for number, tunnel in enumerate(tunnels):
        tunnel.send(b"mine is %d" % number)
    for number, tunnel in reversed(list(enumerate(tunnels))):
        assert tunnel.receive_bytes(len(b"mine is %d" % number)) == b"mine is %d" % number


@everywhere
def test_a_cookie_with_a_line_break_is_left_out(new_httpd, scheme, connect_to, echo):
    """It would begin a field, or frames, of the making of whoever wrote the URL; httpd looks at other answers only."""
    rule = 'RewriteEngine On\nRewriteRule "(?s)^/room/(.*)/irc.xml$" /ws/irc.xml [CO=;room;$1;localhost,PT]\n'
    httpd = new_httpd(extra=rule, https_extra=f"\n{rule}")
    httpd.expect("WS0219: a cookie is left out of the 101")
    httpd.write("ws/irc.xml", policy.document(echo.port))
    client = connect_to(httpd, scheme)
    tunnel = client.websocket("/room/a%0d%0aX-Forged:%20yes%0d%0a%0d%0a%82%05forged/irc.xml")
    assert tunnel.response.get("Set-Cookie") is None and tunnel.response.get("X-Forged") is None
    tunnel.echo(b"whole")
    assert client.websocket("/room/kitchen/irc.xml").response.get("Set-Cookie").startswith("room=kitchen;")
