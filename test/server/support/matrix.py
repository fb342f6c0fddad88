# SPDX-License-Identifier: Apache-2.0
"""Which servers and schemes a test runs over; without a mark it is event and http."""

import pytest

# Runs the same of our code as event does: without a sanitizer.
WORKER = pytest.param("worker", marks=pytest.mark.worker)

every_mpm = pytest.mark.parametrize("mpm", ["event", WORKER, "prefork"], indirect=True)
event_and_prefork = pytest.mark.parametrize("mpm", ["event", "prefork"], indirect=True)
event_and_worker = pytest.mark.parametrize("mpm", ["event", WORKER], indirect=True)
every_scheme = pytest.mark.parametrize("scheme", ["http", "https"], indirect=True)


# worker's own is how connections come to its threads, which the scheme is nothing to.
everywhere = pytest.mark.parametrize("scheme, mpm", [
    ("http", "event"), ("http", "prefork"), ("https", "event"), ("https", "prefork"),
    pytest.param("https", "worker", marks=pytest.mark.worker),
], indirect=True)
