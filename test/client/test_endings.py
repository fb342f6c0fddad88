# SPDX-License-Identifier: Apache-2.0
"""How sockets of a page end: by the page, the service, the server, or because the page is left."""

import base64
import hashlib
import time

import pytest

from page import CONFIGURATION
from support import frame, policy, targets
from support.waiting import wait_until

pytestmark = pytest.mark.parametrize("kind", ["WebSocketStream", "WebSocket"])

# Opens a socket as window.socket, with its streams.
OPEN = """
    window.socket = newSocket(given[0], given[1], given[2] ?? {});
    Object.assign(window, await socket.opened);
    """
CLOSED = "return settled(socket.closed);"


def test_a_service_that_resets_is_told_after_what_it_had_said(endpoint, start, page, kind):
    page.run(OPEN + 'await writable.getWriter().write(bytes("x"));',
             kind, endpoint(start(targets.Resetter())))
    error = page.run(CLOSED)["error"]
    assert (error["name"], error["reason"], error["closeCode"]) == ("NetworkError", "bad-gateway", 1014)
    assert error["isOurs"]


def test_a_message_longer_than_the_policy_allows_is_told_and_what_to_set(endpoint, sink, page, kind):
    path = endpoint(sink, more="<max-message>1K</max-message>")
    page.run(OPEN + "writable.getWriter().write(new Uint8Array(4096)).catch(() => {});", kind, path)
    error = page.run(CLOSED)["error"]
    assert (error["reason"], error["closeCode"]) == ("too-big", 1009)
    assert "maxMessage" in error["message"]
    page.run(OPEN + """
        const writer = writable.getWriter();
        await writer.write(new Uint8Array(4096));
        writer.releaseLock();
        await socket.close();
        """, kind, path, {"maxMessage": 1024})
    sink.session(1).wait_received(4096)


def test_bytes_for_a_policy_of_text_are_told_and_with_the_option_they_are_text(endpoint, echo, page, kind):
    path = endpoint(echo, more="<framing>text</framing>")
    page.run(OPEN + 'await writable.getWriter().write(bytes("x")).catch(() => {});', kind, path)
    error = page.run(CLOSED)["error"]
    assert (error["reason"], error["closeCode"]) == ("unsupported-data", 1003)
    assert "framing" in error["message"]
    assert page.run(OPEN + """
        const writer = writable.getWriter();
        await writer.write(bytes("grü").subarray(0, 3));
        await writer.write(bytes("ü").subarray(1));
        writer.releaseLock();
        const reader = readable.getReader();
        let text = new TextDecoder(), whole = "";
        while (whole.length < 3) whole += text.decode((await reader.read()).value, { stream: true });
        reader.releaseLock();
        await socket.close();
        return whole;
        """, kind, path, {"framing": "text"}) == "grü"


@pytest.mark.parametrize("options", [{"framing": "lines"}, {"protocols": ["text.ircv3.net"]},
                                     {"protocols": ["nobody-knows-it", "binary.ircv3.net"]}])
def test_a_policy_of_lines_is_a_stream_all_the_same(endpoint, echo, page, kind, options):
    path = endpoint(echo, more="<framing>lines</framing>")
    assert page.run(OPEN + """
        const reader = readable.pipeThrough(lines()).getReader();
        const writer = writable.getWriter();
        await writer.write(bytes("NICK ü\\r\\nUS"));
        await writer.write(bytes("ER b\\n"));
        const read = [(await reader.read()).value, (await reader.read()).value];
        await Promise.all([writer.close(), reader.cancel()]);
        return [...read, (await socket.closed).closeCode];
        """, kind, path, options) == ["NICK ü", "USER b", 1000]
    assert echo.session().received == "NICK ü\r\nUSER b\r\n".encode()


def test_a_hard_restart_is_going_away(new_httpd, open_page, start, kind):
    httpd = new_httpd(extra=CONFIGURATION)
    httpd.write("ws/a.xml", policy.document(start(targets.Echo()).port))
    page = open_page(httpd)
    page.run(OPEN, kind, "/ws/a.xml")
    httpd.restart()
    error = page.run(CLOSED)["error"]
    assert (error["reason"], error["closeCode"]) == ("going-away", 1001)
    page.leave()


def test_a_graceful_restart_closes_what_has_not_ended_after_the_drain_time_out(
        new_httpd, open_page, start, kind):
    httpd = new_httpd(extra=CONFIGURATION + "WebSocketDrainTimeout 1\n")
    httpd.write("ws/a.xml", policy.document(start(targets.Echo()).port))
    page = open_page(httpd)
    page.run(OPEN, kind, "/ws/a.xml")
    httpd.graceful()
    error = page.run(CLOSED)["error"]
    assert (error["reason"], error["closeCode"]) == ("restart", 1012)
    page.leave()


class Closing(targets.Target):
    """A WebSocket server that sends `messages` of 1000 bytes and a Close, and ends the connection a while after the
    answer to that, as one that is far away does."""

    def __init__(self, code, messages):
        self._code, self._messages = code, messages
        super().__init__()

    def serve(self, session):
        while b"\r\n\r\n" not in session.received:
            session.receive()
        key, = (line.split(b":")[1].strip() for line in bytes(session.received).split(b"\r\n")
                if line.lower().startswith(b"sec-websocket-key:"))
        accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        session.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        session.send(frame.encode(frame.BINARY, b"x" * 1000, mask=None) * self._messages +
                     frame.encode(frame.CLOSE, frame.close_payload(self._code, b"bye"), mask=None))
        with session.connection.makefile("rb") as received:
            while frame.decode(received.read).opcode != frame.CLOSE:
                pass
        time.sleep(0.5)


@pytest.mark.parametrize("messages", [1, 2000], ids=["little", "much"])
@pytest.mark.parametrize("code", [1000, 1012])
def test_who_writes_while_the_server_closes_has_all_that_it_said_and_how_it_ended(start, page, kind, code, messages):
    closing = start(Closing(code, messages))
    written, size, read, closed = page.run(OPEN + """
        const writer = writable.getWriter();
        const writing = settled((async () => {
          for (;;) {
            await writer.write(bytes("x"));
            await pause(1);
          }
        })());
        await pause(300); // nobody reads
        let size = 0;
        const reading = settled((async () => {
          for await (const piece of readable) size += piece.length;
        })());
        return [await writing, (await reading, size), await reading, await settled(socket.closed)];
        """, kind, f"ws://127.0.0.1:{closing.port}/")
    reason = "closed" if code == 1000 else "restart"
    assert size == 1000 * messages
    assert (written["error"]["reason"], written["error"]["closeCode"]) == (reason, code)
    if code == 1000:
        assert "error" not in read
        assert closed["value"] == {"closeCode": 1000, "closeReason": "bye"}
    else:
        assert read["error"] == closed["error"] == written["error"]


@pytest.mark.parametrize("moment", ["before", "at once", "while connecting", "open", "reading", "writing"])
def test_a_signal_ends_it_at_any_moment(httpd, endpoint, start, page, kind, moment):
    slow = start(targets.SlowReader(receive_buffer=65536))
    outcome = page.run("""
        const [kind, url, moment] = given;
        const controller = new AbortController();
        const abort = () => controller.abort(new DOMException("enough", "AbortError"));
        if (moment === "before") abort();
        const socket = newSocket(kind, url, { signal: controller.signal });
        if (moment === "at once") abort();
        if (moment === "while connecting") setTimeout(abort);
        const { value, error } = await settled(socket.opened);
        let reading, writing;
        if (value) {
          if (moment === "reading") reading = value.readable.getReader().read();
          if (moment === "writing") {
            const writer = value.writable.getWriter();
            writing = (async () => { for (;;) await writer.write(new Uint8Array(1 << 20)); })();
            await pause(200);
          }
          abort();
        }
        const ends = await Promise.all([socket.closed, reading, writing].filter(Boolean).map(settled));
        return [error?.message, ends.map(({ error }) => error?.message)];
        """, kind, endpoint(slow), moment)
    opened, ends = outcome
    assert opened in ([None, "enough"] if moment == "while connecting" else
                      [None] if moment in ("open", "reading", "writing") else ["enough"])
    assert ends == ["enough"] * len(ends)
    slow.resume.set()
    assert wait_until(lambda: all(one.ended.is_set() for one in slow.sessions), 20)


def test_closing_the_window_while_it_sends_ends_the_tunnel(endpoint, start, page, kind):
    sink = start(targets.Sink())
    page.run(OPEN + """
        const writer = writable.getWriter();
        (async () => { for (;;) await writer.write(new Uint8Array(65536)); })();
        """, kind, endpoint(sink))
    sink.session().wait_received(1 << 20)
    page.close()
    assert sink.session().wait_ended() == "fin"


def test_a_page_that_is_come_back_to_has_been_told(endpoint, sink, page, kind):
    page.run(OPEN, kind, endpoint(sink))
    page.leave()
    assert sink.session().wait_ended() == "fin"
    page.come_back()
    error = page.run(CLOSED)["error"]
    assert (error["name"], error["reason"]) == ("AbortError", "left")


def test_a_worker_has_it_too(httpd, endpoint, echo, page, kind):
    httpd.write("app/worker.js", """
        import { TCPSocket } from "../tcpsocket.js";
        onmessage = async ({ data: [kind, url] }) => {
          const socket = new TCPSocket(url, kind === "WebSocket" ? { WebSocket } : {});
          const { readable, writable } = await socket.opened;
          await writable.getWriter().write(new TextEncoder().encode("hi"));
          const { value } = await readable.getReader().read();
          postMessage(new TextDecoder().decode(value));
        };
        """)
    assert page.run("""
        const worker = new Worker("app/worker.js", { type: "module" });
        const answer = new Promise((resolve, reject) => {
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = (event) => reject(new Error(event.message));
        });
        worker.postMessage([given[0], ".." + given[1]]); // relative to the worker's own URL
        const text = await answer;
        worker.terminate();
        return text;
        """, kind, endpoint(echo)) == "hi"
