# SPDX-License-Identifier: Apache-2.0
"""SetHandler websocket-status: what is counted, over children and restarts."""

import signal
import time
from collections import Counter

import pytest

from support import policy, status, targets
from support.crowding import storm
from support.matrix import every_mpm
from support.waiting import wait_until

pytestmark = pytest.mark.sanitizer

CHILDREN = {"StartServers": 3, "ServerLimit": 8, "ThreadLimit": 25, "ThreadsPerChild": 25,
            "MinSpareThreads": 75, "MaxSpareThreads": 200, "MaxRequestWorkers": 200}
PREFORK_CHILDREN = {"StartServers": 24, "MinSpareServers": 4, "MaxSpareServers": 30,
                    "ServerLimit": 100, "MaxRequestWorkers": 100}


@pytest.fixture
def new_server(new_status_httpd, mpm):
    """With several children, and nothing counted."""

    def make(extra="", **options):
        limits = PREFORK_CHILDREN if mpm == "prefork" else CHILDREN
        return new_status_httpd(extra, limits=limits, **options)

    return make


@pytest.fixture
def server(new_server):
    return new_server()


@pytest.fixture
def client(server, connect_to):
    return connect_to(server)


def spread(client):
    """Tunnels in more than one child, since a child has fewer threads."""
    tunnels, _ = storm(client, "/ws/echo.xml", 26, children=2)
    return tunnels


# -- what is counted -----------------------------------------------------------------------------

@every_mpm
def test_tunnels_and_what_they_carry_are_counted_over_all_children(server, client):
    tunnels = spread(client)
    count = len(tunnels)
    for tunnel in tunnels:
        tunnel.echo(b"twelve bytes")
    octets = {"from-client": 12 * count, "to-client": 12 * count}
    told = status.wait_for(client, lambda data: data["bytes_total"] == octets)
    assert told["tunnels_open"] == told["tunnels_opened_total"] == count
    assert told["messages_total"]["from-client"] == count
    assert told["messages_total"]["to-client"] >= count
    assert sum(one["tunnels_open"] for one in told["child_processes"]) == count
    assert told["handshake_duration_seconds"]["count"] == count
    assert told["connect_duration_seconds"]["bucket"]["+Inf"] == count
    for tunnel in tunnels[5:]:
        tunnel.close()
    told = status.wait_for(client, lambda data: data["tunnels_open"] == 5)
    assert told["tunnels_closed_total"]["client-closed"] == count - 5
    its = status.endpoint(told, "/ws/echo.xml")
    assert its["vhost"] == f"localhost:{server.http_port}"
    assert (its["tunnels_open"], its["tunnels_opened_total"]) == (5, count)
    assert its["bytes_total"] == octets


@every_mpm
def test_a_tunnel_that_goes_on_is_told_of_while_it_does(client):
    tunnel = client.websocket("/ws/echo.xml")
    for size in (1000, 2000, 70_000):
        before = status.read(client)["bytes_total"]["from-client"]
        tunnel.send(b"x" * size)
        tunnel.receive_bytes(size)
        status.wait_for(client, lambda data: data["bytes_total"] == {
            "from-client": before + size, "to-client": before + size})
    told = status.read(client)
    assert [one["bytes"]["to-client"] for one in told["oldest_tunnels"]] == [73_000]
    assert told["tunnels_closed_total"] == dict.fromkeys(told["tunnels_closed_total"], 0)


def test_what_moves_is_among_the_busiest_and_what_has_stopped_is_not(client):
    busy, quiet = client.websocket("/ws/echo.xml"), client.websocket("/ws/echo.xml")
    quiet.echo(b"once")

    def moves(data):
        busy.echo(b"x" * 5000)
        return data["busiest_tunnels"] and data["busiest_tunnels"][0]["bytes_per_second"] >= 5000

    told = status.wait_for(client, moves)
    assert told["busiest_tunnels"][0]["bytes"]["from-client"] > 5000
    assert len(told["oldest_tunnels"]) == 2
    assert told["endpoints"][0]["bytes_per_second"] == told["bytes_per_second"] >= 5000
    status.wait_for(client, lambda data: data["busiest_tunnels"] == [] and data["bytes_per_second"] == 0)


@every_mpm
def test_refusals_are_counted_by_reason(new_server, connect_to, start, echo):
    server = new_server(targets=f"same-host:{echo.port}", extra="WebSocketConnectTimeout 1s\n")
    server.permit("websocket:(warn|error)")
    server.write("ws/forbidden.xml", policy.document(1))
    server.write("ws/broken.xml", "<websocket><port>no</port></websocket>")
    refused = start(targets.RefusedPort()).port
    server.write("ws/refused.xml", policy.document(refused))
    server.change_configuration(f"same-host:{echo.port}", f"same-host:{echo.port},{refused}")
    server.graceful()
    client = connect_to(server)
    foreign = {"Origin": "http://elsewhere.test"}
    assert client.request("/ws/echo.xml").status == 426
    assert client.handshake("/ws/echo.xml", {"Sec-WebSocket-Key": "short"}).status == 400
    for _ in range(3):
        assert client.handshake("/ws/echo.xml", foreign).status == 401
    assert client.handshake("/ws/forbidden.xml").status == 403
    assert client.handshake("/ws/broken.xml").status == 500
    for _ in range(2):
        assert client.handshake("/ws/refused.xml").status == 502
    assert client.handshake("/echo", foreign).status == 401
    told = status.read(client)
    happened = {reason: count for reason, count in told["refused_total"].items() if count}
    assert happened == {"upgrade-required": 1, "handshake": 1, "origin": 4, "target": 1, "policy": 1,
                        "connect": 2}
    assert status.endpoint(told, "/ws/echo.xml")["refused_total"]["origin"] == 3
    assert status.endpoint(told, "websocket-echo")["refused_total"]["origin"] == 1
    assert status.endpoint(told, "/ws/refused.xml")["refused_total"]["connect"] == 2
    assert told["tunnels_opened_total"] == 0


def test_how_tunnels_end_is_counted_by_cause(client, server, start):
    server.write("ws/closer.xml", policy.document(start(targets.Closer()).port))
    server.write("ws/resetter.xml", policy.document(start(targets.Resetter()).port))
    client.websocket("/ws/echo.xml").close()
    client.websocket("/ws/echo.xml").connection.reset()
    broken = client.websocket("/ws/echo.xml")
    broken.send_frame(3)
    broken.receive_to_close()
    broken.connection.close()
    closed = client.websocket("/ws/closer.xml")
    assert closed.receive_to_close()[1].close_code == 1000
    closed.send_close(1000)
    closed.connection.close()
    told = status.wait_for(client, lambda data: sum(data["tunnels_closed_total"].values()) == 4)
    assert {cause for cause, count in told["tunnels_closed_total"].items() if count} == {
        "client-closed", "client-vanished", "client-violation", "target-closed"}


def test_each_virtual_host_and_each_policy_has_counts_of_its_own(new_server, connect_to, echo):
    server = new_server(extra=f"""
<Location "/own">
  WebSocketPolicyFile "conf/own.xml"
</Location>
""", started=False)
    (server.root / "conf" / "own.xml").write_text(policy.document(echo.port))
    server.start()
    plain, tls = connect_to(server), connect_to(server, "https")
    for path in ("/ws/echo.xml", "/ws/echo.xml", "/echo", "/own/a", "/own/b"):
        plain.websocket(path)
    tls.websocket("/ws/echo.xml")
    told = status.wait_for(plain, lambda data: data["tunnels_open"] == 6)
    counts = {(one["vhost"], one["policy"]): one["tunnels_open"] for one in told["endpoints"]}
    here, there = f"localhost:{server.http_port}", f"localhost:{server.https_port}"
    assert counts == {(here, "/ws/echo.xml"): 2, (here, "websocket-echo"): 1,
                      (here, str(server.root / "conf" / "own.xml")): 2, (there, "/ws/echo.xml"): 1}
    hosts = status.page(plain).tables["hosts"]
    assert [row[:2] for row in hosts[1:]] == sorted([[here, "5"], [there, "1"]])


def test_names_that_a_client_makes_up_make_no_endpoints(new_server, connect_to):
    server = new_server(extra="""
<Location "/any">
  WebSocket On
  SetHandler server-status
</Location>
""")
    server.permit("websocket:warn")
    client = connect_to(server)
    for number in range(5):
        client.websocket(f"/echo/{number}")
        assert client.handshake(f"/any/{number}", {"Sec-WebSocket-Key": "short"}).status == 400
    told = status.wait_for(client, lambda data: data["tunnels_open"] == 5)
    assert {one["policy"] for one in told["endpoints"]} == {"websocket-echo", "other"}
    assert status.endpoint(told, "other")["refused_total"]["handshake"] == 5


@pytest.mark.parametrize("leads", [
    'AliasMatch "^/room/" "{root}/htdocs/ws/echo.xml"',
    'RewriteEngine On\nRewriteRule "^/room/" "{root}/htdocs/ws/echo.xml"',
    'RewriteEngine On\nRewriteRule "^/room/" "/ws/echo.xml" [PT]'], ids=["alias", "rewrite", "passed"])
def test_urls_that_lead_to_one_file_are_one_endpoint(new_server, connect_to, leads):
    client = connect_to(new_server(extra=leads))
    for number in range(5):
        client.websocket(f"/room/{number}")
        assert client.request(f"/room/plain/{number}").status == 426
    client.websocket("/ws/echo.xml")
    told = status.wait_for(client, lambda data: data["tunnels_open"] == 6)
    assert [(one["policy"], one["tunnels_open"]) for one in told["endpoints"]] == [("/ws/echo.xml", 6)]


def test_a_file_elsewhere_is_named_by_its_url_under_alias_and_else_by_its_path(new_server, connect_to, echo):
    server = new_server(started=False, extra="""
Alias "/only" "{root}/else where/a.xml"
Alias "/chat" "{root}/else where"
Alias "/room/" "{root}/else where/"
AliasMatch "^/match" "{root}/else where/a.xml"
<Directory "{root}/else where">
  WebSocket On
  Require all granted
</Directory>
""")
    folder = server.root / "else where"
    folder.mkdir()
    (folder / "a.xml").write_text(policy.document(echo.port))
    server.start()
    client = connect_to(server)
    for path in ("/chat/a.xml", "/room/a.xml", "/only", "/match/b"):
        client.websocket(path)
    told = status.wait_for(client, lambda data: data["tunnels_open"] == 4)
    assert {one["policy"] for one in told["endpoints"]} == {
        "/chat/a.xml", "/room/a.xml", "/only", str(folder).replace(" ", "%20") + "/a.xml"}


# -- children that end ---------------------------------------------------------------------------

@every_mpm
def test_counts_are_kept_over_graceful_restarts(server, client):
    tunnels = [client.websocket("/ws/echo.xml") for _ in range(3)]
    for tunnel in tunnels:
        tunnel.echo(b"before")
    before = status.wait_for(client, lambda data: data["bytes_total"]["to-client"] == 18)
    assert before["children"]["draining"] == 0
    server.graceful()
    told = status.wait_for(client, lambda data: data["children"]["draining"] > 0)
    assert told["tunnels_open"] == told["tunnels_opened_total"] == 3
    assert {one["draining"] for one in told["oldest_tunnels"]} == {True}
    for tunnel in tunnels:
        tunnel.echo(b"after")
    client.websocket("/ws/echo.xml")
    told = status.wait_for(client, lambda data: data["bytes_total"]["to-client"] == 33)
    assert (told["tunnels_open"], told["tunnels_opened_total"]) == (4, 4)
    assert told["start_time_seconds"] == before["start_time_seconds"]
    for tunnel in tunnels:
        tunnel.close()
    told = status.wait_for(client, lambda data: data["children"]["draining"] == 0)
    assert (told["tunnels_open"], told["tunnels_opened_total"]) == (1, 4)
    assert told["bytes_total"]["to-client"] == 33


@every_mpm
def test_a_killed_child_takes_its_open_tunnels_along_and_no_total(server, client):
    tunnels = spread(client)
    count = len(tunnels)
    for tunnel in tunnels:
        tunnel.echo(b"counted")
    octets = {"from-client": 7 * count, "to-client": 7 * count}
    status.wait_for(client, lambda data: data["bytes_total"] == octets)
    workers = server.workers_of([one.connection for one in tunnels])
    victim, share = Counter(workers).most_common()[-1]
    server.kill_child(victim)
    told = status.wait_for(client, lambda data: data["tunnels_open"] == count - share)
    assert victim not in {one["process"] for one in told["child_processes"]}
    assert told["tunnels_opened_total"] == count
    assert told["tunnels_closed_total"]["child-died"] == share
    assert told["bytes_total"] == octets
    # Their places are others' now.
    again = [client.websocket("/ws/echo.xml") for _ in range(share)]
    again[0].echo(b"new")
    told = status.wait_for(
        client, lambda data: data["bytes_total"]["to-client"] == octets["to-client"] + 3)
    assert (told["tunnels_open"], told["tunnels_opened_total"]) == (count, count + share)


def test_children_that_end_while_the_module_is_away_leave_nothing(new_server, connect_to):
    """Nothing tells it of them then, and a draining child is one that an administrator is warned of."""
    server = new_server()
    client = connect_to(server)
    tunnel = client.websocket("/ws/echo.xml")
    with_module = server.take_module_away()
    server.graceful()
    server.kill_child(server.worker_of(tunnel.connection))
    server.configuration.write_text(with_module)
    server.graceful()
    told = status.wait_for(client, lambda data: data["children"]["serving"] and not data["children"]["draining"] and
                           not data["tunnels_open"])
    assert told["tunnels_closed_total"]["child-died"] == 1


@every_mpm
def test_an_ungraceful_restart_leaves_the_totals_and_nothing_open(server, client):
    for _ in range(2):
        client.websocket("/ws/echo.xml").echo(b"gone soon")
    status.wait_for(client, lambda data: data["bytes_total"]["to-client"] == 18)
    time.sleep(0.1)  # see test_limits.py: event may crash in a stop while a worker is just done
    server.restart()
    told = status.wait_for(client, lambda data: data["tunnels_open"] == 0)
    assert told["tunnels_opened_total"] == 2
    assert sum(told["tunnels_closed_total"].values()) == 2
    assert told["bytes_total"] == {"from-client": 18, "to-client": 18}


def test_totals_never_go_back(server, client):
    """As rates are taken of them: over tunnels that come and go, a restart and a killed child."""
    last = {}

    def look():
        now = {key: value for key, value in status.scrape(client).items()
               if key[0].endswith(("_total", "_count", "_sum", "_bucket"))}
        back = {key: (last[key], now.get(key)) for key in last if now.get(key, -1) < last[key]}
        assert not back
        last.update(now)

    look()
    for round_ in range(12):
        tunnels = [client.websocket("/ws/echo.xml") for _ in range(4)]
        for tunnel in tunnels:
            tunnel.echo(b"x" * 100)
            look()
        if round_ == 4:
            server.graceful()
        if round_ == 8:
            server.kill_child(server.workers_of([tunnels[0].connection])[0])
        look()
        for tunnel in tunnels:
            tunnel.connection.close()
        look()


def test_httpd_is_not_kept_from_starting_again_and_again(new_server, connect_to):
    """The parent keeps the board while the module itself is unloaded and loaded."""
    server = new_server()
    client = connect_to(server)
    tunnel = client.websocket("/ws/echo.xml")
    for _ in range(3):
        server.graceful()
    tunnel.echo(b"still")
    status.wait_for(client, lambda data: data["tunnels_open"] == 1
                    and data["bytes_total"]["to-client"] == 5)
    server.signal_stop(signal.SIGTERM)
    server.wait_stopped()
    assert wait_until(lambda: not server.running)
