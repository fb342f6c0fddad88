# SPDX-License-Identifier: Apache-2.0
"""What an owner said is remembered, by all children, for a time: who is asked how often."""

import errno
import time

import pytest

from support import policy
from support.connection import read_response
from support.consent import asking, counting, dns, hosts  # noqa: F401  (fixtures)
from support.consent import (CONSENTING, ONE_CHILD, ONE_LOOKUP, SERVED_BY, handshake, needs_dns_servers,
                             virtual_host)
from support.crowding import knock, storm
from support.faults import ASKS_THE_DNS
from support.matrix import event_and_prefork
from servers import Scripted, ask  # (test/dns, found by support.consent)

pytestmark = [pytest.mark.consent, pytest.mark.sanitizer, needs_dns_servers]


def many(httpd, connect_to, count, address=CONSENTING):
    """Statuses of so many handshakes, sent before the first answer is read."""
    httpd.write("ws/there.xml", policy.document(6667, host=address, origins="*"))
    client = connect_to(httpd, host=SERVED_BY)
    connections = [client.connect() for _ in range(count)]
    for connection in connections:
        connection.send(client.upgrade_request("/ws/there.xml")[0])
    statuses = [read_response(connection).status for connection in connections]
    return statuses, connections


def test_many_handshakes_make_one_lookup(asking, connect_to, counting, hosts):
    server = counting()
    httpd = asking(server.address)
    for _ in range(12):
        assert handshake(httpd, connect_to).status == 101
    assert len(server.queries) == ONE_LOOKUP


def test_a_refusal_is_remembered_too(asking, connect_to, counting):
    server = counting()
    httpd = asking(server.address)
    httpd.expect("no consent record")
    for _ in range(12):
        assert handshake(httpd, connect_to, "198.51.100.6").status == 403
    assert len(server.queries) == ONE_LOOKUP + 1  # TXT at two names


@pytest.mark.parametrize("how", ["dns", "dnssec"])
def test_an_owner_who_was_not_asked_for_want_of_a_descriptor_has_refused_nothing(
        asking, connect_to, dns, hosts, faults, how):
    httpd = asking(dns.unbound.address, f"WebSocketConsent {how}", faults=faults)
    httpd.expect(r"WS0039: no-descriptor: consent: PTR \S+: there is no descriptor left")
    httpd.write("ws/there.xml", policy.document(6667, host=CONSENTING, origins="*"))
    client = connect_to(httpd, host=SERVED_BY)
    with faults.during(starved_calls=ASKS_THE_DNS, starved_error=errno.EMFILE) as done:
        assert knock(client, "/ws/there.xml") is None
    assert done["starved"] > 0, "nothing was refused"
    assert client.handshake("/ws/there.xml").status == 101


def test_fifty_handshakes_at_once_make_one_lookup(asking, connect_to, counting, hosts):
    server = counting(delay=0.3)
    httpd = asking(server.address, limits=ONE_CHILD)
    statuses, _ = many(httpd, connect_to, 50)
    assert statuses == [101] * 50
    assert len(server.queries) == ONE_LOOKUP


def test_fifty_refusals_at_once_make_one_lookup(asking, connect_to, counting):
    server = counting(delay=0.2)
    httpd = asking(server.address, limits=ONE_CHILD)
    httpd.expect("no consent record")
    assert many(httpd, connect_to, 50, "198.51.100.6")[0] == [403] * 50
    assert len(server.queries) == ONE_LOOKUP + 1


@event_and_prefork
def test_children_share_what_is_remembered(asking, connect_to, counting, hosts, mpm):
    server = counting()
    httpd = asking(server.address)
    assert handshake(httpd, connect_to).status == 101
    httpd.write("ws/there.xml", policy.document(6667, host=CONSENTING, origins="*"))
    client = connect_to(httpd, host=SERVED_BY)
    # More than a child of event has threads.
    tunnels, refused = storm(client, "/ws/there.xml", 30 if mpm == "event" else 4, children=2)
    assert tunnels and not refused
    assert len(server.queries) == ONE_LOOKUP


def test_ports_hosts_and_addresses_are_remembered_apart(asking, connect_to, counting, hosts):
    server = counting()
    httpd = asking(server.address, hosts=virtual_host(alias="other.example.com"))
    httpd.expect("port 6666 is granted")
    httpd.expect("virtual host .*other.example.com is granted")
    httpd.expect("port 6667 is granted by no record at port.good.test")
    for _ in range(2):
        assert handshake(httpd, connect_to).status == 101
        assert handshake(httpd, connect_to, port=6666).status == 403
        assert handshake(httpd, connect_to, host="other.example.com").status == 403
        assert handshake(httpd, connect_to, "198.51.100.5").status == 403


def test_a_restart_asks_anew(asking, connect_to, counting, hosts):
    server = counting()
    httpd = asking(server.address)
    assert handshake(httpd, connect_to).status == 101
    httpd.restart()
    assert handshake(httpd, connect_to).status == 101
    assert len(server.queries) == 2 * ONE_LOOKUP


def test_the_least_time_to_live_is_five_seconds_and_then_it_is_asked_again(asking, connect_to,
                                                                          counting, dns, start,
                                                                          hosts):
    def short_lived(query):
        return [ask(dns.knot.port, query, 2).replace(b"\0\0\x01\x2c", b"\0\0\0\0")]  # 300 s: 0 s

    server = start(Scripted(short_lived))
    httpd = asking(server.address)
    for _ in range(3):
        assert handshake(httpd, connect_to).status == 101
    assert len(server.queries) == ONE_LOOKUP
    time.sleep(5.5)
    assert handshake(httpd, connect_to).status == 101
    assert len(server.queries) == 2 * ONE_LOOKUP
