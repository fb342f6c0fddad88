# SPDX-License-Identifier: Apache-2.0
"""Back-pressure: a slow peer slows down the other side and costs no memory."""

import hashlib
import threading
import time

from support import frame, processes, sanitizer, targets
from support.matrix import everywhere
from support.waiting import wait_stalled, wait_until

MUCH = 60_000_000
# At most outside the kernel, which keeps up to 36 MiB a connection of its own accord.
HELD = 4_000_000
GROWTH_KIB = 5 * 1024


def assert_held_up(httpd, target, sent_size):
    stalled = wait_stalled(sent_size)
    assert stalled < MUCH
    queued = processes.queued_octets({httpd.http_port, httpd.https_port, target.port})
    assert stalled - queued < HELD


def assert_memory_is_bounded(httpd, before):
    if sanitizer.mode() is None:  # a sanitizer's own bookkeeping grows with use
        grown = httpd.pss_kib() - before
        assert grown < GROWTH_KIB, f"the children grew by {grown} KiB"


def warm_up(client, path):
    """What is allocated once, such as a thread's buffers, is no growth."""
    with client.websocket(path) as tunnel:
        for _ in range(20):
            tunnel.receive_data()


@everywhere
def test_a_client_that_does_not_read_stops_the_target(httpd, client, endpoint, start):
    source = start(targets.Source(MUCH))
    path = endpoint(source)
    warm_up(client, path)
    before = httpd.pss_kib()
    tunnel = client.websocket(path, receive_buffer=65536)
    session = source.session(1)
    assert_held_up(httpd, source, lambda: session.sent_size)
    assert_memory_is_bounded(httpd, before)
    data, answer = tunnel.receive_to_close()
    assert hashlib.sha256(data).hexdigest() == targets.digest(MUCH)
    assert answer.close_code == 1000
    tunnel.send_close(1000)
    assert tunnel.connection.at_end()


@everywhere
def test_a_target_that_does_not_read_stops_the_client(httpd, client, endpoint, start):
    target = start(targets.SlowReader(receive_buffer=65536))
    tunnel = client.websocket(endpoint(target))
    before = httpd.pss_kib()
    tunnel.connection.set_timeout(60)
    sent = [0]

    def send():
        for piece in targets.pattern(MUCH):
            tunnel.send_frame(frame.BINARY, piece)
            sent[0] += len(piece)

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    assert_held_up(httpd, target, lambda: sent[0])
    assert_memory_is_bounded(httpd, before)
    target.resume.set()
    sender.join(30)
    assert sent[0] == MUCH
    tunnel.connection.set_timeout(10)
    tunnel.close()
    session = target.session()
    assert session.wait_ended() == "fin"
    assert (session.received_size, session.received_digest) == (MUCH, targets.digest(MUCH))


@everywhere
def test_a_client_that_reads_slowly_gets_everything(client, endpoint, start):
    size = 3_000_000
    tunnel = client.websocket(endpoint(start(targets.Source(size))), receive_buffer=16384)
    data = bytearray()
    while len(data) < size:
        data += tunnel.receive_data()
        time.sleep(0.002)
    assert hashlib.sha256(data).hexdigest() == targets.digest(size)


def test_one_stalled_tunnel_does_not_stop_the_others(httpd, client, endpoint, start, echo):
    source = start(targets.Source(MUCH))
    stalled = [client.websocket(endpoint(source), receive_buffer=4096) for _ in range(4)]
    wait_stalled(lambda: sum(session.sent_size for session in source.sessions))
    path = endpoint(echo)
    began = time.monotonic()
    for _ in range(20):
        with client.websocket(path) as tunnel:
            tunnel.echo(b"swift")
    assert time.monotonic() - began < 5
    assert len(stalled) == 4 and httpd.running


def test_a_stalled_tunnel_costs_no_processor_time(httpd, client, endpoint, start):
    source = start(targets.Source(MUCH))
    tunnel = client.websocket(endpoint(source), receive_buffer=4096)
    wait_stalled(lambda: source.session().sent_size)
    before = httpd.cpu_seconds()
    time.sleep(1.5)
    assert httpd.cpu_seconds() - before < 0.3
    tunnel.connection.reset()
    assert wait_until(source.session().ended.is_set)


def test_pings_of_a_client_that_does_not_read_pongs_cost_no_memory(httpd, client, endpoint, echo):
    """A flood of pings: the answers must not pile up."""
    tunnel = client.websocket(endpoint(echo), receive_buffer=4096)
    before = httpd.pss_kib()
    tunnel.connection.set_timeout(1)
    pings = frame.encode(frame.PING, b"x" * 125) * 500
    try:
        for _ in range(500):  # 32 MB
            tunnel.connection.send(pings)
    except TimeoutError:
        pass  # back-pressure, the better answer
    assert_memory_is_bounded(httpd, before)
    tunnel.connection.reset()
