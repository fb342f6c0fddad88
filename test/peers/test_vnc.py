# SPDX-License-Identifier: Apache-2.0
"""noVNC's own core in Chromium, and TigerVNC's X server behind the tunnel."""

import shutil

import pytest
from selenium.webdriver.common.action_chains import ActionChains

import npm_client
from browser.support.browser import Browser
from servers.x_server import HEIGHT, WIDTH, XServer
from support.matrix import every_scheme
from support.waiting import wait_until

pytestmark = pytest.mark.sanitizer

BLUE, RED, GREEN, YELLOW = 0x2040C0, 0xC02010, 0x108030, 0xF0E020
LEFT, TOP, WINDOW_WIDTH, WINDOW_HEIGHT = 40, 30, 100, 60


@pytest.fixture(scope="module")
def x_server():
    server = XServer()
    yield server
    server.close()


@pytest.fixture
def screen(x_server):
    screen = x_server.screen()
    yield screen
    screen.close()


@pytest.fixture(scope="module")
def browser():
    browser = Browser()
    yield browser
    browser.quit()


class Viewer:
    """noVNC in a window of the browser."""

    def __init__(self, browser, url):
        self._browser = browser
        browser.open(url)

    def _run(self, script, *arguments):
        return self._browser.driver.execute_script(script, *arguments)

    @property
    def seen(self):
        return self._run("return window.seen ?? []")

    def wait_connected(self):
        assert wait_until(lambda: self.seen, 30)
        assert [one["event"] for one in self.seen] == ["connect"], self.seen

    def colours(self):
        """Of the canvas: width and height, and how many pixels have which colour."""
        return self._run("""
            const canvas = document.querySelector("#screen canvas");
            const { width, height } = canvas;
            const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
            const count = new Map();
            for (let at = 0; at < data.length; at += 4) {
              const colour = data[at] << 16 | data[at + 1] << 8 | data[at + 2];
              count.set(colour, (count.get(colour) ?? 0) + 1);
            }
            return [width, height, [...count]];""")

    def colour_at(self, left, top):
        return self._run("""
            const [left, top] = arguments;
            const canvas = document.querySelector("#screen canvas");
            const [red, green, blue] = canvas.getContext("2d").getImageData(left, top, 1, 1).data;
            return red << 16 | green << 8 | blue;""", left, top)

    def wait_picture(self, background, window):
        """The whole of it: the window's pixels in its colour, all others in the background's."""
        area = WINDOW_WIDTH * WINDOW_HEIGHT
        due = [WIDTH, HEIGHT, {background: WIDTH * HEIGHT - area, window: area}]

        def now():
            width, height, colours = self.colours()
            return [width, height, dict(colours)]

        assert wait_until(lambda: now() == due, 30), f"{now()} instead of {due}"
        for left, top, colour in (
                (LEFT, TOP, window), (LEFT - 1, TOP, background), (LEFT, TOP - 1, background),
                (LEFT + WINDOW_WIDTH - 1, TOP + WINDOW_HEIGHT - 1, window),
                (LEFT + WINDOW_WIDTH, TOP + WINDOW_HEIGHT, background)):
            assert self.colour_at(left, top) == colour, (left, top)

    def press(self, key):
        self._run("rfb.focus()")
        ActionChains(self._browser.driver).send_keys(key).perform()

    def click(self, left, top):
        canvas = self._browser.driver.find_element("css selector", "#screen canvas")
        ActionChains(self._browser.driver).move_to_element_with_offset(
            canvas, left - WIDTH // 2, top - HEIGHT // 2).click().perform()

    def disconnect(self):
        self._run("rfb.disconnect()")
        assert wait_until(lambda: len(self.seen) > 1, 30)
        assert self.seen[1] == {"event": "disconnect", "clean": True}


@pytest.fixture
def view(httpd, client, browser):
    """view(path): a Viewer of this endpoint, from the endpoint's own origin."""
    if not (httpd.documents / "novnc").exists():
        shutil.copytree(npm_client.PACKAGES / "@novnc" / "novnc", httpd.documents / "novnc")
        shutil.copy(npm_client.FOLDER / "clients" / "vnc.html", httpd.documents)
    viewers = []

    def open_one(path):
        viewers.append(Viewer(browser, f"{client.origin}/vnc.html?endpoint={path}"))
        viewers[-1].wait_connected()
        return viewers[-1]

    browser.console_errors()
    yield open_one
    for one in viewers:
        one.disconnect()
    assert browser.console_errors() == []
    browser.leave_windows()
    browser.drop_connections()


@every_scheme
@pytest.mark.parametrize("way", ["tcp", "unix"])
def test_the_picture_arrives_and_changes_and_the_screen_obeys(
        httpd, endpoint, view, x_server, screen, scheme, way):
    screen.paint(BLUE)
    screen.place(LEFT, TOP, WINDOW_WIDTH, WINDOW_HEIGHT, RED)
    if way == "tcp":
        path = endpoint(x_server)
    else:
        path = f"/ws/screen-{scheme}.xml"
        httpd.write(path[1:], f"<websocket><host>unix:{x_server.path}</host></websocket>")
    viewer = view(path)
    viewer.wait_picture(BLUE, RED)

    screen.paint(GREEN)
    viewer.wait_picture(GREEN, RED)
    screen.place(LEFT, TOP, WINDOW_WIDTH, WINDOW_HEIGHT, YELLOW)
    viewer.wait_picture(GREEN, YELLOW)

    viewer.click(LEFT + 7, TOP + 11)
    assert screen.pressed_button() == (1, 7, 11)
    viewer.press("q")
    assert screen.pressed_key() == "q"
