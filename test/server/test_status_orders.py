# SPDX-License-Identifier: Apache-2.0
"""The form of the status page: an administrator ends tunnels, and nobody else does."""

import time

import pytest

from support import status
from support.matrix import event_and_worker, every_mpm
from support.waiting import wait_until

pytestmark = pytest.mark.sanitizer

REFUSED = r"\[websocket:warn\].* WS0252: no tunnel is ended: "

# A second until it is looked at, and what a loaded machine needs.
AT_MOST = 5

USERS = """
<Location "/status">
  AuthType Basic
  AuthName administrators
  AuthUserFile "conf/users"
  Require valid-user
</Location>
"""
ANN = {"Authorization": "Basic YW5uOnBhc3N3b3Jk"}
BEN = {"Authorization": "Basic YmVuOnBhc3N3b3Jk"}


@pytest.fixture
def client(status_httpd, connect_to):
    return connect_to(status_httpd)


def assert_ended(tunnel):
    began = time.monotonic()
    _, answer = tunnel.receive_to_close()
    assert (answer.close_code, answer.payload[2:]) == (1001, b"ended by the administrator")
    assert time.monotonic() - began < AT_MOST
    tunnel.send_close(1001)
    assert tunnel.connection.at_end()
    tunnel.connection.close()  # or httpd counts the tunnel for as long as it waits for that


def oldest(client):
    """The name of the tunnel that was opened first; its client knows of it a moment earlier."""
    return status.wait_for(client, lambda data: data["oldest_tunnels"])["oldest_tunnels"][0]["name"]


def number_of(client, path):
    told = status.wait_for(client, lambda data: status.endpoint(data, path))
    return str(status.endpoint(told, path)["number"])


# -- ends ----------------------------------------------------------------------------------------

@every_mpm
def test_one_tunnel_is_ended_and_no_other(status_httpd, client):
    ended_before = status.read(client)["tunnels_closed_total"]["server-closed"]
    tunnels = [client.websocket("/ws/echo.xml")]
    name = oldest(client)
    tunnels.append(client.websocket("/ws/echo.xml"))
    page = status.page(client)
    assert ("tunnel", name) in page.buttons
    answer = status.post(client, {"token": page.token, "tunnel": name})
    assert (answer.status, answer.get("Location")) == (303, "/status")
    assert_ended(tunnels[0])
    tunnels[1].echo(b"undisturbed")
    told = status.wait_for(client, lambda data: data["tunnels_open"] == 1)
    assert told["tunnels_closed_total"]["server-closed"] == ended_before + 1
    assert status_httpd.error_log.find(r"\[websocket:notice\].* WS0251: 127.0.0.1 ends 1 tunnels")
    assert status.post(client, {"token": page.token, "tunnel": name}).status == 404


@every_mpm
def test_all_tunnels_of_an_endpoint_are_ended_and_no_others(client):
    doomed = [client.websocket("/ws/echo.xml") for _ in range(5)]
    others = [client.websocket("/ws/other.xml"), client.websocket("/echo")]
    page = status.page(client)
    order = {"token": page.token, "endpoint": number_of(client, "/ws/echo.xml")}
    assert ("endpoint", order["endpoint"]) in page.buttons
    assert status.post(client, order).status == 303
    for tunnel in doomed:
        assert_ended(tunnel)
    for tunnel in others:
        tunnel.echo(b"undisturbed")
    status.wait_for(client, lambda data: data["tunnels_open"] == 2)
    client.websocket("/ws/echo.xml").echo(b"who comes later is welcome")


@every_mpm
def test_tunnels_of_a_draining_child_are_ended_as_well(new_status_httpd, connect_to):
    server = new_status_httpd()
    client = connect_to(server)
    old = client.websocket("/ws/echo.xml")
    server.graceful()
    young = client.websocket("/ws/echo.xml")
    young.echo(b"counted")  # its client knows of it a moment earlier
    order = {"token": status.page(client).token, "endpoint": number_of(client, "/ws/echo.xml")}
    assert status.post(client, order).status == 303
    assert_ended(old)
    assert_ended(young)


@event_and_worker
@pytest.mark.endurance
def test_a_stream_of_http2_is_ended(new_status_httpd, connect_to, open_http2):
    server = new_status_httpd("Protocols h2 h2c http/1.1\nH2WebSockets On\n", modules=("http2",))
    client = connect_to(server)
    tunnel = open_http2(server, "http").websocket("/ws/echo.xml")
    tunnel.echo(b"through a stream")
    told = status.wait_for(client, lambda data: data["tunnels_open"] == 1)
    assert told["oldest_tunnels"][0]["carried_by"] == "stream"
    order = {"token": status.page(client).token, "tunnel": told["oldest_tunnels"][0]["name"]}
    assert status.post(client, order).status == 303
    _, answer = tunnel.receive_to_close()
    assert answer.close_code == 1001
    status.wait_for(client, lambda data: data["tunnels_open"] == 0)


def test_a_tunnel_that_has_a_log_is_counted_and_ended(new_status_httpd, connect_to):
    client = connect_to(new_status_httpd("WebSocketLog websocket_log\n"))
    tunnel = client.websocket("/ws/echo.xml")
    tunnel.echo(b"x" * 1500)
    told = status.wait_for(client, lambda data: data["bytes_total"]["to-client"] == 1500)
    order = {"token": status.page(client).token, "tunnel": told["oldest_tunnels"][0]["name"]}
    assert status.post(client, order).status == 303
    assert_ended(tunnel)


def test_a_tunnel_that_keeps_its_thread_is_ended(new_status_httpd, connect_to):
    server = new_status_httpd("DumpIOInput On\nLogLevel dumpio:trace7\n", modules=("dumpio",))
    client = connect_to(server)
    tunnel = client.websocket("/ws/echo.xml")
    told = status.wait_for(client, lambda data: data["tunnels_open"] == 1)
    assert told["oldest_tunnels"][0]["carried_by"] == "thread"
    order = {"token": status.page(client).token, "tunnel": told["oldest_tunnels"][0]["name"]}
    assert status.post(client, order).status == 303
    assert_ended(tunnel)


# -- ends nothing --------------------------------------------------------------------------------

FORGED = {
    "another site": {"Origin": "http://evil.test", "Sec-Fetch-Site": "cross-site"},
    "an old browser of another site": {"Origin": "http://evil.test", "Sec-Fetch-Site": None},
    "a page without an origin": {"Origin": "null", "Sec-Fetch-Site": None},
    "another port": {"Origin": "http://localhost:1", "Sec-Fetch-Site": "same-site"},
    "another scheme": {"Origin": "https://localhost", "Sec-Fetch-Site": None},
    "a browser that hides the origin": {"Origin": None, "Sec-Fetch-Site": "cross-site"},
    "typed by hand": {"Origin": None, "Sec-Fetch-Site": "none"},
}


@pytest.mark.parametrize("headers", FORGED.values(), ids=FORGED)
def test_a_form_from_elsewhere_ends_nothing_even_with_the_token(status_httpd, client, headers):
    status_httpd.expect(REFUSED + "another page sent the form")
    tunnel = client.websocket("/ws/echo.xml")
    order = {"token": status.page(client).token, "tunnel": oldest(client)}
    assert status.post(client, order, headers).status == 403
    assert not status.read(client)["oldest_tunnels"][0]["ending"]
    tunnel.echo(b"undisturbed")


@pytest.mark.parametrize("token", [None, "", "0" * 64, "short"])
def test_a_form_without_the_token_ends_nothing(status_httpd, client, token):
    status_httpd.expect(REFUSED + "the form has no token")
    tunnel = client.websocket("/ws/echo.xml")
    order = {"tunnel": oldest(client), **({} if token is None else {"token": token})}
    assert status.post(client, order).status == 403
    assert not status.read(client)["oldest_tunnels"][0]["ending"]
    tunnel.echo(b"undisturbed")


def test_a_token_is_of_one_user_of_one_virtual_host(new_status_httpd, connect_to):
    server = new_status_httpd(USERS, https_extra="ServerName other.test\n")
    server.expect(REFUSED + "the form has no token")
    server.permit("AH01909")  # the certificate is not for other.test
    (server.root / "conf" / "users").write_text(
        "".join(f"{name}:{{SHA}}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n" for name in ("ann", "ben")))
    plain, tls = connect_to(server), connect_to(server, "https")
    tunnel = plain.websocket("/ws/echo.xml")
    # As for oldest(), whose look at the figures these users would not be allowed.
    assert wait_until(lambda: "tunnel" in dict(status.page(plain, ANN).buttons))
    page = status.page(plain, ANN)
    order = {"token": page.token, "endpoint": "1"}
    assert status.post(plain, order, BEN).status == 403
    assert status.post(tls, order, ANN).status == 403
    name = next(value for kind, value in page.buttons if kind == "tunnel")
    assert status.post(plain, {"token": page.token, "tunnel": name}, ANN).status == 303
    assert server.error_log.find("WS0251: ann ends 1 tunnels")
    assert_ended(tunnel)


def test_a_token_is_the_same_in_all_children_and_after_a_restart(new_status_httpd, connect_to):
    server = new_status_httpd()
    client = connect_to(server)
    tunnel = client.websocket("/ws/echo.xml")
    order = {"token": status.page(client).token, "tunnel": oldest(client)}
    server.graceful()
    assert status.post(client, order).status == 303
    assert_ended(tunnel)


def test_a_program_that_has_the_token_needs_no_origin(client):
    tunnel = client.websocket("/ws/echo.xml")
    order = {"token": status.page(client).token, "tunnel": oldest(client)}
    assert status.post(client, order, {"Origin": None, "Sec-Fetch-Site": None}).status == 303
    assert_ended(tunnel)


def test_what_is_no_form_of_the_page_is_refused(status_httpd, client):
    tunnel = client.websocket("/ws/echo.xml")
    name, token = oldest(client), status.page(client).token
    for type_ in ("application/json", "text/plain", "multipart/form-data; boundary=x", None):
        answer = status.post(client, {"token": token, "tunnel": name}, {"Content-Type": type_})
        assert answer.status == 415, type_
    for fields in ({}, {"tunnel": name, "endpoint": "1"}, {"tunnel": "1"}, {"tunnel": "1-"},
                   {"tunnel": "-1-1"}, {"tunnel": f"{name} "}, {"endpoint": "256"},
                   {"endpoint": "-1"}, {"endpoint": ""}, {"endpoint": "99999999999999999999"}):
        assert status.post(client, {"token": token, **fields}).status == 400, fields
    assert status.post(client, [("token", token), ("tunnel", name), ("tunnel", name)]).status == 400
    for missing in ("4294967295-1", "1-4294967295"):
        assert status.post(client, {"token": token, "tunnel": missing}).status == 404
    long = {"token": token, "tunnel": name, "more": "x" * 5000}
    assert status.post(client, long).status == 413
    assert status.post(client, {"token": token, "tunnel": name}, path="/status?json").status == 400
    assert client.request("/status", "POST", {"Content-Length": "0"}).status == 415
    tunnel.echo(b"undisturbed")
    status_httpd.permit("AH01[0-9]+")


def test_an_order_for_a_tunnel_that_is_over_does_not_meet_the_next_one(new_status_httpd, connect_to):
    client = connect_to(new_status_httpd())
    tunnel = client.websocket("/ws/echo.xml")
    order = {"token": status.page(client).token, "tunnel": oldest(client)}
    tunnel.close()
    status.wait_for(client, lambda data: data["tunnels_open"] == 0)
    successor = client.websocket("/ws/echo.xml")
    assert oldest(client).split("-")[0] == order["tunnel"].split("-")[0], "it has not the same slot"
    assert status.post(client, order).status == 404
    successor.echo(b"undisturbed")


def test_the_status_page_is_not_for_htaccess(new_status_httpd, connect_to, echo):
    """Its handler is: who may write it there would see, and end, the tunnels of all others."""
    httpd = new_status_httpd('<Directory "{root}/htdocs/user">\nAllowOverride FileInfo\n</Directory>\n')
    httpd.expect(r"\[websocket:warn\].* WS0254: .*WebSocketStatus On")
    httpd.write("user/x", "of a user")
    httpd.write("user/.htaccess", '<Files "x">\nSetHandler websocket-status\n</Files>\n')
    client = connect_to(httpd)
    tunnel = client.websocket("/ws/echo.xml")
    order = {"token": status.page(client).token, "tunnel": status.wait_for(
        client, lambda data: data["oldest_tunnels"])["oldest_tunnels"][0]["name"]}
    for query in ("", "?json", "?prometheus"):
        answer = client.request(f"/user/x{query}")
        assert answer.status == 403 and b"echo.xml" not in answer.body
    assert status.post(client, order, path="/user/x").status == 403
    tunnel.echo(b"undisturbed")
    httpd.write("user/.htaccess", "WebSocketStatus On\n")
    httpd.expect("WebSocketStatus not allowed here")
    assert client.request("/user/x").status == 500
