# SPDX-License-Identifier: Apache-2.0
"""The status page in headless Chromium: it fits, renews itself, draws what happens, ends tunnels.
The pictures are left in the test's folder."""

import base64
import threading

import pytest

from support import policy, status
from support.chromium import browser, needs_chromium, running_browser  # noqa: F401  (fixtures)
from support.waiting import wait_until

pytestmark = [pytest.mark.endurance, needs_chromium]

# Colours know nothing of widths: each of both is looked at once.
LOOKS = [(360, 800, "light"), (1280, 900, "dark")]

# The heights at which a figure's curves are drawn.
HEIGHTS = """
  return [...document.querySelectorAll("#plots figure:nth-of-type(" + arguments[0] + ") polyline")]
    .map(curve => curve.getAttribute("points").split(" ").filter(Boolean)
      .map(point => Number(point.split(",")[1])));"""

# What sticks out of the window, but for the table's heads, which a phone's readers alone are told.
OVERFLOW = """
  return [...document.querySelectorAll("body *")].filter(one => {
    const box = one.getBoundingClientRect();
    return !one.closest("thead") && box.width > 0 && (box.left < 0 || box.right > arguments[0] + .5);
  }).map(one => one.outerHTML.slice(0, 120));"""


@pytest.fixture
def server(new_httpd, echo):
    httpd = new_httpd(extra=status.CONFIGURATION)
    for path in ("ws/echo.xml", f"ws/{'a-long-name-' * 6}.xml"):
        httpd.write(path, policy.document(echo.port))
    return httpd


@pytest.fixture
def client(server, connect_to):
    return connect_to(server)


@pytest.fixture
def page(server, browser):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    browser.get(f"http://localhost:{server.http_port}/status")
    yield browser
    browser.get("about:blank")  # which asks the server for nothing
    complaints = [entry["message"] for entry in browser.get_log("browser")
                  if entry["level"] == "SEVERE"]
    assert not complaints


@pytest.fixture
def traffic(client):
    """Tunnels of which one carries something ten times a second."""
    tunnels = [client.websocket(path) for path in
               ("/ws/echo.xml", "/ws/echo.xml", f"/ws/{'a-long-name-' * 6}.xml", "/echo")]
    over = threading.Event()

    def carry():
        while not over.wait(0.1):
            tunnels[0].echo(b"x" * 2000)

    carrier = threading.Thread(target=carry)
    carrier.start()
    yield tunnels
    over.set()
    carrier.join()


def look_like(driver, width, height, color):
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
        "features": [{"name": "prefers-color-scheme", "value": color}]})


def picture(driver, path):
    shot = driver.execute_cdp_cmd("Page.captureScreenshot",
                                  {"format": "png", "captureBeyondViewport": True})
    path.write_bytes(base64.b64decode(shot["data"]))


def text_of(driver, selector):
    return driver.execute_script("return document.querySelector(arguments[0]).textContent", selector)


@pytest.mark.parametrize("width, height, color", LOOKS)
def test_the_page_fits_and_draws(page, server, client, traffic, tmp_path, width, height, color):
    server.permit("websocket:warn")
    look_like(page, width, height, color)
    client.handshake("/ws/echo.xml", {"Origin": "http://elsewhere.test"})
    client.websocket("/ws/echo.xml").close()
    assert traffic

    def bytes_are_drawn():
        curves = page.execute_script(HEIGHTS, 3)
        return len(curves) == 2 and all(len(curve) >= 4 for curve in curves) \
            and min(curves[0]) < 45

    assert wait_until(bytes_are_drawn, 20, 0.2), page.execute_script(HEIGHTS, 3)
    assert wait_until(lambda: "127.0.0.1" in text_of(page, "#busiest"), 10)
    picture(page, tmp_path / f"status-{width}-{color}.png")
    assert page.execute_script("return document.documentElement.scrollWidth") <= width
    assert page.execute_script(OVERFLOW, width) == []
    assert "kB/s" in text_of(page, "#plots figure:nth-of-type(3) p")
    background = page.execute_script("return getComputedStyle(document.body).backgroundColor")
    red = int(background.removeprefix("rgb(").split(",")[0])
    assert red < 64 if color == "dark" else red > 192


def test_plots_and_figures_move_by_themselves(page, client):
    look_like(page, 1280, 900, "light")

    def open_tunnels():
        return page.execute_script(
            "return document.querySelector('#figures dd').textContent")

    def levels():
        return page.execute_script(HEIGHTS, 1)

    assert wait_until(lambda: levels() and len(levels()[0]) >= 2, 20, 0.2)
    assert open_tunnels() == "0"
    assert len(set(levels()[0])) == 1, "nothing has happened yet"
    tunnels = [client.websocket("/echo") for _ in range(3)]
    assert wait_until(lambda: open_tunnels() == "3", 20, 0.2)
    assert wait_until(lambda: len(set(levels()[0])) > 1, 20, 0.2), "the curve did not rise"
    for tunnel in tunnels:
        tunnel.close()
    assert wait_until(lambda: open_tunnels() == "0", 20, 0.2)
    assert wait_until(lambda: levels()[0][-1] == max(levels()[0]), 20, 0.2), "nor did it fall"
    assert "top 3" in text_of(page, "#plots figure p")


def test_a_tunnel_is_ended_by_its_button_once_it_was_confirmed(page, client):
    look_like(page, 1280, 900, "light")
    doomed, other = client.websocket("/ws/echo.xml"), client.websocket("/echo")
    name = status.wait_for(client, lambda data: data["tunnels_open"] == 2)
    [name] = [one["name"] for one in name["oldest_tunnels"] if one["policy"] == "/ws/echo.xml"]

    def press():
        return page.execute_script("""
            const button = () => document.querySelector(`#oldest button[value="${arguments[0]}"]`);
            if (button()) setTimeout(() => button().click());  // by then the page may have a new one
            return Boolean(button());""", name)

    def answer(accept):
        alert = wait_until(lambda: _alert(page), 10)
        assert alert and "/ws/echo.xml" in alert.text
        alert.accept() if accept else alert.dismiss()

    assert wait_until(press, 20, 0.2)
    answer(accept=False)
    assert status.read(client)["oldest_tunnels"][0]["ending"] is False
    assert wait_until(press, 20, 0.2)
    answer(accept=True)
    assert doomed.receive_to_close()[1].close_code == 1001
    other.echo(b"undisturbed")
    assert wait_until(lambda: page.current_url.endswith("/status"), 10)


def _alert(driver):
    from selenium.common import exceptions  # not above: without selenium these tests are skipped
    try:
        return driver.switch_to.alert
    except exceptions.NoAlertPresentException:
        return None


def test_it_says_when_the_server_no_longer_answers(page, server):
    server.permit("AH00")
    assert wait_until(lambda: page.execute_script(HEIGHTS, 1), 20, 0.2)
    assert not page.execute_script("return !document.getElementById('trouble').hidden")
    server.stop()
    assert wait_until(lambda: page.execute_script(
        "return !document.getElementById('trouble').hidden"), 20, 0.2)
    assert "last known" in text_of(page, "#trouble")
    page.get("about:blank")  # or one more is refused behind what is read here
    page.get_log("browser")  # of the connections that were refused


def test_without_scripts_the_page_is_whole(browser, server, client, tmp_path):
    tunnel = client.websocket("/ws/echo.xml")
    status.wait_for(client, lambda data: data["tunnels_open"] == 1)
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(f"http://localhost:{server.http_port}/status")
        picture(browser, tmp_path / "status-without-script.png")
        find = "css selector"
        assert not browser.find_element(find, "#plots").is_displayed()
        assert browser.find_element(find, "#figures dd").text == "1"
        assert browser.find_element(find, "noscript a").is_displayed()
        browser.find_element(find, "#endpoints button").click()
        assert tunnel.receive_to_close()[1].close_code == 1001
        assert browser.current_url.endswith("/status")
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
        browser.get("about:blank")
