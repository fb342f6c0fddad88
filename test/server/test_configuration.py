# SPDX-License-Identifier: Apache-2.0
"""Directives: where they hold, how they merge, and what a bad value is told."""

import ipaddress
import os
import re
import time
from pathlib import Path

import pytest

from support import installation, policy, targets
from support.httpd import Httpd
from support.matrix import event_and_worker, every_scheme


# -- .htaccess -----------------------------------------------------------------------------------

HTACCESS = """<Directory "{root}/htdocs/user">
  AllowOverride %s
</Directory>"""


def write_user_folder(httpd, port, *lines):
    httpd.write("user/.htaccess", "\n".join(lines) + "\n")
    httpd.write("user/chat.xml", policy.document(port))


@pytest.mark.sanitizer
@every_scheme
def test_htaccess_switches_an_endpoint_on(new_httpd, connect_to, echo, scheme):
    httpd = new_httpd(extra=HTACCESS % "FileInfo")
    write_user_folder(httpd, echo.port, "WebSocket On")
    client = connect_to(httpd, scheme)
    client.websocket("/user/chat.xml").echo(b"by htaccess")
    assert client.request("/user/chat.xml").status == 426


def test_htaccess_switches_an_endpoint_off(new_httpd, connect_to, echo):
    httpd = new_httpd(extra="WebSocket On\n" + HTACCESS % "FileInfo")
    write_user_folder(httpd, echo.port, "WebSocket Off")
    assert connect_to(httpd).handshake("/user/chat.xml").status == 200
    (httpd.documents / "user" / ".htaccess").unlink()
    assert connect_to(httpd).handshake("/user/chat.xml").status == 101


def test_htaccess_is_not_read_under_allowoverride_none(new_httpd, connect_to, echo):
    httpd = new_httpd(extra=HTACCESS % "None")
    write_user_folder(httpd, echo.port, "WebSocket On")
    assert connect_to(httpd).handshake("/user/chat.xml").status == 200
    assert not echo.sessions


def test_htaccess_needs_allowoverride_fileinfo(new_httpd, connect_to, echo):
    httpd = new_httpd(extra=HTACCESS % "AuthConfig")
    httpd.expect(r"\.htaccess: WebSocket not allowed here")
    write_user_folder(httpd, echo.port, "WebSocket On")
    assert connect_to(httpd).handshake("/user/chat.xml").status == 500


@pytest.mark.parametrize("line", ["WebSocketTarget same-host", "WebSocketPolicyFile /etc/passwd"])
def test_what_is_the_administrators_is_not_for_htaccess(new_httpd, connect_to, echo, line):
    httpd = new_httpd(extra=HTACCESS % "All", targets=None)
    httpd.expect(rf"\.htaccess: {line.split()[0]} not allowed here")
    write_user_folder(httpd, echo.port, "WebSocket On", line)
    assert connect_to(httpd).handshake("/user/chat.xml").status == 500
    assert not echo.sessions


# -- WebSocketPolicyFile -------------------------------------------------------------------------

@pytest.mark.sanitizer
@every_scheme
def test_a_policy_file_makes_an_endpoint_where_no_file_is(new_httpd, connect_to, echo, scheme):
    httpd = new_httpd(started=False, targets="none", extra="""<Location "/irc">
        WebSocketPolicyFile "conf/irc.xml"
      </Location>
      <Location "/absolute">
        WebSocketPolicyFile "{root}/conf/irc.xml"
      </Location>""")
    (httpd.root / "conf" / "irc.xml").write_text(policy.document(echo.port, host="127.0.0.1"))
    httpd.start()
    client = connect_to(httpd, scheme)
    for path in ("/irc", "/irc/below", "/absolute"):
        client.websocket(path).echo(b"the administrator's own")
        assert client.request(path).status == 426


def test_a_policy_file_heeds_origins_as_any_document(new_httpd, connect_to, echo):
    httpd = new_httpd(started=False, targets=None, extra="""<Location "/irc">
        WebSocketPolicyFile "conf/irc.xml"
      </Location>""")
    httpd.expect("origin")
    (httpd.root / "conf" / "irc.xml").write_text(policy.document(echo.port))
    httpd.start()
    response = connect_to(httpd).handshake("/irc", {"Origin": "https://evil.example"})
    assert response.status == 401


@pytest.mark.sanitizer
def test_a_policy_file_that_is_a_fifo_or_a_folder_keeps_no_thread(new_httpd, connect_to):
    """A FIFO that nobody writes to would be waited for without end."""
    httpd = new_httpd(started=False, targets=None, extra="""<Location "/fifo">
        WebSocketPolicyFile "conf/fifo.xml"
      </Location>
      <Location "/folder">
        WebSocketPolicyFile "conf"
      </Location>""")
    os.mkfifo(httpd.root / "conf" / "fifo.xml", 0o644)
    for path in ("fifo.xml", "conf"):
        httpd.expect(rf"WS0131: .*{path}: the policy is no regular file$")
    httpd.start()
    client = connect_to(httpd)
    for path in ("/fifo", "/folder"):
        httpd.expect(r"\[websocket:error\].*the policy is no regular file$")
        assert client.handshake(path).status == 500


def test_a_policy_file_may_change_and_may_be_wrong(new_httpd, connect_to, echo):
    httpd = new_httpd(started=False, targets=None, extra="""<Location "/irc">
        WebSocketPolicyFile "conf/irc.xml"
      </Location>""")
    path = httpd.root / "conf" / "irc.xml"
    path.write_text(policy.document(echo.port))
    httpd.start()
    client = connect_to(httpd)
    client.websocket("/irc").echo(b"first")
    path.write_text("<websocket>\n<prt>1</prt></websocket>")
    httpd.expect(r"\[websocket:error\].*conf/irc\.xml.*line 2, column 1")
    assert client.handshake("/irc").status == 500
    path.unlink()
    httpd.expect(r"\[websocket:error\].*conf/irc\.xml.*(cannot be found|No such file)")
    assert client.handshake("/irc").status == 500
    path.write_text(policy.document(echo.port))
    client.websocket("/irc").echo(b"again")


# -- places and merging --------------------------------------------------------------------------

@pytest.mark.parametrize("extra", [
    "WebSocket On",
    '<Location "/plain">\nWebSocket On\n</Location>',
    '<Directory "{root}/htdocs/plain">\nWebSocket On\n</Directory>',
    '<Files "*.xml">\nWebSocket On\n</Files>',
    '<Location "/">\nWebSocket On\n</Location>',
    'WebSocket Off\n<Location "/plain">\nWebSocket On\n</Location>',
], ids=lambda text: text.splitlines()[0])
def test_an_endpoint_may_be_named_anywhere(new_httpd, connect_to, echo, extra):
    httpd = new_httpd(mpm="prefork", extra=extra, limits={"StartServers": 1})
    httpd.write("plain/chat.xml", policy.document(echo.port))
    assert connect_to(httpd).handshake("/plain/chat.xml").status == 101


@pytest.mark.parametrize("extra", [
    "",
    'WebSocket On\n<Location "/plain">\nWebSocket Off\n</Location>',
    'WebSocket On\n<Directory "{root}/htdocs/plain">\nWebSocket Off\n</Directory>',
], ids=["never", "location", "directory"])
def test_what_is_off_is_a_file_like_others(new_httpd, connect_to, echo, extra):
    httpd = new_httpd(mpm="prefork", extra=extra, limits={"StartServers": 1})
    httpd.write("plain/chat.xml", policy.document(echo.port))
    response = connect_to(httpd).handshake("/plain/chat.xml")
    assert response.status == 200
    assert b"<port>" in response.body


VIRTUAL_HOSTS = """
<VirtualHost 127.0.0.1:{http_port}>
  ServerName one.test
  DocumentRoot "{root}/htdocs/one"
  WebSocket On
</VirtualHost>
<VirtualHost 127.0.0.1:{http_port}>
  ServerName two.test
  DocumentRoot "{root}/htdocs/two"
  WebSocket On
  WebSocketOriginStatus 403
</VirtualHost>
<VirtualHost 127.0.0.1:{http_port}>
  ServerName three.test
  DocumentRoot "{root}/htdocs/two"
  WebSocket On
  WebSocketTarget none
</VirtualHost>
<VirtualHost 127.0.0.1:{https_port}>
  ServerName one.test
  DocumentRoot "{root}/htdocs/one"
  WebSocket On
  {https}
</VirtualHost>
<VirtualHost 127.0.0.1:{https_port}>
  ServerName two.test
  DocumentRoot "{root}/htdocs/two"
  WebSocket On
  {https}
</VirtualHost>
"""


@pytest.mark.sanitizer
def test_virtual_hosts_have_policies_of_their_own(new_httpd, connect_to, start):
    httpd = new_httpd(started=False, extra=VIRTUAL_HOSTS)
    for name in ("one", "two"):
        greeter = start(targets.Greeter(b"at " + name.encode()))
        httpd.write(f"{name}/chat.xml", policy.document(greeter.port))
    httpd.start()
    for scheme in ("http", "https"):
        for name in ("one", "two"):
            client = connect_to(httpd, scheme, host=f"{name}.test")
            assert client.websocket("/chat.xml").receive_bytes(6) == b"at " + name.encode()


def test_virtual_hosts_refuse_each_in_its_own_way(new_httpd, connect_to, echo):
    httpd = new_httpd(started=False, extra=VIRTUAL_HOSTS)
    httpd.expect("origin")
    httpd.expect("target")
    for name in ("one", "two"):
        httpd.write(f"{name}/chat.xml", policy.document(echo.port))
    httpd.start()
    one, two, three = (connect_to(httpd, host=f"{name}.test") for name in ("one", "two", "three"))
    assert one.handshake("/chat.xml", {"Origin": two.origin}).status == 401
    assert two.handshake("/chat.xml", {"Origin": one.origin}).status == 403
    assert two.handshake("/chat.xml").status == 101
    assert three.handshake("/chat.xml").status == 403


# -- configtest ----------------------------------------------------------------------------------

def configtest(certificate, text, files=(), **options):
    server = Httpd(certificate, extra=text, **options)
    try:
        for name, content, mode in files:
            path = server.root / name
            path.write_text(content)
            path.chmod(mode)
        return server.configtest()
    finally:
        server.remove()


@pytest.mark.parametrize("line, reason", [
    ("WebSocket Maybe", "On or Off"),
    ("WebSocket", "argument|On or Off"),
    ("WebSocketTarget", "argument"),
    ("WebSocketTarget 10.0.0.0/33:80", "prefix length"),
    ("WebSocketTarget 10.0.0.0/8", "port"),
    ("WebSocketTarget 10.0.0.0/8:70000", "70000|port"),
    ("WebSocketTarget 10.0.0.0/8:99-10", "99-10|range"),
    ("WebSocketTarget irc.example.org", "port"),
    ("WebSocketTarget irc.example.org:irc", "irc|port"),
    ("WebSocketTarget unix:relative.sock", "absolute|/"),
    ("WebSocketTarget same-host 300.1.1.1:80", "300\\.1\\.1\\.1"),
    ("WebSocketOriginStatus 402", "401"),
    ("WebSocketOriginStatus forbidden", "401"),
    ("WebSocketConnectTimeout soon", "WebSocketConnectTimeout"),
    ("WebSocketConnectTimeout 0", "WebSocketConnectTimeout"),
    ("WebSocketConnectTimeout -5", "WebSocketConnectTimeout"),
    ("WebSocketConnectTimeout 99999999999999999999", "WebSocketConnectTimeout: .*more than a year"),
    ("WebSocketConnectTimeout 9223372036854775807h", "WebSocketConnectTimeout: .*more than a year"),
    ("WebSocketPingInterval none", "WebSocketPingInterval: .*not a time.*off is none"),
    ("WebSocketCloseTimeout later", "WebSocketCloseTimeout"),
    ("WebSocketDrainTimeout never", "WebSocketDrainTimeout"),
    ("WebSocketThreads 0", "WebSocketThreads"),
    ("WebSocketThreads -1", "WebSocketThreads"),
    ("WebSocketThreads many", "WebSocketThreads"),
    ("WebSocketThreads 100000", "WebSocketThreads"),
    ("WebSocketThreads 99999999999999999999", "WebSocketThreads: .*from 1 to 64"),
    ("WebSocketTrustAnchor /", "WebSocketTrustAnchor: /: Is a directory"),
    ("WebSocketPolicyFile", "argument"),
    ("WebSocketMaxMessageSize 0", "WebSocketMaxMessageSize"),
    ("WebSocketMaxMessageSize 16MB", "WebSocketMaxMessageSize"),
    ("WebSocketMaxMessageSize 1025G", "WebSocketMaxMessageSize"),
    ("WebSocketMaxMessageSize 17179869184G", "WebSocketMaxMessageSize"),
    ("WebSocketIdleTimeout never", "WebSocketIdleTimeout.*not a time"),
    ("WebSocketCompression", "On or Off"),
    ("WebSocketCompression Maybe", "On or Off"),
    ("WebSocketCompression Off level=1", "behind Off"),
    ("WebSocketCompression On level=0", "level=.*1 to 9"),
    ("WebSocketCompression On level=ten", "level=.*1 to 9"),
    ("WebSocketCompression On window=8", "window=.*9 to 15"),
    ("WebSocketCompression On window=16", "window=.*9 to 15"),
    ("WebSocketCompression On takeover", "no-takeover"),
    ("WebSocketLog", "argument"),
    ("WebSocketLog | websocket", "write a file, or . and a program"),
    ('WebSocketLog log/x "%Z"', "WebSocketLog: '%Z' is not known; known are %a"),
    ('WebSocketLog log/x "%{target}x"', "known are ws-close, .*ws-target"),
    ('WebSocketLog log/x "%{Cookie}i"', "credentials.*SetEnvIf"),
    ('WebSocketLog log/x "%>s"', "leave < and > out"),
    ('WebSocketLog log/x "%U" sometimes', "env=NAME, env=!NAME or expr="),
    ('WebSocketLog log/x "%U" env=', "env=NAME"),
    ('WebSocketLog log/x "%U" "expr=%{"', "WebSocketLog: .*expression|syntax error"),
    ('WebSocketLogFormat "%U" "%v"', "write the format first"),
    ('WebSocketLogFormat "%{Referer" r', "no closing brace"),
    ('<Location "/x">\nWebSocketLog log/x\n</Location>', "not allowed|cannot occur"),
    ("WebSocketMaxTunnels", "argument"),
    ("WebSocketMaxTunnels 0", "WebSocketMaxTunnels: .*from 1 to 1048576"),
    ("WebSocketMaxTunnels -1", "WebSocketMaxTunnels: .*whole number; none"),
    ("WebSocketMaxTunnels many", "WebSocketMaxTunnels: .*whole number; none"),
    ("WebSocketMaxTunnels 1048577", "WebSocketMaxTunnels: .*from 1 to 1048576"),
    ("WebSocketMaxTunnels 99999999999999999999", "WebSocketMaxTunnels: .*from 1 to 1048576"),
    ("WebSocketMaxTunnelsPerClient 0", "WebSocketMaxTunnelsPerClient: .*from 1 to 1048576"),
    ("WebSocketMaxTunnelsPerClient few", "WebSocketMaxTunnelsPerClient: .*whole number"),
    ("WebSocketMaxTunnels 10\nWebSocketMaxTunnelsPerClient 11",
     "PerClient: .*11 is more than WebSocketMaxTunnels 10"),
    ("WebSocketMaxTunnelsPerClient 11\nWebSocketMaxTunnels 10",
     "WebSocketMaxTunnels: .*11 is more than WebSocketMaxTunnels 10"),
    ('<Location "/x">\nWebSocketMaxTunnels 2\n</Location>', "not allowed|cannot occur"),
    ('<VirtualHost *:1>\nWebSocketMaxTunnels 2\n</VirtualHost>', "not allowed|cannot occur"),
    ('<Location "/x">\nWebSocketThreads 2\n</Location>', "not allowed|cannot occur"),
])
def test_a_bad_value_is_told_why(certificate, line, reason):
    status, said = configtest(certificate, line)
    assert status != 0, said
    assert re.search(reason, said), said
    assert "Syntax error on line" in said


@pytest.mark.parametrize("line", [
    "WebSocket On", "WebSocket off", "WebSocketTarget none",
    "WebSocketTarget same-host 10.0.0.0/8:6660-6669 irc.example.org:* unix:/run/app/*.sock",
    "WebSocketTarget [2001:db8::]/32:6667", "WebSocketOriginStatus 403",
    "WebSocketConnectTimeout 5", "WebSocketConnectTimeout 1500ms", "WebSocketConnectTimeout 1min",
    "WebSocketCloseTimeout 5s", "WebSocketDrainTimeout 10min", "WebSocketThreads 4",
    'WebSocketPolicyFile "conf/irc.xml"', "WebSocketIdleTimeout off", "WebSocketIdleTimeout 10min",
    "WebSocketMaxTunnels 1048576", "WebSocketMaxTunnels none",
    "WebSocketMaxTunnels 10\nWebSocketMaxTunnelsPerClient 10",
    "WebSocketMaxTunnelsPerClient 20\nWebSocketMaxTunnels none",
    "WebSocketConsent Off", "WebSocketConsent DNS", "WebSocketConsent DnsSec", "WebSocketTarget None",
    "WebSocketTarget Same-Host Consent:6667",
    "WebSocketCompression off", "WebSocketCompression On level=1 window=9 no-takeover",
    "WebSocketLog log/x", 'WebSocketLog log/x "%U %{%s}t" env=!X',
    'WebSocketLog log/x later\nWebSocketLogFormat "%U" later',
    'WebSocketLogFormat "%U" websocket\nWebSocketLog log/x websocket "expr=true"',
])
def test_a_good_value_passes_the_configtest(certificate, line):
    status, said = configtest(certificate, line)
    assert status == 0, said
    assert "Syntax OK" in said


def test_a_log_with_an_unknown_format_is_an_error_that_names_its_line(certificate):
    status, said = configtest(certificate, 'WebSocketLog log/x nowhere')
    assert status != 0
    assert re.search(r'WS0121: WebSocketLog on line \d+ of .*httpd\.conf: there is no format '
                     r'"nowhere".*WebSocketLogFormat', said), said


@pytest.mark.parametrize("extra", [
    "", "WebSocket On", "WebSocketMaxTunnels 100", "WebSocketTarget consent 127.0.0.1:80 localhost:*",
    "WebSocketPingInterval off\nWebSocketIdleTimeout 10min", "WebSocketPingInterval 1s",
    "GracefulShutdownTimeout 1200", "WebSocketLog log/x",
])
def test_a_sound_configuration_is_told_nothing(certificate, extra):
    status, said = configtest(certificate, "LogLevel info\n" + extra)
    assert (status, "WS0" in said) == (0, False), said


POLICY_FILE = '<Location "/irc">\nWebSocketPolicyFile conf/irc.xml\n</Location>'
ONE_CHILD = {"StartServers": 1, "MinSpareThreads": 1, "MaxSpareThreads": 25, "ThreadsPerChild": 25,
             "MaxRequestWorkers": 25}


ANCHORS = {"files": [("conf/anchors", "test. DS 12345 13 2 " + "AB" * 32 + "\n", 0o644)]}


@pytest.mark.parametrize("extra, told, options", [
    (POLICY_FILE, r"WS0131: .*on line \d+ of .*conf/irc\.xml: .*No such file", {}),
    (POLICY_FILE, r"WS0131: .*conf/irc\.xml: line 2, column 1: ",
     {"files": [("conf/irc.xml", "<websocket>\n<prt>1</prt></websocket>", 0o644)]}),
    (POLICY_FILE, r"WS0131: .*conf/irc\.xml: .*<tls>.*/nowhere/ca\.pem",
     {"files": [("conf/irc.xml", "<websocket><host>a.test</host><port>1</port>"
                 "<tls>/nowhere/ca.pem</tls></websocket>", 0o644)]}),
    ("WebSocketTarget here.invalid:80", r"WS0132: .*on line \d+ of .*no host here\.invalid", {}),
    ("WebSocketPingInterval off", "WS0133: near line", {}),
    ('WebSocketIdleTimeout 1min\n<Location "/x">\nWebSocketPingInterval off\n'
     'WebSocketIdleTimeout off\n</Location>', "WS0133: near line", {}),
    ("WebSocketTarget consent\nWebSocketConsent off", "WS0134: .*allows nothing", {}),
    ("WebSocketMaxTunnels 463", r"WS0135: WebSocketMaxTunnels 463: 1 children with ulimit -n 1024 "
     "each have descriptors for 462 tunnels; with 1026 there is room",
     {"limits": ONE_CHILD, "max_descriptors": 1024}),
    ("WebSocketTarget same-host", "WS0136: .*all 150 of MaxRequestWorkers", {"mpm": "prefork"}),
    ("WebSocketMaxTunnels 150", "WS0136: ", {"mpm": "prefork"}),
    ("WebSocketMaxTunnels 100", "WS0137: .*ServerLimit to more than 6",
     {"limits": {"ServerLimit": 6}}),
    ("WebSocketDrainTimeout 1min\nGracefulShutdownTimeout 59", r"WS0138: .*59 .*\(60 s\)", {}),
    ("WebSocketPingInterval 999ms", "WS0139: .*999ms", {}),
    ("WebSocketTarget consent\nWebSocketConsent dnssec\nWebSocketResolver 192.0.2.1",
     "WS0140: .*WebSocketResolver names none.*WebSocketTrustAnchor", {}),
    ("WebSocketTarget consent\nWebSocketTrustAnchor conf/anchors",
     r"WS0142: .*WebSocketTrustAnchor.*not validated.*write WebSocketConsent dnssec", ANCHORS),
    ("WebSocket On", "WS0141: the main server has no ServerName", {"server_name": None}),
    ("Listen 127.0.0.7:{http_port}\n<VirtualHost 127.0.0.7:{http_port}>\nWebSocket On\n</VirtualHost>",
     r"WS0141: the virtual host on line \d+ of .*httpd\.conf has no ServerName", {}),
])
def test_configtest_warns_of_what_would_not_work(certificate, extra, told, options):
    status, said = configtest(certificate, "LogLevel info\n" + extra, **options)
    assert status == 0, said
    assert len(re.findall("WS0", said)) == 1, said
    assert re.search(told, said), said


@pytest.mark.parametrize("extra, options", [
    ("WebSocketMaxTunnels 462", {"limits": ONE_CHILD, "max_descriptors": 1024}),
    ("WebSocketMaxTunnels 149", {"mpm": "prefork"}),
    ("WebSocketMaxTunnels 100", {"limits": {"ServerLimit": 7}}),
    ("WebSocketMaxTunnels 100", {"mpm": "worker", "limits": {"ServerLimit": 6}}),
    ("WebSocketDrainTimeout 1min\nGracefulShutdownTimeout 60", {}),
    ("WebSocketTarget consent\nWebSocketConsent dnssec\nWebSocketResolver 127.0.0.1", {}),
    ("WebSocketTarget consent\nWebSocketConsent dnssec\nWebSocketTrustAnchor conf/anchors\n"
     '<Location "/x">\nWebSocketConsent dns\n</Location>', ANCHORS),
    ("WebSocketTrustAnchor conf/anchors", ANCHORS),  # nobody is asked
    ('WebSocketIdleTimeout 1min\n<Location "/x">\nWebSocketPingInterval off\n</Location>', {}),
    ("<VirtualHost *:{http_port}>\nWebSocket On\n</VirtualHost>", {}),
    (POLICY_FILE, {"files": [("conf/irc.xml", policy.document(6667), 0o644)]}),
])
def test_what_just_works_is_told_nothing(certificate, extra, options):
    status, said = configtest(certificate, "LogLevel info\n" + extra, **options)
    assert (status, "WS0" in said) == (0, False), said


def test_dnssec_without_a_resolver_of_its_own_is_told_by_those_of_the_system(certificate):
    found = re.findall(r"^nameserver[ \t]+(\S+)", Path("/etc/resolv.conf").read_text(), re.MULTILINE)
    servers = [ipaddress.ip_address(one) for one in found if "%" not in one][:3]
    is_told = bool(servers) and not any(server.is_loopback for server in servers)
    status, said = configtest(certificate, "WebSocketTarget consent\nWebSocketConsent dnssec")
    assert status == 0, said
    assert bool(re.search(r"WS0140: .*of which /etc/resolv\.conf names none", said)) == is_told, said


@pytest.mark.parametrize("line, is_told", [("WebSocketTarget same-host:6667", True), ("WebSocketTarget none", False)])
def test_a_name_is_asked_for_where_only_a_htaccess_can_make_endpoints(certificate, line, is_told):
    module = f'LoadModule websocket_module "{installation.module_under_test()}"'
    status, said = configtest(certificate, f"LogLevel info\n{module}\n{line}", module=False, server_name=None)
    assert status == 0, said
    assert ("WS0141: the main server has no ServerName" in said) == is_told, said
    assert len(re.findall("WS0", said)) == int(is_told), said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has children of another user")
def test_a_policy_file_that_only_root_can_read_is_told(certificate):
    _, said = configtest(certificate, POLICY_FILE,
                         [("conf/irc.xml", policy.document(6667), 0o600)])
    assert re.search(r"WS0131: .*as httpd's children see it: .*irc\.xml: .*Permission denied", said)


def test_names_are_waited_for_two_seconds_at_most(certificate):
    names = " ".join(f"host{number}.invalid:80" for number in range(100))
    began = time.monotonic()
    status, said = configtest(certificate, f"WebSocketTarget {names}")
    assert status == 0, said
    assert time.monotonic() - began < 15, "two seconds, and what httpd itself takes"


def test_a_start_is_told_what_configtest_tells_and_goes_on(new_httpd, connect_to, echo):
    httpd = new_httpd(started=False, targets="same-host nowhere.invalid:1", extra=POLICY_FILE)
    httpd.start()
    httpd.expect(r"WS0131: .*No such file")
    path = httpd.root / "conf" / "irc.xml"
    path.write_text(policy.document(echo.port))
    connect_to(httpd).websocket("/irc").echo(b"mended meanwhile")
    assert not httpd.error_log.find("WS0132"), "a start looks no names up"
    assert len(httpd.error_log.find("WS0131")) == 1
    httpd.graceful()
    assert len(httpd.error_log.find("WS0131")) == 1, "it is in order now"


@event_and_worker
def test_several_engine_threads_share_the_tunnels(new_httpd, connect_to, echo):
    httpd = new_httpd(extra="WebSocketThreads 3")
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd)
    tunnels = [client.websocket("/ws/echo.xml") for _ in range(24)]
    for number, tunnel in enumerate(tunnels):
        tunnel.echo(b"x" * (number * 5000 + 1))
    for tunnel in tunnels:
        tunnel.close()
