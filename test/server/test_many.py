# SPDX-License-Identifier: Apache-2.0
"""2,000 idle tunnels under Debian's stock limits (event: 25 threads a child, 150 workers)."""

import resource
import time

import pytest

from support import policy, sanitizer, targets
from support.matrix import every_scheme
from support.waiting import wait_until

pytestmark = pytest.mark.endurance

COUNT = 2000


@pytest.fixture
def many_descriptors():
    """Both ends of every tunnel that this process holds, and some."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * COUNT + 500
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"ulimit -Hn is {hard}, {wanted} descriptors are needed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield wanted
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@every_scheme
def test_two_thousand_idle_tunnels_leave_httpd_serving(new_httpd, connect_to, start, scheme,
                                                     many_descriptors, figure):
    crowd = start(targets.Crowd())
    httpd = new_httpd(max_descriptors=many_descriptors)
    httpd.write("ws/crowd.xml", policy.document(crowd.port))
    client = connect_to(httpd, scheme)
    for _ in range(200):  # every child has its pools and its engine
        client.websocket("/ws/crowd.xml").close()
    assert wait_until(lambda: crowd.size == 0)
    before = httpd.pss_kib()
    tunnels = [client.websocket("/ws/crowd.xml") for _ in range(COUNT)]
    assert wait_until(lambda: crowd.size == COUNT), f"{crowd.size} of {COUNT} reached the target"
    grown = (httpd.pss_kib() - before) / COUNT
    figure(f"{scheme}: {COUNT} idle tunnels, {len(httpd.children())} children, "
           f"{grown:.2f} KiB a tunnel")

    began = time.monotonic()
    for _ in range(50):
        assert client.request("/index.html").status == 200
    assert time.monotonic() - began < 10
    if sanitizer.mode() is None:
        assert len(httpd.children()) <= 4, "tunnels made httpd start children"

    before = httpd.cpu_seconds()
    time.sleep(1)
    assert httpd.cpu_seconds() - before < 0.2, "idle tunnels take processor time"
    for tunnel in tunnels:
        tunnel.echo(b"alive")
    for tunnel in tunnels:
        tunnel.connection.close()
    assert wait_until(lambda: crowd.size == 0, 10), f"{crowd.size} targets were not ended"
