# SPDX-License-Identifier: Apache-2.0
"""Framings through httpd: how one is chosen, what it does to both directions, how it fails."""

import pytest

from support import frame, policy, targets
from support.matrix import event_and_prefork, everywhere

pytestmark = pytest.mark.sanitizer


def offer(*protocols):
    return {"Sec-WebSocket-Protocol": ", ".join(protocols)}


@pytest.mark.parametrize("more, offered, chosen", [
    ("", [], None),
    ("", ["chat"], None),
    ("", ["chat", "binary"], "binary"),
    ("", ["mqtt", "binary"], "mqtt"),
    ("", ["binary.ircv3.net", "text.ircv3.net"], "binary.ircv3.net"),
    ("<framing>text</framing>", ["binary"], None),
    ("<framing>lines</framing>", ["binary", "text.ircv3.net"], "text.ircv3.net"),
    ("<protocol>chat</protocol><protocol>talk</protocol>", ["talk", "chat"], "talk"),
    ("<protocol>chat</protocol>", ["binary"], None),
    ("<protocol>chat</protocol>", ["Chat"], None),
])
def test_the_subprotocol_is_the_first_that_the_policy_knows(httpd, client, echo, more, offered,
                                                            chosen):
    httpd.write("ws/protocol.xml", policy.document(echo.port, more=more))
    response = client.handshake("/ws/protocol.xml", offer(*offered) if offered else {})
    assert response.status == 101
    assert response.get("Sec-WebSocket-Protocol") == chosen


@everywhere
def test_irc_lines_by_subprotocol(client, endpoint, start):
    scripted = start(targets.Greeter(b":irc NOTICE * :hi\r\nPING :1\r\nPART"))
    websocket = client.websocket(endpoint(scripted), offer("text.ircv3.net"))
    for line in (b":irc NOTICE * :hi", b"PING :1"):
        received = websocket.receive_frame()
        assert (received.opcode, received.payload) == (frame.TEXT, line)
    websocket.send_frame(frame.TEXT, b"NICK a")
    websocket.send_frame(frame.TEXT, b"USER a 0 * :A\r\n")
    websocket.send_close(1000)
    session = scripted.session()
    assert session.wait_ended() == "fin"
    assert session.received == b"NICK a\r\nUSER a 0 * :A\r\n"


def test_a_smuggled_command_never_reaches_the_target(client, endpoint, sink):
    websocket = client.websocket(endpoint(sink), offer("binary.ircv3.net"))
    websocket.send_frame(frame.BINARY, b"PRIVMSG #a :hello")
    websocket.send_frame(frame.BINARY, b"PRIVMSG #a :x\nOPER root")
    _, close = websocket.receive_to_close()
    assert close.close_code == 1007
    assert b"line" in close.payload
    session = sink.session()
    assert session.wait_ended() == "fin"
    assert session.received_size < len(b"PRIVMSG #a :hello\r\nPRIVMSG #a :x\nO")


@pytest.mark.parametrize("protocol, wrong", [
    ("mqtt", frame.TEXT), ("text.ircv3.net", frame.BINARY), ("binary.ircv3.net", frame.TEXT)])
def test_the_other_kind_of_message_is_refused(client, endpoint, sink, protocol, wrong):
    websocket = client.websocket(endpoint(sink), offer(protocol))
    websocket.send_frame(wrong, b"x")
    _, close = websocket.receive_to_close()
    assert close.close_code == 1003


@everywhere
def test_text_is_whole_characters(httpd, client, start):
    scripted = start(targets.Greeter("gr\u00fc\u00df \U0001f600".encode()))
    httpd.write("ws/text.xml", policy.document(scripted.port, more="<framing>text</framing>"))
    websocket = client.websocket("/ws/text.xml")
    said = ""
    while len(said) < 6:
        received = websocket.receive_frame()
        assert received.opcode == frame.TEXT
        said += received.payload.decode()
    assert said == "gr\u00fc\u00df \U0001f600"
    websocket.close()


@everywhere
def test_a_target_that_breaks_its_framing_is_named_in_the_log(httpd, client, start):
    scripted = start(targets.Greeter(b"good\xff"))
    httpd.write("ws/text.xml", policy.document(scripted.port, more="<framing>text</framing>"))
    httpd.expect(rf"target-framing: .*/ws/text\.xml to .*{scripted.port}.*UTF-8")
    websocket = client.websocket("/ws/text.xml")
    assert websocket.receive_frame().payload == b"good"
    received = websocket.receive_frame()
    assert (received.opcode, received.close_code) == (frame.CLOSE, 1014)
    websocket.send_close(1014)
    assert websocket.connection.at_end()


def test_a_policy_may_lower_the_longest_message_and_not_raise_it(new_httpd, connect_to, echo):
    httpd = new_httpd(extra="WebSocketMaxMessageSize 1K")
    client = connect_to(httpd)
    for value, most in (("100", 100), ("1M", 1024)):
        httpd.write("ws/small.xml",
                    policy.document(echo.port, more=f"<max-message>{value}</max-message>"))
        websocket = client.websocket("/ws/small.xml")
        websocket.echo(bytes(most))
        websocket.send(bytes(most + 1))
        _, close = websocket.receive_to_close()
        assert close.close_code == 1009


@pytest.mark.parametrize("directive, element", [
    ("WebSocketIdleTimeout 1s", ""),
    ("", "<idle-timeout>1s</idle-timeout>"),
    ("WebSocketIdleTimeout 1h", "<idle-timeout>1s</idle-timeout>"),
    ("WebSocketIdleTimeout 1s", "<idle-timeout>1h</idle-timeout>"),
])
@event_and_prefork
def test_an_idle_tunnel_is_closed(new_httpd, connect_to, sink, directive, element):
    httpd = new_httpd(extra=f"{directive}\nWebSocketPingInterval 500ms")
    httpd.write("ws/idle.xml", policy.document(sink.port, more=element))
    websocket = connect_to(httpd).websocket("/ws/idle.xml")
    websocket.send(b"the last word")
    _, close = websocket.receive_to_close()
    assert close.close_code == 1001
    assert b"idle" in close.payload
    websocket.send_close(1001)
    assert websocket.connection.at_end()
    assert sink.session().wait_ended() == "fin"
