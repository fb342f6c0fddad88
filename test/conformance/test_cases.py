# SPDX-License-Identifier: Apache-2.0
"""Every case on every driver, and what the servers have to say about it afterwards."""

import pytest

from suite.drivers import HTTPD


def test_case(verdict, driver, case):
    result = verdict(driver, case)
    if not result.passed:
        pytest.fail(f"{case.number} ({case.title}): {result.fault}", pytrace=False)


@pytest.mark.sanitizer
@pytest.mark.parametrize("mpm", sorted({mpm for mpm, _ in HTTPD.values()}))
def test_the_server_complains_of_nothing_and_holds_no_connection(servers, mpm):
    if not servers.started(mpm):
        pytest.skip("none of its cases was selected")
    assert not servers.httpd(mpm).complaints()
