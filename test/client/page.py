# SPDX-License-Identifier: Apache-2.0
"""A page in Chromium that has the module, in which tests run their scripts."""

import shutil

from selenium.common.exceptions import JavascriptException

from server.support import processes
from server.support.waiting import wait_until
from sources import CLIENT, FOLDER

# A browser keeps connections that can be kept, and a child that holds one after a test fails it.
CONFIGURATION = """
AddType text/javascript js
KeepAlive Off
"""


def put_into(documents):
    """Beside each other: the module, the page, what its scripts find."""
    shutil.copy(CLIENT / "tcpsocket.js", documents)
    for name in ("page.html", "harness.js"):
        shutil.copy(FOLDER / "pages" / name, documents)


class Page:
    def __init__(self, browser, url):
        self._browser = browser
        self._driver = browser.driver
        self._driver.set_script_timeout(120)
        self.window = browser.open(url)
        assert wait_until(lambda: self._driver.execute_script("return window.ready === true"), 20)

    def run(self, script, *arguments):
        """The script's value; it is the body of an async function, with the arguments as `given`."""
        outcome = self._driver.execute_async_script("""
            const done = arguments[arguments.length - 1];
            const given = [...arguments].slice(0, -1);
            (async () => { %s })().then((value) => done({ value }),
                (error) => done({ error: `${error.name}: ${error.message}\\n${error.stack}` }));
            """ % script, *arguments)
        if "error" in outcome:
            raise JavascriptException(outcome["error"])
        return outcome.get("value")

    def leave(self):
        self._driver.get("about:blank")

    def close(self):
        """Its window."""
        self._browser.close_windows()

    def come_back(self):
        self._driver.back()
        assert wait_until(lambda: self._driver.execute_script("return window.ready === true"), 20)

    @property
    def memory_kib(self):
        """Of the whole browser: what a page buffers may be in its renderer or in the network service."""
        self.run("gc()")
        return sum(map(processes.pss_kib, _family(self._driver.service.process.pid)))


def _family(pid):
    yield pid
    for child in processes.children(pid):
        yield from _family(child)
