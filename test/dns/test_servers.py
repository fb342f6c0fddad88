# SPDX-License-Identifier: Apache-2.0
"""Resolvers that are slow, lame, broken or lying, and somebody who guesses."""
import socket
import struct
import time

import pytest

from servers import Scripted, ask, free_port


@pytest.fixture
def scripted():
    servers = []

    def start(udp, tcp=None):
        servers.append(Scripted(udp, tcp))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def honest(dns):
    """What the authority says, for a server in the middle to change. On a busy machine it may take most of the two
    seconds that a query has."""
    return lambda query: ask(dns.knot.port, query, 1.5)


def with_rcode(query, rcode):
    end = query.index(b"\0", 12) + 5
    return (query[:2] + bytes([0x81, 0x80 | rcode]) + b"\0\x01" + b"\0" * 6 + query[12:end])


def flags(message, octet, bits):
    changed = bytearray(message)
    changed[octet] |= bits
    return bytes(changed)


def test_a_silent_server_costs_no_more_than_a_query_s_time(judge, scripted):
    server = scripted(lambda query: [])
    verdict = judge("192.0.2.1", server.address, expect="lookup-failed")
    assert verdict.status == "no answer in time"
    assert 1900 <= int(verdict.took_ms) < 3000
    assert len(server.queries) == 2  # asked once more, as datagrams get lost
    assert verdict.ttl == "30"


def test_the_whole_judgement_has_an_end(judge, honest, scripted):
    def slow(query):
        # Each answer comes, but late: the time of a query is kept, that of all is not.
        time.sleep(0.4)
        return [honest(query)]

    server = scripted(slow)
    verdict = judge("192.0.2.2", server.address, "--time", 1000)
    assert not verdict.granted
    assert verdict.reason in ("out-of-time", "lookup-failed")
    assert int(verdict.took_ms) < 1500


def test_a_lost_datagram_is_sent_again(judge, honest, scripted):
    seen = set()

    def forgetful(query):
        first = query[12:] not in seen
        seen.add(query[12:])
        return [] if first and len(seen) == 1 else [honest(query)]

    judge("192.0.2.1", scripted(forgetful).address, expect="granted")


def test_the_second_server_is_asked_when_the_first_is_silent_dead_or_failing(
        dns, judge, scripted):
    closed = f"127.0.0.1:{free_port()}"
    failing = scripted(lambda query: [with_rcode(query, 2)])
    refusing = scripted(lambda query: [with_rcode(query, 5)])
    silent = scripted(lambda query: [])
    for bad in (closed, failing.address, refusing.address):
        verdict = judge("192.0.2.1", [bad, dns.knot.address], expect="granted")
        assert int(verdict.took_ms) < 900
    judge("192.0.2.1", [silent.address, dns.knot.address], expect="granted")


@pytest.mark.parametrize("rcode,status", [
    (2, "server failure (SERVFAIL)"), (5, "the resolver refused"), (4, "the resolver refused"),
    (1, "the resolver refused"), (3, None)])
def test_each_rcode_has_its_reason(judge, scripted, rcode, status):
    server = scripted(lambda query: [with_rcode(query, rcode)])
    verdict = judge("192.0.2.1", server.address)
    if status is None:
        assert verdict.reason == "no-reverse-name"
    else:
        assert (verdict.reason, verdict.status) == ("lookup-failed", status)
    assert len(server.queries) == 1


@pytest.mark.parametrize("rcode,status", [
    (1, "the resolver refused"), (2, "server failure (SERVFAIL)"), (4, "the resolver refused"),
    (0, "malformed answer"), (3, "malformed answer")])
def test_a_refusal_may_come_without_its_question(judge, scripted, rcode, status):
    """As those do that cannot read the query, such as one with EDNS."""
    server = scripted(lambda query: [query[:2] + bytes([0x81, 0x80 | rcode]) + bytes(8)])
    verdict = judge("192.0.2.1", server.address, expect="lookup-failed")
    assert verdict.status == status


def test_a_closed_port_is_known_at_once(judge):
    verdict = judge("192.0.2.1", f"127.0.0.1:{free_port()}", expect="lookup-failed")
    assert verdict.status == "the resolver is unreachable"
    assert int(verdict.took_ms) < 500


def test_a_referral_is_no_answer(judge, scripted):
    def lame(query):
        end = query.index(b"\0", 12) + 5
        owner = b"\x07in-addr\x04arpa\0"
        record = owner + struct.pack("!HHIH", 2, 1, 300, 4) + b"\x02ns\0"
        return [query[:2] + b"\x81\x80\0\x01\0\0\0\x01\0\0" + query[12:end] + record]

    verdict = judge("192.0.2.1", scripted(lame).address, expect="lookup-failed")
    assert verdict.status == "the resolver answered with a referral"


def test_answers_to_other_questions_are_passed_over(judge, honest, scripted):
    def babbling(query):
        good = honest(query)
        wrong_id = bytes([good[0] ^ 255]) + good[1:]
        wrong_name = good[:13] + bytes([good[13] ^ 1]) + good[14:]
        end = query.index(b"\0", 12)
        wrong_type = good[:end + 1] + b"\0\x63" + good[end + 3:]
        is_query = bytes([*good[:2], good[2] & 0x7F, *good[3:]])
        return [wrong_id, wrong_name, wrong_type, is_query, b"", b"x", good]

    judge("192.0.2.1", scripted(babbling).address, expect="granted")


def test_datagrams_from_elsewhere_do_not_arrive(judge, honest, scripted):
    def spoofed(query):
        def from_another_port(peer):
            with socket.socket(type=socket.SOCK_DGRAM) as other:
                other.sendto(with_rcode(query, 3), peer)  # NXDOMAIN, right id and question
        return [from_another_port, honest(query)]

    judge("192.0.2.1", scripted(spoofed).address, expect="granted")


def test_a_guesser_is_cut_off(judge, scripted):
    def guessing(query):
        reply = with_rcode(query, 3)
        right = struct.unpack("!H", query[:2])[0]
        return [struct.pack("!H", n) + reply[2:] for n in range(64) if n != right]

    verdict = judge("192.0.2.1", scripted(guessing).address, expect="lookup-failed")
    assert verdict.status == "malformed answer"


def test_ids_and_ports_differ_from_query_to_query(judge, honest, scripted):
    ports = []

    def noting(query):
        def note(peer):
            ports.append(peer[1])
        return [note, honest(query)]

    server = scripted(noting)
    for _ in range(6):
        judge("192.0.2.1", server.address, expect="granted")
    ids = [query[:2] for query in server.queries]
    assert len(ids) == len(ports) == 18
    assert len(set(ids)) >= 17 and len(set(ports)) >= 14
    steps = {(int.from_bytes(b, "big") - int.from_bytes(a, "big")) % 65536
             for a, b in zip(ids, ids[1:])}
    assert len(steps) >= 15  # no counter


@pytest.mark.parametrize("reply", [
    lambda good: good[:-3],
    lambda good: good[:20] + b"\xc0\x14" * 40,
    lambda good: good[:6] + b"\0\xf0" + good[8:],
    lambda good: good[:4] + b"\0\0" + good[6:],
    lambda good: good + bytes(5000),
])
def test_garbage_is_malformed_and_ends_the_wait(judge, honest, scripted, reply):
    verdict = judge("192.0.2.1", scripted(lambda query: [reply(honest(query))]).address,
                    expect="lookup-failed")
    assert verdict.status == "malformed answer"
    assert int(verdict.took_ms) < 900


NO_TCP = "an answer too long for UDP, and none over TCP"


class TestTruncation:
    @staticmethod
    def truncated(honest):
        return lambda query: [flags(honest(query)[:40], 2, 2)]

    def test_leads_to_tcp(self, judge, honest, scripted):
        def whole(connection, query):
            reply = honest(query[2:])
            # In small pieces, the length cut in two.
            for octet in struct.pack("!H", len(reply)) + reply:
                connection.sendall(bytes([octet]))

        judge("192.0.2.1", scripted(self.truncated(honest), whole).address, expect="granted")

    @pytest.mark.parametrize("answer,status", [
        (lambda connection, query: None, "malformed answer"),
        (lambda connection, query: connection.sendall(b"\x00"), "malformed answer"),
        (lambda connection, query: connection.sendall(b"\x7f\xff" + query), "malformed answer"),
        (lambda connection, query: connection.sendall(b"\x00\x00"), "malformed answer"),
        (lambda connection, query: connection.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)),
         NO_TCP),
    ])
    def test_with_a_broken_tcp_service_refuses(self, judge, honest, scripted, answer, status):
        verdict = judge("192.0.2.1", scripted(self.truncated(honest), answer).address,
                        expect="lookup-failed")
        assert verdict.status == status

    def test_without_a_tcp_service_refuses_at_once(self, judge, honest, scripted):
        verdict = judge("192.0.2.1", scripted(self.truncated(honest)).address,
                        expect="lookup-failed")
        assert verdict.status == NO_TCP
        assert "firewalls" in verdict.text
        assert int(verdict.took_ms) < 900

    def test_with_a_silent_tcp_service_ends_in_time(self, judge, honest, scripted):
        kept = []
        verdict = judge("192.0.2.1", scripted(
            self.truncated(honest), lambda connection, query: kept.append(connection.dup())
        ).address, expect="lookup-failed")
        assert verdict.status == NO_TCP
        assert int(verdict.took_ms) < 3000

    @pytest.mark.parametrize("options,took", [((), 4500), (("--time", 1900), 1900)])
    def test_with_a_silent_tcp_service_leaves_time_for_the_second_server(
            self, dns, judge, honest, scripted, options, took):
        kept = []
        first = scripted(lambda query: [flags(honest(query)[:40], 2, 2)] if not kept else [honest(query)],
                         lambda connection, query: kept.append(connection.dup()))
        verdict = judge("192.0.2.1", [first.address, dns.knot.address], *options, expect="granted")
        assert kept, "nothing was asked over TCP"
        assert int(verdict.took_ms) < took

    def test_with_a_silent_tcp_service_of_the_second_server_leaves_time_for_the_third(
            self, dns, judge, honest, scripted):
        kept = []
        silent = [scripted(lambda query: [flags(honest(query)[:40], 2, 2)] if len(kept) < 2 else [honest(query)],
                           lambda connection, query: kept.append(connection.dup())) for _ in range(2)]
        judge("192.0.2.1", [*(each.address for each in silent), dns.knot.address], expect="granted")
        assert len(kept) == 2

    def test_in_the_tcp_answer_again_is_malformed(self, judge, honest, scripted):
        def again(connection, query):
            reply = flags(honest(query[2:]), 2, 2)
            connection.sendall(struct.pack("!H", len(reply)) + reply)

        verdict = judge("192.0.2.1", scripted(self.truncated(honest), again).address,
                        expect="lookup-failed")
        assert verdict.status == "malformed answer"


def test_an_endless_zone_ends_with_the_queries(judge, scripted):
    """Every alias leads to another, one a query."""
    def endless(query):
        end = query.index(b"\0", 12) + 5
        label = (b"a" if query[13:14] != b"a" else b"b") + str(len(server.queries)).encode()
        target = bytes([len(label)]) + label + b"\x04test\0"
        record = b"\xc0\x0c" + struct.pack("!HHIH", 5, 1, 300, len(target)) + target
        return [query[:2] + b"\x81\x80\0\x01\0\x01\0\0\0\0" + query[12:end] + record]

    server = scripted(endless)
    verdict = judge("192.0.2.1", server.address, expect="lookup-failed")
    assert verdict.status == "endless or too many aliases (CNAME)"
    assert len(server.queries) <= 9


def test_signatures_taken_away_on_the_way_are_bogus(dns, judge, honest, scripted):
    """A man in the middle who drops DO, so that the authority sends no signatures."""
    def stripping(query):
        # A query ends in its OPT record, that in two octets of flags (DO) and two of length.
        assert query[-4:] == b"\x80\0\0\0"
        return [honest(query[:-4] + bytes(4))]

    server = scripted(stripping)
    verdict = judge("192.0.2.1", server.address, "--dnssec", "--anchors", dns.anchors,
                    expect="not-validated")
    assert verdict.fault == "the answer is bogus"
    assert "the resolver hands none on" in verdict.text
