# SPDX-License-Identifier: Apache-2.0
"""To which page an explanation says what, and in which form."""

import json

import pytest

from support import policy, targets
from support.client import write_request
from support.connection import read_response
from support.explanations import (ASKS, EVIL, FRIEND, PROBLEM, assert_nobody_came,
                                  assert_readable_by, assert_told, explain, reason_of)
from support.matrix import every_scheme
from support.waiting import wait_until

pytestmark = pytest.mark.sanitizer


# -- pages ---------------------------------------------------------------------------------------

@every_scheme
def test_a_refused_page_learns_that_and_nothing_else(httpd, client, endpoint, start, echo):
    """Whatever is behind, whatever the policy says: the answer is the same, octet by octet."""
    answers = set()
    for path in (endpoint(echo), endpoint(echo, origins=[FRIEND]), endpoint(start(targets.RefusedPort())),
                 endpoint(6667, host="no-such-host.invalid"), endpoint(80, host="192.0.2.77"),
                 endpoint(echo, host="127.0.0.1", more="<tls>/run/no/such.pem</tls>"),
                 endpoint(echo, host="127.0.0.1", origins=["https://*.evil.example"])):
        response = explain(client, path, origin=EVIL)
        assert_told(response, 401, "origin")
        assert_readable_by(response, EVIL, credentials=False)
        response.headers = [(name, value) for name, value in response.headers
                            if name.lower() != "date"]
        answers.add((response.status, str(response.headers), response.body))
    assert len(answers) == 1
    path = endpoint(echo)
    assert_told(explain(client, path, origin=EVIL), 401, "origin")
    assert_nobody_came(client, path, echo)


@pytest.mark.parametrize("origin, readable", [
    ("null", True), ("https://evil.example:8443", True), ("https://evil.example/", False),
    ("https://a.example https://b.example", False), ("evil.example", False),
    ('https://evil.example" x', False)])
def test_only_what_is_an_origin_is_told_back(client, endpoint, echo, origin, readable):
    response = explain(client, endpoint(echo), origin=origin)
    assert_told(response, 401, "origin")
    assert_readable_by(response, origin if readable else None, credentials=False)


def test_an_admitted_page_of_another_site_may_ask_with_its_users_cookies(client, endpoint, echo):
    response = explain(client, endpoint(echo, origins=[FRIEND]), origin=FRIEND)
    assert_told(response, 426, "upgrade-required")
    assert_readable_by(response, FRIEND, credentials=True)


def test_the_status_of_a_refused_origin_is_the_handshakes(new_httpd, connect_to, echo):
    httpd = new_httpd(extra='<Directory "{root}/htdocs">\nWebSocketOriginStatus 403\n</Directory>')
    httpd.write("ws/echo.xml", policy.document(echo.port))
    assert_told(explain(connect_to(httpd), "/ws/echo.xml", origin=EVIL), 403, "origin")


@every_scheme
@pytest.mark.parametrize("field, value", [
    ("Sec-Fetch-Site", "same-origin"), ("Referer", "{own}/page.html?x=://y"), ("Referer", "{own}")])
def test_a_page_of_the_endpoints_own_site_needs_no_origin(client, endpoint, echo, field, value):
    """Browsers send none with a GET to the page's own site."""
    response = client.request(endpoint(echo), headers={**ASKS,
                                                       field: value.format(own=client.origin)})
    assert_told(response, 426, "upgrade-required")
    assert response.get("Access-Control-Allow-Origin") is None
    assert echo.session().wait_ended() == "fin"


def test_where_the_own_site_is_not_listed_its_page_is_refused(client, endpoint, echo):
    response = client.request(endpoint(echo, origins=[FRIEND]),
                              headers={**ASKS, "Sec-Fetch-Site": "same-origin"})
    assert_told(response, 401, "origin")


@pytest.mark.parametrize("headers", [
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": ""},
    {"Sec-Fetch-Site": "same-origin, cross-site"},
    {"Sec-Fetch-Site": "cross-site", "Referer": "{own}/"},
    {"Referer": "https://evil.example/page"}, {"Referer": "{own}.evil.example/"},
    {"Referer": "http://localhost/"}, {"Referer": "{own}@evil.example/"}, {"Referer": "about:blank"},
], ids=str)
@pytest.mark.parametrize("origins", [(), ("*",)], ids=["own", "all"])
def test_a_page_that_may_not_read_the_answer_makes_nobody_connect(client, endpoint, echo, headers,
                                                                 origins):
    """`mode: "no-cors"` sends this Accept and no Origin."""
    path = endpoint(echo, origins=origins)
    headers = {name: value.format(own=client.origin) for name, value in headers.items()}
    response = client.request(path, headers={**ASKS, **headers})
    assert_told(response, 401, "origin")
    assert_readable_by(response, None, credentials=False)
    assert_nobody_came(client, path, echo)


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "none"}], ids=str)
def test_who_is_no_page_is_judged_as_one_without_origin(client, endpoint, echo, headers):
    for origins, status, reason in ((["*"], 426, "upgrade-required"), ([], 401, "origin")):
        response = client.request(endpoint(echo, origins=origins), headers={**ASKS, **headers})
        assert_told(response, status, reason)


# -- which form ----------------------------------------------------------------------------------

@pytest.mark.parametrize("accept, explains", [
    (None, False), ("*/*", False), ("application/*", False), ("application/json", False),
    ("text/html,application/xhtml+xml,*/*;q=0.8", False), (f"{PROBLEM};q=0", False),
    (f"text/plain, {PROBLEM};q=0.9", False), (f"{PROBLEM}, */*", True),
    (f"{PROBLEM};q=0.5, text/html", True), (["text/html", PROBLEM], True)])
def test_the_accept_decides_and_has_to_name_it(client, endpoint, echo, accept, explains):
    path = endpoint(echo)
    response = explain(client, path, {"Accept": accept})
    assert response.status == 426
    if explains:
        assert reason_of(response) == "upgrade-required"
    else:
        assert response.get("Content-Type") == "text/plain; charset=utf-8"
        assert response.get("Access-Control-Allow-Origin") is None
        assert_nobody_came(client, path, echo)


@every_scheme
def test_head_has_the_same_answer_without_its_body(client, endpoint, echo):
    path = endpoint(echo)
    whole, head = explain(client, path), explain(client, path, method="HEAD")
    assert head.status == 426 and head.body == b""
    for name in ("Content-Type", "Content-Length", "Vary", "Access-Control-Allow-Origin"):
        assert head.get(name) == whole.get(name)
    assert wait_until(lambda: len(echo.sessions) == 2)


@pytest.mark.parametrize("method", ["POST", "PUT", "OPTIONS"])
def test_other_methods_are_not_judged(client, endpoint, echo, method):
    path = endpoint(echo)
    response = explain(client, path, method=method)
    assert response.status == (200 if method == "OPTIONS" else 426)
    assert response.get("Access-Control-Allow-Credentials") is None
    assert_nobody_came(client, path, echo)


def test_a_refused_handshake_has_the_form_that_it_asks_for(httpd, client, endpoint, echo):
    httpd.expect("WS0018: origin-not-own")
    httpd.expect("WS0009: key_invalid")
    path = endpoint(echo)
    plain = client.handshake(path, {"Origin": EVIL})
    assert plain.get("Content-Type") == "text/plain; charset=utf-8"
    problem = client.handshake(path, {"Origin": EVIL, **ASKS})
    assert_told(problem, 401, "origin")
    assert json.loads(problem.body)["detail"] == plain.body.decode().strip()
    assert_told(client.handshake(path, {"Sec-WebSocket-Key": "short", **ASKS}), 400, "handshake")
    client.websocket(path, ASKS).echo(b"opened")


def test_the_connection_serves_on(client, endpoint, echo):
    connection = client.connect()
    for path, status in ((endpoint(echo), 426), ("/index.html", 200), (endpoint(echo), 426)):
        connection.send(write_request("GET", path, {"Host": client.authority,
                                                    "Origin": client.origin, **ASKS}))
        assert read_response(connection).status == status


def test_an_explanation_is_never_anothers_answer(client, endpoint, echo):
    """Neither a range of it nor its validators."""
    path = endpoint(echo)
    response = explain(client, path, {"Range": "bytes=0-3", "If-None-Match": "*"})
    assert_told(response, 426, "upgrade-required")
    assert response.get("ETag") is None and response.get("Last-Modified") is None
