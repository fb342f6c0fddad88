# SPDX-License-Identifier: Apache-2.0
"""Consent that must be validated: by our own chain of trust, straight from the authority and
through a resolver, and by the AD bit of the resolver on loopback."""
import socket
import time

import pytest

from servers import Unbound

GOOD = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.8", "192.0.2.17", "192.0.2.18",
        "192.0.2.19", "192.0.2.22", "192.0.2.37", "192.0.2.38", "192.0.2.39", "192.0.2.47",
        "2001:db8::1"]

CHAIN = {
    "192.0.2.30": "the signature has expired",
    "192.0.2.31": "the signature is not yet valid",
    "192.0.2.32": "the answer is bogus",
    "192.0.2.33": "the zone is unsigned",
    "192.0.2.34": "the answer is bogus",
    "192.0.2.35": "the answer is bogus",
    "192.0.2.36": "the algorithm is not supported",
    "192.0.2.40": "the zone is unsigned",
    "192.0.2.48": "the zone is unsigned",  # though it is signed, below one that is not
    "192.0.2.49": "the zone is unsigned",  # though it is an alias of a name in a signed one
    "192.0.2.20": "the answer is made from a wildcard",
    "192.0.2.25": "the alias is made from a DNAME",
    "203.0.113.1": "the zone is unsigned",
}

# The resolver takes RSA/SHA-1, proves wildcards and checks DNAMEs. Why it does not vouch for what is signed is not known.
AD = {address: fault for address, fault in CHAIN.items()
      if address not in ("192.0.2.36", "192.0.2.20", "192.0.2.25")}
AD["192.0.2.48"] = "the resolver does not vouch for the answer"


@pytest.fixture(params=["knot", "unbound"])
def chain(request, dns, judge):
    server = getattr(dns, request.param)
    return lambda address, *more, **named: judge(
        address, server.address, "--dnssec", "--anchors", dns.anchors, *more, **named)


@pytest.mark.parametrize("address", GOOD)
def test_a_chain_of_trust_grants(chain, address):
    verdict = chain(address, expect="granted")
    assert verdict.step[-1].split(" | ")[2] == "secure"


@pytest.mark.parametrize("address,fault", CHAIN.items())
def test_a_broken_chain_has_its_own_reason(chain, address, fault):
    verdict = chain(address, expect="not-validated")
    assert verdict.fault == fault, verdict.text
    assert verdict.ttl == "30"
    advice = verdict.text.rpartition("; ")[2]
    assert verdict.text.count(advice) == 1, "the same is said twice"


@pytest.mark.parametrize("address", GOOD + ["192.0.2.20", "192.0.2.25"])
def test_the_ad_bit_of_a_loopback_resolver_grants(dns, judge, address):
    judge(address, dns.unbound.address, "--dnssec", expect="granted")


@pytest.mark.parametrize("address,fault", AD.items())
def test_without_the_ad_bit_there_is_a_reason_too(dns, judge, address, fault):
    verdict = judge(address, dns.unbound.address, "--dnssec", expect="not-validated")
    assert verdict.fault == fault, verdict.text


def test_an_authority_that_sets_no_ad_bit_grants_nothing(dns, judge):
    """Nor is the zone to blame, which is signed: it is no validating resolver that was asked."""
    verdict = judge("192.0.2.1", dns.knot.address, "--dnssec", expect="not-validated")
    assert verdict.fault == "the resolver does not vouch for the answer"
    assert "have the resolver validate" in verdict.text


def test_a_zone_without_an_anchor_is_refused(dns, judge, tmp_path):
    anchors = tmp_path / "anchors"
    anchors.write_text("".join(line for line in open(dns.anchors) if not line.startswith("test.")))
    verdict = judge("192.0.2.1", dns.unbound.address, "--dnssec", "--anchors", anchors,
                    expect="not-validated")
    assert verdict.fault == "no trust anchor covers the name"


def test_an_anchor_of_another_key_is_refused(dns, judge, tmp_path):
    anchors = tmp_path / "anchors"
    text = dns.anchors.read_text().splitlines()
    anchors.write_text("".join(f"{line[:-4]}0000\n" for line in text))
    verdict = judge("192.0.2.1", dns.unbound.address, "--dnssec", "--anchors", anchors,
                    expect="not-validated")
    assert verdict.fault == "the answer is bogus"


def test_dnskey_anchors_of_the_leaf_zones_need_no_chain(dns, judge, tmp_path):
    anchors = tmp_path / "anchors"
    served = dns.anchors.parent / "served"
    keys = [line for name in ("good.test", "2.0.192.in-addr.arpa")
            for line in open(served / f"{name}.zone") if "\tDNSKEY\t257" in line]
    anchors.write_text("; both zones\n" + "".join(keys))
    verdict = judge("192.0.2.1", dns.knot.address, "--dnssec", "--anchors", anchors,
                    expect="granted")
    assert verdict.step[-1].split(" | ")[2] == "secure"


def test_the_clock_decides(dns, judge):
    late = int(time.time()) + 30 * 86400
    verdict = judge("192.0.2.1", dns.knot.address, "--dnssec", "--anchors", dns.anchors,
                    "--now", late, expect="not-validated")
    assert verdict.fault == "the signature has expired"
    verdict = judge("192.0.2.1", dns.knot.address, "--dnssec", "--anchors", dns.anchors,
                    "--now", late - 60 * 86400, expect="not-validated")
    assert verdict.fault == "the signature is not yet valid"


def test_negative_answers_of_signed_zones_refuse_by_their_own_reason(dns, judge):
    for address, reason in {"192.0.2.6": "no-record", "192.0.2.42": "no-forward-address",
                            "192.0.2.43": "no-reverse-name"}.items():
        judge(address, dns.unbound.address, "--dnssec", "--anchors", dns.anchors, expect=reason)
        judge(address, dns.unbound.address, "--dnssec", expect=reason)


def own_address():
    """An address of this machine that is not loopback; nothing is sent to find it."""
    with socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.connect(("192.0.2.1", 9))
        return udp.getsockname()[0]


def test_the_ad_bit_of_a_resolver_elsewhere_is_not_trusted(dns, judge, tmp_path):
    try:
        address = own_address()
    except OSError:
        pytest.skip("this machine has no address but loopback")
    elsewhere = Unbound(tmp_path, dns.knot.address, dns.anchors,
                        f"interface: {address}\n  access-control: {address} allow")
    try:
        verdict = judge("192.0.2.1", f"{address}:{elsewhere.port}", "--dnssec",
                        expect="not-validated")
        assert verdict.fault == "the resolver is not on loopback"
        judge("192.0.2.1", f"{address}:{elsewhere.port}", expect="granted")
        judge("192.0.2.1", f"{address}:{elsewhere.port}", "--dnssec", "--anchors", dns.anchors,
              expect="granted")
    finally:
        elsewhere.stop()
