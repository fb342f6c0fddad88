# SPDX-License-Identifier: Apache-2.0
"""WebSocket on streams of HTTP/2 (RFC 8441): what is offered, opened, carried and refused."""

import hashlib

import pytest

from support import frame, policy, targets
from support.deflating import Deflating
from support.http2_server import CONFIGURATION
from support.matrix import event_and_worker, every_scheme
from support.waiting import wait_until

pytestmark = [pytest.mark.endurance, pytest.mark.sanitizer]

MIB = 1 << 20

PROTOCOL_ERROR = 1  # RFC 9113 section 7

# Fields of a connection, not of a message (RFC 9113 section 8.2.2).
OF_A_CONNECTION = ("Connection", "Upgrade", "Keep-Alive", "Transfer-Encoding", "Proxy-Connection")


@pytest.fixture
def serving(http2_httpd, echo):
    http2_httpd.write("ws/echo.xml", policy.document(echo.port))
    return http2_httpd


def assert_is_of_http2(response):
    for name in OF_A_CONNECTION:
        assert response.get(name) is None


def assert_works(session):
    """A refused stream is no matter of the others."""
    assert session.request("/index.html").status == 200
    tunnel = session.websocket("/ws/echo.xml")
    tunnel.echo(b"as ever")
    tunnel.close()


# -- opened --------------------------------------------------------------------------------------

@event_and_worker
@every_scheme
def test_a_stream_opens_carries_and_closes_as_a_connection_would(serving, open_http2, scheme, echo):
    session = open_http2(serving, scheme)
    assert session.offers_extended_connect
    tunnel = session.websocket("/ws/echo.xml")
    assert_is_of_http2(tunnel.response)
    assert tunnel.response.get("Sec-WebSocket-Accept") is None
    tunnel.echo(b"through a stream")
    tunnel.send_frame(frame.PING, b"ping")
    assert tunnel.receive_frame() == frame.Frame(frame.PONG, b"ping")
    data, answer = tunnel.close()  # which asks for END_STREAM
    assert (data, answer.close_code) == (b"", 1000)
    assert echo.session().wait_ended() == "fin"
    assert wait_until(lambda: any('"GET /ws/echo.xml HTTP/2.0"' in line
                                  for line in serving.access_lines()))
    assert session.request("/index.html").status == 200


@event_and_worker
def test_much_goes_both_ways_unharmed(serving, open_http2, echo):
    tunnel = open_http2(serving).websocket("/ws/echo.xml")
    tunnel.connection.reads_at_once = True
    for piece in targets.pattern(MIB):
        tunnel.send(piece)
    got = tunnel.receive_bytes(MIB)
    assert hashlib.sha256(got).hexdigest() == targets.digest(MIB)
    assert echo.session().received_digest == targets.digest(MIB)
    tunnel.close()


@event_and_worker
@every_scheme
def test_eight_tunnels_share_a_connection_with_requests(serving, open_http2, scheme):
    session = open_http2(serving, scheme)
    session.earn_workers()
    tunnels = [session.websocket(path) for path in ("/ws/echo.xml", "/echo") * 4]
    for round_ in range(5):
        requests = [session.send_request("/index.html") for _ in range(3)]
        for number, tunnel in enumerate(tunnels):
            tunnel.send(b"round %d of tunnel %d" % (round_, number))
        for request in requests:
            assert session.receive_whole(request).status == 200
        for number, tunnel in enumerate(tunnels):
            assert tunnel.receive_data() == b"round %d of tunnel %d" % (round_, number)
    for tunnel in tunnels:
        tunnel.close()


def test_bytes_that_do_not_wait_for_the_answer_are_carried(serving, open_http2):
    stream = open_http2(serving).connect("/ws/echo.xml")
    stream.send(frame.encode(frame.BINARY, b"early"))
    assert stream.receive_response().status == 200
    assert frame.decode(stream.receive_exactly) == frame.Frame(frame.BINARY, b"early")


def test_the_echo_answers_messages_with_their_kind(serving, open_http2):
    tunnel = open_http2(serving).websocket("/echo")
    tunnel.send_frame(frame.TEXT, "grüß dich".encode())
    assert tunnel.receive_frame() == frame.Frame(frame.TEXT, "grüß dich".encode())
    tunnel.close()


def test_compression_is_agreed_on_and_used(serving, open_http2):
    talk = Deflating(open_http2(serving).websocket(
        "/echo", {"sec-websocket-extensions": "permessage-deflate; client_max_window_bits"}))
    for _ in range(3):
        talk.send(b"compressible " * 5000)
        assert talk.receive() == (b"compressible " * 5000, True)


def test_the_subprotocol_is_answered(serving, open_http2, echo):
    serving.write("ws/irc.xml", policy.document(echo.port, more="<protocol>irc</protocol>"))
    session = open_http2(serving)
    tunnel = session.websocket("/ws/irc.xml", {"sec-websocket-protocol": "chat, irc"})
    assert tunnel.response.get("Sec-WebSocket-Protocol") == "irc"
    tunnel.echo(b"agreed")


def test_a_script_may_write_the_policy(new_httpd, open_http2, echo):
    httpd = new_httpd(modules=["http2", "cgid"], extra=CONFIGURATION + """
        ScriptSock "{root}/run/cgid.sock"
        <Directory "{root}/htdocs/ws">
          Options +ExecCGI
          AddHandler cgi-script .cgi
        </Directory>""")
    document = policy.document(echo.port)
    httpd.write("ws/policy.cgi", "#!/bin/sh\nprintf 'Content-Type: application/xml\\n\\n'\n"
                f"cat <<'END'\n{document}END\n").chmod(0o755)
    tunnel = open_http2(httpd).websocket("/ws/policy.cgi")
    tunnel.echo(b"by a script")
    tunnel.close()


# -- refused -------------------------------------------------------------------------------------

@pytest.mark.parametrize("version", ["12", "14", None, "thirteen", "13, 8"])
def test_another_version_is_400_and_told_the_right_one(serving, open_http2, version):
    serving.expect("version")
    session = open_http2(serving)
    response = session.handshake("/ws/echo.xml", {"sec-websocket-version": version})
    assert response.status == 400
    assert response.get("Sec-WebSocket-Version") == "13"
    assert_is_of_http2(response)
    assert response.body
    assert_works(session)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_plain_request_is_400_since_http2_has_no_upgrade(serving, open_http2, method):
    """A 426 must name in Upgrade what HTTP/2 cannot (RFC 9110 section 15.5.22)."""
    session = open_http2(serving)
    response = session.request("/ws/echo.xml", method)
    assert response.status == 400
    assert response.get("Sec-WebSocket-Version") == "13"
    assert_is_of_http2(response)
    assert (b"extended CONNECT" in response.body) == (method == "GET")
    assert_works(session)


@pytest.mark.parametrize("status, log", [(401, "origin"), (403, "target"), (502, "connect-failed"),
                                         (500, "policy"), (404, "")])
def test_a_refusal_is_an_answer_of_its_stream_alone(serving, open_http2, start, status, log):
    serving.write("ws/403.xml", policy.document(9, host="192.0.2.1"))
    serving.write("ws/500.xml", "<websocket>")
    serving.write("ws/502.xml", policy.document(start(targets.RefusedPort()).port))
    serving.write("ws/401.xml", policy.document(9, origins=["https://other.example"]))
    if log:
        serving.expect(log)
    session = open_http2(serving)
    response = session.handshake(f"/ws/{status}.xml")
    assert response.status == status
    assert response.body
    assert_is_of_http2(response)
    assert (response.get("WWW-Authenticate") is not None) == (status == 401)
    assert_works(session)


def test_a_page_that_is_no_endpoint_is_502_by_mod_http2(serving, open_http2):
    session = open_http2(serving)
    assert session.handshake("/index.html").status == 502
    assert_works(session)


def test_another_protocol_than_websocket_is_not_spoken(serving, open_http2):
    session = open_http2(serving)
    assert session.handshake("/ws/echo.xml", protocol="connect-tcp").status == 501
    assert_works(session)


def test_without_h2websockets_it_is_neither_offered_nor_served(new_httpd, open_http2, echo):
    """The HTTP/2 library below httpd ends a stream of a kind that was not offered."""
    httpd = new_httpd(modules=["http2"], extra="Protocols h2 http/1.1")
    httpd.write("ws/echo.xml", policy.document(echo.port))
    session = open_http2(httpd)
    assert not session.offers_extended_connect
    stream = session.connect("/ws/echo.xml")
    stream.wait(lambda: stream.finished)
    assert stream.reset_code == PROTOCOL_ERROR
    assert session.request("/index.html").status == 200
    assert not echo.sessions


# -- origins -------------------------------------------------------------------------------------

def test_the_own_origin_is_that_of_the_authority(serving, open_http2):
    session = open_http2(serving, host="one.test")
    session.websocket("/ws/echo.xml").echo(b"own")
    serving.expect("origin")
    for other in ("localhost", "two.test", "evil.example"):
        response = session.handshake("/ws/echo.xml",
                                     {"origin": f"https://{other}:{serving.https_port}"})
        assert response.status == 401
    assert session.handshake("/ws/echo.xml", {"origin": f"http://{session.authority}"}).status == 401
