# SPDX-License-Identifier: Apache-2.0
"""Targets that flood clients that do not read: memory of the children is bounded by what one read
of a target holds, and nothing is lost when the clients read at last."""

import hashlib
import time

import pytest

from support import policy, sanitizer, targets
from support.matrix import event_and_worker, every_scheme
from support.waiting import wait_stalled

pytestmark = pytest.mark.endurance

CLIENTS = 64
SIZE = 3_000_000
# What a tunnel may hold: one read of the target (64 KiB), in a block that may be twice that; and
# under TLS OpenSSL's buffers.
MOST_KIB = {"http": 150, "https": 200}


@every_scheme
@event_and_worker
def test_a_flood_waits_in_the_target_and_arrives_when_the_clients_read(new_httpd, connect_to, start,
                                                                       scheme, mpm, figure):
    # Short buffers in the kernel, so that little is enough for a flood.
    httpd = new_httpd(extra="SendBufferSize 32768", limits={
        "StartServers": 1, "MinSpareThreads": 1, "MaxSpareThreads": 200})
    source = start(targets.Source(SIZE, send_buffer=16384))
    httpd.write("ws/source.xml", policy.document(source.port))
    client = connect_to(httpd, scheme)
    with client.websocket("/ws/source.xml") as warm:
        warm.receive_to_close()
    before = httpd.pss_kib()
    tunnels = [client.websocket("/ws/source.xml", receive_buffer=4096) for _ in range(CLIENTS)]
    flooding = [source.session(number) for number in range(1, CLIENTS + 1)]
    wait_stalled(lambda: sum(one.sent_size for one in flooding))
    assert max(one.sent_size for one in flooding) < SIZE / 2, "a target was not held up"
    grown = (httpd.pss_kib() - before) / CLIENTS
    figure(f"{mpm} {scheme}: a flooded tunnel holds {grown:.0f} KiB")
    if sanitizer.mode() is None:
        assert grown < MOST_KIB[scheme], f"{grown:.0f} KiB a tunnel"
    busy = httpd.cpu_seconds()
    time.sleep(0.5)
    assert httpd.cpu_seconds() - busy < 0.2, "tunnels that wait take processor time"
    for tunnel in tunnels:
        data, answer = tunnel.receive_to_close()
        assert hashlib.sha256(data).hexdigest() == targets.digest(SIZE)
        assert answer.close_code == 1000
        tunnel.connection.close()
