# SPDX-License-Identifier: Apache-2.0
"""Owners of other hosts who consent by records of real DNS servers, and servers that ask them: the zones of test/dns
in Knot as the authority and Unbound as the validating resolver, the targets' addresses in a network namespace. Its
fixtures are for the files of tests that import them: as conftest.py's they would bring test/dns into every suite that
takes those."""

import dataclasses
import shutil
import sys
import time
from contextlib import suppress
from types import SimpleNamespace

import pytest

from . import installation, owners, policy

sys.path.append(str(installation.SOURCE / "test" / "dns"))
import zones  # noqa: E402  (test/dns)
from servers import Knot, Scripted, Unbound, ask  # noqa: E402

needs_dns_servers = pytest.mark.skipif(
    not all(map(shutil.which, ("knotd", "kzonesign", "unbound"))),
    reason="install Debian's knot, knot-dnssecutils and unbound")

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

ONE_CHILD = {"StartServers": 1, "MinSpareThreads": 1, "MaxSpareThreads": 64,
             "ThreadsPerChild": 64, "MaxRequestWorkers": 64}


def handshake(httpd, connect_to, address=CONSENTING, port=6667, host=SERVED_BY, **options):
    httpd.write("ws/there.xml", policy.document(port, host=address, origins="*"))
    return connect_to(httpd, host=host).handshake("/ws/there.xml", **options)
