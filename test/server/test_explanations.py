# SPDX-License-Identifier: Apache-2.0
"""A page that was refused asks why, by a GET with `Accept: application/problem+json`: it gets the
status and the reason that its handshake had, and nothing that the handshake would not tell."""

import json

import pytest

from support import policy, targets
from support.client import write_request
from support.connection import read_response
from support.crowding import fill, knock_until_let_in
from support.explanations import (ASKS, EVIL, PROBLEM, assert_readable_by, assert_told, explain,
                                  reason_of)
from support.matrix import event_and_worker, every_scheme, everywhere
from support.waiting import wait_until

pytestmark = pytest.mark.sanitizer


# -- what stands in the way ----------------------------------------------------------------------

@everywhere
def test_where_nothing_is_in_the_way_an_upgrade_is_required(client, endpoint, echo):
    response = explain(client, endpoint(echo))
    assert_told(response, 426, "upgrade-required")
    assert "websocket" in response.tokens("Upgrade")
    assert "upgrade" in response.tokens("Connection")
    assert response.get("Sec-WebSocket-Version") == "13"
    assert_readable_by(response, client.origin, credentials=True)


def test_the_target_is_connected_to_and_hears_nothing(client, endpoint, echo):
    assert_told(explain(client, endpoint(echo)), 426, "upgrade-required")
    session = echo.session()
    assert session.wait_ended() == "fin"
    assert session.received == b""


# name: (the target, its policy, status, reason)
OBSTACLES = {
    "target": (None, {"port": 6667, "host": "192.0.2.77"}, 403, "target"),
    "special": (None, {"port": 80, "host": "169.254.169.254"}, 403, "target"),
    "connect": (targets.RefusedPort, {"host": "127.0.0.1"}, 502, "connect"),
    "unix": (None, {"port": None, "host": "unix:/run/nobody/listens.sock"}, 403, "target"),
    "tls": (targets.Closer, {"host": "127.0.0.1", "more": "<tls/>"}, 502, "connect"),
    "authorities": (targets.Echo, {"host": "127.0.0.1", "more": "<tls>/run/no/such.pem</tls>"},
                    502, "policy"),
}


def write_obstacle(httpd, start, name):
    make, options, status, reason = OBSTACLES[name]
    options = dict(options)
    if make:
        options["port"] = start(make()).port
    text = policy.document(**options)
    if options["port"] is None:
        text = text.replace("  <port>None</port>\n", "")
    httpd.write(f"ws/{name}.xml", text)
    secrets = ("127.0.0.1", "192.0.2", "169.254", "/run", ".pem", ".xml", "htdocs",
               str(options["port"]))
    return f"/ws/{name}.xml", secrets, status, reason


@pytest.mark.parametrize("name", OBSTACLES)
def test_an_explanation_says_what_the_handshake_met(httpd, client, start, name):
    httpd.expect(r"\[websocket:(warn|error)\].* WS00")  # of the handshake
    path, secrets, status, reason = write_obstacle(httpd, start, name)
    refused = client.handshake(path)
    assert refused.status == status
    response = explain(client, path)
    assert_told(response, status, reason)
    assert json.loads(response.body)["detail"] == refused.body.decode().strip()
    assert_readable_by(response, client.origin, credentials=True)
    head = "".join(f"{name}: {value}\n" for name, value in response.headers
                   if name.lower() != "access-control-allow-origin")
    for secret in secrets:
        assert secret not in head + response.body.decode()


def test_an_explanation_is_logged_for_information_with_its_particulars(httpd, client, start):
    path, *_ = write_obstacle(httpd, start, "target")
    explain(client, path)
    assert wait_until(lambda: httpd.error_log.find(
        r"\[websocket:info\].* WS0023: target-not-listed: 192\.0\.2\.77.*told to a client"))


def test_a_name_without_an_address_is_a_matter_of_lookup(client, endpoint):
    response = explain(client, endpoint(6667, host="no-such-host.invalid"))
    assert response.status in (403, 502)
    assert reason_of(response) == "lookup"
    assert b"no-such-host" not in response.body


def test_a_target_whose_owner_was_not_asked_has_no_consent(new_httpd, connect_to):
    httpd = new_httpd(targets="consent", extra="WebSocketConsent off")
    httpd.expect("WS0134")
    httpd.write("ws/there.xml", policy.document(6667, host="192.0.2.77"))
    assert_told(explain(connect_to(httpd), "/ws/there.xml"), 403, "consent")


def test_a_silent_target_is_a_matter_of_time(same_httpd, connect_to, start):
    httpd = same_httpd(extra="WebSocketConnectTimeout 500ms")
    target = start(targets.Unanswering())
    httpd.write("ws/silent.xml", policy.document(target.port, host="127.0.0.1"))
    assert_told(explain(connect_to(httpd), "/ws/silent.xml"), 504, "timeout")


def test_tls_that_is_not_over_in_time_is_a_matter_of_time(same_httpd, connect_to, sink):
    httpd = same_httpd(extra="WebSocketConnectTimeout 500ms")
    httpd.write("ws/tls.xml", policy.document(sink.port, host="127.0.0.1", more="<tls/>"))
    assert_told(explain(connect_to(httpd), "/ws/tls.xml"), 504, "timeout")


@pytest.mark.parametrize("text", ["<websocket><port>0</port></websocket>", "<html>"])
@pytest.mark.parametrize("origin", [EVIL, "null", None])
def test_an_unusable_policy_is_all_that_anybody_is_told(httpd, client, text, origin):
    httpd.write("ws/broken.xml", text)
    response = explain(client, "/ws/broken.xml", origin=origin)
    assert_told(response, 500, "policy")
    assert_readable_by(response, origin or client.origin, credentials=False)
    assert json.loads(response.body)["detail"] == "The policy of this endpoint is not usable."


# -- limits --------------------------------------------------------------------------------------

def test_an_explanation_keeps_to_the_limits(new_httpd, connect_to, echo):
    httpd = new_httpd(extra="WebSocketMaxTunnelsPerClient 1")
    httpd.expect("WS0037: max-tunnels-per-client")  # of the handshake that finds no room
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd)
    for _ in range(3):  # each gives back what it took
        assert_told(explain(client, "/ws/echo.xml"), 426, "upgrade-required")
    tunnel, = fill(client, "/ws/echo.xml")
    response = explain(client, "/ws/echo.xml")
    assert_told(response, 503, "limit")
    assert int(response.get("Retry-After")) > 0
    assert response.tokens("Access-Control-Expose-Headers") == ["retry-after"]
    tunnel.echo(b"undisturbed")
    tunnel.close()
    knock_until_let_in(client, "/ws/echo.xml").echo(b"the last to come")
    assert len(echo.sessions) == 3 + 1 + 1


def test_a_client_has_as_many_explanations_at_a_time_as_tunnels(new_httpd, connect_to, start):
    httpd = new_httpd(extra="WebSocketMaxTunnelsPerClient 1\nWebSocketConnectTimeout 2s")
    httpd.write("ws/silent.xml",
                policy.document(start(targets.Unanswering()).port, host="127.0.0.1"))
    client = connect_to(httpd)
    both = [client.connect() for _ in range(2)]
    for connection in both:  # whichever is first
        connection.send(write_request("GET", "/ws/silent.xml",
                                      {"Host": client.authority, "Origin": client.origin, **ASKS}))
    told = [read_response(connection) for connection in both]
    assert sorted((response.status, reason_of(response)) for response in told) == [
        (503, "limit"), (504, "timeout")]


def test_who_is_refused_does_not_learn_that_the_server_is_full(new_httpd, connect_to, echo):
    httpd = new_httpd(extra="WebSocketMaxTunnels 1")
    httpd.expect("WS0036: max-tunnels")
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd)
    assert len(fill(client, "/ws/echo.xml")) == 1
    assert_told(explain(client, "/ws/echo.xml", origin=EVIL), 401, "origin")


# -- HTTP/2 --------------------------------------------------------------------------------------

@event_and_worker
@every_scheme
def test_on_a_stream_the_reason_says_what_the_status_cannot(http2_httpd, open_http2, scheme, echo):
    http2_httpd.write("ws/echo.xml", policy.document(echo.port))
    session = open_http2(http2_httpd, scheme)
    own = f"{scheme}://{session.authority}"
    for headers in ({"origin": own}, {"sec-fetch-site": "same-origin"}):
        response = session.request("/ws/echo.xml", headers={"accept": PROBLEM, **headers})
        assert_told(response, 400, "upgrade-required")
        assert response.get("Upgrade") is None and response.get("Connection") is None
    response = session.request("/ws/echo.xml", headers={"accept": PROBLEM, "origin": EVIL})
    assert_told(response, 401, "origin")
    assert_readable_by(response, EVIL, credentials=False)
    assert_told(session.request("/echo", headers={"accept": PROBLEM}), 400, "upgrade-required")
    session.websocket("/ws/echo.xml").echo(b"the connection is as good as before")
    assert len(echo.sessions) == 3


def test_a_refused_stream_has_the_form_that_it_asks_for(http2_httpd, open_http2, start):
    http2_httpd.expect("WS0032: connect-failed")
    http2_httpd.write("ws/down.xml", policy.document(start(targets.RefusedPort()).port))
    response = open_http2(http2_httpd).handshake("/ws/down.xml", {"accept": PROBLEM})
    assert_told(response, 502, "connect")
