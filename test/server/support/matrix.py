# SPDX-License-Identifier: Apache-2.0
"""Which servers and schemes a test runs over; without a mark it is event and http."""

import pytest

every_mpm = pytest.mark.parametrize("mpm", ["event", "worker", "prefork"], indirect=True)
every_scheme = pytest.mark.parametrize("scheme", ["http", "https"], indirect=True)


def everywhere(test):
    return every_mpm(every_scheme(test))
