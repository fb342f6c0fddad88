# SPDX-License-Identifier: Apache-2.0
"""Scripts that write the policy, or that answer for themselves: CGI, PHP, a proxied application,
server-side includes."""

import base64
import gzip
import hashlib
import http.server
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest

from support import installation, policy, targets
from support.client import write_request
from support.connection import read_response
from support.matrix import every_scheme

pytestmark = pytest.mark.sanitizer

EXAMPLES = installation.SOURCE / "doc" / "examples"
PHP = shutil.which("php-cgi")
FCGID = installation.modules_folder() / "mod_fcgid.so"

needs_php = pytest.mark.skipif(not PHP, reason="no php-cgi: install Debian's php-cgi")
needs_fcgid = pytest.mark.skipif(not PHP or not FCGID.is_file(),
                                 reason="install Debian's php-cgi and libapache2-mod-fcgid")
on_both = pytest.mark.parametrize("mpm", ["event", "prefork"], indirect=True)

CGI = """
<Directory "{root}/htdocs/ws">
  Options +ExecCGI +Includes
  AddHandler cgi-script .sh .pl .cgi
  AddHandler application/x-httpd-php .php
  AddType text/html .shtml
  AddOutputFilter INCLUDES .shtml
  SetEnv REDIRECT_STATUS 200
</Directory>
<Directory "{root}/php-bin">
  Options +FollowSymLinks
  Require all granted
</Directory>
ScriptAlias /php-bin/ "{root}/php-bin/"
Action application/x-httpd-php /php-bin/php-cgi
"""

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


@pytest.fixture
def scripting(new_httpd, mpm):
    """scripting(extra): an httpd whose folder /ws runs scripts."""

    def make(extra="", modules=(), **options):
        server = new_httpd(started=False, extra=CGI + extra, limits=options.pop("limits", {}),
                           modules=["cgi" if mpm == "prefork" else "cgid", "include", "actions",
                                    *modules], **options)
        (server.root / "php-bin").mkdir()
        if PHP:
            (server.root / "php-bin" / "php-cgi").symlink_to(PHP)
        return server.start()

    return make


def write_script(httpd, name, text):
    httpd.write(f"ws/{name}", text).chmod(0o755)
    return f"/ws/{name}"


def shell(httpd, *lines, name="script.sh"):
    return write_script(httpd, name, "\n".join(["#!/bin/sh", *lines, ""]))


def says(*headers, body=""):
    """A line of shell that writes an answer."""
    text = "\\r\\n".join([*headers, "", ""])
    return f"printf '{text}'\nprintf '%s' '{body}'"


def writes_policy(port, **options):
    return says("Content-Type: application/xml", body=policy.document(port, **options))


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


@on_both
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


@on_both
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


# -- answers that are no policy ------------------------------------------------------------------

OWN_ANSWERS = {
    "html": ("Content-Type: text/html", "<!DOCTYPE html><title>hello</title>"),
    "xhtml": ("Content-Type: application/xhtml+xml", "<html><body/></html>"),
    "json": ("Content-Type: application/json", '{"port": 6667}'),
    "text": ("Content-Type: text/plain", "websocket"),
    "latin-1": ("Content-Type: text/html; charset=iso-8859-1", "<html>\xe9\xe8</html>"),
    "latin-1 text": ("Content-Type: text/plain", "caf\xe9"),
    "no text": ("Content-Type: image/png", "\x89PNG\r\n\x1a\n\x01\xff\xfe"),
    "empty": ("Content-Type: text/plain", ""),
}


@on_both
@pytest.mark.parametrize("name", OWN_ANSWERS)
def test_a_200_that_is_no_policy_is_the_clients(scripting, connect_to, name):
    httpd = scripting()
    kind, body = OWN_ANSWERS[name]
    httpd.write("body", body.encode("latin-1"))
    path = shell(httpd, says(kind, "X-Answer: mine", "Set-Cookie: a=b"),
                 f"cat '{httpd.documents}/body'")
    response = connect_to(httpd).handshake(path)
    assert response.status == 200
    assert response.get("X-Answer") == "mine"
    assert response.get("Set-Cookie") == "a=b"
    assert response.get("Content-Type").startswith(kind.split(" ")[1])
    assert response.body == body.encode("latin-1")


@pytest.mark.parametrize("line, status, headers", [
    ("Status: 401 Unauthorized", 401, {"WWW-Authenticate": 'Basic realm="mine"'}),
    ("Status: 403 Forbidden", 403, {"X-Reason": "mine"}),
    ("Status: 404 Not Found", 404, {"X-Reason": "mine"}),
    ("Status: 426 Upgrade Required", 426, {"Upgrade": "mine/1", "X-Reason": "mine"}),
    ("Status: 302 Found", 302, {"Location": "https://www.example.org/login?a=b"}),
    ("Status: 303 See Other", 303, {"Location": "https://www.example.org/login"}),
    ("Status: 500 Internal Server Error", 500, {"X-Reason": "mine"}),
    ("Status: 503 Service Unavailable", 503, {"Retry-After": "7"}),
    ("Status: 201 Created", 201, {"X-Reason": "mine"}),
    ("Status: 206 Partial Content", 206, {"X-Reason": "mine"}),
])
def test_a_status_is_the_clients_whatever_the_body(scripting, connect_to, echo, line, status,
                                                  headers):
    """Even a body that would be a policy: only a 200 means it."""
    httpd = scripting()
    body = policy.document(echo.port)
    path = shell(httpd, says(line, "Content-Type: text/x-mine",
                             *(f"{name}: {value}" for name, value in headers.items()), body=body))
    response = connect_to(httpd).handshake(path)
    assert response.status == status
    for name, value in headers.items():
        assert response.get(name) == value
    assert response.body == body.encode()
    assert not echo.sessions


def test_a_status_without_a_body_is_the_clients(scripting, connect_to):
    httpd = scripting()
    path = shell(httpd, says("Status: 204 No Content", "X-Answer: mine"))
    response = connect_to(httpd).handshake(path)
    assert (response.status, response.get("X-Answer"), response.body) == (204, "mine", b"")


def test_a_script_that_fails_is_httpds_own_error(scripting, connect_to):
    httpd = scripting()
    httpd.expect("cgi")
    path = shell(httpd, "echo this is no header")
    assert connect_to(httpd).handshake(path).status == 500


def test_a_script_that_may_not_be_run_is_not_shown(scripting, connect_to):
    httpd = scripting()
    httpd.expect("cgi")
    path = shell(httpd, writes_policy(1))
    (httpd.documents / path[1:]).chmod(0o644)
    response = connect_to(httpd).handshake(path)
    assert response.status in (403, 500) and b"port" not in response.body


def test_what_is_sent_behind_a_script_s_refusal_is_no_request(scripting, connect_to):
    httpd = scripting()
    path = shell(httpd, says("Status: 403 Forbidden", "Content-Type: text/plain", body="no"))
    client = connect_to(httpd)
    connection = client.connect()
    request, _ = client.upgrade_request(path)
    connection.send(request + b"GET /secret.txt HTTP/1.1\r\nHost: localhost\r\n\r\n")
    everything = connection.receive_to_end()
    assert everything.count(b"HTTP/1.1 ") == 1 and b"the secret" not in everything


# -- broken policies and large answers -----------------------------------------------------------

@on_both
@pytest.mark.parametrize("body, place", [
    ("<websocket>\n  <prt>1</prt></websocket>", "line 2, column 3"),
    ("<websocket>\n<port>inner.example</port>\n</websocket>", "line 2"),
    ("<websocket><port>1</port>", "line 1"),
    ("\n\n<websocket></websocket>", "line 3"),
])
def test_a_broken_policy_is_an_error_with_its_place(scripting, connect_to, body, place):
    httpd = scripting()
    httpd.expect(rf"\[websocket:error\].*/ws/script\.sh.*{place}")
    path = shell(httpd, says("Content-Type: application/xml", "Content-Length: 3", "X-Inner: yes",
                             body=body))
    response = connect_to(httpd).handshake(path)
    assert response.status == 500
    for part in (b"websocket>", b"port", b"prt", b"inner", b"line"):
        assert part not in response.body


def test_a_large_answer_that_is_no_policy_comes_whole(scripting, connect_to):
    httpd = scripting()
    path = shell(httpd, says("Content-Type: text/html", "X-Answer: mine"),
                 "echo '<!DOCTYPE html>'",
                 "i=0; while [ $i -lt 4000 ]; do echo '<p>A line of a page that is long.</p>';"
                 " i=$((i + 1)); done")
    response = connect_to(httpd).handshake(path)
    assert (response.status, response.get("X-Answer")) == (200, "mine")
    assert response.body == b"<!DOCTYPE html>\n" + b"<p>A line of a page that is long.</p>\n" * 4000


def padded(echo, size):
    text = policy.document(echo.port)
    return [says("Content-Type: application/xml", body=text),
            f"head -c {size - len(text)} /dev/zero | tr '\\0' ' '"]


def test_a_policy_has_64_kib_at_most(scripting, connect_to, echo):
    httpd = scripting()
    client = connect_to(httpd)
    client.websocket(shell(httpd, *padded(echo, 64 * 1024))).echo(b"just so")
    httpd.expect(r"\[websocket:error\].*/ws/script\.sh")
    response = client.handshake(shell(httpd, *padded(echo, 64 * 1024 + 1)))
    assert response.status == 500
    assert b"port" not in response.body
    assert len(echo.sessions) == 1


def test_a_policy_without_an_end_is_not_shown(scripting, connect_to, echo):
    httpd = scripting()
    httpd.expect(r"\[websocket:error\].*/ws/script\.sh")
    response = connect_to(httpd).handshake(shell(httpd, *padded(echo, 1 << 20)))
    assert response.status == 500 and b"port" not in response.body


# -- time ----------------------------------------------------------------------------------------

def test_a_slow_script_in_pieces_is_waited_for(scripting, connect_to, echo):
    httpd = scripting()
    whole = policy.document(echo.port)
    pieces = [f"printf '%s' '{whole[i:i + 12]}'; sleep 0.1" for i in range(0, len(whole), 12)]
    path = shell(httpd, "sleep 0.5", says("Content-Type: application/xml"), *pieces)
    connect_to(httpd).websocket(path).echo(b"after a while")


@on_both
def test_a_script_that_hangs_meets_httpds_own_timeout(scripting, connect_to):
    httpd = scripting(extra="Timeout 1\n")
    httpd.expect("cgi")
    path = shell(httpd, "exec sleep 6")
    began = time.monotonic()
    assert connect_to(httpd).handshake(path).status == 504
    assert time.monotonic() - began < 5


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


# -- internal redirects --------------------------------------------------------------------------

@on_both
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


@on_both
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


# -- packing -------------------------------------------------------------------------------------

@pytest.mark.parametrize("extra", [
    "", '<Location "/ws">\nSetOutputFilter DEFLATE\n</Location>',
    'AddOutputFilter DEFLATE sh'], ids=["by type", "always", "by name"])
def test_deflate_does_not_spoil_a_policy(scripting, connect_to, echo, extra):
    httpd = scripting(extra=extra)
    client = connect_to(httpd)
    tunnel = client.websocket(shell(httpd, writes_policy(echo.port)),
                              {"Accept-Encoding": "gzip, deflate"})
    tunnel.echo(b"not packed")
    assert tunnel.response.get("Content-Encoding") is None


def test_deflate_packs_what_is_no_policy(scripting, connect_to):
    httpd = scripting()
    body = "<!DOCTYPE html><p>" + "hello " * 100
    path = shell(httpd, says("Content-Type: text/html", body=body))
    response = connect_to(httpd).handshake(path, {"Accept-Encoding": "gzip"})
    assert response.status == 200
    assert response.get("Content-Encoding") == "gzip"
    assert gzip.decompress(response.body).decode() == body


def test_a_file_that_is_packed_by_type_is_still_a_document(scripting, connect_to, echo):
    httpd = scripting()
    httpd.write("ws/static.xml", policy.document(echo.port))
    client = connect_to(httpd)
    client.websocket("/ws/static.xml", {"Accept-Encoding": "gzip"}).echo(b"static")
    assert client.request("/ws/static.xml", headers={"Accept-Encoding": "gzip"}).status == 426


# -- server-side includes ------------------------------------------------------------------------

def test_server_side_includes_write_a_policy(scripting, connect_to, echo):
    httpd = scripting(extra=f"SetEnv TARGET_PORT {echo.port}\n")
    httpd.write("ws/made.shtml",
                '<websocket><port><!--#echo var="TARGET_PORT" --></port></websocket>\n')
    connect_to(httpd).websocket("/ws/made.shtml").echo(b"included")
    plain = connect_to(httpd).request("/ws/made.shtml")
    assert plain.status == 426
    assert str(echo.port).encode() not in plain.body


def test_server_side_includes_that_are_a_page_are_the_clients(scripting, connect_to):
    httpd = scripting()
    httpd.write("ws/page.shtml", '<html><!--#echo var="HTTP_ORIGIN" --></html>')
    client = connect_to(httpd)
    response = client.handshake("/ws/page.shtml")
    assert (response.status, response.body) == (200, f"<html>{client.origin}</html>".encode())


@pytest.mark.parametrize("folder, directive", [
    ("ws", '<!--#include virtual="irc.xml" -->'), ("ws", '<!--#include file="irc.xml" -->'),
    ("ws", '<!--#include virtual="policy.sh" -->'),
    ("pages", '<!--#include virtual="/ws/irc.xml" -->'),
    ("pages", '<!--#include virtual="/ws/policy.sh" -->')])
def test_no_page_includes_the_text_of_a_policy(scripting, connect_to, folder, directive):
    httpd = scripting(extra="""<Directory "{root}/htdocs/pages">
        Options +Includes
        AddOutputFilter INCLUDES .shtml
        AddType text/html .shtml
      </Directory>""")
    httpd.expect("include")
    httpd.write("ws/irc.xml", "<websocket><host>inner.example</host><port>4711</port></websocket>")
    shell(httpd, writes_policy(4711), name="policy.sh")
    httpd.write(f"{folder}/page.shtml", f"<html>{directive}</html>")
    client = connect_to(httpd)
    for response in (client.request(f"/{folder}/page.shtml"),
                     client.handshake(f"/{folder}/page.shtml")):
        assert response.status == 200
        assert b"an error occurred" in response.body
        assert b"4711" not in response.body and b"inner" not in response.body


# -- a proxied application -----------------------------------------------------------------------

class Application:
    """An HTTP service that answers as `answers` says: path -> (status, headers, body)."""

    def __init__(self):
        application = self
        self.answers, self.seen = {}, []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                application.seen.append(dict(self.headers))
                status, headers, body = application.answers[self.path]
                self.send_response(status)
                pieces = body if isinstance(body, list) else None
                for name, value in headers:
                    self.send_header(name, value)
                if pieces is None:
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                    return
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for piece in pieces:
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                    self.wfile.flush()
                    time.sleep(0.05)
                self.wfile.write(b"0\r\n\r\n")

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def application(start):
    return start(Application())


@pytest.fixture
def proxied(scripting, application):
    return scripting(modules=["proxy", "proxy_http"], extra=f"""
      <Location "/app/">
        ProxyPass "http://127.0.0.1:{application.port}/" disablereuse=On
        WebSocket On
      </Location>""")


@on_both
@pytest.mark.parametrize("chunked", [False, True])
def test_a_proxied_application_opens_the_tunnel(proxied, application, connect_to, echo, chunked):
    text = policy.document(echo.port).encode()
    body = [text[i:i + 9] for i in range(0, len(text), 9)] if chunked else text
    application.answers["/chat?x=1"] = (
        200, [("Content-Type", "application/xml"), ("Set-Cookie", "a=b"), ("ETag", '"x"')], body)
    tunnel = connect_to(proxied).websocket("/app/chat?x=1", {"Cookie": "session=1"})
    tunnel.echo(b"proxied")
    tunnel.close()
    assert tunnel.response.all("Set-Cookie") == ["a=b"]
    assert tunnel.response.get("ETag") is None
    assert application.seen[0]["Cookie"] == "session=1"
    assert "Origin" in application.seen[0]


@on_both
@pytest.mark.parametrize("status, headers", [
    (200, [("Content-Type", "text/html")]), (401, [("WWW-Authenticate", 'Basic realm="app"')]),
    (403, []), (426, [("Upgrade", "mine")]), (302, [("Location", "https://www.example.org/")]),
    (500, []),
])
def test_a_proxied_application_answers_itself(proxied, application, connect_to, status, headers):
    application.answers["/chat"] = (status, [*headers, ("X-App", "yes")], b"<p>by the app</p>")
    response = connect_to(proxied).handshake("/app/chat")
    assert response.status == status
    assert response.get("X-App") == "yes"
    assert response.body == b"<p>by the app</p>"


def test_an_application_that_is_away_is_httpds_502_or_503(scripting, connect_to, start):
    refused = start(targets.RefusedPort())
    httpd = scripting(modules=["proxy", "proxy_http"], extra=f"""
      <Location "/app/">
        ProxyPass "http://127.0.0.1:{refused.port}/"
        WebSocket On
      </Location>""")
    httpd.expect("proxy")
    assert connect_to(httpd).handshake("/app/chat").status in (502, 503)


def test_a_broken_policy_of_an_application_is_not_shown(proxied, application, connect_to):
    proxied.expect(r"\[websocket:error\].*/app/chat.*line 1")
    application.answers["/chat"] = (200, [], b"<websocket><port>inner</port></websocket>")
    response = connect_to(proxied).handshake("/app/chat")
    assert response.status == 500 and b"inner" not in response.body


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


def test_the_examples_pass_their_own_checkers():
    assert subprocess.run(["perl", "-cw", EXAMPLES / "policy.pl"], capture_output=True,
                          check=False).returncode == 0
    assert subprocess.run(["sh", "-n", EXAMPLES / "policy.sh"], check=False).returncode == 0
    assert Path(EXAMPLES / "policy.php").read_text().startswith("<?php\n")
