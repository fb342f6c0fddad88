# SPDX-License-Identifier: Apache-2.0
"""Scripts that name another policy, script or page of this server in their place."""

import pytest

from support import policy
from support.matrix import event_and_prefork
from support.scripts import says, shell

pytestmark = pytest.mark.sanitizer


@event_and_prefork
def test_a_script_may_name_another_policy_of_this_server(scripting, connect_to, echo):
    httpd = scripting()
    httpd.write("ws/other.xml", policy.document(echo.port))
    path = shell(httpd, says("Location: /ws/other.xml"))
    client = connect_to(httpd)
    tunnel = client.websocket(path)
    tunnel.echo(b"the other's")
    tunnel.close()
    assert client.request(path).status == 426


def test_a_policy_that_a_script_names_is_judged_and_never_shown(scripting, connect_to, echo):
    httpd = scripting(extra='<Location "/ws/other.xml">\nWebSocketTarget none\n</Location>')
    httpd.expect("origin")
    httpd.expect("target")
    httpd.write("ws/other.xml", policy.document(echo.port))
    path = shell(httpd, says("Location: /ws/other.xml"))
    client = connect_to(httpd)
    for headers, status in (({}, 403), ({"Origin": "https://evil.example"}, 401)):
        response = client.handshake(path, headers)
        assert response.status == status
        assert b"<port" not in response.body
    assert not echo.sessions


def test_a_broken_policy_that_a_script_names_is_not_shown(scripting, connect_to):
    httpd = scripting()
    httpd.expect(r"ws/other\.xml.*line 1")
    httpd.write("ws/other.xml", "<websocket><port>inner</port></websocket>")
    path = shell(httpd, says("Location: /ws/other.xml"))
    response = connect_to(httpd).handshake(path)
    assert response.status == 500 and b"inner" not in response.body


@event_and_prefork
def test_a_script_may_send_to_another_script(scripting, connect_to, echo):
    httpd = scripting()
    shell(httpd, says("Content-Type: application/xml", "Set-Cookie: a=b",
                      body=policy.document(echo.port)), name="second.sh")
    shell(httpd, says("Status: 403 Forbidden", "X-Answer: second", body="no"), name="third.sh")
    client = connect_to(httpd)
    tunnel = client.websocket(shell(httpd, says("Location: /ws/second.sh")))
    tunnel.echo(b"the second's")
    tunnel.close()
    assert tunnel.response.get("Set-Cookie") == "a=b"
    response = client.handshake(shell(httpd, says("Location: /ws/third.sh")))
    assert (response.status, response.get("X-Answer"), response.body) == (403, "second", b"no")


def test_a_script_may_send_to_a_page(scripting, connect_to):
    httpd = scripting()
    client = connect_to(httpd)
    response = client.handshake(shell(httpd, says("Location: /index.html")))
    assert response.status == 200 and b"served as ever" in response.body
    assert response.get("Content-Type").startswith("text/html")
    assert client.handshake(shell(httpd, says("Location: /missing.html"))).status == 404
