# SPDX-License-Identifier: Apache-2.0
"""Debian's Chromium, without a screen."""

import shutil
import tempfile

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage",
    "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-proxy-server",
    "--ignore-certificate-errors",  # the demo's is made by itself
)


class Browser:
    def __init__(self):
        self._profile = tempfile.mkdtemp(prefix="websocket-chromium-")
        options = Options()
        options.binary_location = shutil.which("chromium")
        for flag in (*FLAGS, f"--user-data-dir={self._profile}", "--window-size=1200,800"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(
            service=Service(shutil.which("chromedriver")), options=options)
        self._first_window = self.driver.current_window_handle

    def open(self, url):
        """A new window at the URL; returns its handle."""
        self.driver.switch_to.new_window("window")
        self.driver.get(url)
        return self.driver.current_window_handle

    def close_windows(self):
        for handle in self.driver.window_handles:
            if handle != self._first_window:
                self.driver.switch_to.window(handle)
                self.driver.close()
        self.driver.switch_to.window(self._first_window)

    def console_errors(self):
        """What scripts, the policy of the page or failed loads complained of since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if entry["level"] == "SEVERE"]

    def quit(self):
        self.driver.quit()
        shutil.rmtree(self._profile, ignore_errors=True)
