# SPDX-License-Identifier: Apache-2.0
"""Debian's WebKitGTK, on a screen that nobody sees; where it is missing, the tests that need it are skipped."""

import glob
import importlib.util
import os
import shutil
import tempfile
import warnings
from unittest import mock

import pytest

DRIVER = shutil.which("WebKitWebDriver")
BROWSERS = glob.glob("/usr/lib/*/webkit2gtk-4.1/MiniBrowser")

needs_webkit = pytest.mark.skipif(
    not (DRIVER and BROWSERS and shutil.which("Xvnc") and importlib.util.find_spec("Xlib")),
    reason="no WebKit: install Debian's webkit2gtk-driver, tigervnc-standalone-server and python3-xlib")


class WebKit:
    """What Page wants of a browser."""

    def __init__(self, display):
        from selenium import webdriver  # not above: it may be missing
        from selenium.webdriver.webkitgtk.options import Options
        self._home = tempfile.mkdtemp(prefix="websocket-webkit-")
        options = Options()
        options.binary_location = BROWSERS[0]
        options.add_argument("--automation")
        with mock.patch.dict(os.environ, DISPLAY=display, HOME=self._home), warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of selenium, about itself
            self.driver = webdriver.WebKitGTK(executable_path=DRIVER, options=options,
                                              service_log_path=os.devnull)

    def open(self, url):
        self.driver.get(url)
        return self.driver.current_window_handle

    def quit(self):
        self.driver.quit()
        shutil.rmtree(self._home, ignore_errors=True)
