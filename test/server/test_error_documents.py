# SPDX-License-Identifier: Apache-2.0
"""A page of this server for a refusal of httpd's own. httpd comes to it by a redirection, with the handshake's headers, and
does not ask again who may have what the same sections hold: it is a page there, never an endpoint."""

import pytest

from support import policy, status
from support.matrix import event_and_prefork

pytestmark = pytest.mark.sanitizer

PAGE = b"<p>our own page</p>"

SECTION = """
<Location "/closed">
  %s
  %s
  %s
  ErrorDocument 401 /closed/%s
  ErrorDocument 403 /closed/%s
</Location>
"""

KINDS = {
    "policy file": 'WebSocketPolicyFile "conf/closed.xml"',
    "echo": "SetHandler websocket-echo",
    "script": 'WebSocket On\n  SetHandler cgi-script\n  Options +ExecCGI',
    "filtered": "WebSocket On\n  Options +Includes\n  SetOutputFilter INCLUDES",
    "status": "SetHandler websocket-status\n  WebSocketStatus On",
}
CLOSED = {
    401: "AuthType Basic\n  AuthName closed\n  AuthUserFile conf/users\n  Require valid-user",
    403: "Require all denied",
}


@pytest.fixture
def closed(new_httpd, connect_to, echo, mpm):
    """closed(kind, refusal): a Client of an httpd where all of /closed is of that kind and asks for that."""

    def make(kind, refusal, more="", page="page.html"):
        httpd = new_httpd(started=False, extra=SECTION % (KINDS[kind], CLOSED[refusal], more, page, page), modules=[
            "cgi" if mpm == "prefork" else "cgid", "include", "auth_basic", "authn_file", "authn_core", "authz_user"])
        httpd.permit("authz_core:error|auth_basic:error|cgi|AH0")
        (httpd.root / "conf" / "closed.xml").write_text(policy.document(echo.port))
        (httpd.root / "conf" / "users").write_text("ann:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n")  # password
        httpd.start()
        httpd.write("closed/page.html", PAGE.decode())
        return httpd, connect_to(httpd)

    return make


@event_and_prefork
@pytest.mark.parametrize("refusal", CLOSED)
@pytest.mark.parametrize("kind", ["policy file", "echo", "status"])
def test_who_was_refused_gets_the_page_and_no_tunnel(closed, echo, kind, refusal):
    _, client = closed(kind, refusal)
    headers = {"Authorization": "Basic YW5uOndyb25n"} if refusal == 401 else {}
    for answer in (client.handshake("/closed/here", headers), client.request("/closed/here", headers=headers),
                   client.request("/closed/here", headers={**headers, "Accept": "application/problem+json"})):
        assert (answer.status, answer.body) == (refusal, PAGE)
    assert not echo.sessions


@pytest.mark.parametrize("refusal", CLOSED)
def test_a_script_that_is_the_page_decides_nothing(closed, echo, refusal):
    httpd, client = closed("script", refusal)
    httpd.write("closed/page.html", "#!/bin/sh\nprintf 'Status: 200 OK\\r\\nContent-Type: application/xml\\r\\n\\r\\n'\n"
                f"printf '%s' '{policy.document(echo.port)}'\n").chmod(0o755)
    assert client.handshake("/closed/here").status != 101
    assert not echo.sessions


@pytest.mark.parametrize("refusal", CLOSED)
@pytest.mark.parametrize("kind", ["policy file", "echo"])
def test_where_a_script_leads_on_from_the_page_is_no_endpoint(closed, echo, kind, refusal):
    httpd, client = closed(kind, refusal, "Options +ExecCGI\n  AddHandler cgi-script .cgi", "login.cgi")
    httpd.write("closed/login.cgi", "#!/bin/sh\nprintf 'Status: 200 OK\\r\\nLocation: /closed/page.html\\r\\n\\r\\n'\n"
                ).chmod(0o755)
    assert client.handshake("/closed/here").status != 101
    assert not echo.sessions


@pytest.mark.parametrize("refusal", CLOSED)
def test_a_policy_behind_a_filter_is_not_shown_as_a_page(closed, echo, refusal):
    httpd, client = closed("filtered", refusal)
    httpd.write("closed/page.html", policy.document(echo.port, host="inner.example"))
    for answer in (client.handshake("/closed/here"), client.request("/closed/here")):
        assert answer.status in (401, 403) and b"inner" not in answer.body


def test_the_right_password_opens_the_tunnel(closed):
    _, client = closed("policy file", 401)
    client.websocket("/closed/here", {"Authorization": "Basic YW5uOnBhc3N3b3Jk"}).echo(b"let in")


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
