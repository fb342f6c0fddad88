# SPDX-License-Identifier: Apache-2.0
"""Fixtures: those of the server tests (httpd, endpoint, start and their like), and pages in Chromium."""
# pylint: disable=wildcard-import,unused-wildcard-import

import pytest

import page as pages
from browser.support.browser import Browser
from peers import npm_client
from server.conftest import *
from sources import FOLDER


def pytest_configure():
    """One clear line instead of an error a test."""
    if missing := npm_client.complaint(FOLDER):
        raise pytest.UsageError(f"{missing}; run build/setup --for-check")

@pytest.fixture(scope="session")
def shared_options():
    return {"extra": pages.CONFIGURATION}


@pytest.fixture(scope="session")
def running_browser():
    browser = Browser("--js-flags=--expose-gc")  # so that memory can be told from garbage
    yield browser
    browser.quit()


@pytest.fixture
def open_page(running_browser):
    """open_page(httpd, origin): a Page, closed after the test and before httpd is looked over."""
    origins = set()

    def open_one(server, origin=None):
        pages.put_into(server.documents)
        origin = origin or f"http://localhost:{server.http_port}"
        origins.add(origin)
        return pages.Page(running_browser, f"{origin}/page.html")

    yield open_one
    running_browser.leave_windows()
    if any(origin.startswith("https:") for origin in origins):
        running_browser.drop_connections()


@pytest.fixture
def page(httpd, client, open_page):
    """A page of the shared httpd, by the test's scheme."""
    return open_page(httpd, client.origin)
