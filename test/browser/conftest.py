# SPDX-License-Identifier: Apache-2.0
"""Fixtures: one demo and one browser for all tests; both are looked over after each test."""

import re

import pytest

from support.browser import Browser
from support.chat_page import ChatPage
from support.console_page import ConsolePage
from support.demo import MODULE, Demo
from support.page import Page


def pytest_collection_modifyitems(items):
    needs_demo = any("new_demo" in item.fixturenames or "demo" in item.fixturenames for item in items)
    if needs_demo and not MODULE.exists():
        raise pytest.UsageError(f"there is no {MODULE}: run build/setup, or set MOD_WEBSOCKET_BUILD")


@pytest.fixture(scope="session")
def running_demo():
    demo = Demo().wait_ready()
    yield demo
    assert demo.end() == 143, f"the demo did not last:\n{demo.output()}"


@pytest.fixture
def demo(running_demo):
    """The demo. A warning or worse in httpd's error log is an error of the test."""
    running_demo.new_serious_lines()
    running_demo.also_expected.clear()
    yield running_demo
    assert running_demo.running, f"the demo ended:\n{running_demo.output()}"
    assert running_demo.new_serious_lines() == []


@pytest.fixture
def new_demo():
    """new_demo(arguments..., prefix=...): a demo of the test's own, not waited for."""
    demos = []

    def start(*arguments, **options):
        demos.append(Demo(*arguments, **options))
        return demos[-1]

    yield start
    for one in demos:
        one.end()


@pytest.fixture(scope="session")
def running_browser():
    browser = Browser()
    yield browser
    browser.quit()


@pytest.fixture
def browser(running_browser):
    running_browser.console_errors()
    yield running_browser
    running_browser.leave_windows()


@pytest.fixture
def scheme():
    """What the page is loaded by; a test that shall run by both parametrizes it."""
    return "http"


@pytest.fixture
def expected_errors():
    """Patterns of what a browser's console may say in this test; anything else fails it."""
    return []


@pytest.fixture
def clean_console(browser, expected_errors):
    yield
    assert [error for error in browser.console_errors()
            if not any(re.search(pattern, error) for pattern in expected_errors)] == []


@pytest.fixture
def open_page(demo, browser, clean_console):
    """open_page(scheme): the chat in a window of its own."""
    return lambda scheme="http": ChatPage(browser, demo.url(scheme))


@pytest.fixture
def open_console(demo, browser, clean_console):
    return lambda: ConsolePage(browser, demo.console_url)


@pytest.fixture
def open_visitor(demo, browser, clean_console):
    """open_visitor(url): the page of another origin, from either of its addresses."""
    return lambda url: Page(browser, url)


@pytest.fixture
def ann_and_bob(open_page, scheme):
    """Two users in the demo's channel, each in a window."""
    ann, bob = open_page(scheme).connect("ann"), open_page(scheme).connect("bob")
    ann.wait_nicks("ann", "bob")
    bob.wait_nicks("ann", "bob")
    yield ann, bob
    for page in (ann, bob):
        if page.state == "online":
            page.find("#disconnect").click()
            page.wait_state("closed")
