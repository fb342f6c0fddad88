# SPDX-License-Identifier: Apache-2.0
"""Consent of another host's owner, asked of real DNS servers: who is granted it, who is not, and for whom."""

import time

import pytest

from support import policy
from support.connection import read_response
from support.consent import asking, counting, dns, hosts  # noqa: F401  (fixtures)
from support.consent import CONSENTING, CONSENTING_V6, SERVED_BY, handshake, needs_dns_servers, virtual_host
from support.httpd import Httpd
from support.matrix import event_and_prefork
from servers import Scripted, free_port  # (test/dns, found by support.consent)

pytestmark = [pytest.mark.consent, pytest.mark.sanitizer, needs_dns_servers]


# -- granted -------------------------------------------------------------------------------------

@event_and_prefork
@pytest.mark.parametrize("address", [*(f"198.51.100.{number}" for number in (1, 2, 3, 18, 47)),
                                     CONSENTING_V6])
def test_with_consent_the_tunnel_leads_to_the_address_that_was_checked(
        asking, connect_to, dns, hosts, address):
    httpd = asking(dns.knot.address)
    httpd.write("ws/there.xml", policy.document(6667, host=address))
    tunnel = connect_to(httpd, host=SERVED_BY).websocket("/ws/there.xml")
    assert tunnel.receive_bytes(len(address) + 1) == f"{address}\n".encode()
    tunnel.echo(b"with consent")
    tunnel.close()
    assert httpd.error_log.find(r"websocket:debug.*granted by the TXT record at")


def test_a_mapped_address_is_the_address(asking, connect_to, dns, hosts):
    httpd = asking(dns.knot.address)
    assert handshake(httpd, connect_to, "[::ffff:198.51.100.1]").status == 101


def test_every_port_of_the_record_is_granted(asking, connect_to, dns, hosts):
    httpd = asking(dns.knot.address)
    httpd.expect("port 6666 is granted by no record")
    for port, status in ((6667, 101), (6697, 101), (6666, 403)):
        assert handshake(httpd, connect_to, port=port).status == status


def test_a_second_server_is_asked_where_the_first_is_silent(asking, connect_to, start, dns,
                                                           hosts):
    silent = start(Scripted(lambda query: []))
    httpd = asking(f"{silent.address} {dns.knot.address}")
    assert handshake(httpd, connect_to).status == 101


# -- refused -------------------------------------------------------------------------------------

REFUSED = {
    "198.51.100.4": "virtual host .*www.example.com is granted by no record",
    "198.51.100.5": "port 6667 is granted by no record",
    "198.51.100.6": 'no consent record.*TXT "v=websocket1; port=6667; from=www.example.com"',
    "198.51.100.7": "has other addresses only",  # the reverse name lies
    "198.51.100.21": "granted by different records",
    "198.51.100.23": "is ignored: the tag .*from.* stands twice",
    "198.51.100.24": "virtual host .* is granted by no record",  # look-alikes
    "198.51.100.42": "has no address",
    "198.51.100.43": "has no reverse name",
    "198.51.100.44": "aliases",
    "198.51.100.46": "hold no host name",
    "203.0.113.1": "has other addresses only",
    "[2001:db8::2]": "has no reverse name",
}


@pytest.fixture(scope="module")
def refusing_server(certificate, dns):
    """One httpd for all that is refused: nothing of it depends on what was asked before."""
    server = Httpd(certificate, targets="same-host consent",
                   extra=f"WebSocketResolver {dns.knot.address}\n{virtual_host()}").start()
    yield server
    server.stop()
    server.remove()


@pytest.mark.parametrize("address", REFUSED)
def test_without_consent_the_log_says_why_and_the_client_nothing(refusing_server, connect_to,
                                                                address):
    refusing_server.error_log.mark()
    refusing_server.expect(rf"\[websocket:warn\].*consent: .*{REFUSED[address]}")
    response = handshake(refusing_server, connect_to, address)
    assert response.status == 403
    text = response.body.decode()
    for inner in (address.strip("[]"), "good.test", "198.51.100", "TXT", "record"):
        assert inner not in text
    assert refusing_server.complaints() == []


@pytest.mark.parametrize("lines", [
    "WebSocketConsent off", '<Location "/ws">\nWebSocketConsent off\n</Location>'])
def test_consent_that_is_off_is_nobodys(asking, connect_to, counting, lines):
    server = counting()
    httpd = asking(server.address, lines)
    httpd.expect("consent")
    assert handshake(httpd, connect_to).status == 403
    assert not server.queries


def test_without_the_consent_rule_nobody_is_asked(new_httpd, connect_to, counting):
    server = counting()
    httpd = new_httpd(targets="same-host",
                      extra=f"WebSocketResolver {server.address}\n{virtual_host()}")
    httpd.expect("target-not-listed")
    assert handshake(httpd, connect_to).status == 403
    assert not server.queries


def test_an_origin_is_refused_before_anybody_is_asked(asking, connect_to, counting):
    server = counting()
    httpd = asking(server.address)
    httpd.expect("origin")
    httpd.write("ws/there.xml", policy.document(6667, host=CONSENTING))
    client = connect_to(httpd, host=SERVED_BY)
    assert client.handshake("/ws/there.xml", {"Origin": "https://evil.example"}).status == 401
    assert not server.queries


@pytest.mark.parametrize("address", ["169.254.169.254", "224.0.0.1", "0.0.0.0", "[fe80::1]",
                                     "[64:ff9b::a9fe:a9fe]", "127.0.0.1"])
def test_consent_never_speaks_for_this_host_or_special_addresses(new_httpd, connect_to, counting,
                                                                 address):
    server = counting()
    httpd = new_httpd(targets="consent",
                      extra=f"WebSocketResolver {server.address}\n{virtual_host()}")
    httpd.expect(r"\[websocket:warn\]")
    assert handshake(httpd, connect_to, address).status == 403
    assert not server.queries


# -- servers in trouble --------------------------------------------------------------------------

def with_rcode(query, rcode):
    end = query.index(b"\0", 12) + 5
    return query[:2] + bytes([0x81, 0x80 | rcode]) + b"\0\x01" + b"\0" * 6 + query[12:end]


@pytest.mark.parametrize("rcode, reason", [(2, "SERVFAIL"), (5, "REFUSED|refused")])
def test_a_server_that_fails_is_no_consent(asking, connect_to, start, rcode, reason):
    server = start(Scripted(lambda query: [with_rcode(query, rcode)]))
    httpd = asking(server.address)
    httpd.expect(rf"consent: .*({reason}|check the resolver)")
    assert handshake(httpd, connect_to).status == 403


def test_a_silent_server_costs_a_bounded_time(asking, connect_to, start):
    httpd = asking(start(Scripted(lambda query: [])).address)
    httpd.expect("consent: .*no answer in time")
    began = time.monotonic()
    assert handshake(httpd, connect_to).status == 403
    assert 1.5 < time.monotonic() - began < 6


def test_other_requests_are_served_while_owners_are_asked(asking, connect_to, start):
    httpd = asking(start(Scripted(lambda query: [])).address)
    httpd.expect("consent: ")
    httpd.write("ws/there.xml", policy.document(6667, host=CONSENTING, origins="*"))
    client = connect_to(httpd, host=SERVED_BY)
    waiting = client.connect()
    waiting.send(client.upgrade_request("/ws/there.xml")[0])
    began = time.monotonic()
    assert client.request("/index.html").status == 200
    assert time.monotonic() - began < 1
    assert read_response(waiting).status == 403


def test_a_dead_server_is_no_consent(asking, connect_to):
    httpd = asking(f"127.0.0.1:{free_port()}")
    httpd.expect("consent: ")
    assert handshake(httpd, connect_to).status == 403


# -- who serves the policy -----------------------------------------------------------------------

@pytest.mark.parametrize("hosts_lines, asked, status", [
    (virtual_host(), SERVED_BY, 101),
    (virtual_host(), "WWW.Example.COM", 101),
    (virtual_host("inner.test", SERVED_BY), SERVED_BY, 101),
    (virtual_host("inner.test", f"*.other.test {SERVED_BY}"), SERVED_BY, 101),
    # Among names that nobody wrote out the client would choose.
    (virtual_host("inner.test", "*.example.com"), SERVED_BY, 403),
    (virtual_host("inner.test", "www.example.co?"), SERVED_BY, 403),
    (virtual_host("inner.test", "*"), SERVED_BY, 403),
    (virtual_host(SERVED_BY, "*.example.com"), SERVED_BY, 101),
    (virtual_host(SERVED_BY, "*"), "evil.test", 101),
    # A Host that nothing matches ends at the first virtual host, and speaks for nobody.
    (virtual_host("inner.test"), SERVED_BY, 403),
    (virtual_host("inner.test") + virtual_host("second.test"), SERVED_BY, 403),
    (virtual_host("inner.test", "www.example.*"), "www.example.net", 403),
    (virtual_host("inner.test", SERVED_BY), "inner.test", 403),
    (virtual_host("inner.test") + virtual_host(), "www.example.com.evil.test", 403),
    (virtual_host("inner.test") + virtual_host(), "evil.test", 403),
], ids=lambda value: " ".join(value.split()) if isinstance(value, str) else str(value))
def test_only_a_name_of_the_virtual_host_counts(asking, connect_to, dns, hosts, hosts_lines, asked,
                                                status):
    httpd = asking(dns.knot.address, hosts=hosts_lines)
    if status == 403:
        httpd.expect("consent: ")
    assert handshake(httpd, connect_to, host=asked).status == status


@pytest.mark.parametrize("alias", [None, "*.example.com"])
def test_a_name_that_nobody_wrote_out_is_not_the_name_that_is_judged(asking, connect_to, dns, alias):
    httpd = asking(dns.knot.address, hosts=virtual_host("inner.test", alias))
    httpd.expect("virtual host .*inner.test is granted by no record")
    assert handshake(httpd, connect_to, host=SERVED_BY).status == 403


def test_an_absolute_request_target_matches_as_a_host_does(asking, connect_to, dns):
    httpd = asking(dns.knot.address, hosts=virtual_host("inner.test"))
    httpd.expect("consent: ")
    httpd.write("ws/there.xml", policy.document(6667, host=CONSENTING, origins="*"))
    client = connect_to(httpd, host="inner.test")
    response = client.handshake(f"http://{SERVED_BY}/ws/there.xml")
    assert response.status == 403


# -- values ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("line, reason", [
    ("WebSocketConsent maybe", "neither off nor dns nor dnssec"),
    ("WebSocketResolver resolver.example", "WebSocketResolver"),
    ("WebSocketResolver 127.0.0.1:0", "WebSocketResolver"),
    ("WebSocketTrustAnchor /nonexistent", "WebSocketTrustAnchor"),
    ("WebSocketCacheKey /nonexistent", "WebSocketCacheKey: /nonexistent: "),
    ("WebSocketCache nothing", "there is no cache provider 'nothing'"),
    ('<Location "/">\nWebSocketCache shmcb\n</Location>', "not allowed|cannot occur"),
    ('<VirtualHost *:1>\nWebSocketCacheKey key\n</VirtualHost>', "not allowed|cannot occur"),
])
def test_a_bad_value_is_told_why(new_httpd, line, reason):
    status, said = new_httpd(started=False, extra=line).configtest()
    assert status != 0
    assert any(one in said for one in reason.split("|")), said
