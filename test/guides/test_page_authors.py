# SPDX-License-Identifier: Apache-2.0
"""doc/page-authors.md: its files are written as they stand there, served, and used in Debian's Chromium."""

import re
import shutil
import socket

import pytest

import guide
from browser.support.browser import Browser
from support import installation, policy
from support.targets import Sink
from support.waiting import wait_until

PAGE = "doc/page-authors.md"
SECTIONS = guide.read(PAGE)
CLIENT = installation.SOURCE / "client" / "tcpsocket.js"
CONFIGURATION = "KeepAlive Off\nWebSocketDrainTimeout 0\n"


class Window:
    """A page in a window of its own."""

    def __init__(self, browser, url):
        self._driver = browser.driver
        self._driver.set_script_timeout(60)
        self._handle = browser.open(url)

    def run(self, script, *arguments):
        """The value of the body of an async function, which has `given`."""
        self._driver.switch_to.window(self._handle)
        value, error = self._driver.execute_async_script("""
            const done = arguments[arguments.length - 1], given = [...arguments].slice(0, -1);
            (async () => { %s })().then((value) => done([value, null]), (error) => done([null, `${error}`]));
            """ % script, *arguments)
        assert error is None, error
        return value

    @property
    def text(self):
        return self.run('return document.querySelector("#log").textContent')

    def wait_text(self, pattern):
        """The match."""
        assert wait_until(lambda: re.search(pattern, self.text), 30), f"{pattern} is not in {self.text!r}"
        return re.search(pattern, self.text)

    def say(self, text):
        self.run("""const field = document.querySelector("#text");
            field.value = given[0];
            field.form.requestSubmit();""", text)


@pytest.fixture(scope="module")
def browser():
    browser = Browser()
    yield browser
    browser.quit()


@pytest.fixture
def site(new_httpd, ngircd):
    """httpd with all of the guide's files, those of the first sections before those of the later."""
    configuration, = SECTIONS["Ten minutes"].of("apache")
    httpd = new_httpd(started=False, targets=None, extra=CONFIGURATION + here(configuration, "{root}/htdocs", ngircd))
    httpd.other = f"http://127.0.0.1:{httpd.http_port}"  # another site, as far as a browser knows
    for section in SECTIONS.values():
        for path, text in section.files().items():
            httpd.write(path.removeprefix("/var/www/html/"), here(text, str(httpd.documents), ngircd, httpd))
    shutil.copy(CLIENT, httpd.documents / "chat")
    return httpd.start()


def here(text, documents, ngircd, httpd=None):
    """A text of the guide, for this machine."""
    text = text.replace("/var/www/html", documents).replace("6667", str(ngircd.port))
    if httpd:
        text = text.replace("https://www.example.org", f"http://localhost:{httpd.http_port}")
        text = text.replace("https://chat.example.com", httpd.other)
    return text


def allow_every_port(site):
    said = re.search(r"WebSocketTarget \S+", site.configuration.read_text()).group()
    site.change_configuration(said, "WebSocketTarget same-host")
    site.graceful()


@pytest.fixture
def open_page(browser, site):
    """open_page(name, origin): a page of the guide's folder. What its scripts do not catch fails the test."""
    browser.console_errors()
    yield lambda name="", origin=None: Window(
        browser, f"{origin or 'http://localhost:%d' % site.http_port}/chat/{name}")
    browser.leave_windows()
    # Chromium itself tells the console of what a server refuses, whoever catches it.
    refused = re.compile(r"favicon\.ico|WebSocket|/irc\.xml")
    assert [one for one in browser.console_errors() if not refused.search(one)] == []


@pytest.mark.parametrize("one, other", [("", ""), ("plain.html", "plain.html"), ("", "plain.html")])
def test_two_visitors_chat(open_page, one, other):
    ann = open_page(one)
    ann_nick = ann.wait_text(r"\* (guest\d+) has joined").group(1)
    bob = open_page(other)
    bob_nick = bob.wait_text(r"\* (guest\d+) has joined").group(1)
    ann.wait_text(rf"\* {bob_nick} has joined")
    ann.say("Good morning: \u00fc \U0001f986")
    bob.wait_text(rf"<{ann_nick}> Good morning: \u00fc \U0001f986\n")
    bob.say("Good morning!")
    ann.wait_text(rf"<{bob_nick}> Good morning!\n")


def test_a_page_of_another_site_may_use_the_url_that_names_it_and_no_other(site, open_page, ngircd):
    script, = SECTIONS["URLs of other sites"].of("js")
    window = open_page("why.js", site.other)
    opened = window.run(f"""const {{ TCPSocket }} = await import("./tcpsocket.js");
        {here(script, str(site.documents), ngircd, site)}
        const {{ readable, writable }} = await socket.opened;
        await writable.getWriter().write(new TextEncoder().encode("VERSION\\r\\n"));
        return new TextDecoder().decode((await readable.getReader().read()).value);""")
    assert opened.startswith(":irc.test.example ")


TALKING = """
    const { keepTalking } = await import("./again.js");
    window.told = [];
    window.connections = 0;
    window.ended = null;
    keepTalking(given[0], async ({ readable }) => {
      window.connections += 1;
      const reader = readable.getReader();
      while (!(await reader.read()).done);
    }, (error) => window.told.push(error.reason)).then(() => { window.ended = "done"; },
        (error) => { window.ended = error.reason; });"""


def test_a_page_connects_again_after_a_restart(site, open_page):
    window = open_page("why.js")
    window.run(TALKING, "irc.xml")
    wait_for = lambda script: wait_until(lambda: window.run(f"return {script}"), 30)
    assert wait_for("connections === 1")
    site.graceful()
    assert wait_for('told.includes("restart")')
    assert wait_for("connections === 2")
    assert window.run("return ended") is None


def test_a_page_does_not_connect_again_where_that_is_of_no_use(site, open_page):
    window = open_page("why.js", site.other)
    site.expect("origin-not-own")
    window.run(TALKING, f"http://localhost:{site.http_port}/chat/irc.xml")
    assert wait_until(lambda: window.run("return ended"), 30)
    assert window.run("return [told.length, connections]") == [0, 0]


def test_a_plain_page_that_waits_keeps_little_and_loses_nothing(site, open_page, start):
    sink = start(Sink())
    site.write("chat/irc.xml", policy.document(sink.port))
    allow_every_port(site)
    window = open_page("why.js")
    most = window.run("""const { sendSlowly } = await import("./send-slowly.js");
        const socket = new WebSocket(new URL("irc.xml", document.baseURI).href.replace("http", "ws"));
        await new Promise((resolve) => { socket.onopen = resolve; });
        let most = 0;
        async function* chunks() {
          for (let i = 0; i < 96; i += 1) {
            most = Math.max(most, socket.bufferedAmount);
            yield new Uint8Array(65536);
          }
        }
        await sendSlowly(socket, chunks());
        const closed = new Promise((resolve) => { socket.onclose = resolve; });
        socket.close(1000);
        await closed;
        return most;""")
    assert most <= 256 * 1024 + 65536 + 1024
    sink.session().wait_received(96 * 65536, 60)


# ---- errors --------------------------------------------------------------------------------------

def test_the_reason_of_a_refusal_can_be_asked_for(site, open_page):
    window = open_page()
    window.wait_text("has joined")
    ask = 'const { why } = await import("./why.js"); return why("irc.xml");'
    assert window.run(ask) == "upgrade-required"
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # and does not listen
        allow_every_port(site)
        site.write("chat/irc.xml", policy.document(held.getsockname()[1]))
        site.expect("connect-failed")
        assert window.run(ask) == "connect"
        script = SECTIONS["Errors"].of("js")[0]
        assert window.run(f"""const {{ TCPSocket }} = await import("./tcpsocket.js");
            let shown;
            const show = (text) => {{ shown = text; }};
            {script}
            return shown;""") == "The chat is down; try again later."


def test_the_reasons_of_closings_are_those_of_the_client():
    written = {}
    for _, cells in guide.rows((installation.SOURCE / PAGE).read_text(encoding="utf-8"), PAGE):
        if len(cells) == 4 and re.fullmatch(r"[\d, ]+", cells[0]):
            for code, reason in zip(re.findall(r"\d+", cells[0]), guide.pieces(cells[1])):
                written[code] = reason
    known = dict(re.findall(r'^  \[(\d{4}), \["([a-z-]+)"', CLIENT.read_text(encoding="utf-8"), re.MULTILINE))
    assert len(written) > 6
    assert {code: known.get(code) for code in written} == written


def test_the_reasons_that_one_connects_again_after_are_explained():
    text = (installation.SOURCE / PAGE).read_text(encoding="utf-8")
    again = set(re.findall(r'"([a-z-]+)"', re.search(r"new Set\(\[(.*?)\]\)", text, re.DOTALL).group(1)))
    explained = set(re.findall(r"`([a-z-]+)`", text))
    assert again - {"try-later"} <= explained
