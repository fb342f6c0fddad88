# SPDX-License-Identifier: Apache-2.0
"""Consent of another host's owner, asked of real DNS servers and remembered: Knot as the authority,
Unbound as the validating resolver, the target's addresses in a network namespace."""

import dataclasses
import shutil
import socket
import subprocess
import sys
import time
from contextlib import suppress
from types import SimpleNamespace

import pytest

from support import installation, owners, policy
from support.connection import read_response
from support.httpd import Httpd
from support.targets import RefusedPort
from support.waiting import wait_until

sys.path.append(str(installation.SOURCE / "test" / "dns"))
import zones  # noqa: E402  (test/dns)
from servers import Knot, Scripted, Unbound, ask, free_port  # noqa: E402

pytestmark = [
    pytest.mark.sanitizer,
    pytest.mark.skipif(not all(map(shutil.which, ("knotd", "kzonesign", "unbound"))),
                       reason="install Debian's knot, knot-dnssecutils and unbound"),
]

SERVED_BY = zones.SERVED_BY
CONSENTING = "198.51.100.1"
CONSENTING_V6 = "2001:db8::1"


# A machine may be at home in the 192.0.2.0/24 of test/dns; here there must really be hosts.
REVERSE = "100.51.198.in-addr.arpa."


def zones_of_our_own():
    return [dataclasses.replace(zone, name=zone.name.replace("2.0.192.in-addr.arpa.", REVERSE),
                                records=zone.records.replace("192.0.2.", "198.51.100."))
            for zone in PLAN()]


PLAN = zones.plan


@pytest.fixture(scope="module")
def dns(tmp_path_factory):
    """The zones of test/dns and their servers: `anchors`, `knot`, `unbound`."""
    folder = tmp_path_factory.mktemp("dns")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zones, "plan", zones_of_our_own)
        signed = zones.Signer(folder / "zones").run()
    anchors = folder / "zones" / "anchors"
    knot = Knot(folder / "knot", signed, folder / "zones" / "served")
    try:
        unbound = Unbound(folder / "unbound", knot.address, anchors,
                          f'local-zone: "{REVERSE}" nodefault')
        try:
            yield SimpleNamespace(anchors=anchors, knot=knot, unbound=unbound)
        finally:
            unbound.stop()
    finally:
        knot.stop()


@pytest.fixture(scope="module")
def hosts():
    """Answers at the addresses that consent, and at some that do not."""
    try:
        made = owners.Owners([*(f"198.51.100.{number}" for number in (1, 2, 3, 5, 6, 18, 33, 47)),
                              CONSENTING_V6], [6667, 6697, 6666])
    except owners.NotPermitted as refused:
        pytest.skip(f"no network namespace: {refused}")
    yield made
    made.close()


HOST = """
<VirtualHost 127.0.0.1:{{http_port}}>
  ServerName {name}
  {alias}
  DocumentRoot "{{root}}/htdocs"
</VirtualHost>
"""


def virtual_host(name=SERVED_BY, alias=None):
    return HOST.format(name=name, alias=f"ServerAlias {alias}" if alias else "")


@pytest.fixture
def asking(new_httpd):
    """asking(resolver, lines, ...): an httpd that asks for consent, as www.example.com."""

    def make(resolver, lines="", hosts=virtual_host(), **options):
        return new_httpd(targets="same-host consent",
                         extra=f"WebSocketResolver {resolver}\n{lines}\n{hosts}", **options)

    return make


@pytest.fixture
def counting(start, dns):
    """A server before the authority, which counts what it is asked; `delay` is in seconds."""

    def make(delay=0.0):
        def forward(query):
            time.sleep(delay)
            # Several times within the two seconds that a query has: a machine may be busy.
            for _ in range(5):
                with suppress(TimeoutError):
                    return [ask(dns.knot.port, query, 0.35)]
            return []

        return start(Scripted(forward))

    return make


ONE_LOOKUP = 3  # PTR, A, TXT


def handshake(httpd, connect_to, address=CONSENTING, port=6667, host=SERVED_BY, **options):
    httpd.write("ws/there.xml", policy.document(port, host=address, origins="*"))
    return connect_to(httpd, host=host).handshake("/ws/there.xml", **options)


# -- granted -------------------------------------------------------------------------------------

@pytest.mark.parametrize("mpm", ["event", "prefork"], indirect=True)
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


# -- DNSSEC --------------------------------------------------------------------------------------

FAULTS = {
    "198.51.100.30": "the signature has expired",
    "198.51.100.31": "the signature is not yet valid",
    "198.51.100.32": "the answer is bogus",
    "198.51.100.33": "the zone is unsigned",
    "198.51.100.34": "the answer is bogus",
}


@pytest.fixture(params=["anchors", "anchors and resolver", "AD bit"])
def validating(request, asking, dns):
    lines = "WebSocketConsent dnssec"
    if "anchors" in request.param:
        lines += f'\nWebSocketTrustAnchor "{dns.anchors}"'
    server = dns.knot if request.param == "anchors" else dns.unbound
    return asking(server.address, lines)


def test_validated_consent_is_consent(validating, connect_to, hosts):
    assert handshake(validating, connect_to).status == 101


def test_what_is_not_validated_is_refused_each_with_its_reason(validating, connect_to):
    for address, fault in FAULTS.items():
        validating.expect(rf"consent: .*{fault}")
        assert handshake(validating, connect_to, address).status == 403


def test_the_same_unsigned_consent_counts_without_dnssec(asking, connect_to, dns, hosts):
    httpd = asking(dns.knot.address)
    assert handshake(httpd, connect_to, "198.51.100.33").status == 101


def test_an_authority_alone_does_not_validate(asking, connect_to, dns):
    """No trust anchor, and a server on loopback that sets no AD bit."""
    httpd = asking(dns.knot.address, "WebSocketConsent dnssec")
    httpd.expect("is not validated")
    assert handshake(httpd, connect_to).status == 403


def test_verdicts_with_and_without_dnssec_are_kept_apart(asking, connect_to, dns, hosts):
    httpd = asking(dns.unbound.address,
                   '<Location "/ws/strict.xml">\nWebSocketConsent dnssec\n</Location>')
    httpd.expect("the zone is unsigned")
    httpd.write("ws/strict.xml", policy.document(6667, host="198.51.100.33", origins="*"))
    client = connect_to(httpd, host=SERVED_BY)
    assert handshake(httpd, connect_to, "198.51.100.33").status == 101
    assert client.handshake("/ws/strict.xml").status == 403
    assert handshake(httpd, connect_to, "198.51.100.33").status == 101


def test_other_trust_anchors_are_another_question(asking, connect_to, dns, hosts, tmp_path):
    """A verdict by one section's anchors is not one by another's."""
    other = tmp_path / "anchors"
    other.write_text("example. 300 DS 12345 13 2 " + "AB" * 32 + "\n")
    httpd = asking(dns.knot.address, f"""WebSocketConsent dnssec
      WebSocketTrustAnchor "{dns.anchors}"
      <Location "/ws/strict.xml">
        WebSocketTrustAnchor "{other}"
      </Location>""")
    httpd.expect("is not validated")
    httpd.write("ws/strict.xml", policy.document(6667, host=CONSENTING, origins="*"))
    assert handshake(httpd, connect_to).status == 101
    assert connect_to(httpd, host=SERVED_BY).handshake("/ws/strict.xml").status == 403


@pytest.mark.parametrize("line, reason", [
    ("WebSocketConsent maybe", "neither off nor dns nor dnssec"),
    ("WebSocketResolver resolver.example", "WebSocketResolver"),
    ("WebSocketResolver 127.0.0.1:0", "WebSocketResolver"),
    ("WebSocketTrustAnchor /nonexistent", "WebSocketTrustAnchor"),
    ("WebSocketCache nothing", "there is no cache provider 'nothing'"),
    ('<Location "/">\nWebSocketCache shmcb\n</Location>', "not allowed|cannot occur"),
])
def test_a_bad_value_is_told_why(new_httpd, line, reason):
    status, said = new_httpd(started=False, extra=line).configtest()
    assert status != 0
    assert any(one in said for one in reason.split("|")), said


# -- who serves the policy -----------------------------------------------------------------------

@pytest.mark.parametrize("hosts_lines, asked, status", [
    (virtual_host(), SERVED_BY, 101),
    (virtual_host(), "WWW.Example.COM", 101),
    (virtual_host("inner.test", SERVED_BY), SERVED_BY, 101),
    (virtual_host("inner.test", "*.example.com"), SERVED_BY, 101),
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


def test_a_name_that_nothing_matched_is_not_the_name_that_is_judged(asking, connect_to, dns):
    httpd = asking(dns.knot.address, hosts=virtual_host("inner.test"))
    httpd.expect("virtual host .*inner.test is granted by no record")
    assert handshake(httpd, connect_to, host=SERVED_BY).status == 403


def test_an_absolute_request_target_matches_as_a_host_does(asking, connect_to, dns):
    httpd = asking(dns.knot.address, hosts=virtual_host("inner.test"))
    httpd.expect("consent: ")
    httpd.write("ws/there.xml", policy.document(6667, host=CONSENTING, origins="*"))
    client = connect_to(httpd, host="inner.test")
    response = client.handshake(f"http://{SERVED_BY}/ws/there.xml")
    assert response.status == 403


# -- remembering ---------------------------------------------------------------------------------

def many(httpd, connect_to, count, address=CONSENTING):
    """Statuses of so many handshakes, sent before the first answer is read."""
    httpd.write("ws/there.xml", policy.document(6667, host=address, origins="*"))
    client = connect_to(httpd, host=SERVED_BY)
    connections = [client.connect() for _ in range(count)]
    for connection in connections:
        connection.send(client.upgrade_request("/ws/there.xml")[0])
    statuses = [read_response(connection).status for connection in connections]
    return statuses, connections


ONE_CHILD = {"StartServers": 1, "MinSpareThreads": 1, "MaxSpareThreads": 64,
             "ThreadsPerChild": 64, "MaxRequestWorkers": 64}


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


@pytest.mark.parametrize("mpm", ["event", "prefork"], indirect=True)
def test_children_share_what_is_remembered(asking, connect_to, counting, hosts):
    server = counting()
    httpd = asking(server.address)
    assert handshake(httpd, connect_to).status == 101
    httpd.write("ws/there.xml", policy.document(6667, host=CONSENTING, origins="*"))
    client = connect_to(httpd, host=SERVED_BY)
    workers = set()
    for _ in range(30):
        tunnel = client.websocket("/ws/there.xml")
        workers.add(httpd.worker_of(tunnel.connection))
        tunnel.close()
        if len(workers) > 1:
            break
    assert len(workers) > 1, "every handshake met the same child"
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


# -- other caches --------------------------------------------------------------------------------

needs_memcached = pytest.mark.skipif(not shutil.which("memcached"),
                                     reason="install Debian's memcached")


class CacheServer:
    """A cache of another program, on a port of its own; `command` is without the port."""

    def __init__(self, *command):
        self.port = free_port()
        self._process = subprocess.Popen([*command, str(self.port)], stdout=subprocess.DEVNULL)
        assert wait_until(self._is_up), f"{command[0]} did not start"

    def _is_up(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def close(self):
        self._process.terminate()
        self._process.wait(10)


def Memcached():
    return CacheServer("memcached", "-u", "nobody", "-l", "127.0.0.1", "-U", "0", "-p")


def Redis():
    return CacheServer("redis-server", "--save", "", "--appendonly", "no", "--bind", "127.0.0.1",
                       "--port")


needs_redis = pytest.mark.skipif(not shutil.which("redis-server"),
                                 reason="install Debian's redis-server")


@pytest.mark.parametrize("provider, cache", [
    pytest.param("memcache", Memcached, marks=needs_memcached),
    pytest.param("redis", Redis, marks=needs_redis)])
def test_machines_share_a_cache(asking, connect_to, counting, hosts, start, provider, cache):
    server, shared = counting(), start(cache())
    options = {"lines": f"WebSocketCache {provider}:127.0.0.1:{shared.port}",
               "modules": [f"socache_{provider}"]}
    one, two = (asking(server.address, **options) for _ in range(2))
    for httpd in (one, two, one, two):
        httpd.permit(f"socache_{provider}")
        assert handshake(httpd, connect_to).status == 101
    assert len(server.queries) == ONE_LOOKUP
    for httpd in (one, two):
        httpd.restart()  # children keep their connections to the cache


@needs_memcached
def test_a_cache_that_goes_away_only_costs_time(asking, connect_to, counting, hosts):
    server, memcached = counting(), Memcached()
    httpd = asking(server.address, f"WebSocketCache memcache:127.0.0.1:{memcached.port}",
                   modules=["socache_memcache"])
    httpd.permit("socache_memcache|scache_mc|AH007")
    assert handshake(httpd, connect_to).status == 101
    memcached.close()
    assert handshake(httpd, connect_to).status == 101
    assert handshake(httpd, connect_to).status == 101
    assert len(server.queries) == 3 * ONE_LOOKUP
    httpd.restart()  # a child that was not asked again keeps its end of the connection


def test_a_cache_that_was_never_there_only_costs_time(asking, connect_to, counting, hosts, start):
    server, nobody = counting(), start(RefusedPort())
    httpd = asking(server.address, f"WebSocketCache memcache:127.0.0.1:{nobody.port}",
                   modules=["socache_memcache"])
    httpd.permit("socache_memcache|scache_mc|AH007")
    for _ in range(2):
        assert handshake(httpd, connect_to).status == 101
    assert len(server.queries) == 2 * ONE_LOOKUP


def test_a_small_cache_that_overflows_only_costs_time(asking, connect_to, counting):
    """Verdicts of 100 ports in the least shared memory that there is."""
    server = counting()
    httpd = asking(server.address, 'WebSocketCache "shmcb:{root}/run/verdicts(8192)"')
    httpd.expect("no consent record")
    for port in range(1000, 1100):
        assert handshake(httpd, connect_to, "198.51.100.6", port).status == 403
    assert ONE_LOOKUP < len(server.queries) <= 100 * (ONE_LOOKUP + 1)
