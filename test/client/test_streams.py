# SPDX-License-Identifier: Apache-2.0
"""The module's streams in Chromium, through a real httpd, by both of the browser's interfaces."""

import pytest

from support import targets
from support.matrix import every_scheme

pytestmark = pytest.mark.parametrize("kind", ["WebSocketStream", "WebSocket"])

# Says hello and returns what comes back.
EXCHANGE = """
    const socket = newSocket(given[0], given[1]);
    const { readable, writable } = await socket.opened;
    const writer = writable.getWriter();
    await writer.write(bytes("hello"));
    writer.releaseLock();
    const reader = readable.getReader();
    let text = "";
    while (text.length < 5) text += new TextDecoder().decode((await reader.read()).value);
    reader.releaseLock();
    await socket.close();
    return text;
    """


@every_scheme
def test_what_is_written_comes_back_and_close_ends_it(endpoint, echo, page, kind):
    outcome = page.run("""
        const socket = newSocket(given[0], given[1]);
        const { readable, writable, protocol, url } = await socket.opened;
        const writer = writable.getWriter();
        await writer.write(bytes("hello"));
        writer.releaseLock();
        const reader = readable.getReader({ mode: "byob" });
        const first = await reader.read(new Uint8Array(2));
        const rest = await reader.read(new Uint8Array(10));
        reader.releaseLock();
        return [protocol, url, [...first.value], [...rest.value], await socket.close()];
        """, kind, endpoint(echo))
    assert outcome[0] == ""
    assert outcome[2:] == [list(b"he"), list(b"llo"), {"closeCode": 1000, "closeReason": ""}]
    assert echo.session().wait_ended() == "fin"


def test_the_end_of_the_service_is_the_end_of_the_stream(endpoint, start, page, kind):
    source = start(targets.Source(300_000))
    outcome = page.run("""
        const socket = newSocket(given[0], given[1]);
        const { readable, writable } = await socket.opened;
        let size = 0, good = true;
        for await (const piece of readable) {
          good &&= isPattern(piece, size);
          size += piece.length;
        }
        const late = await settled(writable.getWriter().write(bytes("late")));
        return [size, good, await socket.closed, late.error];
        """, kind, endpoint(source))
    size, good, closed, late = outcome
    assert (size, good) == (300_000, True)
    assert closed == {"closeCode": 1000, "closeReason": ""}
    assert (late["name"], late["reason"]) == ("NetworkError", "closed")


def test_after_the_writer_has_closed_the_answer_is_still_read(endpoint, start, page, kind):
    class Answering(targets.Target):
        def serve(self, session):
            while not session.received.endswith(b"\n"):
                session.receive()
            for _ in range(20):
                targets.wait_until(lambda: False, 0.1)  # longer than the server waits after a Close
                session.send(b"answer\n")

    outcome = page.run("""
        const socket = newSocket(given[0], given[1]);
        const { readable, writable } = await socket.opened;
        const writer = writable.getWriter();
        writer.write(bytes("question\\n"));
        await writer.close();
        return [await allText(readable), await socket.closed];
        """, kind, endpoint(start(Answering())))
    assert outcome == ["answer\n" * 20, {"closeCode": 1000, "closeReason": ""}]
