# SPDX-License-Identifier: Apache-2.0
"""What nobody is to read: secrets of visitors in the error log, and what a policy names in answers."""

import base64
import re
import socket

import pytest

from support import policy
from support.waiting import wait_until

SECRET = "c0nf1dent1al"
# Wherever a visitor's request may carry one; %2f so that a decoded form would be seen as well. Not Referer: httpd itself
# puts it behind lines of its error log (ErrorLogFormat), and browsers send none with a handshake.
HEADERS = {
    "Cookie": f"session={SECRET}-cookie",
    "Authorization": "Basic " + base64.b64encode(f"ann:{SECRET}-password".encode()).decode(),
    "Proxy-Authorization": f"Bearer {SECRET}-proxy",
    "X-Api-Key": f"{SECRET}-key",
    "Sec-WebSocket-Protocol": f"binary, {SECRET}-protocol",
}
QUERY = f"?token={SECRET}-query%2f"

SCRIPT = """#!/bin/sh
printf 'Content-Type: application/xml\\r\\n\\r\\n'
printf '<websocket><port>%s</port></websocket>' "{port}"
"""


@pytest.fixture
def serving(new_httpd):
    return new_httpd(modules=("cgi",), extra="""
        LogLevel websocket:trace8
        <Directory "{root}/htdocs/cgi">
          WebSocket On
          Options +ExecCGI
          AddHandler cgi-script .sh
        </Directory>
        <Location "/echo">
          SetHandler websocket-echo
        </Location>""")


def refusing_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def test_no_line_of_the_log_has_a_visitors_secret(serving, connect_to, echo):
    serving.write("ws/good.xml", policy.document(echo.port))
    serving.write("ws/lines.xml", policy.document(echo.port, more="<framing>lines</framing>"))
    serving.write("ws/bad.xml", "<websocket><prt/></websocket>")
    serving.write("ws/far.xml", policy.document(25, host="192.0.2.1"))
    serving.write("ws/closed.xml", policy.document(refusing_port()))
    serving.write("cgi/policy.sh", SCRIPT.replace("{port}", str(echo.port))).chmod(0o755)
    serving.permit(r".")  # the refusals; what counts is what they do not say
    client = connect_to(serving)
    for path in ("/ws/good.xml", "/cgi/policy.sh", "/echo"):
        with client.websocket(path + QUERY, HEADERS) as socket_:
            socket_.echo(SECRET.encode() + b"-payload")
            socket_.close()
    with client.websocket("/ws/lines.xml" + QUERY, HEADERS) as socket_:
        socket_.send(SECRET.encode() + b"-line\r\nsecond")  # a violation of the framing
        socket_.receive_to_close()
    for path in ("/ws/bad.xml", "/ws/far.xml", "/ws/closed.xml"):
        assert client.handshake(path + QUERY, HEADERS).status in (403, 500, 502)
    for broken in ({"Origin": "https://evil.example"}, {"Origin": None}, {"Sec-WebSocket-Version": "7"},
                   {"Sec-WebSocket-Key": f"{SECRET}-broken"}, {"Sec-WebSocket-Protocol": f"{SECRET}-\u00e4,,"},
                   {"Sec-WebSocket-Extensions": f"{SECRET};;"}):
        assert client.handshake("/ws/good.xml" + QUERY, {**HEADERS, **broken}).status in (400, 401, 426)
    assert client.request("/ws/good.xml" + QUERY, headers=HEADERS).status == 426
    wait_until(lambda: serving.log_text().count("tunnel ended") >= 4, 10)
    said = serving.log_text()
    assert said.count("tunnel ended") == 4 and "origin-not-own" in said and "connect-failed" in said
    found = [line for line in said.splitlines() if SECRET in line or "YW5uOm" in line]
    assert found == []


# Names and numbers that stand in policies or configuration alone; no port that a test is given is as high.
INNER = ("192.0.2.", "inner", "65534", "/run/", "/etc/", "htdocs", "conf/", ".pem", "127.0.0.1", "allow-origin")


@pytest.mark.parametrize("accept", [None, "application/problem+json", "text/html"])
def test_no_answer_names_what_a_policy_names(serving, connect_to, accept):
    inner = [
        policy.document(65534, host="192.0.2.1"),
        policy.document(65534, host="inner.invalid"),
        policy.document(refusing_port(), host="127.0.0.1"),
        policy.document(65534, host="192.0.2.1", origins=("https://inner.example",)),
        policy.document(65534, host="192.0.2.1", more="<nonesuch>inner</nonesuch>"),
        policy.document(65534, host="127.0.0.1", more="<tls>/etc/inner.pem</tls>"),
        "<websocket><host>unix:/run/inner.sock</host></websocket>",
    ]
    serving.permit(r".")
    client = connect_to(serving)
    statuses = set()
    for number, text in enumerate(inner):
        path = f"/ws/{number}.xml"
        serving.write(path.lstrip("/"), text)
        for answer in (client.handshake(path, {"Accept": accept}), client.handshake(path, {"Accept": accept, "Origin": None}),
                       client.request(path, headers={"Accept": accept} if accept else {})):
            statuses.add(answer.status)
            told = answer.body.decode() + "\n".join(f"{name}: {value}" for name, value in answer.headers)
            assert not [one for one in INNER if one in told], told
            assert not re.search(r"line \d+, column \d+", told), told
    assert {401, 403, 500, 502} <= statuses
