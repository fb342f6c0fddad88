# SPDX-License-Identifier: Apache-2.0
"""The module in WebKitGTK, which has neither WebSocketStream nor streams of bytes, and opens a connection that took none
of the subprotocols offered."""

import pytest

import page as pages
from support import targets
from test_refusals import REFUSED
from test_streams import EXCHANGE
from webkit import WebKit, needs_webkit

pytestmark = needs_webkit

# What the service said to the end, and how that was.
READ = """
    const socket = newSocket("WebSocket", given[0], given[1] ?? {});
    const ended = settled(socket.closed);
    const { readable, writable } = await socket.opened;
    if (given[2]) await writable.getWriter().write(bytes(given[2]));
    const reader = readable.getReader();
    let size = 0, isGood = true;
    for (;;) {
      const { error, value } = await settled(reader.read());
      if (error || value.done) return [size, isGood, error?.reason ?? null, (await ended).error?.closeCode ?? null];
      isGood &&= isPattern(value.value, size);
      size += value.value.length;
    }
    """


@pytest.fixture(scope="module")
def webkit():
    from peers.servers.x_server import XServer  # not above: it needs Xlib
    server = XServer()
    browser = WebKit(server.display)
    yield browser
    browser.quit()
    server.close()


@pytest.fixture
def page(httpd, webkit):
    pages.put_into(httpd.documents)
    opened = pages.Page(webkit, f"http://localhost:{httpd.http_port}/page.html")
    yield opened
    opened.leave()


def test_what_is_written_comes_back(endpoint, echo, page):
    assert page.run(EXCHANGE, "WebSocket", endpoint(echo)) == "hello"
    assert echo.session().wait_ended() == "fin"


def test_everything_that_the_service_says_is_read_and_then_its_end(endpoint, start, page):
    source = start(targets.Source(300_000))
    assert page.run(READ, endpoint(source)) == [300_000, True, None, None]


def test_lines_are_read(endpoint, echo, page):
    path = endpoint(echo, more="<framing>lines</framing>")
    assert page.run("""
        const { readable, writable } = await newSocket("WebSocket", given[0], { framing: "lines" }).opened;
        await writable.getWriter().write(bytes("one\\r\\ntwo\\r\\n"));
        const reader = readable.pipeThrough(lines()).getReader();
        return [(await reader.read()).value, (await reader.read()).value];
        """, path) == ["one", "two"]


def test_a_subprotocol_that_the_policy_does_not_know_fails_the_connection(endpoint, echo, page):
    error = page.run(REFUSED, "WebSocket", endpoint(echo), {"protocols": ["chat"]})
    assert (error["reason"], error["status"], error["same"]) == ("upgrade-required", 426, True)
    assert "chat" in error["message"]


def test_a_refusal_is_told_with_its_reason(httpd, endpoint, page):
    httpd.expect("not-listed")
    error = page.run(REFUSED, "WebSocket", endpoint(80, host="192.0.2.1"))
    assert (error["reason"], error["status"]) == ("target", 403)


def test_a_service_that_fails_is_a_connection_lost(endpoint, start, page):
    """1014 is none of the codes that WebKitGTK knows: client/README.md."""
    resetter = start(targets.Resetter())
    assert page.run(READ, endpoint(resetter), {}, "hello")[2:] == ["lost", 1006]
