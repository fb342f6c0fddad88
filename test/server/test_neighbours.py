# SPDX-License-Identifier: Apache-2.0
"""Other modules that have a hand on connections must not cut, block or corrupt a tunnel."""

import shutil
import subprocess
import time

import pytest

from support import frame, policy, targets
from support.matrix import event_and_worker, every_mpm, every_scheme

SCHEMES = ("http", "https")


@pytest.mark.sanitizer
@every_mpm
def test_time_limits_for_requests_do_not_cut_a_tunnel(new_httpd, connect_to, echo):
    """mod_reqtimeout, Timeout and KeepAliveTimeout, all shorter than the silence."""
    httpd = new_httpd(extra="""RequestReadTimeout handshake=1 header=1 body=1
      Timeout 1
      KeepAliveTimeout 1""")
    httpd.write("ws/echo.xml", policy.document(echo.port))
    tunnels = [connect_to(httpd, scheme).websocket("/ws/echo.xml") for scheme in SCHEMES]
    for tunnel in tunnels:
        tunnel.echo(b"begin")
    time.sleep(2.6)
    for tunnel in tunnels:
        tunnel.echo(b"after the silence")
        tunnel.close()


@every_mpm
def test_a_minimum_rate_for_requests_does_not_cut_a_tunnel(new_httpd, connect_to, echo):
    httpd = new_httpd(extra="RequestReadTimeout header=1-2,minrate=100000 body=1-2,minrate=100000")
    httpd.write("ws/echo.xml", policy.document(echo.port))
    tunnels = [connect_to(httpd, scheme).websocket("/ws/echo.xml") for scheme in SCHEMES]
    for _ in range(7):
        time.sleep(0.4)
        for tunnel in tunnels:
            tunnel.echo(b"slow")


@every_scheme
def test_a_tunnel_works_behind_a_trusted_proxy(new_httpd, connect_to, echo, scheme):
    httpd = new_httpd(extra="RemoteIPInternalProxy 127.0.0.1")
    httpd.expect(r"\[client 203\.0\.113\.7[:\]].*origin")
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd, scheme)
    forwarded = {"X-Forwarded-For": "203.0.113.7"}
    with client.websocket("/ws/echo.xml", forwarded) as tunnel:
        tunnel.echo(b"forwarded")
        tunnel.close()
    client.handshake("/ws/echo.xml", {**forwarded, "Origin": "https://evil.example"})
    assert any(" 203.0.113.7 " in line and " 101 " in line for line in httpd.access_lines())


@pytest.mark.sanitizer
@every_scheme
def test_a_filter_that_the_module_does_not_know_sees_every_byte(new_httpd, connect_to, echo,
                                                              scheme):
    """mod_dumpio stands in the connection's filters: such a connection cannot be detached."""
    httpd = new_httpd(modules=["dumpio"], extra="""DumpIOInput On
      DumpIOOutput On
      LogLevel dumpio:trace7""")
    httpd.write("ws/echo.xml", policy.document(echo.port))
    tunnel = connect_to(httpd, scheme).websocket("/ws/echo.xml")
    for size in (1, 125, 126, 70_000):
        tunnel.echo(b"".join(targets.pattern(size)))
    tunnel.echo(b"seen by the filter")
    tunnel.close()
    assert httpd.error_log.find(r"\[dumpio:.*seen by the filter")


def test_filters_on_the_response_do_not_touch_the_101(new_httpd, connect_to, echo):
    """mod_deflate for everything, mod_headers for always."""
    httpd = new_httpd(extra="""SetOutputFilter DEFLATE
      Header always set X-Seen "by mod_headers"
      Header always set Strict-Transport-Security "max-age=1"
      """)
    httpd.write("ws/echo.xml", policy.document(echo.port))
    tunnel = connect_to(httpd).websocket("/ws/echo.xml", {"Accept-Encoding": "gzip, deflate"})
    for name in ("Content-Encoding", "Transfer-Encoding", "Content-Length"):
        assert tunnel.response.get(name) is None
    tunnel.echo(b"plain bytes")
    tunnel.close()


def test_the_status_page_is_answered_while_tunnels_are_open(httpd, client, endpoint, echo):
    tunnel = client.websocket(endpoint(echo))
    assert b"Scoreboard" in client.request("/server-status?auto").body
    tunnel.echo(b"and the tunnel lives")
    assert httpd.running


@pytest.mark.parametrize("mpm", ["event"], indirect=True)
@every_scheme
def test_a_tunnel_holds_no_worker(new_httpd, connect_to, echo, scheme):
    """Forty tunnels on four threads, and pages are still served."""
    httpd = new_httpd(limits={"StartServers": 1, "ServerLimit": 1, "ThreadLimit": 4,
                              "ThreadsPerChild": 4, "MaxRequestWorkers": 4, "MinSpareThreads": 1,
                              "MaxSpareThreads": 4})
    httpd.permit("AH00484|AH03490|AH10159|AH00485")
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd, scheme)
    tunnels = [client.websocket("/ws/echo.xml") for _ in range(40)]
    assert client.request("/index.html").status == 200
    for tunnel in tunnels:
        tunnel.echo(b"held")
    for tunnel in tunnels:
        tunnel.close()


@event_and_worker
@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl")
def test_a_client_renews_its_keys_while_mod_ssl_writes_them_down(new_httpd, connect_to, echo, monkeypatch):
    """SSLKEYLOGFILE: mod_ssl is called back for a connection that is no longer httpd's."""
    with monkeypatch.context() as patched:
        patched.setenv("SSLKEYLOGFILE", "/dev/null")
        httpd = new_httpd()
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd, "https")
    with subprocess.Popen(["openssl", "s_client", "-tls1_3", "-connect", f"127.0.0.1:{client.port}"], bufsize=0,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as peer:
        def wait_for(text):
            said = b""
            while text not in said:
                piece = peer.stdout.read(65536)
                assert piece, said
                said += piece

        wait_for(b"Verify return code")
        peer.stdin.write(client.upgrade_request("/ws/echo.xml")[0])
        wait_for(b"101 Switching")
        for _ in range(2):
            peer.stdin.write(b"K\n")
            wait_for(b"KEYUPDATE")
            peer.stdin.write(frame.encode(frame.BINARY, b"renewed"))
            wait_for(b"renewed")
        peer.kill()
