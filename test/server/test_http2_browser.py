# SPDX-License-Identifier: Apache-2.0
"""Chromium opens a WebSocket of an https page on the HTTP/2 connection that brought the page."""

import pytest

from support.chromium import browser, needs_chromium, running_browser  # noqa: F401  (fixtures)
from support.http2_server import CONFIGURATION
from support.waiting import wait_until

pytestmark = [pytest.mark.endurance, needs_chromium]

# Whose connection, which stream of it, and what was asked for.
LOG = """
LogFormat "%{remote}p %{H2_STREAM_ID}e %H %U" streams
CustomLog "{root}/log/streams.log" streams
"""

PAGE = """<!DOCTYPE html><title>waits</title><link rel="icon" href="data:,"><script>
const sockets = ["one", "two", "three"].map(text => {
  const socket = new WebSocket(`wss://${location.host}/echo`);
  return new Promise((resolve, reject) => {
    socket.onopen = () => socket.send(text);
    socket.onmessage = event => { socket.close(1000); resolve(event.data); };
    socket.onerror = () => reject("error");
  });
});
Promise.all(sockets).then(texts => document.title = texts.join(), error => document.title = error);
</script>
"""


def test_a_page_over_http2_has_its_sockets_on_the_same_connection(new_httpd, browser):
    httpd = new_httpd(modules=["http2"], extra=CONFIGURATION + LOG)
    httpd.write("page.html", PAGE)
    browser.get(f"https://localhost:{httpd.https_port}/page.html")
    assert wait_until(lambda: browser.title != "waits", 20)
    assert browser.title == "one,two,three"

    def asked():
        lines = (httpd.root / "log" / "streams.log").read_text().split("\n")[:-1]
        return [line.split() for line in lines]

    assert wait_until(lambda: sum(uri == "/echo" for *_, uri in asked()) == 3, 10)
    page = next(entry for entry in asked() if entry[3] == "/page.html")
    sockets = [entry for entry in asked() if entry[3] == "/echo"]
    assert page[2] == "HTTP/2.0"
    assert [(port, protocol) for port, _, protocol, _ in sockets] == [(page[0], "HTTP/2.0")] * 3
    assert len({number for _, number, _, _ in [page, *sockets]}) == 4
