# SPDX-License-Identifier: Apache-2.0
"""A driver's cases are played together, when the first of them is asked for; each is a test of its
own all the same. What is not selected is not played."""

import time
from pathlib import Path

import pytest

from suite import catalogue
from suite.case import FULL_VOLUME, Volume
from suite.drivers import HTTPD, PATH, Servers, foreign
from suite.record import Record
from suite.runner import Runner
from support import installation

FOREIGN = "foreign"

# Under a sanitizer: what is about rules. Volume is left to the plain build.
SANITIZED = catalogue.matching("1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*",
                               "9.[1-6].1", "12.*.[146]", "13.*.[16]", "1[23].*.11")


def pytest_addoption(parser):
    parser.addoption("--full-volume", action="store_true",
                     help="1000 messages in each case of sections 12 and 13, however long they are")
    parser.addoption("--result", type=Path, metavar="FILE",
                     help="write what the run came to, for test/conformance/table")
    parser.addoption("--server", metavar="ws://localhost:PORT/PATH",
                     help="play the cases against this server instead of httpd")
    parser.addoption("--keep", action="store_true",
                     help="keep the folder of every httpd that is started, and print its path")


def pytest_generate_tests(metafunc):
    if {"driver", "case"} <= set(metafunc.fixturenames):
        drivers = [FOREIGN] if metafunc.config.getoption("server") else HTTPD
        metafunc.parametrize("driver, case", [
            pytest.param(driver, case, id=f"{driver.replace(' ', '-')}-{case.number}",
                         marks=[pytest.mark.sanitizer] if case in SANITIZED else [])
            for driver in drivers for case in catalogue.all_cases().values()])


def pytest_collection_modifyitems(config, items):
    """One clear line instead of an error a case when there is nothing to test yet."""
    if any("verdict" in item.fixturenames for item in items) and not config.getoption("server"):
        try:
            installation.module_under_test()
        except installation.NotInstalled as missing:
            raise pytest.UsageError(str(missing)) from None


@pytest.fixture(scope="session")
def servers(request):
    running = Servers(keep=request.config.getoption("keep"))
    yield running
    running.stop()


class Verdicts:
    """Results by driver. A server that does not start is tried once."""

    def __init__(self, config, items, servers):
        self._config, self._servers = config, servers
        self.record = Record()
        self._selected, self._results = {}, {}
        for item in items:
            parameters = getattr(getattr(item, "callspec", None), "params", {})
            if "verdict" in item.fixturenames:
                self._selected.setdefault(parameters["driver"], []).append(parameters["case"])

    def __call__(self, driver, case):
        if driver not in self._results:
            self._results[driver] = {}
            self._play_all(driver)
        if case.number not in self._results[driver]:
            pytest.fail(f"not played: see the first case of {driver}", pytrace=False)
        return self._results[driver][case.number]

    def _play_all(self, driver):
        if driver == FOREIGN:
            client, path = foreign(self._config.getoption("server"))
        else:
            client, path = self._servers.client(driver), PATH
        full = self._config.getoption("full_volume")
        runner = Runner(client, path, volume=FULL_VOLUME if full else Volume())
        for section in catalogue.SECTIONS:
            cases = [case for case in self._selected[driver] if case.section == section]
            if not cases:
                continue
            begin = time.monotonic()
            results = runner.run(cases)
            self._results[driver].update(results)
            self.record.add(driver, section, results.values(), time.monotonic() - begin)


@pytest.fixture(scope="session")
def verdict(request, servers):
    """verdict(driver, case): its Result."""
    verdicts = Verdicts(request.config, request.session.items, servers)
    yield verdicts
    if request.config.getoption("result"):
        verdicts.record.write(request.config.getoption("result"),
                              request.config.getoption("full_volume"))
