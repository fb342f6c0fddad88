# SPDX-License-Identifier: Apache-2.0
"""Debian's Chromium, without a screen."""

import shutil
import tempfile

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage",
    "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-proxy-server",
    "--ignore-certificate-errors",  # the demo's is made by itself
    # Pages of Chromium's own, two a window: they compute more than the pages that are tested.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup",
)


class Browser:
    def __init__(self, *more_flags):
        self._profile = tempfile.mkdtemp(prefix="websocket-chromium-")
        options = Options()
        options.binary_location = shutil.which("chromium")
        for flag in (*FLAGS, *more_flags, f"--user-data-dir={self._profile}", "--window-size=1200,800"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(
            service=Service(shutil.which("chromedriver")), options=options)
        self._first_window = self.driver.current_window_handle
        self._empty = []

    def open(self, url):
        """A window of its own at the URL; returns its handle."""
        if self._empty:
            self.driver.switch_to.window(self._empty.pop())
        else:
            self.driver.switch_to.new_window("window")
        self.driver.get(url)
        return self.driver.current_window_handle

    def _others(self):
        for handle in self.driver.window_handles:
            if handle != self._first_window and handle not in self._empty:
                self.driver.switch_to.window(handle)
                yield handle
        self.driver.switch_to.window(self._first_window)

    def close_windows(self):
        for _ in self._others():
            self.driver.close()

    def leave_windows(self):
        """Ends their pages and keeps two of them for tests to come: a new one, or a page that is left by way of the
        address bar, has Chromium start processes, which takes more time than most of the pages that are tested.
        """
        for handle in self._others():
            if len(self._empty) < 2 and self._leave_page():
                self._empty.append(handle)
            else:
                self.driver.close()

    def _leave_page(self):
        """Whether the window is as if nothing had been there; not where the page is one of Chromium's own."""
        try:
            self.driver.execute_script("sessionStorage.clear(); location.replace('about:blank')")
            if self.driver.current_url != "about:blank":
                return False
        except WebDriverException:
            return False
        self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
        return True

    def drop_connections(self):
        """Leaves the page, and closes what the browser keeps: also connections that nothing was ever asked on, such as a
        second one that it began because the first took long, which a server waits on for long.
        """
        self.driver.get("chrome://net-internals/#sockets")
        self.driver.find_element("id", "sockets-view-flush-button").click()
        self.driver.get("about:blank")

    def console_errors(self):
        """What scripts, the policy of the page or failed loads complained of since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if entry["level"] == "SEVERE"]

    def quit(self):
        self.driver.quit()
        shutil.rmtree(self._profile, ignore_errors=True)
