# SPDX-License-Identifier: Apache-2.0
"""Mixed traffic for a while, with graceful restarts under it; a sanitizer's build is what it is for.
SOAK_SECONDS is how long it takes over all MPMs; test/soak runs the long form."""

import os
import time

import pytest

from support import mixture, policy
from support.load import Ledger, Load
from support.waiting import wait_until

pytestmark = pytest.mark.endurance

SECONDS = float(os.environ.get("SOAK_SECONDS", "15"))
SHARE = {"event": 0.5, "worker": 0.3, "prefork": 0.2}
RESTART_EVERY = 4
# A sanitizer makes everything some times slower, and the machine may be busy: nothing is late here.
PATIENCE = 90


@pytest.mark.sanitizer
@pytest.mark.parametrize("mpm", SHARE, indirect=True)
def test_mixed_traffic_breaks_nothing(new_httpd, connect_to, start, certificate, figure, mpm):
    httpd = new_httpd(limits={"StartServers": 1, "ServerLimit": 200} if mpm == "prefork" else
                      {"StartServers": 1, "ServerLimit": 10},
                      extra='WebSocketDrainTimeout 6s\nWebSocketCloseTimeout 2s\n'
                            '<Location "/echo">\nSetHandler websocket-echo\n</Location>')
    # Clients that abort in the middle of TLS or HTTP, drains that end, slots that are short.
    httpd.permit(r"\[ssl:|\[core:|drain|scoreboard|AH03490|AH10159|reqtimeout")
    ledger = start(Ledger())
    mixture.documents(httpd, start, policy, ledger, certificate.authority)
    load = Load(worker for number, scheme in enumerate(("http", "https"))
                for worker in mixture.workers(connect_to(httpd, scheme, timeout=PATIENCE), ledger,
                                                  100 * number))
    end, restarts = time.monotonic() + SECONDS * SHARE[mpm], 0
    while time.monotonic() < end:
        time.sleep(min(RESTART_EVERY, max(0.1, end - time.monotonic())))
        load.check()
        if time.monotonic() < end or not restarts:
            httpd.graceful()
            restarts += 1
    load.stop(2 * PATIENCE)
    counts = {}
    for worker in load.workers:
        name = type(worker).__name__
        counts[name] = counts.get(name, 0) + worker.count
    figure(f"{mpm}: {restarts} restarts; turns: "
           + ", ".join(f"{name} {count}" for name, count in counts.items()))
    idle = [name for name, count in counts.items() if not count]
    assert not idle, f"no turn came to its end: {idle}"
    assert connect_to(httpd).request("/index.html").status == 200
    # As many as httpd keeps spare: MaxSpareServers, MaxSpareThreads / ThreadsPerChild.
    assert wait_until(lambda: len(httpd.children()) <= (10 if mpm == "prefork" else 3), PATIENCE), \
        "children of former generations stayed"
    assert wait_until(lambda: not httpd.leaked(), PATIENCE), "connections stay open"
