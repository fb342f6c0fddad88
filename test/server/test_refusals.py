# SPDX-License-Identifier: Apache-2.0
"""Requests that are no upgrade, and upgrades that are refused: the status, the headers, the silence
about inner hosts, and a connection that is left in order."""

import time

import pytest

from support import policy, targets
from support.client import new_key, write_request
from support.connection import read_response
from support.matrix import every_mpm, every_scheme

pytestmark = pytest.mark.sanitizer


def assert_names_no_target(response, *secrets):
    """Bodies are short and plain, and tell nothing of what is behind."""
    text = response.body.decode() + "".join(f"{name}:{value}\n" for name, value in response.headers)
    for secret in ("<host", "<port", "allow-origin>", "127.0.0.1", *map(str, secrets)):
        assert secret not in text
    assert len(response.body) < 2000


def assert_asks_to_upgrade(response):
    assert response.status == 426
    assert "websocket" in response.tokens("Upgrade")
    assert "upgrade" in response.tokens("Connection")
    assert response.get("Sec-WebSocket-Version") == "13"


# -- no upgrade ----------------------------------------------------------------------------------

@every_mpm
@every_scheme
def test_a_plain_get_is_told_to_upgrade(client, endpoint, echo):
    response = client.request(endpoint(echo, host="127.0.0.1"))
    assert_asks_to_upgrade(response)
    assert response.body
    assert_names_no_target(response, echo.port)
    assert response.get("Last-Modified") is None
    assert not echo.sessions


@pytest.mark.parametrize("headers", [
    {"Range": "bytes=0-40"},
    {"Range": "bytes=-20", "If-Range": '"x"'},
    {"If-None-Match": "*"},
    {"If-Match": '"nothing"'},
    {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
    {"If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
    {"Accept-Encoding": "gzip"},
    {"Connection": "Upgrade"},
    {"Upgrade": "websocket"},
    {"Upgrade": "h2c", "Connection": "Upgrade"},
    {"Upgrade": "websockets", "Connection": "Upgrade"},
    {"Upgrade": "websocket", "Connection": "keep-alive, Upgraded"},
], ids=str)
def test_a_document_is_not_shown_by_any_header(client, endpoint, echo, headers):
    response = client.request(endpoint(echo, host="127.0.0.1"), headers=headers)
    assert_asks_to_upgrade(response)
    assert_names_no_target(response, echo.port)


def test_a_head_request_has_the_headers_and_no_body(client, endpoint, echo):
    connection = client.connect()
    connection.send(write_request("HEAD", endpoint(echo), {"Host": client.authority,
                                                           "Connection": "close"}))
    assert_asks_to_upgrade(read_response(connection, "HEAD"))
    assert connection.receive_to_end() == b""


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "BREW"])
def test_a_document_is_not_shown_by_any_method(client, endpoint, echo, method, httpd):
    httpd.permit("AH00025|AH00026|not allowed|Method")
    response = client.request(endpoint(echo, host="127.0.0.1"), method=method)
    if method != "TRACE":  # which only sends the request back
        assert response.status in (400, 405, 426, 501)
    assert b"<port" not in response.body and str(echo.port).encode() not in response.body
    assert not echo.sessions


def test_a_post_with_a_body_leaves_the_next_request_readable(client, endpoint, echo):
    connection = client.connect()
    connection.send(write_request("POST", endpoint(echo), {"Host": client.authority,
                                                           "Content-Length": "11"},
                                  body=b"hello=there"))
    first = read_response(connection)
    assert first.status in (405, 426)
    if "close" not in first.tokens("Connection"):
        connection.send(write_request("GET", "/index.html", {"Host": client.authority}))
        assert read_response(connection).status == 200


@every_scheme
def test_options_advertises_the_upgrade(client, endpoint, echo):
    """RFC 2817 section 3.2 and 4.1."""
    response = client.request(endpoint(echo), method="OPTIONS")
    assert response.status in (200, 204)
    assert "websocket" in response.tokens("Upgrade")
    assert "upgrade" in response.tokens("Connection")
    assert_names_no_target(response, echo.port)


def test_a_plain_answer_keeps_the_connection(client, endpoint, echo):
    connection = client.connect()
    for path in (endpoint(echo), "/index.html", endpoint(echo)):
        connection.send(write_request("GET", path, {"Host": client.authority}))
        assert read_response(connection).status == (200 if path == "/index.html" else 426)


def test_other_urls_stay_as_they_were(client):
    response = client.request("/index.html")
    assert response.status == 200
    assert response.get("Upgrade") is None
    assert response.get("Sec-WebSocket-Version") is None
    assert client.handshake("/index.html").status == 200


def test_a_file_that_shares_the_folder_but_is_no_policy_is_not_shown(httpd, client):
    path = httpd.write("ws/notes.txt", "not a policy, and nobody's business\n")
    response = client.request("/ws/notes.txt")
    assert b"nobody's business" not in response.body
    assert response.status == 426
    path.unlink()


# -- malformed upgrades --------------------------------------------------------------------------

@every_scheme
@pytest.mark.parametrize("headers", [
    {"Sec-WebSocket-Key": None},
    {"Sec-WebSocket-Key": ""},
    {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ"},
    {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZSE="},
    {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25j"},
    {"Sec-WebSocket-Key": "****IHNhbXBsZSBub25jZQ=="},
    {"Sec-WebSocket-Key": [new_key(), new_key()]},
    {"Sec-WebSocket-Version": "thirteen"},
    {"Sec-WebSocket-Version": "013"},
    {"Sec-WebSocket-Version": "256"},
    {"Sec-WebSocket-Version": ["13", "13"]},
    {"Sec-WebSocket-Version": None},
    {"Content-Length": "4"},
    {"Transfer-Encoding": "chunked"},
], ids=str)
def test_a_malformed_upgrade_is_a_bad_request(httpd, client, endpoint, echo, headers):
    httpd.expect(r"\[websocket:warn\]")
    body = b"body" if "Content-Length" in headers else b""
    body = b"4\r\nbody\r\n0\r\n\r\n" if "Transfer-Encoding" in headers else body
    response = client.handshake(endpoint(echo), headers, body=body)
    assert response.status == 400
    assert_names_no_target(response, echo.port)
    assert not echo.sessions


@pytest.mark.parametrize("version", ["8", "7", "0", "14", "255", "8, 7"])
def test_another_version_is_told_which_is_spoken(httpd, client, endpoint, echo, version):
    httpd.permit(r"\[websocket:warn\]")
    assert_asks_to_upgrade(client.handshake(endpoint(echo), {"Sec-WebSocket-Version": version}))
    assert not echo.sessions


@pytest.mark.parametrize("method", ["POST", "PUT", "HEAD", "OPTIONS"])
def test_an_upgrade_by_another_method_than_get_is_refused(httpd, client, endpoint, echo, method):
    httpd.permit(r"\[websocket:warn\]|not allowed")
    response = client.handshake(endpoint(echo), method=method)
    assert response.status in ((200, 204) if method == "OPTIONS" else (400, 405))
    assert not echo.sessions


def test_an_upgrade_in_http_1_0_is_refused(httpd, client, endpoint, echo):
    httpd.permit(r"\[websocket:warn\]")
    assert client.handshake(endpoint(echo), version="HTTP/1.0").status in (400, 426)
    assert not echo.sessions


def test_an_upgrade_without_a_host_is_refused(client, endpoint, echo, httpd):
    httpd.permit(r"AH00569|AH00550|Host")
    assert client.handshake(endpoint(echo), {"Host": None}).status == 400


def test_an_upgrade_with_a_body_it_has_not_sent_is_refused_without_waiting(httpd, client, endpoint,
                                                                         echo):
    httpd.permit(r"\[websocket:warn\]|AH01382|AH00567")
    connection = client.connect()
    request, _ = client.upgrade_request(endpoint(echo), {"Content-Length": "100000"})
    began = time.monotonic()
    connection.send(request)
    assert read_response(connection).status == 400
    assert time.monotonic() - began < 5


# -- bytes sent too early never become a request -------------------------------------------------

BAD_ORIGIN = {"Origin": "https://evil.example"}

SMUGGLED = (b"GET /secret.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")


@every_mpm
@every_scheme
def test_bytes_after_a_refused_upgrade_are_not_a_request(httpd, client, endpoint, echo):
    httpd.expect("origin")
    connection = client.connect()
    request, _ = client.upgrade_request(endpoint(echo), BAD_ORIGIN)
    connection.send(request + SMUGGLED)
    everything = connection.receive_to_end()
    assert everything.startswith(b"HTTP/1.1 401 ")
    assert everything.count(b"HTTP/1.1 ") == 1 and b"the secret" not in everything


@pytest.mark.parametrize("headers, status, log", [
    (BAD_ORIGIN, 401, "origin"),
    ({"Sec-WebSocket-Key": "short"}, 400, "websocket:warn"),
    ({"Sec-WebSocket-Version": "8"}, 426, "websocket:"),
    ({"Content-Length": "3"}, 400, "websocket:warn"),
], ids=["origin", "key", "version", "body"])
def test_bytes_after_any_refusal_are_not_a_request(httpd, client, endpoint, echo, headers, status,
                                                   log):
    httpd.expect(log)
    connection = client.connect()
    request, _ = client.upgrade_request(endpoint(echo), headers)
    body = b"abc" if "Content-Length" in headers else b""
    connection.send(request + body + SMUGGLED)
    everything = connection.receive_to_end()
    assert everything.startswith(b"HTTP/1.1 %d " % status)
    assert everything.count(b"HTTP/1.1 ") == 1 and b"the secret" not in everything


@every_scheme
def test_bytes_that_come_a_moment_after_a_refusal_are_not_a_request(httpd, client, endpoint, echo):
    httpd.expect("origin")
    connection = client.connect()
    request, _ = client.upgrade_request(endpoint(echo), BAD_ORIGIN)
    connection.send(request)
    assert read_response(connection).status == 401
    time.sleep(0.3)
    try:
        connection.send(SMUGGLED)
    except OSError:
        pass  # closed already, as well
    assert b"HTTP/1.1" not in connection.receive_to_end()


def test_bytes_after_an_unreachable_target_are_not_a_request(httpd, client, endpoint, start):
    httpd.expect("127.0.0.1:")
    connection = client.connect()
    request, _ = client.upgrade_request(endpoint(start(targets.RefusedPort())))
    connection.send(request + SMUGGLED)
    everything = connection.receive_to_end()
    assert everything.startswith(b"HTTP/1.1 502 ")
    assert everything.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("rule", [
    "Require ip 10.0.0.0/8", "Redirect 404 /ws/", "RewriteRule . - [F]"])
def test_bytes_after_a_refusal_of_httpd_itself_are_not_a_request(new_httpd, connect_to, echo, rule):
    """The answer is httpd's, but the upgrade was asked of an endpoint."""
    httpd = new_httpd(extra=f"""<Directory "{{root}}/htdocs/ws">
        RewriteEngine On
        {rule}
      </Directory>""")
    httpd.permit("AH01630")
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd)
    connection = client.connect()
    request, _ = client.upgrade_request("/ws/echo.xml")
    connection.send(request + SMUGGLED)
    everything = connection.receive_to_end()
    assert everything.startswith(b"HTTP/1.1 40")
    assert everything.count(b"HTTP/1.1 ") == 1 and b"the secret" not in everything


@pytest.mark.parametrize("rule, status", [("- [F]", b"403"), ("/index.html [R]", b"302")])
def test_bytes_after_an_answer_before_the_section_is_known_are_not_a_request(new_httpd, connect_to, echo, rule, status):
    """mod_rewrite outside of sections answers before anybody knows what the URL is."""
    httpd = new_httpd(extra=f"RewriteEngine On\nRewriteRule ^/ws/ {rule}")
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd)
    connection = client.connect()
    request, _ = client.upgrade_request("/ws/echo.xml")
    connection.send(request + SMUGGLED)
    everything = connection.receive_to_end()
    assert everything.startswith(b"HTTP/1.1 " + status)
    assert everything.count(b"HTTP/1.1 ") == 1 and b"the secret" not in everything


def test_the_answer_of_a_refusal_arrives_though_much_was_sent_too_early(httpd, client, endpoint,
                                                                       echo):
    """Closing with unread bytes would send RST, which can destroy the answer."""
    httpd.expect("origin")
    connection = client.connect()
    request, _ = client.upgrade_request(endpoint(echo), BAD_ORIGIN)
    connection.send(request + b"x" * 200_000)
    assert read_response(connection).status == 401
