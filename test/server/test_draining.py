# SPDX-License-Identifier: Apache-2.0
"""Children that go while tunnels live: restarts, recycling, stop."""

import hashlib
import re
import signal
import threading
import time

import pytest

from support import policy, processes, targets
from support.httpd import SPARE_PROCESSES
from support.matrix import WORKER, event_and_worker, every_mpm, everywhere
from support.waiting import wait_until

pytestmark = pytest.mark.endurance

SCHEMES = ("http", "https")


class Traffic:
    """Echoes on a tunnel of its own until it is stopped; counts bytes, keeps the first error."""

    def __init__(self, tunnel):
        self.rounds = 0
        self.error = None
        self._tunnel = tunnel
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        payload = b"".join(targets.pattern(20_000))
        try:
            while not self._stopped.is_set():
                self._tunnel.echo(payload)
                self.rounds += 1
        except BaseException as error:
            self.error = error  # raised in the test's thread by stop()

    def stop(self):
        self._stopped.set()
        self._thread.join(15)
        if self.error:
            raise self.error
        self._tunnel.close()


@pytest.mark.sanitizer
@every_mpm
def test_a_graceful_restart_under_traffic_loses_no_byte(new_httpd, connect_to, echo, start):
    httpd = new_httpd()
    httpd.write("ws/echo.xml", policy.document(echo.port))
    source = start(targets.Source(20_000_000))
    httpd.write("ws/source.xml", policy.document(source.port))
    clients = [connect_to(httpd, scheme) for scheme in SCHEMES]
    traffic = [Traffic(client.websocket("/ws/echo.xml")) for client in clients for _ in range(3)]
    streams = [client.websocket("/ws/source.xml") for client in clients]
    received = [bytearray(stream.receive_data()) for stream in streams]
    old, reached = set(httpd.children()), {}
    for _ in range(2):
        httpd.graceful()
        reached.update((one, one.rounds) for one in traffic)
        assert wait_until(lambda: all(one.error or one.rounds > reached[one] + 3
                                      for one in traffic))
    fresh = clients[0].websocket("/ws/echo.xml")
    assert httpd.worker_of(fresh.connection) not in old
    fresh.echo(b"new child")
    for stream, data in zip(streams, received):
        rest, answer = stream.receive_to_close()
        assert hashlib.sha256(data + rest).hexdigest() == targets.digest(20_000_000)
        assert answer.close_code == 1000
        stream.send_close(1000)
    for one in traffic:
        one.stop()
    fresh.close()
    assert wait_until(lambda: not old & set(httpd.children()), 10), "an old child stayed"


@every_mpm
def test_handshakes_during_graceful_restarts_all_succeed(new_httpd, connect_to, echo):
    httpd = new_httpd()
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd)
    errors, count, stopped = [], [0], threading.Event()

    def knock():
        try:
            while not stopped.is_set():
                with client.websocket("/ws/echo.xml") as tunnel:
                    tunnel.echo(b"knock")
                    tunnel.close()
                count[0] += 1
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=knock, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        time.sleep(0.3)
        httpd.graceful()
    stopped.set()
    for thread in threads:
        thread.join(15)
    assert not errors, errors[0]
    assert count[0] > 10


@event_and_worker
def test_a_child_that_had_its_connections_keeps_its_tunnels(new_httpd, connect_to, echo):
    """MaxConnectionsPerChild."""
    httpd = new_httpd(limits={"StartServers": 1, "MinSpareThreads": 1,
                              "MaxConnectionsPerChild": 12})
    httpd.write("ws/echo.xml", policy.document(echo.port))
    tunnels = [connect_to(httpd, scheme).websocket("/ws/echo.xml") for scheme in SCHEMES * 3]
    old = {httpd.worker_of(tunnel.connection) for tunnel in tunnels}
    client = connect_to(httpd)
    for _ in range(30):
        assert client.request("/index.html").status == 200
    fresh = client.websocket("/ws/echo.xml")
    assert httpd.worker_of(fresh.connection) not in old
    for _ in range(3):
        time.sleep(0.4)
        for tunnel in tunnels:
            tunnel.echo(b"kept")
    for tunnel in tunnels + [fresh]:
        tunnel.close()
    assert wait_until(lambda: not old & set(httpd.children()), 10), "the old child stayed"


def stopping(client):
    """How many processes mod_status shows as stopping."""
    text = client.request("/server-status?auto").body.decode()
    return int(re.search(r"^Stopping: (\d+)", text, re.MULTILINE)[1])


@pytest.mark.sanitizer
def test_a_child_that_is_one_too_many_keeps_its_tunnels(new_httpd, connect_to, echo):
    """MaxSpareThreads."""
    httpd = new_httpd(limits={"StartServers": 4, "ServerLimit": 8, "ThreadLimit": 5,
                              "ThreadsPerChild": 5, "MinSpareThreads": 5, "MaxSpareThreads": 10,
                              "MaxRequestWorkers": 40})
    httpd.write("ws/echo.xml", policy.document(echo.port))
    clients = [connect_to(httpd, scheme) for scheme in SCHEMES]
    tunnels, holders = [], set()
    while len(holders) < 3:
        assert len(tunnels) < 200, f"connections went to {len(holders)} children only"
        tunnels.append(clients[len(tunnels) % 2].websocket("/ws/echo.xml"))
        holders.add(httpd.worker_of(tunnels[-1].connection))
    assert wait_until(lambda: stopping(clients[0]) > 0, 10, 0.2), "no child was recycled"
    for _ in range(3):
        time.sleep(0.5)
        for tunnel in tunnels:
            tunnel.echo(b"kept")
    for tunnel in tunnels:
        tunnel.close()
    assert wait_until(lambda: len(httpd.children()) <= 2, 10), "recycled children stayed"


@pytest.mark.sanitizer
def test_a_child_that_is_one_too_many_keeps_its_tunnels_where_it_has_the_last_slot(new_httpd, connect_to, echo):
    """Until somebody waits for that, since too few threads are idle."""
    httpd = new_httpd(limits={"StartServers": 2, "ServerLimit": 2, "ThreadLimit": 5, "ThreadsPerChild": 5,
                              "MinSpareThreads": 1, "MaxSpareThreads": 9, "MaxRequestWorkers": 10})
    httpd.permit("WS0137|AH03490|AH10159")
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd)

    def keep_busy(count):
        busy = [client.connect() for _ in range(count)]
        for connection in busy:
            connection.send(b"GET / HTTP/1.1\r\n")
        return busy

    busy = keep_busy(2)  # or a child would be one too many before there are tunnels
    tunnels, holders = [], set()
    while len(holders) < 2:
        assert len(tunnels) < 200, "connections went to one child only"
        tunnels.append(client.websocket("/ws/echo.xml"))
        holders.add(httpd.worker_of(tunnels[-1].connection))
    for connection in busy:
        connection.close()
    assert wait_until(lambda: stopping(client) > 0, 10, 0.2), "no child was recycled"
    for _ in range(4):
        time.sleep(0.5)
        for tunnel in tunnels:
            tunnel.echo(b"kept")
    keep_busy(5)
    assert wait_until(lambda: httpd.error_log.find("no scoreboard slot is left"), 10)
    assert wait_until(lambda: client.request("/index.html").status == 200, 10)


@everywhere
def test_a_drain_that_takes_too_long_ends_with_1012(new_httpd, connect_to, sink, scheme):
    httpd = new_httpd(extra="WebSocketDrainTimeout 2s")
    httpd.permit(r"\[websocket:warn\].*drain")
    httpd.write("ws/sink.xml", policy.document(sink.port))
    tunnel = connect_to(httpd, scheme).websocket("/ws/sink.xml")
    tunnel.send(b"before")
    sink.session().wait_received(6)
    began = time.monotonic()
    httpd.graceful()  # the drain begins with it, not when it returns
    tunnel.send(b" and after")
    data, answer = tunnel.receive_to_close()
    assert (data, answer.close_code) == (b"", 1012)
    assert 1.4 < time.monotonic() - began < 7
    tunnel.send_close(1012)
    assert sink.session().wait_ended() == "fin"
    assert bytes(sink.session().received) == b"before and after"


# mod_dumpio stands in the connection's filters, but where its level of the log is lower: its tunnels stay on their
# threads.
ON_THREAD = {"modules": ["dumpio"], "extra": "DumpIOInput On\nLogLevel dumpio:trace7"}
STAYS = "the tunnel keeps this thread: dumpio_in"

FOUR_CHILDREN = {"StartServers": 1, "ServerLimit": 4, "ThreadLimit": 5, "ThreadsPerChild": 5,
                 "MinSpareThreads": 5, "MaxSpareThreads": 10, "MaxRequestWorkers": 10}
FOUR_PROCESSES = {"StartServers": 1, "ServerLimit": 4, "MinSpareServers": 1, "MaxSpareServers": 2,
                  "MaxRequestWorkers": 4}


@pytest.mark.sanitizer
@pytest.mark.parametrize("mpm, limits, options", [
    pytest.param("event", FOUR_CHILDREN, {}, id="engine"),
    pytest.param("event", FOUR_CHILDREN, ON_THREAD, id="threads"),
    pytest.param("prefork", FOUR_PROCESSES, {}, id="processes")], indirect=["mpm"])
def test_reloads_one_after_the_other_do_not_starve_the_server(
        new_httpd, connect_to, echo, limits, options):
    """Every draining child holds a slot of the scoreboard: the oldest must give way."""
    httpd = new_httpd(limits=limits, **options)
    if options:
        httpd.expect(STAYS)
    httpd.permit("AH03490|AH10159|AH00161|scoreboard|drain")
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd)
    tunnels = []
    for _ in range(6):
        tunnels.append(client.websocket("/ws/echo.xml"))
        tunnels[-1].echo(b"new")
        httpd.graceful()
        began = time.monotonic()
        assert client.request("/index.html").status == 200
        # A process with one tunnel looks once a second, and httpd for its children as well.
        assert time.monotonic() - began < 10
    tunnels[-1].echo(b"the youngest lives")
    _, answer = tunnels[0].receive_to_close()
    assert answer.close_code == 1012


@pytest.mark.parametrize("options", [{}, ON_THREAD], ids=["engine", "threads"])
@event_and_worker
def test_a_child_that_gets_no_thread_to_wait_with_its_tunnels_closes_them(new_httpd, connect_to, echo, options):
    """Or they would go on for ever, whatever WebSocketDrainTimeout says."""
    httpd = new_httpd(**options)
    if options:
        httpd.expect(STAYS)
    httpd.expect("draining: 1 tunnels are closed with 1012, because no thread can be had")
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd)
    tunnel = client.websocket("/ws/echo.xml")
    tunnel.echo(b"open")
    holder = httpd.worker_of(tunnel.connection)
    processes.forbid_threads(holder)
    httpd.graceful()
    assert tunnel.receive_to_close()[1].close_code == 1012
    tunnel.send_close(1012)
    assert wait_until(lambda: holder not in httpd.children(), 10), "the old child stayed"
    client.websocket("/ws/echo.xml").echo(b"as ever")


@pytest.mark.parametrize("mpm, options", [("event", ON_THREAD), ("prefork", {})],
                         indirect=["mpm"], ids=["threads", "processes"])
def test_a_child_that_drains_keeps_no_processor_busy(new_httpd, connect_to, echo, options):
    httpd = new_httpd(**options)
    if options:
        httpd.expect(STAYS)
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd)
    tunnel = client.websocket("/ws/echo.xml")
    holder = httpd.worker_of(tunnel.connection)
    old = set(httpd.children())
    httpd.graceful()
    assert wait_until(lambda: set(httpd.children()) & old == {holder}, 10), "others do not end"
    tunnel.echo(b"drains")
    spent = processes.cpu_seconds(holder)
    time.sleep(1)
    assert processes.cpu_seconds(holder) - spent < 0.3
    tunnel.echo(b"still there")
    tunnel.close()


@pytest.mark.sanitizer
@everywhere
def test_a_stop_says_1001_to_every_tunnel_and_is_swift(new_httpd, connect_to, sink, scheme, mpm):
    httpd = new_httpd(limits=SPARE_PROCESSES if mpm == "prefork" else {})
    httpd.wait_at_rest()
    httpd.write("ws/sink.xml", policy.document(sink.port))
    client = connect_to(httpd, scheme)
    tunnels = [client.websocket("/ws/sink.xml") for _ in range(4)]
    for number, tunnel in enumerate(tunnels):
        tunnel.send(b"hello")
        sink.session(number).wait_received(5)
    began = time.monotonic()
    httpd.signal_stop()
    for tunnel in tunnels:
        data, answer = tunnel.receive_to_close()
        assert (data, answer.close_code) == (b"", 1001)
    httpd.wait_stopped()
    assert time.monotonic() - began < 5
    for number in range(4):
        sink.session(number).wait_ended()
        assert bytes(sink.session(number).received) == b"hello"


@every_mpm
def test_an_ungraceful_restart_says_1001_and_serves_again(new_httpd, connect_to, echo):
    httpd = new_httpd()
    httpd.write("ws/echo.xml", policy.document(echo.port))
    tunnels = [connect_to(httpd, scheme).websocket("/ws/echo.xml") for scheme in SCHEMES]
    for tunnel in tunnels:
        tunnel.echo(b"before")
    httpd.restart()
    for tunnel in tunnels:
        assert tunnel.receive_to_close()[1].close_code == 1001
    connect_to(httpd).websocket("/ws/echo.xml").echo(b"after")


ONE_CHILD = {"StartServers": 1, "ServerLimit": 1, "ThreadLimit": 5, "ThreadsPerChild": 5, "MinSpareThreads": 1,
             "MaxSpareThreads": 5, "MaxRequestWorkers": 5}


@pytest.mark.parametrize("mpm", [WORKER], indirect=True)
def test_a_child_of_worker_that_has_the_last_slot_drains_as_others(new_httpd, connect_to, echo):
    """A new child takes its slot while it drains: whether httpd is not that far yet or, as here, starts none any more,
    nobody waits for the slot."""
    httpd = new_httpd(limits=ONE_CHILD)
    httpd.write("ws/echo.xml", policy.document(echo.port))
    tunnels = [connect_to(httpd, scheme).websocket("/ws/echo.xml") for scheme in SCHEMES]
    child, = httpd.children()
    httpd.signal_stop(signal.SIGWINCH)
    assert wait_until(lambda: not httpd.descriptors("listener"), 10), "the child goes on listening"
    time.sleep(1)  # ten looks for slots
    for tunnel in tunnels:
        tunnel.echo(b"not yet")
    assert httpd.children() == [child]
    for tunnel in tunnels:
        tunnel.close()
    httpd.wait_stopped(10)


@pytest.mark.parametrize("mpm", [WORKER], indirect=True)
def test_a_child_of_worker_whose_threads_all_have_tunnels_makes_room(new_httpd, connect_to, echo):
    """A new child would find no thread of the slot free."""
    httpd = new_httpd(limits=ONE_CHILD, **ON_THREAD)
    httpd.expect(STAYS)
    httpd.expect("draining: 5 tunnels are closed with 1012, because no scoreboard slot is left")
    httpd.permit("AH00286|AH00287|AH10159|AH03490")  # MaxRequestWorkers, and the slots
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd)
    tunnels = [client.websocket("/ws/echo.xml") for _ in range(5)]
    httpd.graceful()
    assert client.request("/index.html").status == 200
    for tunnel in tunnels:
        assert tunnel.receive_to_close()[1].close_code == 1012


@event_and_worker
def test_a_graceful_stop_waits_for_the_tunnels(new_httpd, connect_to, echo):
    httpd = new_httpd()
    httpd.write("ws/echo.xml", policy.document(echo.port))
    tunnels = [connect_to(httpd, scheme).websocket("/ws/echo.xml") for scheme in SCHEMES]
    httpd.signal_stop(signal.SIGWINCH)
    for _ in range(3):
        time.sleep(0.4)
        for tunnel in tunnels:
            tunnel.echo(b"not yet")
    assert httpd.running
    for tunnel in tunnels:
        tunnel.close()
    httpd.wait_stopped(10)


def test_a_drain_that_has_ended_is_not_seen_by_the_next_generation(new_httpd, connect_to, echo):
    """Restarts while nothing is open, then all is as before."""
    httpd = new_httpd()
    httpd.write("ws/echo.xml", policy.document(echo.port))
    for _ in range(3):
        with connect_to(httpd).websocket("/ws/echo.xml") as tunnel:
            tunnel.echo(b"one")
            tunnel.close()
        httpd.graceful()
        with connect_to(httpd, "https").websocket("/ws/echo.xml") as tunnel:
            tunnel.echo(b"two")
            tunnel.close()
