# SPDX-License-Identifier: Apache-2.0
"""Where endpoints may be switched on, and whose word counts there: sections, .htaccess, virtual hosts."""

import pytest

from support import policy, targets
from support.contexts import among, serving, sharing  # noqa: F401  (fixtures)

pytestmark = pytest.mark.sanitizer


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


@pytest.mark.parametrize("line", [
    "WebSocketTarget same-host", "WebSocketPolicyFile /etc/passwd", "WebSocketConsent off",
    "WebSocketResolver 127.0.0.1", "WebSocketTrustAnchor /etc/passwd", "WebSocketOriginStatus 403",
    "WebSocketExplain Off", "WebSocketStatus On", "WebSocketConnectTimeout 1",
    "WebSocketCompression On", "WebSocketMaxMessageSize 1",
])
def test_no_list_gives_the_administrators_directives_to_htaccess(sharing, connect_to, echo, line):
    """AllowOverrideList takes what may stand in a directory. Each of these is noted for configtest, which at every
    request would be in memory that threads share and nobody frees."""
    name = line.split()[0]
    httpd = sharing(OVERRIDE % f"None\n  AllowOverrideList WebSocket {name}", targets=None)
    httpd.expect(rf"\.htaccess: {name} cannot occur within")
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
