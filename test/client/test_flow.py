# SPDX-License-Identifier: Apache-2.0
"""Much data, and who holds it while the other is slow: the page, or httpd's children."""

import pytest

from page import CONFIGURATION
from support import policy, processes, targets
from support.waiting import wait_stalled, wait_until

MIB = 1 << 20
SIZE = 50 * MIB
# At most in the browser and in httpd together; the kernel keeps up to 36 MiB a connection of its own accord.
HELD = 4 * MIB

# By WebSocketStream and by WebSocket, as other browsers have it.
both_kinds = pytest.mark.parametrize("kind", ["WebSocketStream", "WebSocket"])


def children_kib(httpd):
    return sum(map(processes.pss_kib, processes.children(httpd.pid)))


class Highest:
    """The most that a measure has been above its first value."""

    def __init__(self, measure):
        self._measure = measure
        self._first = measure()
        self.above = 0

    def look(self):
        self.above = max(self.above, self._measure() - self._first)


@both_kinds
def test_fifty_mebibytes_come_to_a_slow_reader_and_arrive_whole(
        httpd, endpoint, start, page, figure, kind):
    source = start(targets.Source(SIZE))
    browser, server = Highest(lambda: page.memory_kib), Highest(lambda: children_kib(httpd))
    page.run("""
        window.progress = { size: 0, good: true };
        const socket = newSocket(given[0], given[1]);
        const { readable } = await socket.opened;
        window.reading = (async () => {
          for await (const piece of readable) {
            progress.good &&= isPattern(piece, progress.size);
            const before = progress.size >> 20;
            progress.size += piece.length;
            if (progress.size >> 20 !== before) await pause(100); // 10 MiB a second
          }
          progress.closed = await socket.closed;
        })();
        """, kind, endpoint(source))

    session, ahead, held = source.session(), 0, 0
    ports = {httpd.http_port, source.port}

    def done():
        # In this order: what moves on meanwhile is taken for less, never for more, than there was.
        nonlocal ahead, held
        sent = session.sent_size
        queued = processes.queued_octets(ports)
        lead = sent - page.run("return progress.size")
        ahead, held = max(ahead, lead), max(held, lead - queued)
        browser.look()
        server.look()
        return page.run("return progress.closed")

    assert wait_until(done, 90, interval=0.1) == {"closeCode": 1000, "closeReason": ""}
    assert page.run("return [progress.size, progress.good]") == [SIZE, True]
    figure(f"50 MiB to a slow reader by {kind}: the service at most {ahead // 1024} KiB ahead, "
           f"{held // 1024} KiB of it not in the kernel, "
           f"browser +{browser.above} KiB, httpd's children +{server.above} KiB")
    assert server.above < 8 * 1024
    if kind == "WebSocketStream":
        assert held < HELD


def test_a_reader_that_stops_stops_the_service(httpd, endpoint, start, page):
    source = start(targets.Source(SIZE))
    page.run("""
        const socket = newSocket("WebSocketStream", given[0], { receiveBufferSize: 65536 });
        window.open = await socket.opened;
        """, endpoint(source))
    session = source.session()
    assert wait_until(lambda: session.sent_size > 0)
    stalled = wait_stalled(lambda: session.sent_size)
    assert stalled < SIZE
    assert stalled - processes.queued_octets({httpd.http_port, source.port}) < HELD
    size = page.run("""
        let size = 0;
        for await (const piece of window.open.readable) size += piece.length;
        return size;""")
    assert size == SIZE


# Half of it waits in the kernel's buffers, and the pings behind it.
@pytest.mark.parametrize("framing", ["binary", "text"])
def test_a_page_that_does_not_read_is_known_to_live(new_httpd, open_page, start, framing):
    class Full(targets.Target):
        def serve(self, session):
            session.send((b"x" * 63 + b"\n") * (4 * MIB // 64))
            session.receive_to_end()

    httpd = new_httpd(extra=CONFIGURATION + "WebSocketPingInterval 2s\n")
    full = start(Full())
    httpd.write("ws/a.xml", policy.document(full.port, more=f"<framing>{framing}</framing>"))
    page = open_page(httpd)
    page.run("""
        const real = setInterval;
        window.setInterval = (step, ms) => real(step, ms / 40); // ten seconds are a quarter
        window.socket = newSocket("WebSocketStream", "/ws/a.xml", given[0]);
        Object.assign(window, await socket.opened);
        """, {"framing": framing})
    assert not full.session().ended.wait(7)  # three pings, of which the second would have ended it
    size, ended = page.run("""
        let size = 0;
        const reader = readable.getReader();
        try {
          while (size < 4 << 20) size += (await reader.read()).value.length;
          await reader.cancel();
          await writable.close();
        } catch (error) {
          return [size, error.reason];
        }
        return [size, (await settled(socket.closed)).error?.reason ?? null];
        """)
    assert (size, ended) == (4 * MIB, None)
    assert full.session().wait_ended() == "fin"
    assert full.session().received_size == 0
    page.leave()


def test_without_a_way_to_hold_the_server_back_too_much_is_an_error_and_not_the_pages_memory(
        endpoint, start, page):
    source = start(targets.Source(SIZE))
    outcome = page.run("""
        const socket = newSocket("WebSocket", given[0], { maxBuffered: 4 << 20 });
        const { readable } = await socket.opened;
        const { error } = await settled(socket.closed);
        let size = 0, good = true;
        const reading = (async () => {
          for await (const piece of readable) {
            good &&= isPattern(piece, size);
            size += piece.length;
          }
        })();
        return [error, (await settled(reading)).error, good && size > 4 << 20 && size < 6 << 20];
        """, endpoint(source))
    error, of_the_reader, all_that_had_come_was_read = outcome
    assert (error["name"], error["reason"]) == ("QuotaExceededError", "overflow")
    assert of_the_reader == error
    assert all_that_had_come_was_read


@both_kinds
def test_fifty_mebibytes_go_to_a_slow_service_and_arrive_whole(
        httpd, endpoint, start, page, figure, kind):
    slow = start(targets.SlowReader(receive_buffer=65536))
    browser, server = Highest(lambda: page.memory_kib), Highest(lambda: children_kib(httpd))
    page.run("""
        window.progress = { size: 0 };
        window.socket = newSocket(given[0], given[1]);
        const { writable } = await socket.opened;
        const writer = writable.getWriter();
        window.writing = (async () => {
          while (progress.size < given[2]) {
            await writer.write(pattern(progress.size, 65536));
            progress.size += 65536;
          }
          await writer.close();
          writer.releaseLock();
        })();
        """, kind, endpoint(slow), SIZE)

    def written():
        browser.look()
        server.look()
        return page.run("return progress.size")

    stalled = wait_stalled(written)
    assert 0 < stalled < SIZE, "writes were not held back"
    held = stalled - processes.queued_octets({httpd.http_port, slow.port})
    slow.resume.set()
    slow.session().wait_received(SIZE, 60)
    page.run("await window.writing; await socket.close();")
    assert slow.session().wait_ended() == "fin"
    assert slow.session().received_digest == targets.digest(SIZE)
    figure(f"50 MiB to a slow service by {kind}: held back after {stalled // 1024} KiB, "
           f"{held // 1024} KiB of it not in the kernel, "
           f"browser +{browser.above} KiB, httpd's children +{server.above} KiB")
    assert server.above < 8 * 1024
    assert held < HELD
