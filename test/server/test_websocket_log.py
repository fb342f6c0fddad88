# SPDX-License-Identifier: Apache-2.0
"""WebSocketLog: a line for each tunnel, written once when it is over, wherever it ran and however it
ended."""

import base64
import os
import re

import pytest

from support import policy, scripts, targets
from support.matrix import event_and_worker, every_mpm, every_scheme
from support.websocket_log import format_of, lines

# -- what stands in a line -----------------------------------------------------------------------

@pytest.mark.sanitizer
@every_mpm
@every_scheme
def test_a_tunnel_gets_one_line_in_the_default_format(new_httpd, connect_to, echo, scheme):
    httpd = new_httpd(extra="WebSocketLog log/ws.log", https_extra="")
    httpd.write("ws/echo.xml", policy.document(echo.port, more="<protocol>a.b</protocol>"))
    client = connect_to(httpd, scheme)
    tunnel = client.websocket("/ws/echo.xml", {"Sec-WebSocket-Protocol": "a.b"})
    tunnel.echo(b"x" * 700)
    assert not (httpd.root / "log" / "ws.log").read_text()
    tunnel.close(1001)
    line, = lines(httpd)
    assert re.fullmatch(
        r"127\.0\.0\.1 - \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] localhost:\d+ "
        r'"/ws/echo\.xml" HTTP/1\.1 "this host:%d" a\.b binary 700 700 \d+ 1001 client-closed'
        % echo.port, line), line


@every_scheme
def test_the_items_say_what_happened(new_httpd, connect_to, echo, scheme):
    httpd = new_httpd(extra=format_of(
        "%{ws-messages-received}x %{ws-messages-sent}x %{ws-closed-by}x %{ws-reason}x"
        " %{ws-target-address}x %{ws-target-tls}x %{SSL_PROTOCOL}x %{ws-connect}x %{ws-first-byte}x"
        " %D %T %{sec}t %P %m %{remote}p"))
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd, scheme)
    tunnel = client.websocket("/ws/echo.xml")
    local_port, pid = tunnel.connection.local_port, httpd.worker_of(tunnel.connection)
    for payload in (b"one", b"two", b"three"):
        tunnel.echo(payload)
    tunnel.close()
    words = lines(httpd)[0].split(" ")
    assert words[:3] == ["3", words[1], "client"] and int(words[1]) >= 3
    assert words[3:6] == ["-", f"127.0.0.1:{echo.port}", "-"]
    assert re.match(r"TLSv1\.[23]$" if scheme == "https" else "-$", words[6])
    connect, first, micros, seconds, begun = map(int, words[7:12])
    assert 0 < connect < 10_000_000 and 0 < first <= micros
    assert seconds == micros // 1_000_000 and begun > 1_700_000_000
    assert words[12:] == [str(pid), "GET", str(local_port)]


@every_mpm
def test_what_ended_a_tunnel_has_a_word(new_httpd, connect_to, echo, start, mpm):
    httpd = new_httpd(extra=format_of("%U %{ws-close}x %{ws-ending}x %{ws-closed-by}x"))
    closer = start(targets.Closer())
    httpd.write("ws/echo.xml", policy.document(echo.port))
    httpd.write("ws/bye.xml", policy.document(closer.port))
    client = connect_to(httpd)
    bye = client.websocket("/ws/bye.xml")
    bye.receive_to_close()
    bye.connection.close()
    assert lines(httpd) == ["/ws/bye.xml 1000 target-closed target"]
    client.websocket("/ws/echo.xml").connection.close()
    assert lines(httpd, count=2)[1] == "/ws/echo.xml - client-vanished client"
    broken = client.websocket("/ws/echo.xml")
    broken.send_frame(0x3, b"no such opcode")
    broken.receive_to_close()
    broken.connection.close()
    assert lines(httpd, count=3)[2] == "/ws/echo.xml 1002 client-violation client"
    stopped = client.websocket("/ws/echo.xml")
    stopped.echo(b"a while")
    httpd.stop()
    assert lines(httpd, count=4)[3] == "/ws/echo.xml 1001 server-closed server"


def test_a_ratio_tells_what_compression_saved(new_httpd, connect_to):
    httpd = new_httpd(extra=format_of(
        "%{ws-compression}x %{ws-framing}x %{ws-ratio-received}x %{ws-ratio-sent}x %{ws-sent}x"))
    client = connect_to(httpd)
    offer = {"Sec-WebSocket-Extensions": "permessage-deflate; client_no_context_takeover"}
    plain = client.websocket("/echo", offer)
    plain.send(os.urandom(5000).hex().encode())
    answer = plain.connection.receive_exactly(2)
    assert answer[0] == 0xC2, "the echo is compressed"
    plain.connection.close()
    name, form, received, sent, size = lines(httpd)[0].split(" ")
    assert (name, form, size) == ("permessage-deflate", "echo", "10000")
    assert 100 <= int(received) <= 101 and 40 <= int(sent) < 80


def test_a_tunnel_without_compression_has_no_ratio(new_httpd, connect_to):
    httpd = new_httpd(extra=format_of("%{ws-compression}x %{ws-ratio-sent}x %{ws-target}x"))
    tunnel = connect_to(httpd).websocket("/echo")
    tunnel.echo(b"plain")
    tunnel.close()
    assert lines(httpd) == ["- - websocket-echo"]


def test_the_client_is_who_mod_remoteip_says(new_httpd, connect_to):
    httpd = new_httpd(extra=format_of("%a %{c}a %h %A")
                      + "RemoteIPTrustedProxy 127.0.0.1\n")
    connect_to(httpd).websocket("/echo", {"X-Forwarded-For": "192.0.2.7"}).close()
    assert lines(httpd) == ["192.0.2.7 127.0.0.1 192.0.2.7 127.0.0.1"]


def test_headers_variables_and_notes_are_told_where_asked_for(new_httpd, connect_to):
    httpd = new_httpd(extra=format_of('"%{User-Agent}i" %{CHOSEN}e %{websocket-framing}n %{no}n %%')
                      + 'SetEnvIf User-Agent "^te(.*)" CHOSEN=$1\n')
    connect_to(httpd).websocket("/echo", {"User-Agent": "test er"}).close()
    assert lines(httpd) == ['"test er" st er echo - %']


def test_a_user_who_logged_in_is_named(new_httpd, connect_to):
    httpd = new_httpd(started=False, extra=format_of("%u") + """<Location "/echo">
        AuthType Basic
        AuthName "x"
        AuthUserFile "{root}/conf/users"
        Require valid-user
      </Location>""")
    (httpd.root / "conf" / "users").write_text("ann:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n")
    httpd.start()
    login = base64.b64encode(b"ann:password").decode()
    connect_to(httpd).websocket("/echo", {"Authorization": f"Basic {login}"}).close()
    assert lines(httpd) == ["ann"]


def test_a_user_who_logged_in_is_named_wherever_a_script_leads(scripting, connect_to, echo):
    """The policy lies where nobody is asked to log in, as the program that an Action names does."""
    httpd = scripting(extra=format_of("%u %U") + """<Directory "{root}/htdocs/ws">
        AuthType Basic
        AuthName "x"
        AuthUserFile "{root}/conf/users"
        Require valid-user
      </Directory>""")
    (httpd.root / "conf" / "users").write_text("ann:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n")
    httpd.write("open.xml", policy.document(echo.port))
    path = scripts.shell(httpd, scripts.says("Location: /open.xml"))
    login = base64.b64encode(b"ann:password").decode()
    connect_to(httpd).websocket(path, {"Authorization": f"Basic {login}"}).close()
    assert lines(httpd) == [f"ann {path}"]


# -- what must not stand in it -------------------------------------------------------------------

def test_neither_query_nor_credentials_are_logged_by_default(new_httpd, connect_to, echo):
    httpd = new_httpd(extra="WebSocketLog log/ws.log")
    httpd.write("ws/echo.xml", policy.document(echo.port))
    login = base64.b64encode(b"secret:secret").decode()
    tunnel = connect_to(httpd).websocket(
        "/ws/echo.xml?token=secret", {"Cookie": "id=secret", "Authorization": f"Basic {login}"})
    tunnel.close()
    line, = lines(httpd)
    assert "secret" not in line and login not in line and "?" not in line


def test_the_query_is_logged_where_it_is_asked_for(new_httpd, connect_to):
    httpd = new_httpd(extra=format_of('%U%q "%r"'))
    connect_to(httpd).websocket("/echo?a=b").close()
    assert lines(httpd) == ['/echo?a=b "GET /echo?a=b HTTP/1.1"']


def test_hostile_characters_are_escaped(new_httpd, connect_to):
    httpd = new_httpd(extra=format_of('"%U" "%{User-Agent}i" end'))
    connect_to(httpd).websocket("/echo/%0a%22x%1b%5B2J%ff%5c",
                                {"User-Agent": 'a"b\\\tc'}).close()
    assert lines(httpd) == [r'"/echo/\n\"x\x1b[2J\xff\\" "a\"b\\\tc" end']


def test_a_long_value_is_cut_and_the_rest_of_the_line_stands(new_httpd, connect_to):
    httpd = new_httpd(extra=format_of("%U %{User-Agent}i %{ws-ending}x"))
    connect_to(httpd).websocket("/echo/" + "%01" * 2000, {"User-Agent": "u" * 8000}).close()
    line, = lines(httpd)
    path, agent, ending = line.split(" ")
    assert len(path) <= 1024 and path.startswith(r"/echo/\x01\x01") and path.endswith("...")
    assert len(agent) == 1024 and agent.endswith("u...") and ending == "client-closed"


# -- which tunnels, and where to -----------------------------------------------------------------

VIRTUAL_HOSTS = """
WebSocketLogFormat "main %v" named
WebSocketLog log/main.log named
WebSocketLog log/second.log "second %v"
<Location "/echo">
  SetHandler websocket-echo
</Location>
<VirtualHost 127.0.0.1:{http_port}>
  ServerName inherits.test
</VirtualHost>
<VirtualHost 127.0.0.1:{http_port}>
  ServerName own.test
  WebSocketLogFormat "own %v" named
  WebSocketLog log/own.log named
</VirtualHost>
<VirtualHost 127.0.0.1:{http_port}>
  ServerName format.test
  WebSocketLog log/format.log named
</VirtualHost>
"""


def test_a_virtual_host_with_a_log_has_that_alone(new_httpd, connect_to):
    httpd = new_httpd(extra=VIRTUAL_HOSTS)
    for name in ("inherits", "own", "format"):
        connect_to(httpd, host=f"{name}.test").websocket("/echo").close()
    assert lines(httpd, "main.log") == ["main inherits.test"]
    assert lines(httpd, "second.log") == ["second inherits.test"]
    assert lines(httpd, "own.log") == ["own own.test"]
    assert lines(httpd, "format.log") == ["main format.test"]


@pytest.mark.parametrize("condition, logged", [
    ("env=LOCAL", ["/echo/local"]),
    ("env=!LOCAL", ["/echo/other"]),
    ("expr=%{REQUEST_URI} =~ m#local#", ["/echo/local"]),
])
def test_a_condition_chooses_the_tunnels(new_httpd, connect_to, condition, logged):
    httpd = new_httpd(extra=f'SetEnvIf Request_URI "local" LOCAL=1\n'
                            f'WebSocketLog log/ws.log "%U" "{condition}"\n'
                            '<Location "/echo">\nSetHandler websocket-echo\n</Location>')
    for path in ("/echo/other", "/echo/local"):
        connect_to(httpd).websocket(path).close()
    assert lines(httpd) == logged


def test_a_condition_may_stand_in_place_of_the_format(new_httpd, connect_to):
    httpd = new_httpd(extra='WebSocketLog log/ws.log env=!NO\n'
                            '<Location "/echo">\nSetHandler websocket-echo\n</Location>')
    connect_to(httpd).websocket("/echo").close()
    assert lines(httpd)[0].endswith("client-closed")


def test_a_refused_handshake_is_no_tunnel(new_httpd, connect_to):
    httpd = new_httpd(extra=format_of("%U"))
    httpd.expect("origin")
    client = connect_to(httpd)
    assert client.handshake("/echo/a", {"Origin": "https://evil.example"}).status == 401
    client.websocket("/echo/b").close()
    assert lines(httpd) == ["/echo/b"]


@event_and_worker
def test_streams_of_http2_are_logged_as_such(new_httpd, open_http2, mpm):
    httpd = new_httpd(modules=("http2",), extra="Protocols h2 http/1.1\nH2WebSockets On\n"
                      + format_of("%H %m %U %{ws-received}x %{ws-sent}x %{ws-ending}x"))
    session = open_http2(httpd)
    stream = session.websocket("/echo")
    stream.echo(b"stream")
    stream.close()
    assert lines(httpd) == ["HTTP/2.0 GET /echo 6 6 client-closed"]


# -- restarts ------------------------------------------------------------------------------------

@pytest.mark.sanitizer
@event_and_worker
def test_a_rotated_log_gets_what_old_children_say_and_the_new_one_the_rest(
        new_httpd, connect_to, mpm):
    httpd = new_httpd(extra=format_of("%U %P"))
    client = connect_to(httpd)
    old = client.websocket("/echo/old")
    child = httpd.worker_of(old.connection)
    log = httpd.root / "log"
    os.rename(log / "ws.log", log / "ws.log.1")
    httpd.graceful()
    new = client.websocket("/echo/new")
    new.close()
    old.echo(b"still there")
    old.close()
    assert lines(httpd, "ws.log.1") == [f"/echo/old {child}"]
    assert lines(httpd)[0].startswith("/echo/new ")


def test_under_prefork_an_old_child_ends_its_tunnel_and_logs_it(new_httpd, connect_to):
    httpd = new_httpd(mpm="prefork", extra="WebSocketDrainTimeout 0s\n"
                      + format_of("%U %{ws-ending}x"))
    client = connect_to(httpd)
    tunnel = client.websocket("/echo/old")
    os.rename(httpd.root / "log" / "ws.log", httpd.root / "log" / "ws.log.1")
    httpd.graceful()
    tunnel.close()
    assert len(lines(httpd, "ws.log.1")) == 1
    client.websocket("/echo/new").close()
    assert lines(httpd) == ["/echo/new client-closed"]


@pytest.mark.sanitizer
def test_a_drain_that_is_over_is_logged_as_the_servers_doing(new_httpd, connect_to):
    httpd = new_httpd(extra="WebSocketDrainTimeout 1s\n" + format_of("%{ws-close}x %{ws-ending}x"))
    httpd.permit("draining")
    tunnel = connect_to(httpd).websocket("/echo")
    httpd.graceful()
    tunnel.receive_to_close()
    tunnel.send_close(1012)
    assert lines(httpd) == ["1012 server-closed"]


# -- what httpd's own log can show ---------------------------------------------------------------

NOTES = """LogFormat "%>s|%U|%{websocket-target}n|%{websocket-protocol}n|%{websocket-framing}n|\
%{websocket-compression}n|%{websocket-refused}n|%{websocket-refused-number}n" notes
CustomLog log/notes.log notes
CustomLog log/refused.log "%U %{WEBSOCKET_TARGET}e" env=WEBSOCKET_REFUSED
CustomLog log/opened.log "%U %{WEBSOCKET_TARGET}e %{WEBSOCKET_FRAMING}e" env=WEBSOCKET_TARGET
<Location "/echo">
  SetHandler websocket-echo
</Location>
"""


@every_mpm
def test_the_access_log_can_show_what_a_handshake_led_to(new_httpd, connect_to, echo, mpm):
    httpd = new_httpd(extra=NOTES)
    httpd.write("ws/a.xml", policy.document(echo.port, more="<protocol>mqtt</protocol>"))
    client = connect_to(httpd)
    client.websocket("/ws/a.xml", {"Sec-WebSocket-Protocol": "mqtt"}).close()
    line, = lines(httpd, "notes.log")
    assert line == f"101|/ws/a.xml|this host:{echo.port}|mqtt|mqtt|-|-|-"
    assert lines(httpd, "opened.log") == [f"/ws/a.xml this host:{echo.port} mqtt"]
    offer = {"Sec-WebSocket-Extensions": "permessage-deflate"}
    client.websocket("/echo", offer).close()
    assert lines(httpd, "notes.log", 2)[1] == \
        "101|/echo|websocket-echo|-|echo|permessage-deflate|-|-"


def test_the_access_log_can_show_why_a_handshake_was_refused(new_httpd, connect_to, echo):
    httpd = new_httpd(extra=NOTES)
    httpd.expect("origin")
    httpd.expect("target")
    httpd.write("ws/a.xml", policy.document(echo.port))
    httpd.write("ws/b.xml", policy.document(25, host="192.0.2.1"))
    client = connect_to(httpd)
    assert client.handshake("/ws/a.xml", {"Origin": "https://evil.example"}).status == 401
    assert client.handshake("/ws/b.xml").status == 403
    assert client.request("/ws/a.xml").status == 426
    # One is written when its answer is sent: the next may be quicker with its line.
    first, second, third = sorted(lines(httpd, "notes.log", 3))
    assert first == f"401|/ws/a.xml|this host:{echo.port}|-|-|-|origin-not-own|WS0018"
    assert re.fullmatch(r"403\|/ws/b\.xml\|192\.0\.2\.1:25\|-\|-\|-\|target-[\w-]+\|WS\d{4}", second)
    assert third == "426|/ws/a.xml|-|-|-|-|upgrade-required|WS0001"
    assert sorted(lines(httpd, "refused.log", 3)) == ["/ws/a.xml -", "/ws/a.xml -", "/ws/b.xml -"], \
        "a target is not told to an ErrorDocument's script"
