# SPDX-License-Identifier: Apache-2.0
"""A page that came by HTTP/2 has its sockets, and its questions, on that connection."""

import pytest

from page import CONFIGURATION
from support import http2_server, policy, targets
from support.waiting import wait_until
from test_refusals import refusal

pytestmark = pytest.mark.parametrize("kind", ["WebSocketStream", "WebSocket"])

LOG = """
LogFormat "%{remote}p %H %s %U" streams
CustomLog "{root}/log/streams.log" streams
"""
SIZE = 8 << 20


@pytest.fixture
def http2_page(new_httpd, open_page):
    httpd = new_httpd(modules=["http2"], extra=CONFIGURATION.replace("KeepAlive Off", "KeepAliveTimeout 1") +
                      http2_server.CONFIGURATION + LOG)
    page = open_page(httpd, f"https://localhost:{httpd.https_port}")
    return httpd, page


def test_data_goes_both_ways_on_the_pages_own_connection(http2_page, start, kind):
    httpd, page = http2_page
    echo = start(targets.Echo())
    httpd.write("ws/a.xml", policy.document(echo.port))
    assert page.run("""
        const size = given[1];
        const socket = newSocket(given[0], "/ws/a.xml");
        const { readable, writable } = await socket.opened;
        const sending = (async () => {
          const writer = writable.getWriter();
          for (let at = 0; at < size; at += 65536) await writer.write(pattern(at, 65536));
          writer.releaseLock();
        })();
        const reader = readable.getReader();
        let good = true, read = 0;
        while (read < size) {
          const { value } = await reader.read();
          good &&= isPattern(value, read);
          read += value.length;
        }
        await sending;
        reader.releaseLock();
        return [good, read, await socket.close()];
        """, kind, SIZE) == [True, SIZE, {"closeCode": 1000, "closeReason": ""}]

    def asked():
        lines = (httpd.root / "log" / "streams.log").read_text().splitlines()
        return {path: (port, protocol) for port, protocol, _, path in map(str.split, lines)}

    assert wait_until(lambda: "/ws/a.xml" in asked(), 10)
    assert asked()["/ws/a.xml"] == asked()["/page.html"]
    assert asked()["/page.html"][1] == "HTTP/2.0"


def test_a_refusal_is_explained_as_well(http2_page, start, kind):
    httpd, page = http2_page
    httpd.write("ws/a.xml", policy.document(start(targets.RefusedPort()).port))
    httpd.expect("connect")
    error = refusal(page, kind, "/ws/a.xml")
    assert (error["reason"], error["status"]) == ("connect", 502)
    httpd.write("ws/b.xml", policy.document(start(targets.Echo()).port))
    error = refusal(page, kind, "/ws/b.xml", protocols=["nobody-knows-it"])
    assert error["reason"] == "upgrade-required"
