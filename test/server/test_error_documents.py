# SPDX-License-Identifier: Apache-2.0
"""ErrorDocument, for refusals of the module's and of httpd's own."""

import itertools

import pytest

from support import policy
from support.contexts import EVIL, SMUGGLED, among, serving, sharing  # noqa: F401  (fixtures)
from support.matrix import event_and_prefork

pytestmark = pytest.mark.sanitizer

PAGE = b"<p>our own page</p>"


# -- for the module's refusals --------------------------------------------------------------------

def provoke(client, status):
    if status == 426:
        return client.request("/ws/chat.xml")
    return client.handshake("/ws/chat.xml", EVIL)


def origin_status(status):
    return "" if status == 426 else f"WebSocketOriginStatus {status}\n"


STATUSES = [401, 403, 426]
DOCUMENTS = {'"so it is"': b"so it is", "/errors/page.html": PAGE}


def with_document(status, document):
    return (f'{origin_status(status)}<Location "/ws">\nErrorDocument {status} {document}\n'
            "</Location>")


@event_and_prefork
@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("document", DOCUMENTS, ids=["text", "url"])
def test_an_error_document_is_used_with_the_status_and_headers(among, status, document):
    cases = [with_document(*each) for each in itertools.product(STATUSES, DOCUMENTS)]
    httpd, client = among(cases, with_document(status, document))
    httpd.permit("origin")
    httpd.write("errors/page.html", PAGE.decode())
    response = provoke(client, status)
    assert response.status == status
    assert response.body == DOCUMENTS[document]
    if status == 426:
        assert "websocket" in response.tokens("Upgrade")
        assert response.get("Sec-WebSocket-Version") == "13"
    if status == 401:
        assert response.get("WWW-Authenticate")


def test_an_error_document_elsewhere_is_a_redirect(serving, connect_to):
    httpd = serving('<Location "/ws">\nErrorDocument 403 https://www.example.org/why\n'
                    "WebSocketOriginStatus 403\n</Location>")
    httpd.expect("origin")
    response = connect_to(httpd).handshake("/ws/chat.xml", EVIL)
    assert response.status == 302
    assert response.get("Location") == "https://www.example.org/why"


def test_an_error_document_that_is_a_policy_is_not_shown(serving, connect_to, echo):
    httpd = serving('<Location "/ws/chat.xml">\nErrorDocument 401 /ws/inner.xml\n</Location>')
    httpd.permit("origin|inner")
    httpd.write("ws/inner.xml", policy.document(echo.port, host="127.0.0.1"))
    response = connect_to(httpd).handshake("/ws/chat.xml", EVIL)
    assert response.status == 401
    assert b"<port" not in response.body and b"127.0.0.1" not in response.body
    assert not echo.sessions


def test_an_error_document_among_endpoints_is_shown(serving, connect_to):
    """A page under the same `WebSocket On`: its own 401 must not become a 500."""
    httpd = serving("WebSocket On\nErrorDocument 401 /errors/page.html")
    httpd.expect("origin")
    httpd.write("errors/page.html", PAGE.decode())
    response = connect_to(httpd).handshake("/ws/chat.xml", EVIL)
    assert (response.status, response.body) == (401, PAGE)


def test_bytes_after_a_refusal_with_an_error_document_are_not_a_request(serving, connect_to):
    httpd = serving("ErrorDocument 401 /index.html")
    httpd.expect("origin")
    client = connect_to(httpd)
    connection = client.connect()
    connection.send(client.upgrade_request("/ws/chat.xml", EVIL)[0] + SMUGGLED)
    everything = connection.receive_to_end()
    assert everything.count(b"HTTP/1.1 ") == 1 and b"the secret" not in everything
    assert b"served as ever" in everything


# -- for httpd's refusals ------------------------------------------------------------------------
# httpd comes to the page by a redirection, with the handshake's headers, and does not ask again who may have what the same
# sections hold: it is a page there, never an endpoint.

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
