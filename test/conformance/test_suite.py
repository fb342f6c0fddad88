# SPDX-License-Identifier: Apache-2.0
"""The suite itself: two right echoes pass, and each flaw is found by the cases that are about it
and by no others."""

import fnmatch
from pathlib import Path

import pytest

from flawed.echo import Conversation, Streaming
from flawed.flaw import DEFLATE, RULES
from flawed.flaws import FLAWS
from flawed.server import EchoServer
from suite import catalogue, record
from suite.case import Volume
from suite.drivers import HTTPD
from suite.runner import Runner
from support.client import Client

DOCUMENT = Path(__file__).resolve().parents[2] / "doc" / "conformance.md"
IN_VAIN = 1.0  # seconds that a case waits for what never comes
LITTLE = Volume(messages=100, octets=1 << 16)


def played(conversation, cases, *, certificate=None, **options):
    with EchoServer(conversation, certificate) as server:
        client = Client(server, "https" if certificate else "http")
        return Runner(client, volume=LITTLE, **options).run(cases)


def failures(results):
    return {number: result.fault for number, result in results.items() if not result.passed}


def among(cases, patterns):
    return [case for case in cases
            if any(fnmatch.fnmatchcase(case.number, pattern) for pattern in patterns)]


def numbers(cases):
    return {case.number for case in cases}


@pytest.mark.parametrize("conversation", [Conversation, Streaming])
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_a_right_echo_passes(conversation, tls, servers):
    """Volume and compression have nothing of TLS about them."""
    beyond_rules = () if tls else (*DEFLATE, "9.[12].[12]", "9.[34].6", "9.[56].6")
    cases = catalogue.matching(*RULES, *beyond_rules)
    certificate = servers.certificate if tls else None
    assert not failures(played(conversation, cases, certificate=certificate))


@pytest.mark.parametrize("flaw", FLAWS, ids=lambda flaw: flaw.conversation.__name__)
def test_a_flaw_is_found_by_its_cases(flaw, servers):
    cases = catalogue.matching(*flaw.played)
    caught, maybe = among(cases, flaw.caught), among(cases, flaw.maybe)
    silent = among(caught, flaw.silent)
    certificate = servers.certificate if flaw.by_tls else None
    results = played(flaw.conversation, [case for case in cases if case not in silent],
                     certificate=certificate)
    if silent:
        results |= played(flaw.conversation, silent, certificate=certificate, patience=IN_VAIN,
                          in_flight=16)
    failed = failures(results)
    assert caught, "nothing is to find it"
    assert not numbers(caught) - failed.keys(), "these were to find it"
    assert not failed.keys() - numbers(caught) - numbers(maybe), "these were to pass"
    assert not [fault for fault in failed.values() if flaw.said not in fault]


def test_the_document_has_a_table_of_all_cases_passed():
    rows = {row[0]: row[1:] for row in map(record.cells, DOCUMENT.read_text().splitlines()) if row}
    counts = record.case_counts()
    assert counts.keys() < rows.keys()
    for section, count in counts.items():
        subject, cases, *drivers = rows[section]
        assert (subject, int(cases)) == (catalogue.SUBJECTS[section], count)
        assert len(drivers) == len(HTTPD)
        assert all(cell.startswith(f"{count} passed, 0 failed") for cell in drivers)
