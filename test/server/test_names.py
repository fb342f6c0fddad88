# SPDX-License-Identifier: Apache-2.0
"""Where a target's name leads: asked of DNS servers that are right, slow, silent, broken or liars."""
import errno
import pathlib
import re
import socket
import struct
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from support import policy
from support.crowding import knock
from support.faults import ASKS_THE_DNS

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "dns"))
from servers import Scripted, free_port  # noqa: E402

pytestmark = pytest.mark.sanitizer

A, AAAA = 1, 28
NXDOMAIN, SERVFAIL, REFUSED = 3, 2, 5
NAME = "service.example"


def kind_of(query):
    return struct.unpack("!H", query[query.index(b"\0", 12) + 1:][:2])[0]


def reply(query, addresses=(), code=0, identity=None):
    """The question, and an A record for each address where it asks for these."""
    end = query.index(b"\0", 12) + 5
    records = [] if kind_of(query) != A else [socket.inet_aton(each) for each in addresses]
    header = (identity or query[:2]) + struct.pack("!HHHHH", 0x8180 | code, 1, len(records), 0, 0)
    return header + query[12:end] + b"".join(
        b"\xc0\x0c" + struct.pack("!HHIH", A, 1, 60, 4) + each for each in records)


@pytest.fixture
def resolving(new_httpd, start, echo):
    """resolving(answer, ...): an httpd whose policy names a host that `answer` (or a list of servers) speaks for."""

    def make(answer, lines="", targets="127.0.0.1:*", **options):
        servers = answer if isinstance(answer, list) else [start(Scripted(answer)).address]
        httpd = new_httpd(targets=targets, extra=f"WebSocketResolver {' '.join(servers)}\n{lines}",
                          **options)
        httpd.write("ws/named.xml", policy.document(echo.port, host=NAME))
        return httpd

    return make


def works(client):
    with client.websocket("/ws/named.xml") as tunnel:
        tunnel.echo(b"named")


def test_a_name_is_asked_of_the_resolver_that_is_configured(resolving, connect_to):
    works(connect_to(resolving(lambda query: [reply(query, ["127.0.0.1"])])))


def test_a_resolver_may_have_an_ipv6_address(resolving, connect_to, start):
    server = start(Scripted(lambda query: [reply(query, ["127.0.0.1"])], host="::1"))
    works(connect_to(resolving([server.address])))
    assert server.queries


def test_a_name_of_one_label_is_tried_in_the_domains_of_the_search_list(resolving, connect_to, echo, monkeypatch):
    monkeypatch.setenv("LOCALDOMAIN", "elsewhere.example example")  # instead of resolv.conf's (resolv.conf(5))
    known = b"\7service\7example\0"
    httpd = resolving(lambda query: [reply(query, ["127.0.0.1"]) if known in query else reply(query, code=NXDOMAIN)])
    httpd.write("ws/named.xml", policy.document(echo.port, host="service"))
    works(connect_to(httpd))


@pytest.mark.parametrize("host", ["service", "sub.service"])
def test_only_a_name_of_one_label_is_tried_in_the_domains_of_the_search_list(resolving, connect_to, start, echo,
                                                                            monkeypatch, host):
    """Of a name with a dot the owner of a zone in the list would say where it leads, once its own has no address."""
    monkeypatch.setenv("LOCALDOMAIN", "elsewhere.example example")
    server = start(Scripted(lambda query: [reply(query, code=NXDOMAIN)]))
    httpd = resolving([server.address])
    httpd.write("ws/named.xml", policy.document(echo.port, host=host))
    httpd.expect("WS0031: .*there is no such name")
    assert connect_to(httpd).handshake("/ws/named.xml").status == 502
    is_searched = any(b"\7example\0" in query for query in server.queries)
    assert server.queries and is_searched == ("." not in host)


def test_names_of_one_label_and_of_several_are_looked_up_at_once(new_httpd, start, monkeypatch):
    monkeypatch.setenv("LOCALDOMAIN", "example")
    known = b"\5known\7example\0"
    server = start(Scripted(
        lambda query: [reply(query, ["127.0.0.1"]) if known in query else reply(query, code=NXDOMAIN)]))
    httpd = new_httpd(started=False, targets="known:80 absent:80 known.example:80 absent.example:80",
                      extra=f"WebSocketResolver {server.address}")
    status, said = httpd.configtest()
    assert status == 0, said
    assert sorted(re.findall(r"WS0132: .* there is no host (\S+)", said)) == ["absent", "absent.example"], said


def test_a_name_of_the_hosts_file_is_asked_of_nobody(resolving, connect_to, start, echo):
    server = start(Scripted(lambda query: [reply(query, code=SERVFAIL)]))
    httpd = resolving([server.address])
    httpd.write("ws/named.xml", policy.document(echo.port, host="localhost"))
    works(connect_to(httpd))
    assert not server.queries


@pytest.mark.parametrize("code, text", [
    (NXDOMAIN, "there is no such name"),
    (0, "the name has no address"),
    (SERVFAIL, "SERVFAIL|no DNS server could be reached"),
    (REFUSED, "refused to answer|no DNS server could be reached"),
])
def test_a_name_without_an_address_is_a_bad_gateway(resolving, connect_to, code, text):
    # c-ares says that time ran out where the first question was not answered in time and the second one
    # was refused: on a busy machine the answer may need more than what a try has by default.
    httpd = resolving(lambda query: [reply(query, code=code)], "WebSocketConnectTimeout 60s")
    httpd.expect(rf"WS0031: .*{NAME}.*({text})")
    assert connect_to(httpd).handshake("/ws/named.xml").status == 502


def test_a_server_that_is_not_there_is_a_bad_gateway(resolving, connect_to):
    httpd = resolving([f"127.0.0.1:{free_port()}"])
    httpd.expect(r"WS0031: .*no DNS server could be reached")
    assert connect_to(httpd).handshake("/ws/named.xml").status == 502


@pytest.mark.parametrize("error", [errno.EMFILE, errno.ENFILE], ids=["EMFILE", "ENFILE"])
def test_a_lookup_that_finds_no_descriptor_is_asked_to_come_again(resolving, connect_to, faults, error):
    httpd = resolving(lambda query: [reply(query, ["127.0.0.1"])], faults=faults)
    httpd.expect(rf"WS0039: no-descriptor: .*{NAME}.*there is no descriptor left")
    client = connect_to(httpd)
    with faults.during(starved_calls=ASKS_THE_DNS, starved_error=error) as done:
        assert knock(client, "/ws/named.xml") is None
    assert done["starved"] > 0, "nothing was refused"
    works(client)


@pytest.mark.parametrize("answer", [
    pytest.param(lambda query: [], id="silent"),
    pytest.param(lambda query: [reply(query, ["127.0.0.1"], identity=b"\0\0")], id="wrong id"),
    pytest.param(lambda query: [b"\xff" * 40], id="rubbish"),
])
def test_a_name_that_takes_long_holds_a_worker_for_the_connect_timeout_at_most(resolving, connect_to,
                                                                              answer):
    httpd = resolving(answer, "WebSocketConnectTimeout 1s", mpm="prefork",
                      limits={"StartServers": 1, "MinSpareServers": 1, "MaxSpareServers": 1,
                              "MaxRequestWorkers": 1, "ServerLimit": 1})
    httpd.permit("AH00161|AH00484")
    httpd.expect(r"WS0043: .*no DNS server answered in time.*WebSocketConnectTimeout")
    httpd.write("page.txt", "a page")
    client = connect_to(httpd)
    begin = time.monotonic()
    assert client.handshake("/ws/named.xml").status == 504
    assert 0.7 < time.monotonic() - begin < 4
    assert client.request("/page.txt").status == 200  # the only worker is back


def test_a_wait_for_a_server_that_is_silent_over_tcp_costs_no_cpu_and_ends_in_time(resolving, connect_to, start):
    """c-ares then wants to be called after the deadline, since its second try over TCP has the time of a second try."""
    asked, kept = {}, []

    def late_and_truncated(query):
        kind = kind_of(query)
        asked[kind] = asked.get(kind, 0) + 1
        if asked[kind] == 1:
            return []
        message = bytearray(reply(query))
        message[2] |= 2  # TC
        # The second try begins at 1.1 s and waits until 3.2 s; over TCP it would wait until 4.4 s.
        return [lambda peer: threading.Timer(1.2, server.udp.sendto, (bytes(message), peer)).start()]

    server = start(Scripted(late_and_truncated, lambda connection, query: kept.append(connection.dup())))
    httpd = resolving([server.address], "WebSocketConnectTimeout 4s", mpm="event")
    httpd.expect(r"WS0043: .*no DNS server answered in time")
    client = connect_to(httpd)
    begin, worked = time.monotonic(), httpd.cpu_seconds()
    assert client.handshake("/ws/named.xml").status == 504
    assert kept, "nothing was asked over TCP"
    assert 3.5 < time.monotonic() - begin < 7
    assert httpd.cpu_seconds() - worked < 0.5
    for connection in kept:
        connection.close()


def test_the_time_for_the_name_is_taken_from_the_time_for_connecting(resolving, connect_to, start):
    def slow(query):
        time.sleep(1.2)
        return [reply(query, ["127.0.0.1"])]

    listener = start(socket.create_server(("127.0.0.1", 0), backlog=0))
    httpd = resolving(slow, "WebSocketConnectTimeout 3s")
    # One in the queue, so that nobody else is let in.
    crowd = [socket.socket() for _ in range(3)]
    for each in crowd:
        each.setblocking(False)
        each.connect_ex(listener.getsockname())
    httpd.write("ws/named.xml", policy.document(listener.getsockname()[1], host=NAME))
    httpd.expect(r"WS0034: ")
    begin = time.monotonic()
    assert connect_to(httpd).handshake("/ws/named.xml").status == 504
    assert time.monotonic() - begin < 3 + 1
    for each in crowd:
        each.close()


def test_an_answer_about_ipv6_that_never_comes_costs_no_tunnel(resolving, connect_to):
    works(connect_to(resolving(
        lambda query: [] if kind_of(query) == AAAA else [reply(query, ["127.0.0.1"])],
        "WebSocketConnectTimeout 2s")))


def test_the_second_server_is_asked_where_the_first_is_silent(resolving, connect_to, start):
    silent = start(Scripted(lambda query: []))
    good = start(Scripted(lambda query: [reply(query, ["127.0.0.1"])]))
    works(connect_to(resolving([silent.address, good.address])))
    assert silent.queries


@pytest.mark.parametrize("rule, address, reason", [
    ("service.example:*", "127.0.0.1", "WS0028: loopback-by-name"),
    ("*.example:*", "127.0.0.1", "WS0028: loopback-by-name"),
    ("*.example:*", "10.1.2.3", "WS0045: private-by-name"),
])
def test_a_listed_name_that_is_pointed_inside_is_refused(resolving, connect_to, echo, rule, address,
                                                         reason):
    """DNS rebinding: whoever owns the name must not get at what listens here, or in private networks."""
    httpd = resolving(lambda query: [reply(query, [address])], targets=rule)
    httpd.expect(rf"{reason}: .*{address}.*write `WebSocketTarget ")
    response = connect_to(httpd).handshake("/ws/named.xml")
    assert response.status == 403
    assert address.encode() not in response.body
    assert not echo.sessions


def test_of_a_name_with_very_many_addresses_a_bounded_number_is_judged(resolving, connect_to, start):
    def over_tcp(connection, query):
        message = reply(query[2:], [f"10.{i >> 8}.{i & 255}.1" for i in range(3000)])
        connection.sendall(struct.pack("!H", len(message)) + message)

    def truncated(query):
        message = bytearray(reply(query))
        message[2] |= 2  # TC
        return [bytes(message)]

    server = start(Scripted(truncated, over_tcp))
    httpd = resolving([server.address])
    httpd.expect(r"WS00\d\d: .*10\.0\.0\.1")
    assert connect_to(httpd).handshake("/ws/named.xml").status == 403
    lines = [line.raw for line in httpd.error_log.lines() if "10.0.0.1" in line.raw]
    assert lines and all(line.count("10.0.") <= 64 for line in lines)


def test_lookups_at_once_each_have_their_answer(resolving, connect_to):
    """And leave no descriptor, which the fixture of every httpd looks for at its end."""
    client = connect_to(resolving(lambda query: [reply(query, ["127.0.0.1"])], mpm="event"))
    with ThreadPoolExecutor(20) as crowd:
        for each in [crowd.submit(works, client) for _ in range(20)]:
            each.result()
