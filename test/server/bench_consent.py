# SPDX-License-Identifier: Apache-2.0
"""What a remembered consent costs a handshake, beside a target that the administrator lists. Not a
test of check: run it by its name, `python3 -m pytest -s bench_consent.py`."""

import statistics

from support import policy
from support.consent import CONSENTING, SERVED_BY, asking, dns, hosts, virtual_host  # noqa: F401

ROUNDS = 7
HANDSHAKES = 400


def round_of(httpd, connect_to, path):
    client = connect_to(httpd, host=SERVED_BY)
    before = httpd.cpu_seconds()
    for _ in range(HANDSHAKES):
        client.websocket(path).close()
    return (httpd.cpu_seconds() - before) / HANDSHAKES * 1e6


def test_the_cost_of_a_handshake_with_consent(asking, connect_to, dns, hosts, figure):  # noqa: F811
    listed = f"<Location /ws/listed.xml>\nWebSocketTarget {CONSENTING}:6667\n</Location>"
    httpd = asking(dns.knot.address, listed, limits={"StartServers": 1}, hosts=virtual_host())
    document = policy.document(6667, host=CONSENTING, origins="*")
    httpd.write("ws/listed.xml", document)
    httpd.write("ws/consent.xml", document)
    costs = {"listed": [], "consent": []}
    for _ in range(ROUNDS + 1):
        for kind, seen in costs.items():
            seen.append(round_of(httpd, connect_to, f"/ws/{kind}.xml"))
    listed_us, consent_us = (statistics.median(seen[1:]) for seen in costs.values())
    figure(f"CPU of a handshake and its end: {listed_us:.0f} us listed, {consent_us:.0f} us by "
           f"remembered consent, ratio {consent_us / listed_us:.2f}")
