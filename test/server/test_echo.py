# SPDX-License-Identifier: Apache-2.0
"""SetHandler websocket-echo: who may, what comes back, how it ends."""

import threading

import pytest

from support import frame
from support.matrix import every_mpm, everywhere
from support.waiting import wait_stalled

pytestmark = pytest.mark.sanitizer

ECHO = """<Location "/echo">
  SetHandler websocket-echo
</Location>
<Location "/small-echo">
  SetHandler websocket-echo
  WebSocketMaxMessageSize 1K
  WebSocketCompression Off
</Location>
<Location "/closed-echo">
  SetHandler websocket-echo
  Require all denied
</Location>
"""


@pytest.fixture
def echoing(same_httpd, connect_to, scheme):
    """(httpd, client)"""
    httpd = same_httpd(extra=ECHO)
    return httpd, connect_to(httpd, scheme)


def receive_message(websocket):
    """(opcode, payload) of a message, however many frames it has."""
    first = received = websocket.receive_frame()
    payload = bytearray(received.payload)
    while not received.fin:
        received = websocket.receive_frame()
        assert received.opcode == frame.CONTINUATION
        payload += received.payload
    return first.opcode, bytes(payload)


@everywhere
def test_messages_come_back_as_they_came(echoing):
    _, client = echoing
    websocket = client.websocket("/echo")
    messages = [(frame.TEXT, "gr\u00fc\u00df".encode()), (frame.BINARY, b"\0\xff"), (frame.TEXT, b""),
                (frame.BINARY, bytes(range(256)) * 1000), (frame.TEXT, b"x" * 65536)]
    for opcode, payload in messages:
        websocket.send_frame(opcode, payload)
    for message in messages:
        assert receive_message(websocket) == message
    # One message in three frames is one message.
    websocket.send_frame(frame.TEXT, b"in ", fin=False)
    websocket.send_frame(frame.CONTINUATION, b"three ", fin=False)
    websocket.send_frame(frame.CONTINUATION, b"frames")
    assert receive_message(websocket) == (frame.TEXT, b"in three frames")
    _, answer = websocket.close(4321)
    assert answer.close_code == 4321


@everywhere
def test_what_came_before_a_fault_is_still_echoed(echoing):
    _, client = echoing
    websocket = client.websocket("/echo")
    websocket.send_frame(frame.BINARY, b"before")
    websocket.send_frame(frame.BINARY, b"broken", rsv=2)
    data, close = websocket.receive_to_close()
    assert data == b"before"
    assert close.close_code == 1002
    assert websocket.connection.at_end()


@everywhere
def test_early_bytes_are_echoed(echoing):
    _, client = echoing
    websocket = client.websocket("/echo", early=frame.encode(frame.TEXT, b"early"))
    assert receive_message(websocket) == (frame.TEXT, b"early")
    websocket.close()


@every_mpm
def test_a_client_that_does_not_read_is_not_read_either(new_httpd, connect_to):
    httpd = new_httpd(extra=ECHO)
    websocket = connect_to(httpd).websocket("/echo", receive_buffer=65536)
    websocket.connection.set_timeout(60)
    count, message = 900, bytes(range(256)) * 256
    sent = [0]

    def send():
        for _ in range(count):
            websocket.send_frame(frame.BINARY, message)
            sent[0] += 1

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    assert wait_stalled(lambda: sent[0]) < count
    for _ in range(count):
        assert receive_message(websocket) == (frame.BINARY, message)
    sender.join(30)
    assert sent[0] == count
    websocket.close()


def test_a_plain_request_is_told_to_upgrade(echoing):
    httpd, client = echoing
    httpd.expect("key_invalid")
    response = client.request("/echo")
    assert response.status == 426
    assert response.get("Upgrade") == "websocket"
    assert client.request("/echo", method="OPTIONS").status == 200
    assert client.handshake("/echo", {"Sec-WebSocket-Key": "short"}).status == 400


def test_pages_of_other_sites_are_refused_and_programs_are_not(echoing):
    httpd, client = echoing
    httpd.expect("origin")
    for origin in ("https://evil.example", "null", "nonsense"):
        assert client.handshake("/echo", {"Origin": origin}).status == 401
    client.websocket("/echo", {"Origin": None}).echo(b"a program")
    client.websocket("/echo").echo(b"a page of this site")


def test_require_decides_first(echoing):
    httpd, client = echoing
    httpd.permit("AH01630")
    assert client.handshake("/closed-echo").status == 403


def test_no_second_request_follows_a_refused_upgrade(echoing):
    httpd, client = echoing
    httpd.permit("AH01630|origin")
    smuggled = b"GET /secret.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    for path in ("/echo", "/closed-echo"):
        connection = client.connect()
        request, _ = client.upgrade_request(path, {"Origin": "https://evil.example"})
        connection.send(request + smuggled)
        answer = connection.receive_to_end()
        assert answer.count(b"HTTP/1.1 ") == 1


def test_the_limit_of_a_message_holds(echoing):
    _, client = echoing
    websocket = client.websocket("/small-echo")
    websocket.echo(bytes(1024))
    websocket.send(bytes(1025))
    _, close = websocket.receive_to_close()
    assert close.close_code == 1009


@pytest.mark.parametrize("line", ["SetHandler websocket-echo"])
def test_a_site_may_have_its_echo_by_htaccess(new_httpd, connect_to, line):
    httpd = new_httpd(extra='<Directory "{root}/htdocs/user">\nAllowOverride FileInfo\n</Directory>')
    httpd.write("user/.htaccess", line + "\n")
    httpd.write("user/echo", "")
    connect_to(httpd).websocket("/user/echo").echo(b"mine")
