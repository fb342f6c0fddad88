# SPDX-License-Identifier: Apache-2.0
"""The quick starts, as they are written: see quickstart.py."""

import re

import pytest

from browser.support.browser import Browser
from conftest import PAGES
from peers.servers.x_server import Screen
from quickstart import DEBIAN, Machine, address
from support.waiting import wait_until

FIRST = PAGES["doc/manual/quickstart.md"]
IRC, MQTT, NOVNC = (PAGES[f"doc/manual/quickstart-{name}.md"] for name in ("irc", "mqtt", "novnc"))


@pytest.fixture
def machine(new_httpd):
    machine = Machine(new_httpd(module=False, extra=DEBIAN))
    machine.play(FIRST)
    yield machine
    machine.close()


@pytest.fixture(scope="module")
def browser():
    browser = Browser()
    yield browser
    browser.quit()


class Window:
    """A page; what it shows is waited for."""

    def __init__(self, browser, url):
        self._driver = browser.driver
        self._handle = browser.open(url)

    def run(self, script, *arguments):
        self._driver.switch_to.window(self._handle)
        return self._driver.execute_script(script, *arguments)

    def find(self, selector):
        self._driver.switch_to.window(self._handle)
        return self._driver.find_element("css selector", selector)

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0]).textContent", selector)

    def wait_text(self, selector, part):
        assert wait_until(lambda: part in self.text(selector), 30), f"{part!r} is not in {self.text(selector)!r}"


@pytest.fixture
def open_page(browser, machine):
    """open_page(page of the manual): what it says to open, in a window. Errors of its scripts fail the test."""
    browser.console_errors()
    yield lambda page, user="": Window(browser, machine.here(address(page)).replace("//", f"//{user}", 1))
    browser.leave_windows()
    assert [one for one in browser.console_errors() if "favicon.ico" not in one] == []


def test_web_irc(machine, open_page):
    machine.play(IRC)
    one, two = open_page(IRC), open_page(IRC)
    for window in (one, two):
        window.wait_text("#log", "JOIN")
    two.find("#text").send_keys("does it work?\n")
    two.wait_text("#log", "> does it work?")
    one.wait_text("#log", "> does it work?")
    one.find("#text").send_keys("it does: \u00fc\n")
    two.wait_text("#log", "> it does: \u00fc")
    assert "closed" not in one.text("#log") + two.text("#log")


def test_mqtt_dashboard(machine, open_page):
    machine.play(MQTT)
    command = re.search(r"^(mosquitto_pub .* -t (\S+) -m) (\S+)$", MQTT.text, re.MULTILINE)
    window = open_page(MQTT)
    window.wait_text("#state", "connected")
    window.wait_text("#readings", command.group(2))  # which the broker has kept
    window.wait_text("#readings", command.group(3))
    machine.do(f"{command.group(1)} 22.0")
    window.wait_text("#readings", "22.0")
    assert window.text("dt") == command.group(2) and window.text("dd") == "22.0"


COLOUR = """
    const canvas = document.querySelector("#screen canvas");
    if (!canvas) return null;
    const [red, green, blue] = canvas.getContext("2d").getImageData(arguments[0], arguments[1], 1, 1).data;
    return red << 16 | green << 8 | blue;"""


def test_novnc_console(machine, open_page, connect_to):
    machine.play(NOVNC)
    user, password = re.search(r"^htpasswd .* (\S+) '(.+)'$", NOVNC.text, re.MULTILINE).groups()
    for path in ("/console/", "/console/screen"):
        assert connect_to(machine.httpd).handshake(path).status == 401
    window = open_page(NOVNC, f"{user}:{password.replace(' ', '%20')}@")
    window.wait_text("#state", "connected")
    screen = Screen(f":{machine.display}")
    try:
        screen.paint(0x2040C0)
        screen.place(40, 30, 100, 60, 0xC02010)
        assert wait_until(lambda: (window.run(COLOUR, 500, 500), window.run(COLOUR, 50, 50)) == (0x2040C0, 0xC02010), 30)
        window.find("#screen canvas").send_keys("q")
        assert screen.pressed_key() == "q"
    finally:
        screen.close()
    assert window.text("#state") == "connected"


def test_each_quick_start_has_its_test():
    named = {name for name in PAGES if name.startswith("doc/manual/quickstart")}
    assert named == {page.name for page in (FIRST, IRC, MQTT, NOVNC)}
