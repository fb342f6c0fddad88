# SPDX-License-Identifier: Apache-2.0
"""Where endpoints may be switched on, whose word counts there, and what stands in front of them:
virtual hosts, authentication, rewriting, aliases, error documents."""

import base64
import hashlib
import itertools

import pytest

from support import policy, targets
from support.matrix import event_and_prefork, every_scheme

pytestmark = pytest.mark.sanitizer

EVIL = {"Origin": "https://evil.example"}
SMUGGLED = b"GET /secret.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def furnish(server, port):
    """With the same document in several folders."""
    for name in ("user/chat.xml", "user/deep/chat.xml", "user/other.txt", "plain/chat.xml",
                 "ws/chat.xml"):
        server.write(name, policy.document(port))
    return server


@pytest.fixture
def serving(new_httpd, echo):
    """serving(extra): an httpd of the test's own."""

    def make(extra="", **options):
        return furnish(new_httpd(extra=extra, **options), echo.port)

    return make


@pytest.fixture
def sharing(same_httpd, echo):
    """sharing(extra): one for all tests of this file that ask for the same, without .htaccess."""

    def make(extra="", **options):
        server = furnish(same_httpd(extra=extra, **options), echo.port)
        for left in server.documents.rglob(".htaccess"):
            left.unlink()
        return server

    return make


HOST = """
<VirtualHost 127.0.0.1:{http_port}>
  ServerName case-%d.test
  DocumentRoot "{root}/htdocs"
  %s
</VirtualHost>
"""


@pytest.fixture
def among(sharing, connect_to):
    """among(cases, case): (httpd, client) of a virtual host of its own for each of the cases."""

    def make(cases, case, **options):
        httpd = sharing("".join(HOST % each for each in enumerate(cases)), **options)
        return httpd, connect_to(httpd, host=f"case-{cases.index(case)}.test")

    return make


# -- on and off ----------------------------------------------------------------------------------

@pytest.mark.parametrize("extra, status", [
    ("WebSocket On", 101),
    ("WebSocket On\nWebSocket Off", 200),
    ("<VirtualHost 127.0.0.1:{http_port}>\nServerName localhost\nWebSocket On\n</VirtualHost>",
     101),
    ("WebSocket On\n<VirtualHost 127.0.0.1:{http_port}>\nServerName localhost\nWebSocket Off\n"
     "</VirtualHost>", 200),
    ('WebSocket On\n<Files "*.xml">\nWebSocket Off\n</Files>', 200),
])
def test_a_section_decides_over_the_server(serving, connect_to, extra, status):
    assert connect_to(serving(extra)).handshake("/user/chat.xml").status == status


SECTIONS = {
    '<Location "/user/">\nWebSocket On\n</Location>': 101,
    '<LocationMatch "^/u.*[.]xml$">\nWebSocket On\n</LocationMatch>': 101,
    '<Directory "{root}/htdocs/user">\nWebSocket On\n</Directory>': 101,
    '<DirectoryMatch "/us.r">\nWebSocket On\n</DirectoryMatch>': 101,
    '<Files "chat.xml">\nWebSocket On\n</Files>': 101,
    '<FilesMatch "[.]xml$">\nWebSocket On\n</FilesMatch>': 101,
    '<Files "other.xml">\nWebSocket On\n</Files>': 200,
    "<If \"%{REQUEST_URI} =~ m#chat#\">\nWebSocket On\n</If>": 101,
    # Location comes last.
    '<Location "/user">\nWebSocket On\n</Location>\n<Directory "{root}/htdocs/user">\n'
    "WebSocket Off\n</Directory>": 101,
    '<Directory "{root}/htdocs">\nWebSocket On\n</Directory>\n'
    '<Directory "{root}/htdocs/user">\nWebSocket Off\n</Directory>': 200,
    '<Directory "{root}/htdocs/user">\nWebSocket Off\n<Files "chat.xml">\nWebSocket On\n</Files>\n'
    "</Directory>": 101,
}


@pytest.mark.parametrize("extra", SECTIONS)
def test_the_innermost_section_decides(among, extra):
    _, client = among(list(SECTIONS), extra)
    assert client.handshake("/user/chat.xml").status == SECTIONS[extra]


def test_files_switch_on_what_they_name_and_no_other(serving, connect_to):
    httpd = serving('<Directory "{root}/htdocs/user">\n<Files "chat.xml">\nWebSocket On\n'
                    "</Files>\n</Directory>")
    client = connect_to(httpd)
    assert client.handshake("/user/chat.xml").status == 101
    assert client.handshake("/user/deep/chat.xml").status == 101
    assert client.handshake("/user/other.txt").status == 200


# -- .htaccess -----------------------------------------------------------------------------------

OVERRIDE = """<Directory "{root}/htdocs/user">
  AllowOverride %s
</Directory>
"""


@pytest.mark.parametrize("override, text, status", [
    ("FileInfo", "WebSocket On", 101),
    ("All", "WebSocket On", 101),
    ("FileInfo", '<Files "chat.xml">\nWebSocket On\n</Files>', 101),
    ("FileInfo", '<If "true">\nWebSocket On\n</If>', 101),
    ("FileInfo", "WebSocket Off", 200),
    ("None", "WebSocket On", 200),
    ("None\n  AllowOverrideList WebSocket", "WebSocket On", 101),
])
def test_htaccess_switches_where_fileinfo_is_its_own(sharing, connect_to, override, text, status):
    httpd = sharing(OVERRIDE % override)
    httpd.write("user/.htaccess", text + "\n")
    assert connect_to(httpd).handshake("/user/chat.xml").status == status


@pytest.mark.parametrize("override", ["AuthConfig", "Indexes", "Limit", "Options"])
def test_htaccess_may_not_without_fileinfo(sharing, connect_to, echo, override):
    httpd = sharing(OVERRIDE % override)
    httpd.expect(r"\.htaccess: WebSocket not allowed here")
    httpd.write("user/.htaccess", "WebSocket On\n")
    assert connect_to(httpd).handshake("/user/chat.xml").status == 500
    assert not echo.sessions


@pytest.mark.parametrize("line", [
    "WebSocketTarget same-host", "WebSocketTarget none", "WebSocketPolicyFile /etc/passwd",
    "WebSocketConsent off", "WebSocketResolver 127.0.0.1", "WebSocketTrustAnchor /etc/passwd",
    "WebSocketCache shmcb", "WebSocketOriginStatus 403", "WebSocketConnectTimeout 1",
    "WebSocketCloseTimeout 1", "WebSocketPingInterval off", "WebSocketMaxMessageSize 1",
    "WebSocketThreads 2", "WebSocketDrainTimeout 1",
])
def test_the_administrators_directives_are_refused_in_htaccess(sharing, connect_to, echo, line):
    httpd = sharing(OVERRIDE % "All", targets=None)
    httpd.expect(rf"\.htaccess: {line.split()[0]} not allowed here")
    httpd.write("user/.htaccess", f"WebSocket On\n{line}\n")
    assert connect_to(httpd).handshake("/user/chat.xml").status == 500
    assert not echo.sessions


def test_a_deeper_htaccess_overrules(sharing, connect_to):
    httpd = sharing(OVERRIDE % "FileInfo")
    httpd.write("user/.htaccess", "WebSocket On\n")
    httpd.write("user/deep/.htaccess", "WebSocket Off\n")
    client = connect_to(httpd)
    assert client.handshake("/user/chat.xml").status == 101
    assert client.handshake("/user/deep/chat.xml").status == 200


def test_htaccess_cannot_switch_the_administrators_targets_wider(serving, connect_to, echo):
    """What a site's author may reach stays what the section round it says."""
    httpd = serving(OVERRIDE % "All", targets="10.0.0.0/8:*")
    httpd.expect("target")
    httpd.write("user/.htaccess", "WebSocket On\n")
    assert connect_to(httpd).handshake("/user/chat.xml").status == 403
    assert not echo.sessions


# -- targets: how sections merge -----------------------------------------------------------------

# server, directory, location, status
MERGED = [
    ("same-host", None, None, 101),
    ("same-host", "none", None, 403),
    ("same-host", "none", "same-host", 101),
    ("same-host", None, "none", 403),
    ("same-host", "none 10.0.0.0/8:*", None, 403),
    ("same-host", "10.0.0.0/8:* none", None, 403),
    ("same-host", "none same-host", None, 101),
    ("none", "same-host", None, 101),
    ("10.0.0.0/8:*", "same-host", None, 101),
    ("10.0.0.0/8:*", None, "192.168.0.0/16:*", 403),
    (None, "same-host", None, 101),
    (None, None, "same-host", 101),
    (None, None, None, 403),
    ("same-host", "none", "none", 403),
    (None, "same-host", "none", 403),
]


def target_sections(directory, location):
    lines = ""
    if directory:
        lines += f'<Directory "{{root}}/htdocs/ws">\nWebSocketTarget {directory}\n</Directory>\n'
    if location:
        lines += f'<Location "/ws">\nWebSocketTarget {location}\n</Location>\n'
    return lines


@pytest.mark.parametrize("server, directory, location, status", MERGED)
def test_targets_add_up_and_none_clears(among, server, directory, location, status):
    cases = [target_sections(*more) for around, *more, _ in MERGED if around == server]
    httpd, client = among(cases, target_sections(directory, location), targets=server)
    if status == 403:
        httpd.expect(r"\[websocket:warn\].*target")
    assert client.handshake("/ws/chat.xml").status == status


def test_a_virtual_host_adds_to_the_server_and_none_clears(serving, connect_to):
    httpd = serving("".join(f"""
      <VirtualHost 127.0.0.1:{{http_port}}>
        ServerName {name}.test
        DocumentRoot "{{root}}/htdocs"
        {line}
      </VirtualHost>""" for name, line in (
          ("plain", ""), ("more", "WebSocketTarget 10.0.0.0/8:*"),
          ("none", "WebSocketTarget none"))))
    httpd.expect("target")
    for name, status in (("plain", 101), ("more", 101), ("none", 403)):
        assert connect_to(httpd, host=f"{name}.test").handshake("/ws/chat.xml").status == status


# -- virtual hosts -------------------------------------------------------------------------------

def test_two_hosts_on_one_address_have_targets_of_their_own(new_httpd, connect_to, start):
    """The same document under both: each host allows another port."""
    one, two = start(targets.Greeter(b"one")), start(targets.Greeter(b"two"))
    httpd = new_httpd(targets=None, extra="".join(f"""
      <VirtualHost 127.0.0.1:{{http_port}}>
        ServerName {name}.test
        ServerAlias www.{name}.test *.{name}.example
        DocumentRoot "{{root}}/htdocs"
        WebSocketTarget same-host:{greeter.port}
      </VirtualHost>""" for name, greeter in (("one", one), ("two", two))))
    httpd.expect("port-not-listed")
    for name, greeter in (("one", one), ("two", two)):
        httpd.write(f"ws/{name}.xml", policy.document(greeter.port))
    for host in ("one.test", "www.one.test", "any.one.example", "ONE.TEST"):
        client = connect_to(httpd, host=host)
        origin = {"Origin": client.origin.lower()}
        assert client.websocket("/ws/one.xml", origin).receive_bytes(3) == b"one"
        assert client.handshake("/ws/two.xml", origin).status == 403
    two_client = connect_to(httpd, host="two.test")
    assert two_client.websocket("/ws/two.xml").receive_bytes(3) == b"two"
    assert two_client.handshake("/ws/one.xml").status == 403


def test_the_own_origin_is_of_the_host_that_was_asked_for(new_httpd, connect_to, echo):
    httpd = new_httpd(extra="""
      <VirtualHost 127.0.0.1:{http_port}>
        ServerName one.test
        ServerAlias www.one.test
        DocumentRoot "{root}/htdocs"
      </VirtualHost>""")
    httpd.expect("origin")
    httpd.write("ws/chat.xml", policy.document(echo.port))
    client = connect_to(httpd, host="www.one.test")
    assert client.handshake("/ws/chat.xml").status == 101
    other = connect_to(httpd, host="one.test")
    assert client.handshake("/ws/chat.xml", {"Origin": other.origin}).status == 401


# -- authentication and access -------------------------------------------------------------------

BASIC = """
<Directory "{root}/htdocs/ws">
  AuthType Basic
  AuthName "members"
  AuthBasicProvider file
  AuthUserFile "{root}/conf/passwords"
  Require valid-user
</Directory>
"""


def write_password(httpd, user="alice", password="secret"):
    digest = base64.b64encode(hashlib.sha1(password.encode()).digest()).decode()
    (httpd.root / "conf" / "passwords").write_text(f"{user}:{{SHA}}{digest}\n")


def password(user="alice", word="secret"):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{word}".encode()).decode()}


@every_scheme
def test_basic_authentication_comes_first(sharing, connect_to, echo, scheme):
    httpd = sharing(BASIC)
    write_password(httpd)
    httpd.expect("AH01617|AH01618|password mismatch|not found")
    client = connect_to(httpd, scheme)
    for headers in ({}, password(word="wrong"), {**EVIL}):
        response = client.handshake("/ws/chat.xml", headers)
        assert response.status == 401
        assert response.get("WWW-Authenticate") == 'Basic realm="members"'
    assert not echo.sessions
    client.websocket("/ws/chat.xml", password()).echo(b"a member")
    assert client.request("/ws/chat.xml").status == 401
    assert client.request("/ws/chat.xml", headers=password()).status == 426


def test_a_member_of_a_wrong_origin_is_still_refused(sharing, connect_to, echo):
    httpd = sharing(BASIC)
    write_password(httpd)
    httpd.expect("origin")
    response = connect_to(httpd).handshake("/ws/chat.xml", {**password(), **EVIL})
    assert response.status == 401
    assert "Basic" not in response.get("WWW-Authenticate")
    assert not echo.sessions


def required(rule):
    return f'<Directory "{{root}}/htdocs/ws">\n{rule}\n</Directory>'


RULES = {
    "Require all denied": 403, "Require ip 10.0.0.0/8": 403, "Require ip 127.0.0.1": 101,
    "Require method POST": 403, "Require expr \"%{HTTP:Origin} =~ /case-/\"": 101,
    "Require expr \"%{HTTP:X-Token} == 'x'\"": 403,
}


@pytest.mark.parametrize("rule", RULES)
def test_require_decides_first(among, echo, rule):
    httpd, client = among([required(each) for each in RULES], required(rule))
    httpd.permit("AH01630|AH01797")
    assert client.handshake("/ws/chat.xml").status == RULES[rule]
    if RULES[rule] == 101:
        echo.session()
    else:
        assert not echo.sessions


# -- rewriting and aliases -----------------------------------------------------------------------

# lines, the path that leads to the document
LEADS = [
    ('RewriteEngine On\nRewriteRule "^/chat$" "/ws/chat.xml" [PT]', "/chat"),
    ('RewriteEngine On\nRewriteRule "^/chat$" "{root}/htdocs/ws/chat.xml"', "/chat"),
    ('<Directory "{root}/htdocs/ws">\nRewriteEngine On\nRewriteRule "^room$" "chat.xml"\n'
     "</Directory>", "/ws/room"),
    ('<Directory "{root}/htdocs/plain">\nRewriteEngine On\nRewriteRule "^room$" "/ws/chat.xml"\n'
     "</Directory>", "/plain/room"),
    ('Alias "/elsewhere" "{root}/htdocs/ws"', "/elsewhere/chat.xml"),
    ('Alias "/only" "{root}/htdocs/ws/chat.xml"', "/only"),
    ('AliasMatch "^/room/.*$" "{root}/htdocs/ws/chat.xml"', "/room/7"),
    ('<Directory "{root}/htdocs/ws">\nDirectoryIndex chat.xml\n</Directory>', "/ws/"),
    ('<Directory "{root}/htdocs/ws">\nOptions +MultiViews\n</Directory>', "/ws/chat"),
    ('<Directory "{root}/htdocs/ws">\nFallbackResource /ws/chat.xml\n</Directory>', "/ws/nothing"),
    ('<Directory "{root}/htdocs/ws">\nDirectorySlash Off\n</Directory>', "/ws/chat.xml"),
    ('<Location "/ws">\nHeader always set X-Frame-Options DENY\nHeader set X-Any thing\n'
     "</Location>", "/ws/chat.xml"),
]


@event_and_prefork
@pytest.mark.parametrize("lines, path", LEADS)
def test_what_leads_to_a_document_may_be_anything(among, lines, path):
    """Under whatever name: the tunnel opens, wrong pages are refused, the text is never shown."""
    httpd, client = among([each for each, _ in LEADS], lines)
    httpd.expect("origin")
    tunnel = client.websocket(path)
    tunnel.echo(b"led here")
    tunnel.close()
    refused = client.handshake(path, EVIL)
    assert refused.status == 401 and b"<port" not in refused.body
    plain = client.request(path)
    assert plain.status == 426 and b"<port" not in plain.body


@pytest.mark.parametrize("lines, path", [case for case in LEADS if "plain" in case[1] or
                                         case[1] in ("/ws/room", "/ws/nothing")])
def test_bytes_after_a_refusal_behind_a_rewrite_are_not_a_request(among, lines, path):
    httpd, client = among([each for each, _ in LEADS], lines)
    httpd.expect("origin")
    connection = client.connect()
    connection.send(client.upgrade_request(path, EVIL)[0] + SMUGGLED)
    everything = connection.receive_to_end()
    assert everything.startswith(b"HTTP/1.1 401 ")
    assert everything.count(b"HTTP/1.1 ") == 1 and b"the secret" not in everything


def test_a_rewrite_to_a_policy_file_of_the_administrator(new_httpd, connect_to, echo):
    httpd = new_httpd(started=False, targets=None, extra="""
      <Location "/irc">
        WebSocketPolicyFile "conf/irc.xml"
      </Location>
      <Directory "{root}/htdocs/plain">
        RewriteEngine On
        RewriteRule "^room$" "/irc"
      </Directory>""")
    (httpd.root / "conf" / "irc.xml").write_text(policy.document(echo.port))
    httpd.write("plain/index.html", "x")
    httpd.start()
    connect_to(httpd).websocket("/plain/room").echo(b"the administrator's")


def test_a_rewrite_refuses_as_ever(serving, connect_to, echo):
    httpd = serving('<Directory "{root}/htdocs/ws">\nRewriteEngine On\n'
                    'RewriteCond "%{HTTP:Origin}" "!^http://localhost"\nRewriteRule "." "-" [F]\n'
                    "</Directory>")
    client = connect_to(httpd)
    assert client.handshake("/ws/chat.xml", EVIL).status == 403
    assert not echo.sessions
    assert client.handshake("/ws/chat.xml").status == 101


def test_a_redirect_is_httpds_own(serving, connect_to, echo):
    httpd = serving('Redirect "/ws/moved.xml" "https://www.example.org/ws/chat.xml"')
    response = connect_to(httpd).handshake("/ws/moved.xml")
    assert response.status == 302
    assert response.get("Location") == "https://www.example.org/ws/chat.xml"


# -- error documents -----------------------------------------------------------------------------

def provoke(client, status):
    if status == 426:
        return client.request("/ws/chat.xml")
    return client.handshake("/ws/chat.xml", EVIL)


def origin_status(status):
    return "" if status == 426 else f"WebSocketOriginStatus {status}\n"


STATUSES = [401, 403, 426]
DOCUMENTS = {'"so it is"': b"so it is", "/errors/page.html": b"<p>our own page</p>"}


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
    httpd.write("errors/page.html", "<p>our own page</p>")
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
    httpd.write("errors/page.html", "<p>our own page</p>")
    response = connect_to(httpd).handshake("/ws/chat.xml", EVIL)
    assert (response.status, response.body) == (401, b"<p>our own page</p>")


def test_bytes_after_a_refusal_with_an_error_document_are_not_a_request(serving, connect_to):
    httpd = serving("ErrorDocument 401 /index.html")
    httpd.expect("origin")
    client = connect_to(httpd)
    connection = client.connect()
    connection.send(client.upgrade_request("/ws/chat.xml", EVIL)[0] + SMUGGLED)
    everything = connection.receive_to_end()
    assert everything.count(b"HTTP/1.1 ") == 1 and b"the secret" not in everything
    assert b"served as ever" in everything
