# SPDX-License-Identifier: Apache-2.0
"""What stands in front of endpoints: authentication, Require, rewriting, aliases."""

import base64
import hashlib

import pytest

from support import policy
from support.contexts import EVIL, SMUGGLED, among, serving, sharing  # noqa: F401  (fixtures)
from support.matrix import event_and_prefork, every_scheme

pytestmark = pytest.mark.sanitizer


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
