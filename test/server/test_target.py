# SPDX-License-Identifier: Apache-2.0
"""Where a document may lead: WebSocketTarget, special addresses, own ports, connecting."""

import os
import socket
import threading
import time

import pytest

from support import policy, targets
from support.matrix import every_scheme

pytestmark = pytest.mark.sanitizer


def ask(httpd, connect_to, host, port, scheme="http"):
    httpd.write("ws/asked.xml", policy.document(port, host=host))
    return connect_to(httpd, scheme).handshake("/ws/asked.xml")


def test_without_a_host_it_is_this_host(client, endpoint, echo):
    client.websocket(endpoint(echo)).echo(b"this host")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::ffff:127.0.0.1"])
def test_this_host_may_be_named_in_other_ways(client, endpoint, echo, host):
    client.websocket(endpoint(echo, host=host)).echo(b"named")


@pytest.mark.parametrize("rules, allowed", [
    (None, False),
    ("none", False),
    ("same-host", True),
    ("same-host none", False),
    ("none same-host", True),
    ("same-host:{port}", True),
    ("same-host:{other}", False),
    ("127.0.0.1:{port}", True),
    ("127.0.0.1:{other}", False),
    ("127.0.0.0/8:1-65535", True),
    ("127.0.0.0/8:*", True),
    ("10.0.0.0/8:* 192.168.0.0/16:*", False),
    ("10.0.0.0/8:* 127.0.0.1:{port}", True),
    ("irc.example.org:*", False),
])
def test_the_administrators_rules_decide(new_httpd, connect_to, echo, rules, allowed):
    if rules:
        rules = rules.format(port=echo.port, other=echo.port - 1)
    httpd = new_httpd(targets=rules, mpm="prefork", limits={"StartServers": 1})
    if not allowed:
        httpd.expect(r"\[websocket:warn\].*target")
    response = ask(httpd, connect_to, "127.0.0.1", echo.port)
    assert response.status == (101 if allowed else 403)
    if allowed:
        echo.session()
    else:
        assert not echo.sessions
    assert b"127.0.0.1" not in response.body


def test_a_section_adds_to_the_rules_round_it_and_none_clears_them(new_httpd, connect_to, echo):
    httpd = new_httpd(targets="same-host", extra="""
      <Location "/ws/cleared.xml">
        WebSocketTarget none
      </Location>
      <Location "/ws/more.xml">
        WebSocketTarget 10.0.0.0/8:*
      </Location>""")
    httpd.expect("target")
    client = connect_to(httpd)
    for name, status in (("plain", 101), ("cleared", 403), ("more", 101)):
        httpd.write(f"ws/{name}.xml", policy.document(echo.port))
        assert client.handshake(f"/ws/{name}.xml").status == status


def test_another_host_is_refused_without_connecting(httpd, client, endpoint):
    """192.0.2.0/24 answers nobody: a connection attempt would take its time."""
    httpd.expect(r"\[websocket:warn\].*192\.0\.2\.77")
    began = time.monotonic()
    response = client.handshake(endpoint(6667, host="192.0.2.77"))
    assert response.status == 403
    assert time.monotonic() - began < 2
    assert b"192.0.2.77" not in response.body and b"6667" not in response.body


@pytest.mark.parametrize("host", [
    "169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "224.0.0.1", "ff02::1", "0.0.0.0", "::",
    "255.255.255.255",
])
def test_a_special_address_is_refused_though_a_wide_range_holds_it(new_httpd, connect_to, host):
    httpd = new_httpd(targets="same-host 0.0.0.0/0:* [::]/0:*", mpm="prefork",
                      limits={"StartServers": 1})
    httpd.expect(r"\[websocket:warn\].*target")
    assert ask(httpd, connect_to, host, 80).status == 403


@every_scheme
def test_the_own_port_of_httpd_is_refused(httpd, client, endpoint):
    httpd.expect("target|listen")
    for port in (httpd.http_port, httpd.https_port):
        assert client.handshake(endpoint(port, host="127.0.0.1")).status == 403


def test_the_own_port_of_httpd_is_refused_without_a_host_too(httpd, client, endpoint):
    """httpd listens on 127.0.0.1; that nothing of it listens on ::1 opens no way round."""
    httpd.expect("own-listener")
    assert client.handshake(endpoint(httpd.http_port)).status == 403


def test_the_own_port_listed_by_address_is_allowed(new_httpd, connect_to):
    httpd = new_httpd(targets="127.0.0.1:*")
    httpd.write("ws/self.xml", policy.document(httpd.http_port, host="127.0.0.1"))
    tunnel = connect_to(httpd).websocket("/ws/self.xml")
    tunnel.send(b"GET /index.html HTTP/1.0\r\n\r\n")
    data, _ = tunnel.receive_to_close()
    assert data.startswith(b"HTTP/1.1 200 OK")


def test_a_name_that_does_not_exist_is_refused_or_a_bad_gateway(httpd, client, endpoint):
    httpd.expect(r"no-such-host\.invalid")
    response = client.handshake(endpoint(6667, host="no-such-host.invalid"))
    assert response.status in (403, 502)
    assert b"no-such-host" not in response.body


# -- Unix sockets --------------------------------------------------------------------------------

class UnixEcho:
    def __init__(self, path):
        self.path = path
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        os.chmod(path, 0o777)
        self._listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        try:
            connection, _ = self._listener.accept()
            with connection:
                while data := connection.recv(4096):
                    connection.sendall(data)
        except OSError:
            pass  # closed by the test

    def close(self):
        self._listener.close()


@every_scheme
def test_a_unix_socket_is_reached_where_it_is_allowed(new_httpd, connect_to, start, scheme):
    httpd = new_httpd(targets="unix:{root}/run/*.sock")
    server = start(UnixEcho(httpd.root / "run" / "app.sock"))
    httpd.write("ws/unix.xml", f"<websocket><host>unix:{server.path}</host></websocket>")
    tunnel = connect_to(httpd, scheme).websocket("/ws/unix.xml")
    tunnel.echo(b"no port at all")
    tunnel.close()


def test_a_unix_socket_is_refused_where_only_others_are_allowed(new_httpd, connect_to, start):
    httpd = new_httpd(targets="same-host unix:{root}/run/app-*.sock")
    httpd.expect("target")
    server = start(UnixEcho(httpd.root / "run" / "app.sock"))
    httpd.write("ws/unix.xml", f"<websocket><host>unix:{server.path}</host></websocket>")
    assert connect_to(httpd).handshake("/ws/unix.xml").status == 403


# -- connecting ----------------------------------------------------------------------------------

@every_scheme
def test_a_target_that_refuses_is_a_bad_gateway(httpd, client, endpoint, start):
    target = start(targets.RefusedPort())
    httpd.expect(rf"127\.0\.0\.1:{target.port}")
    response = client.handshake(endpoint(target))
    assert response.status == 502
    assert str(target.port).encode() not in response.body


@every_scheme
def test_a_target_that_does_not_answer_is_a_gateway_timeout(new_httpd, connect_to, start, scheme):
    httpd = new_httpd(extra="WebSocketConnectTimeout 700ms")
    target = start(targets.Unanswering())
    httpd.expect(rf"127\.0\.0\.1:{target.port}")
    began = time.monotonic()
    response = ask(httpd, connect_to, "127.0.0.1", target.port, scheme)
    took = time.monotonic() - began
    assert response.status == 504
    assert 0.6 < took < 4
    assert str(target.port).encode() not in response.body


def test_without_a_host_a_target_that_does_not_answer_has_the_whole_time(new_httpd, connect_to,
                                                                         start):
    httpd = new_httpd(extra="WebSocketConnectTimeout 700ms")
    target = start(targets.Unanswering())
    httpd.expect("connect-timeout")
    httpd.write("ws/silent.xml", policy.document(target.port))
    began = time.monotonic()
    assert connect_to(httpd).handshake("/ws/silent.xml").status == 504
    assert 0.6 < time.monotonic() - began < 4


def test_httpd_answers_others_while_a_target_does_not_answer(new_httpd, connect_to, start):
    httpd = new_httpd(extra="WebSocketConnectTimeout 2s")
    target = start(targets.Unanswering())
    httpd.expect(rf"127\.0\.0\.1:{target.port}")
    httpd.write("ws/slow.xml", policy.document(target.port, host="127.0.0.1"))
    client = connect_to(httpd)
    waiting = client.connect()
    waiting.send(client.upgrade_request("/ws/slow.xml")[0])
    began = time.monotonic()
    assert client.request("/index.html").status == 200
    assert time.monotonic() - began < 1
    assert waiting.receive_to_end().startswith(b"HTTP/1.1 504")
