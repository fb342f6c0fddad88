# SPDX-License-Identifier: Apache-2.0
"""Consent that counts only where DNSSEC validates it, by trust anchors of our own or a resolver's word."""

import pytest

from support import policy
from support.consent import asking, dns, hosts  # noqa: F401  (fixtures)
from support.consent import CONSENTING, SERVED_BY, handshake, needs_dns_servers

pytestmark = [pytest.mark.consent, pytest.mark.sanitizer, needs_dns_servers]

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
    httpd.expect("is not validated: the resolver does not vouch for the answer .*have the resolver validate")
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


def test_a_verdict_goes_with_the_trust_anchors_that_it_was_given_by(asking, connect_to, dns, hosts, tmp_path):
    """Who takes an anchor away need not wait until what is remembered has passed."""
    anchors = tmp_path / "anchors"
    anchors.write_text(dns.anchors.read_text())
    httpd = asking(dns.knot.address, f'WebSocketConsent dnssec\nWebSocketTrustAnchor "{anchors}"')
    assert handshake(httpd, connect_to).status == 101
    anchors.write_text("example. 300 DS 12345 13 2 " + "AB" * 32 + "\n")
    httpd.graceful()
    httpd.expect("no trust anchor covers the name")
    assert handshake(httpd, connect_to).status == 403


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
