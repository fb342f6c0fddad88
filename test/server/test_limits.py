# SPDX-License-Identifier: Apache-2.0
"""WebSocketMaxTunnels and WebSocketMaxTunnelsPerClient: over children, restarts and crashes."""

import re
import signal
import time
from collections import Counter

import pytest

from support import policy, processes, sanitizer, status, targets
from support.crowding import assert_no_room, fill, knock, knock_until_let_in, storm
from support.matrix import event_and_prefork, event_and_worker, every_mpm, everywhere
from support.waiting import wait_until

pytestmark = pytest.mark.endurance

TOO_MANY = r"\[websocket:warn\].* max-tunnels: .*WebSocketMaxTunnels \d+ allows"
TOO_MANY_OF_CLIENT = r"\[websocket:warn\].* max-tunnels-per-client: the client \S+ has"
BEHIND_PROXY = "RemoteIPTrustedProxy 127.0.0.1\n"

# Several children from the start, and threads to spare in each.
CHILDREN = {"StartServers": 4, "ServerLimit": 8, "ThreadLimit": 25, "ThreadsPerChild": 25,
            "MinSpareThreads": 100, "MaxSpareThreads": 200, "MaxRequestWorkers": 200}
PREFORK_CHILDREN = {"StartServers": 4, "MinSpareServers": 4, "MaxSpareServers": 10,
                    "ServerLimit": 250, "MaxRequestWorkers": 250}


def children(mpm):
    return PREFORK_CHILDREN if mpm == "prefork" else CHILDREN


@pytest.mark.sanitizer
@everywhere
def test_as_many_tunnels_are_open_as_allowed(new_httpd, connect_to, echo, scheme):
    httpd = new_httpd(extra="WebSocketMaxTunnels 4")
    httpd.expect(TOO_MANY)
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd, scheme)
    tunnels = fill(client, "/ws/echo.xml")
    assert len(tunnels) == 4
    for tunnel in tunnels:
        tunnel.echo(b"undisturbed")
    assert len(echo.sessions) == 4, "a refused handshake got through to the target"
    assert client.request("/index.html").status == 200
    tunnels.pop().close()
    tunnels.append(knock_until_let_in(client, "/ws/echo.xml"))
    assert knock(client, "/ws/echo.xml") is None
    tunnels[-1].echo(b"the last that was let in")


@pytest.mark.sanitizer
@every_mpm
def test_of_two_hundred_that_race_for_fifty_places_fifty_get_in(new_httpd, connect_to, echo, mpm):
    httpd = new_httpd(extra="WebSocketMaxTunnels 50", limits=children(mpm))
    httpd.expect(TOO_MANY)
    httpd.permit("AH00161|AH00484|AH03490|AH10159")  # MaxRequestWorkers, on prefork
    httpd.write("ws/echo.xml", policy.document(echo.port))
    tunnels, refused = storm(connect_to(httpd), "/ws/echo.xml", 200, children=4)
    assert (len(tunnels), refused) == (50, 150)
    assert len(set(httpd.workers_of([tunnel.connection for tunnel in tunnels]))) > 1, "nothing was shared"
    for tunnel in tunnels:
        tunnel.echo(b"in")
        tunnel.close()


@every_mpm
def test_of_a_client_that_races_for_its_places_as_many_get_in_as_it_has(new_httpd, connect_to, echo,
                                                                        mpm):
    httpd = new_httpd(extra="WebSocketMaxTunnelsPerClient 20", limits=children(mpm))
    httpd.expect(TOO_MANY_OF_CLIENT)
    httpd.write("ws/echo.xml", policy.document(echo.port))
    tunnels, refused = storm(connect_to(httpd), "/ws/echo.xml", 100, children=4)
    assert (len(tunnels), refused) == (20, 80)


@every_mpm
def test_a_client_is_counted_by_the_address_that_mod_remoteip_says(new_httpd, connect_to, echo):
    httpd = new_httpd(extra=BEHIND_PROXY + "WebSocketMaxTunnelsPerClient 2")
    # One line a second: whether the other client's refusal has its own is a matter of time.
    httpd.expect(TOO_MANY_OF_CLIENT.replace(r"\S+", r"192\.0\.2\.[12]"))
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd)
    one, other = ({"X-Forwarded-For": address} for address in ("192.0.2.1", "192.0.2.2"))
    assert len(fill(client, "/ws/echo.xml", one)) == 2
    tunnels = fill(client, "/ws/echo.xml", other)
    assert len(tunnels) == 2
    tunnels[0].close()
    assert knock(client, "/ws/echo.xml", one) is None
    knock_until_let_in(client, "/ws/echo.xml", other).echo(b"again")


def test_the_addresses_of_an_ipv6_network_are_one_client(new_httpd, connect_to, echo):
    httpd = new_httpd(extra=BEHIND_PROXY + "WebSocketMaxTunnelsPerClient 2")
    httpd.expect(TOO_MANY_OF_CLIENT)
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd)

    def knock_from(address):
        return knock(client, "/ws/echo.xml", {"X-Forwarded-For": address})

    assert knock_from("2001:db8:0:1::1")
    assert knock_from("2001:db8:0:1:ffff::2")
    assert knock_from("2001:db8:0:1::3") is None
    assert knock_from("2001:db8:0:2::1")


@pytest.mark.parametrize("directive, line", [
    ("WebSocketMaxTunnels 2", TOO_MANY), ("WebSocketMaxTunnelsPerClient 2", TOO_MANY_OF_CLIENT)])
@every_mpm
def test_an_echo_endpoint_is_limited_like_any_other(new_httpd, connect_to, echo, directive, line):
    httpd = new_httpd(extra=directive + '\n<Location "/echo">\nSetHandler websocket-echo\n</Location>')
    httpd.expect(line)
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd)
    tunnels = [knock(client, "/echo"), knock(client, "/ws/echo.xml")]
    assert all(tunnels)
    assert knock(client, "/echo") is None
    assert knock(client, "/ws/echo.xml") is None
    tunnels[0].close()
    knock_until_let_in(client, "/echo").echo(b"again")


@event_and_worker
def test_a_tunnel_that_keeps_its_thread_counts_as_well(new_httpd, connect_to, echo):
    """A filter that is not known: the connection cannot be detached."""
    httpd = new_httpd(modules=["dumpio"], extra="DumpIOInput On\n"
                      "LogLevel dumpio:trace7\nWebSocketMaxTunnels 3")
    httpd.expect(TOO_MANY)
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd)
    tunnels = fill(client, "/ws/echo.xml")
    assert len(tunnels) == 3
    assert httpd.error_log.find("the tunnel keeps this thread: dumpio")
    tunnels.pop().close()
    knock_until_let_in(client, "/ws/echo.xml").echo(b"again")


def test_who_is_refused_learns_nothing_of_how_full_the_server_is(new_httpd, connect_to, echo):
    httpd = new_httpd(extra="WebSocketMaxTunnels 1", targets=f"same-host:{echo.port}")
    httpd.expect(TOO_MANY)
    httpd.expect(r"\[websocket:warn\].*origin")
    httpd.expect(r"\[websocket:warn\].*target")
    httpd.write("ws/echo.xml", policy.document(echo.port))
    httpd.write("ws/forbidden.xml", policy.document(1))
    client = connect_to(httpd)
    assert len(fill(client, "/ws/echo.xml")) == 1
    foreign = {"Origin": "http://elsewhere.test"}
    assert client.handshake("/ws/echo.xml", foreign).status == 401
    assert client.handshake("/ws/forbidden.xml").status == 403
    assert client.request("/ws/echo.xml").status == 426
    assert_no_room(client.handshake("/ws/echo.xml"))


@every_mpm
def test_an_attempt_that_fails_gives_its_place_back(new_httpd, connect_to, echo, start):
    httpd = new_httpd(extra="WebSocketMaxTunnels 1\nWebSocketMaxTunnelsPerClient 1")
    httpd.expect(r"\[websocket:warn\].*connect-failed")
    httpd.write("ws/echo.xml", policy.document(echo.port))
    httpd.write("ws/refused.xml", policy.document(start(targets.RefusedPort()).port))
    client = connect_to(httpd)
    for _ in range(3):
        assert client.handshake("/ws/refused.xml").status == 502
    client.websocket("/ws/echo.xml").echo(b"there is room")


@pytest.mark.parametrize("ending", ["closes", "vanishes", "breaks the protocol", "target closes"])
@every_mpm
def test_each_ending_gives_the_place_back(new_httpd, connect_to, start, ending):
    target = start(targets.Closer() if ending == "target closes" else targets.Echo())
    httpd = new_httpd(extra="WebSocketMaxTunnels 1\nWebSocketCloseTimeout 1s")
    httpd.permit(TOO_MANY)
    httpd.write("ws/target.xml", policy.document(target.port))
    client = connect_to(httpd)
    for _ in range(5):
        tunnel = knock_until_let_in(client, "/ws/target.xml")
        if ending == "closes":
            tunnel.close()
        elif ending == "vanishes":
            tunnel.connection.reset()
        elif ending == "breaks the protocol":
            tunnel.send_frame(3)
            assert tunnel.receive_to_close()[1].close_code == 1002
            tunnel.connection.close()
        else:
            data, answer = tunnel.receive_to_close()
            assert (data, answer.close_code) == (b"bye\r\n", 1000)
            tunnel.send_close(1000)
            tunnel.connection.close()


# -- restarts and crashes ------------------------------------------------------------------------

@pytest.mark.sanitizer
@every_mpm
def test_tunnels_of_draining_children_count_on(new_httpd, connect_to, echo):
    httpd = new_httpd(extra="WebSocketMaxTunnels 4\nWebSocketMaxTunnelsPerClient 4")
    httpd.expect(TOO_MANY)
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd)
    old = [knock(client, "/ws/echo.xml") for _ in range(3)]
    drained = set(httpd.workers_of([tunnel.connection for tunnel in old]))
    httpd.graceful()
    httpd.graceful()
    young = fill(client, "/ws/echo.xml")
    assert len(young) == 1
    assert httpd.worker_of(young[0].connection) not in drained
    for tunnel in old:
        tunnel.echo(b"draining")
        tunnel.close()
        young.append(knock_until_let_in(client, "/ws/echo.xml"))
        assert knock(client, "/ws/echo.xml") is None
    assert wait_until(lambda: not drained & set(httpd.children()), 10), "an old child stayed"
    assert knock(client, "/ws/echo.xml") is None, "a child took its count along when it ended"


@every_mpm
def test_limits_that_come_with_a_graceful_restart_count_what_is_there(new_httpd, connect_to, echo):
    httpd = new_httpd(extra="WebSocketMaxTunnels none")
    httpd.expect(TOO_MANY)
    httpd.expect(TOO_MANY_OF_CLIENT)
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd)
    tunnels = [knock(client, "/ws/echo.xml") for _ in range(3)]
    httpd.change_configuration("WebSocketMaxTunnels none", "WebSocketMaxTunnels 4")
    httpd.graceful()
    tunnels += fill(client, "/ws/echo.xml")
    assert len(tunnels) == 4
    httpd.change_configuration("WebSocketMaxTunnels 4", "WebSocketMaxTunnelsPerClient 5")
    httpd.graceful()
    tunnels += fill(client, "/ws/echo.xml")
    assert len(tunnels) == 5
    httpd.change_configuration("WebSocketMaxTunnelsPerClient 5", "WebSocketMaxTunnels 2")
    httpd.graceful()
    for tunnel in tunnels[:3]:
        tunnel.echo(b"stays though there are too many")
        tunnel.close()
    time.sleep(0.3)
    assert knock(client, "/ws/echo.xml") is None
    tunnels[3].close()
    knock_until_let_in(client, "/ws/echo.xml").echo(b"new")
    tunnels[4].echo(b"old")


@every_mpm
def test_an_ungraceful_restart_begins_with_none(new_httpd, connect_to, echo):
    httpd = new_httpd(extra="WebSocketMaxTunnels 3")
    httpd.expect(TOO_MANY)
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd)
    for _ in range(3):
        assert len(fill(client, "/ws/echo.xml")) == 3
        httpd.restart()
    assert len(fill(client, "/ws/echo.xml")) == 3


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV], ids=["killed", "crashed"])
@every_mpm
def test_a_child_that_dies_takes_no_place_along(new_httpd, connect_to, echo, mpm, number):
    if number == signal.SIGSEGV and sanitizer.mode():
        pytest.skip("the sanitizer would report the crash")
    httpd = new_httpd(limits=children(mpm), extra="WebSocketMaxTunnels 40\n"
                                                  "WebSocketMaxTunnelsPerClient 40")
    httpd.expect(TOO_MANY)
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd)
    for _ in range(2):
        tunnels, _ = storm(client, "/ws/echo.xml", 60, children=2)
        assert len(tunnels) == 40
        workers = httpd.workers_of([tunnel.connection for tunnel in tunnels])
        holders = dict(zip(tunnels, workers))
        victim, share = Counter(holders.values()).most_common(1)[0]
        httpd.kill_child(victim, number)
        survivors = [tunnel for tunnel in tunnels if holders[tunnel] != victim]
        assert len(survivors) == 40 - share
        for tunnel in survivors:
            tunnel.echo(b"another child")
        again = [knock_until_let_in(client, "/ws/echo.xml"), *fill(client, "/ws/echo.xml")]
        assert len(again) == share
        for tunnel in survivors + again:
            tunnel.connection.close()
        knock_until_let_in(client, "/ws/echo.xml").close()
        assert wait_until(lambda: not httpd.leaked(), 10)


@pytest.mark.sanitizer
@event_and_prefork
def test_a_child_that_httpd_takes_for_dead_keeps_its_places(new_httpd, connect_to, echo, mpm):
    """httpd forgets a child that is stopped when it is restarted, which goes on once it is let."""
    httpd = new_httpd(extra="WebSocketMaxTunnels 3\n" + status.CONFIGURATION, limits={"StartServers": 1, **(
        {"MinSpareServers": 1} if mpm == "prefork" else {"MinSpareThreads": 1})})
    httpd.expect(TOO_MANY)
    httpd.permit("long lost child")
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd)
    tunnel = client.websocket("/ws/echo.xml")
    tunnel.echo(b"open")
    child = httpd.worker_of(tunnel.connection)
    with processes.standing_still([child]):
        httpd.restart()
        assert child in httpd.children(), "httpd has ended it"
        others = fill(client, "/ws/echo.xml")
        assert len(others) == 2
    assert tunnel.receive_to_close()[1].close_code == 1001
    # One of prefork leaves its places to its parent, which looks for such a child every ten seconds.
    others.append(wait_until(lambda: knock(client, "/ws/echo.xml"), 20, 0.2))
    assert knock(client, "/ws/echo.xml") is None
    for one in others:
        one.echo(b"undisturbed")
    told = status.read(client)
    assert (told["tunnels_open"], told["tunnels_opened_total"], sum(told["tunnels_closed_total"].values())) == (3, 4, 1)


def test_a_draining_child_that_dies_takes_no_place_along(new_httpd, connect_to, echo):
    httpd = new_httpd(extra="WebSocketMaxTunnels 5")
    httpd.expect(TOO_MANY)
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd)
    tunnels = fill(client, "/ws/echo.xml")
    holders = Counter(httpd.workers_of([tunnel.connection for tunnel in tunnels]))
    httpd.graceful()
    assert knock(client, "/ws/echo.xml") is None
    victim, share = holders.most_common(1)[0]
    httpd.kill_child(victim)
    again = [knock_until_let_in(client, "/ws/echo.xml"), *fill(client, "/ws/echo.xml")]
    assert len(again) == share


# -- the log -------------------------------------------------------------------------------------

def test_a_flood_writes_a_line_a_second_and_counts_the_others(new_httpd, connect_to, echo):
    httpd = new_httpd(extra="WebSocketMaxTunnels 1")
    httpd.expect(TOO_MANY)
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd)
    tunnel = knock(client, "/ws/echo.xml")
    began, refused = time.monotonic(), 0
    while time.monotonic() - began < 2.5 or refused < 100:
        assert knock(client, "/ws/echo.xml") is None
        refused += 1
    tunnel.echo(b"undisturbed")
    lines = httpd.error_log.find("max-tunnels: ")
    written = [line for line in lines if line.level == "warn"]
    assert len(lines) == refused, "every refusal has a line at level debug"
    seconds = time.monotonic() - began
    for pid in {line.pid for line in written}:
        assert sum(line.pid == pid for line in written) <= seconds + 1
        told = [int(match[1]) for line in written if line.pid == pid
                and (match := re.search(r"and (\d+) more like it before", line.text))]
        left_out = [line for line in lines if line.pid == pid and line.level == "debug"]
        after_last = left_out[sum(told):]
        assert sum(told) + len(after_last) == len(left_out)
        last = max(index for index, line in enumerate(lines) if line in written and line.pid == pid)
        assert all(lines.index(line) > last for line in after_last)
    assert sum("more like it" in line.text for line in written) >= 1
