# SPDX-License-Identifier: Apache-2.0
"""Consent against a real authority, without DNSSEC: what is granted, and why the rest is not."""
import pytest

PLAIN = {
    "192.0.2.1": "granted",
    "192.0.2.2": "granted",                # at _websocket.
    "192.0.2.3": "granted",                # two strings, cut within a number
    "192.0.2.4": "host-not-granted",
    "192.0.2.5": "port-not-granted",
    "192.0.2.6": "no-record",
    "192.0.2.7": "other-forward-address",  # a name that has other addresses
    "192.0.2.8": "granted",                # 3 KB of TXT records: TCP
    "192.0.2.9": "no-record",              # one record of 2.5 KB, not ours
    "192.0.2.50": "lookup-failed",         # 300 records
    "192.0.2.17": "granted",               # RFC 2317
    "192.0.2.18": "granted",               # an alias out of the reverse zone
    "192.0.2.19": "granted",               # the reverse name is an alias
    "192.0.2.20": "granted",               # wildcards
    "192.0.2.25": "granted",               # below a DNAME
    "192.0.2.21": "not-in-one-record",
    "192.0.2.22": "granted",               # beside a record of another purpose
    "192.0.2.23": "bad-record",
    "192.0.2.24": "host-not-granted",      # look-alikes
    "192.0.2.42": "no-forward-address",
    "192.0.2.43": "no-reverse-name",
    "192.0.2.44": "lookup-failed",         # aliases that lead back
    "192.0.2.46": "bad-reverse-name",
    "192.0.2.47": "granted",               # the third of three names
    "2001:db8::1": "granted",
    "2001:db8::2": "no-reverse-name",
    "203.0.113.1": "other-forward-address",
    "::ffff:192.0.2.1": "granted",
}


@pytest.mark.parametrize("server", ["knot", "unbound"])
@pytest.mark.parametrize("address,reason", PLAIN.items())
def test_plain_dns_decides(dns, judge, server, address, reason):
    judge(address, getattr(dns, server).address, expect=reason)


def test_a_refusal_tells_the_record_to_publish(dns, judge):
    verdict = judge("192.0.2.6", dns.unbound.address, expect="no-record")
    assert ('_websocket.silent.good.test. TXT "v=websocket1; port=6667; from=www.example.com"'
            in verdict.text)


@pytest.mark.parametrize("server", ["knot", "unbound"])
def test_too_many_records_are_said_to_be_too_many(dns, judge, server):
    verdict = judge("192.0.2.50", getattr(dns, server).address, expect="lookup-failed")
    assert verdict.status == "an answer of too many records"
    assert "publish fewer" in verdict.text


def test_every_lookup_is_reported(dns, judge):
    verdict = judge("192.0.2.18", dns.unbound.address, expect="granted")
    assert [step.split(" | ")[0] for step in verdict.step] == [
        "PTR 18.2.0.192.in-addr.arpa", "A irc18.good.test", "TXT irc18.good.test"]
    assert verdict.alias == ["18.customer.good.test"]


def test_odd_octets_of_a_reverse_name_do_not_reach_the_log(dns, judge):
    verdict = judge("192.0.2.46", dns.unbound.address, expect="bad-reverse-name")
    assert any("evil" in record for record in verdict.record)
    assert all(" " <= c <= "~" for record in verdict.record for c in record)


def test_the_least_ttl_on_the_way_is_kept(dns, judge):
    assert judge("192.0.2.1", dns.knot.address).ttl == "300"
    # Negative answers of these zones last a minute; a failure is tried again sooner.
    assert judge("192.0.2.6", dns.knot.address, expect="no-record").ttl == "60"
    assert judge("192.0.2.44", dns.knot.address, expect="lookup-failed").ttl == "30"


@pytest.mark.parametrize("served_by,granted", [
    ("www.example.com", True), ("WWW.Example.COM", True), ("www.example.com.", True),
    ("example.com", False), ("www.example.com.evil.test", False), ("xwww.example.com", False),
    ("www.example.co", False), ("www.example.com..", False),
])
def test_the_host_is_compared_as_names_are(dns, judge, served_by, granted):
    assert judge("192.0.2.1", dns.unbound.address, served_by=served_by).granted is granted


@pytest.mark.parametrize("port,granted", [(6667, True), (6697, True), (6666, False), (25, False)])
def test_the_port_must_be_listed(dns, judge, port, granted):
    assert judge("192.0.2.1", dns.unbound.address, port=port).granted is granted
