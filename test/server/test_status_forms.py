# SPDX-License-Identifier: Apache-2.0
"""SetHandler websocket-status: the page, JSON and Prometheus, and what httpd makes of the resource."""

import json
import re

import pytest

from support import policy, status

pytestmark = pytest.mark.sanitizer


@pytest.fixture
def client(status_httpd, connect_to):
    return connect_to(status_httpd)


# -- forms ---------------------------------------------------------------------------------------

def test_prometheus_finds_nothing_to_complain_of(status_httpd, client):
    status_httpd.permit("websocket:warn")
    client.websocket("/ws/echo.xml").echo(b"something")
    client.handshake("/ws/echo.xml", {"Origin": "http://elsewhere.test"})
    text = client.request("/status?prometheus").body
    complaints = status.promtool_complaints(text)
    if complaints is None:
        pytest.skip("no promtool: install Debian's prometheus")
    assert complaints == ""
    # That it would say something.
    assert status.promtool_complaints(text + b"wrong_total{a=\"1\"} x\n") != ""


def test_json_and_prometheus_have_the_same_names_and_values(new_status_httpd, connect_to):
    server = new_status_httpd()
    client = connect_to(server)
    server.permit("websocket:warn")
    client.websocket("/ws/echo.xml").echo(b"something")
    client.websocket("/echo").close()
    client.handshake("/ws/echo.xml", {"Origin": "http://elsewhere.test"})
    told = status.wait_for(client, lambda data: data["tunnels_open"] == 1
                           and data["bytes_total"]["to-client"] == 9)
    expected = {}

    def expect(name, value, labels=()):
        """A number, or an object with a number for each value of a label."""
        label = {"tunnels_closed_total": "cause", "refused_total": "reason", "children": "state",
                 "bytes_total": "direction", "messages_total": "direction"}
        if isinstance(value, int):
            expected[f"websocket_{name}", frozenset(labels)] = value
        else:
            for key, number in value.items():
                family = label[name.removeprefix("endpoint_")]
                if number or not name.startswith("endpoint_") or family == "direction":
                    expected[f"websocket_{name}", frozenset([*labels, (family, key)])] = number

    not_metrics = {"time_seconds", "bytes_per_second", "endpoints", "oldest_tunnels",
                   "busiest_tunnels", "child_processes"}
    for name, value in told.items():
        if name.endswith("_duration_seconds"):
            for bound, count in value["bucket"].items():
                expected[f"websocket_{name}_bucket", frozenset([("le", bound)])] = count
            expected[f"websocket_{name}_count", frozenset()] = value["count"]
            expected[f"websocket_{name}_sum", frozenset()] = pytest.approx(value["sum"], abs=1e-6)
        elif name not in not_metrics:
            expect(name, value)
    for one in told["endpoints"]:
        labels = [("vhost", one["vhost"]), ("policy", one["policy"])]
        for name, value in one.items():
            if name not in {"vhost", "policy", "number", "bytes_per_second"}:
                expect(f"endpoint_{name}", value, labels)
    assert status.scrape(client) == expected


def test_the_page_shows_what_the_json_does(new_status_httpd, connect_to):
    server = new_status_httpd()
    client = connect_to(server)
    tunnel = client.websocket("/ws/echo.xml", {"X-Forwarded-For": "192.0.2.7"})
    tunnel.echo(b"x" * 1500)
    told = status.wait_for(client, lambda data: data["bytes_total"]["to-client"] == 1500)
    page = status.page(client)
    [_, its] = page.tables["endpoints"]
    assert its[:4] == ["/ws/echo.xml", f"localhost:{server.http_port}", "1", "1"]
    assert "1.5 kB" in its
    [_, oldest] = page.tables["oldest"]
    assert oldest[0] == "127.0.0.1"
    assert oldest[2] == f"/ws/echo.xml on localhost:{server.http_port}"
    name = told["oldest_tunnels"][0]["name"]
    assert ("tunnel", name) in page.buttons
    assert len(page.tables["children"]) - 1 == len(told["child_processes"])


def test_who_opened_a_tunnel_is_shown_by_address_and_user(new_status_httpd, connect_to):
    server = new_status_httpd(extra="""
RemoteIPTrustedProxy 127.0.0.1
<Location "/ws">
  AuthType Basic
  AuthName somewhere
  AuthUserFile "conf/users"
  Require valid-user
</Location>
""")
    (server.root / "conf" / "users").write_text("ann:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n")
    client = connect_to(server)
    client.websocket("/ws/echo.xml", {"Authorization": "Basic YW5uOnBhc3N3b3Jk",
                                      "X-Forwarded-For": "2001:db8::7"})
    [tunnel] = status.wait_for(client, lambda data: data["tunnels_open"] == 1)["oldest_tunnels"]
    assert (tunnel["client"], tunnel["user"]) == ("2001:db8::7", "ann")


def test_hostile_names_are_nothing_but_text(new_status_httpd, connect_to, echo):
    server = new_status_httpd(extra="""
<VirtualHost 127.0.0.1:{http_port}>
  ServerName "<img src=x onerror=alert(1)>"
  ServerAlias localhost
</VirtualHost>
""")
    hostile = (server.documents / "ws").as_posix().encode() + b"/<script>alert(1)\"'&\n\xff\xc3\xa4.xml"
    with open(hostile, "w", encoding="ascii") as document:
        document.write(policy.document(echo.port))
    client = connect_to(server)
    client.websocket("/ws/%3Cscript%3Ealert(1)%22'%26%0A%FF%C3%A4.xml?secret=query")
    told = status.wait_for(client, lambda data: data["tunnels_open"] == 1)
    text = client.request("/status").body.decode()
    page = status.Page(text)
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert "img" not in [tag for tag, _ in page.tags]
    assert "onerror" not in {key for _, attributes in page.tags for key in attributes}
    assert "<img src=x onerror=alert(1)>" in page.tables["hosts"][1][0]
    assert "secret" not in text and "secret" not in json.dumps(told)
    assert "secret" not in client.request("/status?prometheus").body.decode()
    assert told["endpoints"][0]["vhost"].startswith("<img src=x")
    assert told["endpoints"][0]["policy"] == "/ws/%3cscript%3ealert(1)%22'&%0a%ff%c3%a4.xml"
    complaints = status.promtool_complaints(client.request("/status?prometheus").body)
    assert complaints in ("", None)
    assert status.scrape(client)


# -- as a resource of httpd ----------------------------------------------------------------------

def test_only_what_it_knows_is_answered(client):
    assert client.request("/status?prometheus=").body.startswith(b"# HELP websocket_")
    for query in ("jsn", "json=1", "json&prometheus", "%6Ason", "JSON", "="):
        assert client.request(f"/status?{query}").status == 400, query
    for method in ("PUT", "DELETE", "PATCH"):
        response = client.request("/status", method, {"Content-Length": "0"})
        assert response.status == 405
        assert {"GET", "HEAD", "POST"} <= set(re.split(r",\s*", response.get("Allow")))
    allowed = client.request("/status", "OPTIONS")
    assert allowed.status == 200
    assert {"GET", "HEAD", "POST"} <= set(re.split(r",\s*", allowed.get("Allow")))


@pytest.mark.parametrize("query", ["", "?refresh", "?json", "?prometheus", "?js", "?css", "?wrong"])
def test_nothing_of_it_is_cached_and_head_says_the_same_as_get(client, query):
    get, head = (client.request(f"/status{query}", method) for method in ("GET", "HEAD"))
    assert head.status == get.status
    assert head.body == b""
    assert get.body
    for name in ("Content-Type", "Cache-Control", "X-Content-Type-Options"):
        assert head.get(name) == get.get(name)
    assert get.get("Cache-Control") == "no-store"


def test_the_page_runs_its_own_script_alone(client):
    response = client.request("/status")
    rules = dict(rule.split(" ", 1) for rule in response.get("Content-Security-Policy").split("; "))
    assert rules["default-src"] == "'none'"
    nonce = re.fullmatch(r"'nonce-([0-9a-f]{32})'", rules["script-src"])[1]
    assert f'nonce="{nonce}"' in response.body.decode()
    assert nonce not in client.request("/status").get("Content-Security-Policy")


def test_without_a_script_the_page_refreshes_itself_when_it_is_asked_to(client):
    def metas(query):
        return [attributes for tag, attributes in status.page(client, path=f"/status{query}").tags
                if tag == "meta" and "http-equiv" in attributes]

    assert metas("") == []
    assert metas("?refresh") == [{"http-equiv": "refresh", "content": "5"}]


def test_require_decides_who_sees_it(new_status_httpd, connect_to):
    server = new_status_httpd(extra="""
<Location "/status">
  Require ip 192.0.2.1
</Location>
RemoteIPTrustedProxy 127.0.0.1
""")
    server.permit("AH01630|authz")
    client = connect_to(server)
    for query in ("", "?json", "?prometheus", "?js"):
        assert client.request(f"/status{query}").status == 403
    assert status.post(client, {"token": "x", "endpoint": "1"}).status == 403
    administrator = {"X-Forwarded-For": "192.0.2.1"}
    assert client.request("/status?json", headers=administrator).status == 200


def test_mod_status_has_a_line_of_it(new_status_httpd, connect_to):
    client = connect_to(new_status_httpd())
    client.websocket("/ws/echo.xml").echo(b"x" * 2500)
    status.wait_for(client, lambda data: data["bytes_total"]["to-client"] == 2500)
    short = dict(line.split(": ", 1) for line in
                 client.request("/server-status?auto").body.decode().splitlines() if ": " in line)
    assert short["WebSocketTunnelsOpen"] == short["WebSocketTunnelsOpened"] == "1"
    assert short["WebSocketBytesToClients"] == "2500"
    assert "1 open, 1 opened, 0 refused; 2.5 kB from clients" in \
        client.request("/server-status").body.decode()


def test_without_mod_status_it_works_as_well(new_status_httpd, connect_to):
    server = new_status_httpd(without=("status",))
    client = connect_to(server)
    client.websocket("/ws/echo.xml")
    status.wait_for(client, lambda data: data["tunnels_open"] == 1)
