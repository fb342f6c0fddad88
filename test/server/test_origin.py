# SPDX-License-Identifier: Apache-2.0
"""Who may connect: Origin against allow-origin (RFC 6454, RFC 6455 section 10.2)."""

import pytest

from support import policy
from support.matrix import every_scheme

pytestmark = pytest.mark.sanitizer

LISTED = ["https://chat.example.com", "https://*.example.org", "http://example.net:8080",
          "https://example.edu/cgi-bin/socket.cgi?room=1"]


@every_scheme
def test_without_allow_origin_the_own_page_may_connect(client, endpoint, echo):
    client.websocket(endpoint(echo)).echo(b"own")


@every_scheme
@pytest.mark.parametrize("origin", [
    "https://evil.example", "null", "{other_scheme}://{authority}", "{scheme}://localhost",
    "{scheme}://localhost:1", "{scheme}://{authority}.evil.example",
    "{scheme}://evil.example/{authority}", "{scheme}://user@{authority}", "{authority}", "",
])
def test_without_allow_origin_no_other_page_may(httpd, client, endpoint, echo, origin):
    httpd.expect("origin")
    origin = origin.format(scheme=client.scheme, authority=client.authority,
                           other_scheme="http" if client.scheme == "https" else "https")
    response = client.handshake(endpoint(echo), {"Origin": origin})
    assert response.status == 401
    assert not echo.sessions


def test_a_refused_origin_is_401_with_a_challenge_and_names_nothing(httpd, client, endpoint, echo):
    httpd.expect(r"\[websocket:warn\].*https://evil\.example")
    response = client.handshake(endpoint(echo, host="127.0.0.1", origins=LISTED),
                                {"Origin": "https://evil.example"})
    assert response.status == 401
    assert response.get("WWW-Authenticate")
    for secret in (b"127.0.0.1", b"example.com", str(echo.port).encode()):
        assert secret not in response.body


@pytest.mark.parametrize("origin", [
    "https://chat.example.com", "https://a.example.org", "https://b.a.example.org",
    "http://example.net:8080", "https://example.edu",
])
def test_a_listed_origin_may_connect(client, endpoint, echo, origin):
    client.websocket(endpoint(echo, origins=LISTED), {"Origin": origin}).echo(b"listed")


@pytest.mark.parametrize("origin", [
    "http://chat.example.com", "https://chat.example.com:444", "https://chat.example.com.evil.test",
    "https://xchat.example.com", "https://example.org", "https://evilexample.org",
    "https://example.org.evil.test", "http://a.example.org", "http://example.net",
    "https://example.net:8080", "null", "https://chat.example.com, https://evil.test",
    "https://chat.example.com/", "https://chat.example.com@evil.test", "file://",
    "https://chat.example.com\\.evil.test", "https://chat.example.com%2eevil.test",
])
def test_a_look_alike_may_not(httpd, client, endpoint, echo, origin):
    httpd.expect("origin")
    response = client.handshake(endpoint(echo, origins=LISTED), {"Origin": origin})
    assert response.status == 401
    assert not echo.sessions


def test_the_own_origin_is_not_implied_beside_listed_ones(httpd, client, endpoint, echo):
    httpd.expect("origin")
    assert client.handshake(endpoint(echo, origins=LISTED)).status == 401


def test_two_origin_headers_are_refused(httpd, client, endpoint, echo):
    httpd.expect("origin")
    response = client.handshake(endpoint(echo), {"Origin": [client.origin, client.origin]})
    assert response.status == 401


@pytest.mark.parametrize("origins, status", [((), 401), (LISTED, 401), (["*"], 101)], ids=str)
def test_no_origin_at_all_is_let_in_only_under_the_star(httpd, client, endpoint, echo, origins,
                                                        status):
    if status == 401:
        httpd.expect("origin")
    assert client.handshake(endpoint(echo, origins=origins), {"Origin": None}).status == status


@pytest.mark.parametrize("origin", ["https://anything.example", "http://127.0.0.1:1", "null"])
def test_the_star_lets_all_origins_in(client, endpoint, echo, origin):
    client.websocket(endpoint(echo, origins=["*"]), {"Origin": origin}).echo(b"star")


@pytest.mark.parametrize("status", [401, 403])
def test_the_status_of_a_refused_origin_is_the_administrators(new_httpd, connect_to, echo, status):
    httpd = new_httpd(extra=f"WebSocketOriginStatus {status}")
    httpd.expect("origin")
    httpd.write("ws/echo.xml", policy.document(echo.port))
    response = connect_to(httpd).handshake("/ws/echo.xml", {"Origin": "https://evil.example"})
    assert response.status == status
    assert (response.get("WWW-Authenticate") is not None) == (status == 401)
