# SPDX-License-Identifier: Apache-2.0
"""Policies, and other answers, of an application that httpd is a proxy of."""

import contextlib
import http.server
import threading
import time

import pytest

from support import http2_server, policy, targets
from support.connection import Ended
from support.matrix import event_and_prefork

pytestmark = pytest.mark.sanitizer


class Cut(list):
    """Pieces of a body that has no end."""


class Application:
    """An HTTP service that answers as `answers` says: path -> (status, headers, body)."""

    def __init__(self):
        application = self
        self.answers, self.seen = {}, []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                application.seen.append(dict(self.headers))
                status, headers, body = application.answers[self.path]
                self.send_response(status)
                pieces = body if isinstance(body, list) else None
                for name, value in headers:
                    self.send_header(name, value)
                if pieces is None:
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                    return
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for piece in pieces:
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                    self.wfile.flush()
                    time.sleep(0.05)
                if isinstance(body, Cut):
                    self.close_connection = True
                    return
                self.wfile.write(b"0\r\n\r\n")

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def one_application():
    application = Application()
    yield application
    application.close()


@pytest.fixture
def application(one_application):
    one_application.answers.clear()
    one_application.seen.clear()
    return one_application


@pytest.fixture
def proxied(scripting, application):
    return scripting(modules=["proxy", "proxy_http"], extra=f"""
      <Location "/app/">
        ProxyPass "http://127.0.0.1:{application.port}/" disablereuse=On
        WebSocket On
      </Location>""")


@event_and_prefork
@pytest.mark.parametrize("chunked", [False, True])
def test_a_proxied_application_opens_the_tunnel(proxied, application, connect_to, echo, chunked):
    text = policy.document(echo.port).encode()
    body = [text[i:i + 9] for i in range(0, len(text), 9)] if chunked else text
    application.answers["/chat?x=1"] = (
        200, [("Content-Type", "application/xml"), ("Set-Cookie", "a=b"), ("ETag", '"x"')], body)
    tunnel = connect_to(proxied).websocket("/app/chat?x=1", {"Cookie": "session=1"})
    tunnel.echo(b"proxied")
    tunnel.close()
    assert tunnel.response.all("Set-Cookie") == ["a=b"]
    assert tunnel.response.get("ETag") is None
    assert application.seen[0]["Cookie"] == "session=1"
    assert "Origin" in application.seen[0]


@event_and_prefork
@pytest.mark.parametrize("status, headers", [
    (200, [("Content-Type", "text/html")]), (401, [("WWW-Authenticate", 'Basic realm="app"')]),
    (403, []), (426, [("Upgrade", "mine")]), (302, [("Location", "https://www.example.org/")]),
    (500, []),
])
def test_a_proxied_application_answers_itself(proxied, application, connect_to, status, headers):
    application.answers["/chat"] = (status, [*headers, ("X-App", "yes")], b"<p>by the app</p>")
    response = connect_to(proxied).handshake("/app/chat")
    assert response.status == status
    assert response.get("X-App") == "yes"
    assert response.body == b"<p>by the app</p>"


def test_an_application_that_is_away_is_httpds_502_or_503(scripting, connect_to, start):
    refused = start(targets.RefusedPort())
    httpd = scripting(modules=["proxy", "proxy_http"], extra=f"""
      <Location "/app/">
        ProxyPass "http://127.0.0.1:{refused.port}/"
        WebSocket On
      </Location>""")
    httpd.expect("proxy")
    assert connect_to(httpd).handshake("/app/chat").status in (502, 503)


@pytest.mark.parametrize("path, headers", [
    ("/chat", [("Content-Type", "text/html")]), ("/chat", []), ("/chat.xml", [])])
def test_a_policy_of_an_application_has_its_type_from_the_application(proxied, application, connect_to, echo, path,
                                                                      headers):
    """Not from the URL, whose end the visitor may have chosen."""
    proxied.expect(rf"WS0044: policy-type: /app{path}: ")
    application.answers[path] = (200, headers, policy.document(echo.port).encode())
    response = connect_to(proxied).handshake(f"/app{path}")
    assert response.status == 500 and b"port" not in response.body
    assert not echo.sessions


@pytest.mark.parametrize("status", [200, 403])
def test_what_an_application_answers_without_a_type_has_that_of_the_url(proxied, application, connect_to, status):
    application.answers["/page.html"] = (status, [], b"<p>by the app</p>")
    response = connect_to(proxied).handshake("/app/page.html")
    assert (response.status, response.body) == (status, b"<p>by the app</p>")
    assert response.get("Content-Type") == "text/html"


def test_a_broken_policy_of_an_application_is_not_shown(proxied, application, connect_to):
    proxied.expect(r"\[websocket:error\].*/app/chat.*line 1")
    application.answers["/chat"] = (200, [], b"<websocket><port>inner</port></websocket>")
    response = connect_to(proxied).handshake("/app/chat")
    assert response.status == 500 and b"inner" not in response.body


@pytest.mark.parametrize("size", [40, 100_000])
def test_a_policy_that_breaks_off_is_shown_to_nobody(new_httpd, open_http2, connect_to, application, size):
    """Nor on a stream of HTTP/2, which sent what had come of one that is too large, as an answer that is whole."""
    httpd = new_httpd(modules=["http2", "proxy", "proxy_http"], extra=http2_server.CONFIGURATION + f"""
      <Location "/app/">
        ProxyPass "http://127.0.0.1:{application.port}/" disablereuse=On
        WebSocket On
      </Location>""")
    httpd.expect("AH01110")
    begin = b"<websocket><host>inner.example</host>"
    application.answers["/cut"] = (200, [("Content-Type", "application/xml")], Cut([begin + b" " * size]))
    problem = {"accept": "application/problem+json"}
    for _ in range(3):
        with contextlib.suppress(Ended):
            response = open_http2(httpd).request("/app/cut", headers=problem)
            assert response.status == 502 and b"inner" not in response.body
    client = connect_to(httpd)
    for response in (client.handshake("/app/cut"), client.request("/app/cut", headers=problem)):
        assert response.status == 502 and b"inner" not in response.body
