# SPDX-License-Identifier: Apache-2.0
"""What doc/security.md says of pages whose own name leads to this server, and of scripts that repeat what they are sent:
first what stops them, then that it is needed."""

import pytest

from support import policy, status

DEFAULT = """
<VirtualHost 127.0.0.1:{http_port}>
  ServerName nobody.invalid
  <Location "/">
    Require all denied
  </Location>
</VirtualHost>
<VirtualHost 127.0.0.1:{http_port}>
  ServerName localhost
</VirtualHost>
"""


def rebound(client):
    """What a page of attacker.example sends once that name leads here."""
    authority = f"attacker.example:{client.port}"
    return {"Host": authority, "Origin": f"http://{authority}"}


def test_a_rebound_page_meets_the_default_virtual_host(new_httpd, connect_to, echo):
    httpd = new_httpd(extra=DEFAULT)
    httpd.permit("authz_core:error.*client denied")
    httpd.write("ws/irc.xml", policy.document(echo.port))
    client = connect_to(httpd)
    assert client.handshake("/ws/irc.xml", rebound(client)).status == 403
    client.websocket("/ws/irc.xml").echo(b"its own page")


def test_a_rebound_page_is_no_page_that_a_policy_names(httpd, client, endpoint, echo):
    httpd.expect("origin-not-listed")
    path = endpoint(echo, origins=(client.origin,))
    assert client.handshake(path, rebound(client)).status == 401
    client.websocket(path).echo(b"named")


NO_NAME = "WS0018: origin-not-own: .*attacker.example.*is no name of this virtual host: write ServerAlias"


def test_a_rebound_page_is_no_own_page(httpd, client, endpoint, echo):
    httpd.expect(NO_NAME)
    path = endpoint(echo)
    assert client.handshake(path, rebound(client)).status == 401
    client.websocket(path).echo(b"its own page")


@pytest.mark.parametrize("says_so", ["Sec-Fetch-Site", "Referer", "Origin"])
def test_a_rebound_page_is_told_nothing_that_only_own_pages_are(httpd, client, endpoint, echo, says_so):
    """Its GET is of the same origin as what it asks for, for the browser."""
    httpd.permit(NO_NAME)
    headers = rebound(client)
    origin = headers.pop("Origin")
    headers[says_so] = {"Sec-Fetch-Site": "same-origin", "Referer": f"{origin}/page", "Origin": origin}[says_so]
    answer = client.request(endpoint(echo), headers={**headers, "Accept": "application/problem+json"})
    assert answer.status == 401 and answer.get("Access-Control-Allow-Credentials") is None
    assert not echo.sessions


def test_a_rebound_page_has_no_echo(new_httpd, connect_to):
    httpd = new_httpd(extra='<Location "/echo">\nSetHandler websocket-echo\n</Location>')
    httpd.expect(NO_NAME)
    client = connect_to(httpd)
    assert client.handshake("/echo", rebound(client)).status == 401
    client.websocket("/echo").echo(b"its own page")


def test_a_rebound_page_is_not_shown_the_status_page(status_httpd, connect_to):
    """Where addresses of clients are what lets them in, it would be: the visitor's is a right one."""
    refused = r"\[websocket:warn\].* WS0253: the status page is not shown: attacker\.example is no name .* ServerAlias"
    status_httpd.expect(refused)
    client = connect_to(status_httpd)
    tunnel = client.websocket("/ws/echo.xml")
    name = status.wait_for(client, lambda data: data["oldest_tunnels"])["oldest_tunnels"][0]["name"]
    token = status.page(client).token
    for query in ("", "?refresh", "?json", "?prometheus"):
        answer = client.request(f"/status{query}", headers=rebound(client))
        assert answer.status == 403 and b"echo.xml" not in answer.body
    assert status.post(client, {"token": token, "tunnel": name}, rebound(client)).status == 403
    tunnel.echo(b"undisturbed")


def test_an_htaccess_does_not_change_the_origin_that_is_judged(new_httpd, connect_to, echo):
    """Of somebody else's folder, from where it leads to the administrator's endpoint."""
    httpd = new_httpd(started=False, extra="""
<Location "/irc">
  WebSocketPolicyFile conf/irc.xml
</Location>
<Directory "{root}/htdocs/user">
  AllowOverride FileInfo
  Options FollowSymLinks
</Directory>
""")
    (httpd.root / "conf" / "irc.xml").write_text(policy.document(echo.port, origins=["https://chat.example.org"]))
    httpd.expect("origin-not-listed: .*evil.example")
    httpd.start()
    httpd.write("user/.htaccess", "RewriteEngine On\nRewriteRule ^x$ /irc [L]\n"
                "RequestHeader set Origin https://chat.example.org\n")
    client = connect_to(httpd)
    assert client.handshake("/user/x", {"Origin": "https://evil.example"}).status == 401
    client.websocket("/user/x", {"Origin": "https://chat.example.org"}).echo(b"let in")


NAMED = """
<VirtualHost *:{http_port}>
  ServerName one.test
  ServerAlias www.one.test *.one.example
  DocumentRoot "{root}/htdocs"
</VirtualHost>
"""
# Has the main server's ServerName.
NAMELESS = """
<VirtualHost *:{http_port}>
  DocumentRoot "{root}/htdocs"
</VirtualHost>
"""


def statuses(httpd, connect_to, hosts):
    """Of the handshake of a page from each host with that host."""
    clients = [connect_to(httpd, host=host) for host in hosts]
    return {client.host: client.handshake("/ws/irc.xml", {"Origin": client.origin.lower()}).status
            for client in clients}


@pytest.mark.parametrize("hosts, options, own, others", [
    ("", {}, ["localhost", "127.0.0.1", "[::1]", "192.0.2.1"], ["one.test", "xlocalhost", "localhost.evil.test"]),
    (NAMED, {}, ["one.test", "WWW.one.test", "a.b.one.example", "localhost", "127.0.0.1"],
     ["a.one.test", "one.example", "xone.test", "one.test.evil.test", "127.0.0.1.evil.test"]),
    (NAMELESS, {"server_name": "main.test"}, ["main.test", "127.0.0.1"], ["one.test"]),
], ids=["main server", "aliases", "the main server's name"])
def test_only_names_that_were_written_make_an_own_page(new_httpd, connect_to, echo, hosts, options, own, others):
    httpd = new_httpd(extra=hosts, **options)
    httpd.expect("WS0018: origin-not-own")
    httpd.write("ws/irc.xml", policy.document(echo.port))
    found = statuses(httpd, connect_to, [*own, *others])
    assert found == {**dict.fromkeys(own, 101), **dict.fromkeys(others, 401)}


@pytest.mark.parametrize("hosts", ["", NAMELESS], ids=["main server", "virtual host"])
def test_where_no_name_was_written_any_is_an_own_one(new_httpd, connect_to, echo, hosts):
    """Not to be wished, and told at the start: the server knows no name that would be right."""
    httpd = new_httpd(extra=hosts, server_name=None)
    httpd.permit("AH00558")
    httpd.write("ws/irc.xml", policy.document(echo.port))
    client = connect_to(httpd)
    client.websocket("/ws/irc.xml", rebound(client)).echo(b"rebound")
    assert httpd.error_log.find("WS0141: the (main server|virtual host on line .*) has no ServerName")


REPEATING = """#!/bin/sh
printf '{header}\\r\\n\\r\\n'
printf '%s' "$QUERY_STRING" | sed 's/%3C/</g; s/%3E/>/g; s,%2F,/,g'
"""
POLICY_TYPE = "WS0044: policy-type: /cgi/repeat.sh"


@pytest.fixture
def repeat(new_httpd, connect_to, echo):
    """repeat(header, endpoint): what a handshake is answered that has a script repeat a policy."""

    def ask(header, endpoint="repeat.sh", expected=None):
        httpd = new_httpd(modules=("cgi",), extra=f"""
            <Directory "{{root}}/htdocs/cgi">
              Options +ExecCGI
              AddHandler cgi-script .sh
              <Files "{endpoint}">
                WebSocket On
              </Files>
            </Directory>""")
        if expected:
            httpd.expect(expected)
        httpd.write("cgi/repeat.sh", REPEATING.format(header=header)).chmod(0o755)
        document = policy.document(echo.port, origins=("*",)).replace("\n", "").replace(" ", "")
        query = document.replace("<", "%3C").replace(">", "%3E").replace("/", "%2F")
        return connect_to(httpd).handshake(f"/cgi/repeat.sh?{query}", {"Origin": "https://evil.example"})

    return ask


@pytest.mark.parametrize("header, said", [
    ("Content-Type: text/plain", 'the type "text/plain"'), ("Content-Type: text/html; charset=utf-8", "text/html"),
    ("Content-Type: image/svg+xml", "image/svg"), ("X-Type: none", "without a type")])
def test_a_script_that_repeats_its_query_writes_no_policy(repeat, echo, header, said):
    answer = repeat(header, expected=f"{POLICY_TYPE}: .*{said}")
    assert answer.status == 500
    assert b"<port" not in answer.body and b"type" not in answer.body
    assert not echo.sessions


@pytest.mark.parametrize("endpoint, status", [("policy.sh", 200), ("repeat.sh", 101)])
def test_a_script_that_repeats_its_query_as_xml_writes_a_policy_where_it_is_an_endpoint(repeat, endpoint, status):
    """Not to be wished, and nothing tells it from a script that means it."""
    assert repeat("Content-Type: application/xml", endpoint).status == status
