# SPDX-License-Identifier: Apache-2.0
"""Chromium for pages of the server's own; where it is missing, the tests that need it are skipped."""

import importlib.util
import shutil

import pytest

needs_chromium = pytest.mark.skipif(
    not (shutil.which("chromium") and shutil.which("chromedriver") and importlib.util.find_spec("selenium")),
    reason="no browser: install Debian's chromium, chromium-driver and python3-selenium")


@pytest.fixture(scope="module")
def running_browser():
    from browser.support.browser import Browser  # not above: it needs selenium
    running = Browser()
    yield running
    running.quit()


@pytest.fixture
def browser(new_httpd, running_browser):  # in this order: httpd is looked over without the browser's connections
    """The driver of a browser."""
    yield running_browser.driver
    running_browser.drop_connections()
