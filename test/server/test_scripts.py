# SPDX-License-Identifier: Apache-2.0
"""Scripts that write the policy, or that answer for themselves: CGI in shell, Perl and PHP, FastCGI, the
examples of doc/; what they are told, and by which requests they are run."""

import base64
import hashlib
import subprocess
from pathlib import Path

import pytest

from support import installation, targets
from support.client import write_request
from support.connection import read_response
from support.matrix import event_and_prefork, every_scheme
from support.scripts import PHP, needs_php, says, shell, write_script, writes_policy

pytestmark = pytest.mark.sanitizer

EXAMPLES = installation.SOURCE / "doc" / "examples"
FCGID = installation.modules_folder() / "mod_fcgid.so"

needs_fcgid = pytest.mark.skipif(not PHP or not FCGID.is_file(),
                                 reason="install Debian's php-cgi and libapache2-mod-fcgid")

PASSWORDS = """
<Location "/">
  AuthType Basic
  AuthName "staff"
  AuthBasicProvider file
  AuthUserFile "{root}/conf/passwords"
  <RequireAny>
    Require valid-user
    Require expr "%{HTTP:Authorization} == ''"
  </RequireAny>
</Location>
"""


def with_password(user="alice", password="secret"):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def write_password(httpd, user="alice", password="secret"):
    digest = base64.b64encode(hashlib.sha1(password.encode()).digest()).decode()
    (httpd.root / "conf" / "passwords").write_text(f"{user}:{{SHA}}{digest}\n")


# -- every kind of script ------------------------------------------------------------------------

SHELL = """#!/bin/sh
echo "Set-Cookie: seen=1"
echo "Set-Cookie: twice=2; HttpOnly"
case "$HTTP_ORIGIN" in
  https://evil.example)
    printf 'Status: 403 Not for you\\r\\nX-Why: origin\\r\\nContent-Type: text/plain\\r\\n\\r\\n'
    echo "by the script" ;;
  *) printf 'Content-Type: application/xml\\r\\n\\r\\n'
     echo '<websocket><port>{port}</port></websocket>' ;;
esac
"""

PERL = """#!/usr/bin/perl
print "Set-Cookie: seen=1\\r\\nSet-Cookie: twice=2; HttpOnly\\r\\n";
if ($ENV{HTTP_ORIGIN} eq 'https://evil.example') {
  print "Status: 403 Not for you\\r\\nX-Why: origin\\r\\nContent-Type: text/plain\\r\\n\\r\\n";
  print "by the script\\n";
} else {
  print "Content-Type: application/xml\\r\\n\\r\\n";
  print "<websocket><port>{port}</port></websocket>\\n";
}
"""

PHP_TEXT = """<?php
setcookie('seen', '1');
header('Set-Cookie: twice=2; HttpOnly', false);
if ($_SERVER['HTTP_ORIGIN'] === 'https://evil.example') {
  http_response_code(403);
  header('X-Why: origin');
  header('Content-Type: text/plain');
  echo "by the script\\n";
} else {
  header('Content-Type: application/xml');
  echo '<websocket><port>{port}</port></websocket>';
}
"""

KINDS = {
    "shell": ("script.sh", SHELL),
    "perl": ("script.pl", PERL),
    "php by Action": ("script.php", PHP_TEXT),
    "php by #!": ("script.cgi", "#!/usr/bin/env php-cgi\n" + PHP_TEXT),
}

every_kind = pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=needs_php if "php" in kind else ()) for kind in KINDS])


def install(httpd, kind, port):
    name, text = KINDS[kind]
    return write_script(httpd, name, text.replace("{port}", str(port)))


@event_and_prefork
@every_scheme
@every_kind
def test_a_script_opens_the_tunnel(scripting, connect_to, echo, kind, scheme):
    httpd = scripting()
    path = install(httpd, kind, echo.port)
    tunnel = connect_to(httpd, scheme).websocket(path)
    tunnel.echo(b"by a script")
    tunnel.close()
    cookies = tunnel.response.all("Set-Cookie")
    assert sorted(cookie.split(";")[0] for cookie in cookies) == ["seen=1", "twice=2"]
    assert tunnel.response.get("Content-Type") is None
    assert tunnel.response.get("Content-Length") is None
    assert tunnel.response.get("Transfer-Encoding") is None


@event_and_prefork
@every_kind
def test_a_script_refuses_in_its_own_words(scripting, connect_to, echo, kind):
    httpd = scripting()
    path = install(httpd, kind, echo.port)
    response = connect_to(httpd).handshake(path, {"Origin": "https://evil.example"})
    assert response.status == 403
    assert response.get("X-Why") == "origin"
    assert response.get("Content-Type").startswith("text/plain")
    assert response.body == b"by the script\n"
    assert not echo.sessions


@every_kind
def test_a_policy_of_a_script_never_reaches_the_client(scripting, connect_to, echo, kind):
    """The origin is refused by httpd, after the script had granted."""
    httpd = scripting()
    httpd.expect("origin")
    path = install(httpd, kind, echo.port)
    response = connect_to(httpd).handshake(path, {"Origin": "https://other.example"})
    assert response.status == 401
    assert b"port" not in response.body and b"websocket>" not in response.body
    assert not echo.sessions


@every_kind
def test_a_plain_get_runs_the_script_and_gets_its_answer(scripting, connect_to, kind):
    httpd = scripting()
    path = install(httpd, kind, 1)
    client = connect_to(httpd)
    response = client.request(path, headers={"Origin": "https://evil.example"})
    assert (response.status, response.body) == (403, b"by the script\n")
    response = client.request(path, headers={"Origin": "https://www.example.org"})
    assert response.status == 200 and b"<port>1</port>" in response.body


@needs_fcgid
def test_php_by_fcgid_opens_the_tunnel_and_refuses(scripting, connect_to, echo):
    httpd = scripting(modules=["fcgid"], extra=f"""
      FcgidIPCDir "{{root}}/report"
      FcgidProcessTableFile "{{root}}/report/fcgid_shm"
      <Directory "{{root}}/htdocs/ws">
        AddHandler fcgid-script .php
        FcgidWrapper {PHP} .php
      </Directory>""")
    httpd.permit("fcgid")
    path = install(httpd, "php by Action", echo.port)
    client = connect_to(httpd)
    tunnel = client.websocket(path)
    tunnel.echo(b"by mod_fcgid")
    tunnel.close()
    response = client.handshake(path, {"Origin": "https://evil.example"})
    assert (response.status, response.body) == (403, b"by the script\n")


# -- the examples of doc/ ------------------------------------------------------------------------

@pytest.mark.parametrize("name", [
    "policy.sh", "policy.pl", pytest.param("policy.php", marks=needs_php)])
def test_an_example_decides_as_it_says(scripting, connect_to, start_greeters, name):
    staff, guests = start_greeters
    httpd = scripting(extra=PASSWORDS)
    write_password(httpd)
    text = (EXAMPLES / name).read_text()
    assert text.count("6667") == text.count("6668") == 2  # in the code, and for WebSocketTarget
    text = text.replace("6667", str(staff.port)).replace("6668", str(guests.port))
    path = write_script(httpd, name, text)
    client = connect_to(httpd)
    page = {"Origin": "https://www.example.org"}

    assert client.websocket(path, page).receive_bytes(6) == b"guests"
    assert client.websocket(path, {**page, **with_password()}).receive_bytes(6) == b"staff!"
    assert client.handshake(path, {**page, "Upgrade": "WebSocket"}).status == 101

    plain = client.request(path, headers=page)
    assert plain.status == 426 and "websocket" in plain.tokens("Upgrade")
    assert "upgrade" in plain.tokens("Connection")
    assert plain.body == b"This is a WebSocket.\n"
    asks = {**page, "Accept": "application/problem+json"}
    assert '"reason": "upgrade-required"' in client.request(path, headers=asks).body.decode()
    for origin in ("https://evil.example", "https://www.example.org.evil.example", None,
                   client.origin):
        refused = client.handshake(path, {"Origin": origin})
        assert refused.status == 401
        assert refused.get("WWW-Authenticate") == 'Origin realm="chat"'
        assert refused.body == b"This page may not connect.\n"


@pytest.fixture
def start_greeters(start):
    return start(targets.Greeter(b"staff!")), start(targets.Greeter(b"guests"))


@pytest.mark.parametrize("name", ["policy.sh", "policy.pl", "policy.php"])
def test_an_example_is_executable_where_it_must_be(name):
    path = EXAMPLES / name
    assert bool(path.stat().st_mode & 0o100) == (name != "policy.php")
    assert max(len(line) for line in path.read_text().splitlines()) <= 100


def test_the_examples_pass_their_own_checkers():
    assert subprocess.run(["perl", "-cw", EXAMPLES / "policy.pl"], capture_output=True,
                          check=False).returncode == 0
    assert subprocess.run(["sh", "-n", EXAMPLES / "policy.sh"], check=False).returncode == 0
    assert Path(EXAMPLES / "policy.php").read_text().startswith("<?php\n")


# -- what the script is told ---------------------------------------------------------------------

def test_a_script_sees_the_handshake(scripting, connect_to):
    httpd = scripting(extra=PASSWORDS)
    write_password(httpd)
    path = shell(httpd, says("Content-Type: text/plain"), "env")
    response = connect_to(httpd).handshake(path + "?room=1", {
        "Origin": "https://page.example", "Cookie": "session=abc; other=1",
        "Sec-WebSocket-Protocol": "irc, binary", "X-Forwarded-Proto": "https", **with_password()})
    lines = response.body.decode().splitlines()
    for line in ("HTTP_ORIGIN=https://page.example", "HTTP_COOKIE=session=abc; other=1",
                 "HTTP_SEC_WEBSOCKET_PROTOCOL=irc, binary", "HTTP_SEC_WEBSOCKET_VERSION=13",
                 "HTTP_UPGRADE=websocket", "HTTP_CONNECTION=Upgrade", "REMOTE_USER=alice",
                 "QUERY_STRING=room=1", "REQUEST_METHOD=GET", "REMOTE_ADDR=127.0.0.1"):
        assert line in lines, line


def test_a_script_may_decide_by_its_path_and_query(scripting, connect_to, echo):
    httpd = scripting()
    path = shell(httpd, 'if [ "$PATH_INFO$QUERY_STRING" = "/roomkey=1" ]; then',
                 writes_policy(echo.port), "else", says("Status: 404 Not Found"), "fi")
    client = connect_to(httpd)
    client.websocket(path + "/room?key=1").echo(b"by path")
    assert client.handshake(path + "/room?key=2").status == 404


# -- other methods -------------------------------------------------------------------------------

def test_head_and_post_without_upgrade_are_the_scripts(scripting, connect_to):
    httpd = scripting()
    path = shell(httpd, says("Content-Type: text/plain", "X-Answer: mine"),
                 'printf "%s:" "$REQUEST_METHOD"; [ "$REQUEST_METHOD" != POST ] || cat')
    client = connect_to(httpd)
    head = client.request(path, method="HEAD")
    assert (head.status, head.get("X-Answer"), head.body) == (200, "mine", b"")
    post = client.request(path, method="POST", headers={"Content-Length": "5"}, body=b"hello")
    assert (post.status, post.body) == (200, b"POST:hello")


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT"])
def test_an_upgrade_of_another_method_does_not_run_the_script(scripting, connect_to, method):
    httpd = scripting()
    httpd.expect("handshake")
    mark = httpd.root / "run" / "ran"
    path = shell(httpd, f"touch {mark}", writes_policy(1))
    assert connect_to(httpd).handshake(path, method=method).status in (400, 405)
    assert not mark.exists()


# -- many ----------------------------------------------------------------------------------------

def test_handshakes_of_scripts_at_once_do_not_mix(scripting, connect_to, start_greeters):
    first, second = start_greeters
    httpd = scripting()
    shell(httpd, writes_policy(first.port), name="first.sh")
    shell(httpd, writes_policy(second.port), name="second.sh")
    client = connect_to(httpd)
    connections = []
    for number in range(12):
        name = "first" if number % 2 else "second"
        connection = client.connect()
        connection.send(client.upgrade_request(f"/ws/{name}.sh")[0])
        connections.append((name, connection))
    for name, connection in connections:
        assert read_response(connection).status == 101
        assert connection.receive_exactly(8)[2:] == (b"staff!" if name == "first" else b"guests")


def test_a_request_follows_a_plain_answer_of_a_script(scripting, connect_to):
    httpd = scripting()
    path = shell(httpd, says("Content-Type: text/plain", body="mine"))
    client = connect_to(httpd)
    connection = client.connect()
    for _ in range(3):
        connection.send(write_request("GET", path, {"Host": client.authority}))
        assert read_response(connection).body == b"mine"
