# SPDX-License-Identifier: Apache-2.0
"""Desk and phone, light and dark, keyboard and labels. The pictures are left in the test's folder."""

from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from support.demo import NO_HANDSHAKE, REFUSED
from support.waiting import wait_until

# Colours know nothing of widths: each of both is looked at once.
LOOKS = [(1280, 800, "dark"), (360, 640, "light")]
by_looks = pytest.mark.parametrize("width, height, color", LOOKS)

INSIDE = """
  const box = arguments[0].getBoundingClientRect();
  return box.width > 0 && box.left >= 0 && box.right <= arguments[1] + .5;"""

CONTRAST = (Path(__file__).parent / "support" / "contrast.js").read_text()


class Look:
    """One size and colour scheme: shows pages so, and looks at what can be measured of them."""

    def __init__(self, folder, width, height, color):
        self.folder, self.width, self.height, self.color = folder, width, height, color

    def show(self, page):
        page.show_as(self.width, self.height, self.color)
        return page

    def check(self, page, name, *selectors):
        """Nothing is wider than the screen, nothing hard to read; leaves a picture."""
        page.screenshot(self.folder / f"{name}-{self.width}-{self.color}.png")
        # The size is the given one, not innerWidth: a phone's innerWidth grows with what overflows.
        assert page.driver.execute_script("return document.documentElement.scrollWidth") <= self.width
        for selector in selectors:
            inside = page.driver.execute_script(INSIDE, page.find(selector), self.width)
            assert inside, f"{selector} is cut off"
        found = page.driver.execute_script(CONTRAST)
        assert found["judged"] > 10
        assert found["complaints"] == [], name

    def check_scheme(self, page):
        background = page.driver.execute_script("return getComputedStyle(document.body).backgroundColor")
        red = int(background.removeprefix("rgb(").split(",")[0])
        assert red < 64 if self.color == "dark" else red > 192


@pytest.fixture
def look(tmp_path, width, height, color):
    return Look(tmp_path, width, height, color)


def on_screen(page, selector):
    """Inside the window both ways, as what is to be used at once must be."""
    return page.driver.execute_script("""
        const box = document.querySelector(arguments[0]).getBoundingClientRect();
        return box.width > 0 && box.top >= 0 && box.bottom <= innerHeight + .5""", selector)


@by_looks
def test_the_chat_fits_and_can_be_read_in_every_state(open_page, look):
    page, other = look.show(open_page()), open_page()
    look.check(page, "welcome", "#connect button", "#state", ".pages")
    look.check_scheme(page)

    page.connect("ann")
    other.connect("a-rather-long-nick")
    page.wait_nicks("ann", "a-rather-long-nick")
    other.send("Good morning. This is a message long enough to need a second line on a phone.")
    other.send("https://example.org/" + "unbreakable" * 12)
    page.wait_text("unbreakable")
    page.send("I see <b>both</b> of them, Grüße 🦆")
    other.send("/me is pleased with ann")
    page.wait_text("is pleased")
    other.send("/msg ann psst")
    page.send("/nick ann-with-a-longer-1")
    page.send("/dance")
    page.wait_text("There is no command")
    page.send("/help nick")
    page.find("#text").send_keys("/m")
    look.check(page, "chat", "#text", "#composer button", "#disconnect", "#name", "#leave", "#open-join")
    for selector in ("#text", "#composer button", "#disconnect"):
        assert on_screen(page, selector)
    page.fill("#text", "")

    if look.width < 600:
        assert not page.find("#people").is_displayed()
        page.find("#show-people").click()
        look.check(page, "people", "#people")
        page.find("#nicks button").send_keys(Keys.ESCAPE)
        assert not page.find("#people").is_displayed()
        assert page.focused() == "show-people"
    else:
        look.check(page, "people", "#people")

    page.find("#open-join").click()
    look.check(page, "join", "#join-dialog", "#cancel-join")
    page.press(Keys.ESCAPE)
    page.find("#disconnect").click()
    page.wait_state("closed")
    look.check(page, "closed", "#connect button", "#state", "#nick", "#channel")


@by_looks
def test_the_console_fits_and_can_be_read_in_every_state(demo, open_console, expected_errors, look):
    demo.also_expected.append(REFUSED)
    expected_errors.extend(NO_HANDSHAKE)
    page = look.show(open_console())
    look.check(page, "console", "#connect button", "#policy", "#url", "#plot", "#counters", "#transcript")
    look.check_scheme(page)
    page.connect("echo.xml")
    page.send("Grüße " + "unbreakable" * 40)
    page.wait_count("received", 100)
    look.check(page, "console-text", "#transcript", "#payload", "#send button")
    page.show_as_notation("hex")
    # All of a row can be seen without moving sideways.
    assert page.driver.execute_script("""
        return [...document.querySelectorAll('#transcript pre')].every(e => e.scrollWidth <= e.clientWidth)""")
    page.find("#flood").click()
    page.wait_count("received", 5_000_000)
    page.find("#flood").click()
    page.send("zz", notation="hex")
    look.check(page, "console-hex", "#transcript", "#payload-error", "#plot", "#counters")
    page.disconnect()
    look.check(page, "console-closed", "#outcome")
    page.find("summary").click()
    page.try_to_connect("forbidden.xml")
    look.check(page, "console-refused", "#outcome", "#protocols", "#framing")


@by_looks
def test_the_page_of_another_origin_fits_and_can_be_read(demo, open_visitor, expected_errors, look):
    demo.also_expected.append(REFUSED)
    expected_errors.extend(NO_HANDSHAKE)
    for name, url, state in (("allowed", demo.visitors_url, "online"), ("refused", demo.strangers_url, "idle")):
        page = look.show(open_visitor(url))
        page.wait_state(state)
        if state == "online":
            page.fill("#text", "unbreakable" * 20)
            page.find("#say button").click()
            wait_until(lambda: page.texts("#echo .received"), "the echo")
        look.check(page, f"visitor-{name}", "#verdict", "#origin", "#endpoint", "#text", ".links")
        look.check_scheme(page)


def test_the_chat_needs_the_keyboard_only(open_page):
    page = open_page()
    page.press(Keys.TAB)
    assert page.driver.execute_script("return document.activeElement.className") == "skip"
    page.press(Keys.ENTER)
    page.press(Keys.TAB)
    assert page.focused() == "nick"
    page.press("a", holding=Keys.CONTROL)
    page.press("kay", Keys.TAB)
    assert page.focused() == "channel"
    page.press(Keys.ENTER)
    page.wait_state("online")
    page.wait_current("#demo")
    wait_until(lambda: page.focused() == "text", lambda: page.focused())
    page.press("typed by hand", Keys.ENTER)
    page.wait_message("say own", "kay", "typed by hand")
    assert page.focused() == "text"
    page.press("/join tea", Keys.ENTER)
    page.wait_current("#tea")
    page.press(Keys.ARROW_UP, holding=Keys.ALT)
    page.wait_current("#demo")
    page.press(Keys.ARROW_DOWN, holding=Keys.ALT)
    page.wait_current("#tea")
    page.press("/part", Keys.ENTER)
    page.wait_text("kay left")
    page.press(Keys.ESCAPE)
    page.tab_to("disconnect")
    page.press(Keys.ENTER)
    page.wait_state("closed")


def test_whatever_has_the_focus_shows_it(open_page, open_console):
    for page in (open_page().connect("foc"), open_console()):
        page.press(Keys.TAB)
        for _ in range(12):
            page.press(Keys.TAB)
            outline = page.driver.execute_script("""
                const style = getComputedStyle(document.activeElement);
                return [document.activeElement.outerHTML.slice(0, 80), style.outlineStyle, style.outlineWidth]""")
            if not outline[0].startswith("<body"):
                assert outline[1:] == ["solid", "3px"], outline


def test_every_control_has_a_name_and_what_changes_is_announced(open_page):
    page = open_page().connect("lea")
    for selector in ("#nick", "#channel", "#text", "#join-channel"):
        assert page.driver.execute_script(
            "return document.querySelector(arguments[0]).labels.length", selector) == 1
    for element in ("#disconnect", "#composer button", "#logs ol:not([hidden])", "#people", "#rooms", ".pages",
                    "#conversations button", "#nicks button"):
        assert page.find(element).accessible_name, element
    assert page.find("#logs ol:not([hidden])").aria_role == "log"
    assert page.find("#state").aria_role == "status"
    assert page.find("#hints").get_attribute("aria-live") == "polite"
    assert len(page.driver.find_elements(By.CSS_SELECTOR, "main, h1")) == 2


def test_nothing_moves_for_who_wants_less_motion(open_page):
    page = open_page()
    page.driver.execute_script("document.body.dataset.state = 'connecting'")
    animations = "return document.getAnimations().length"
    page.show_as(1280, 800, "light", prefers_reduced_motion="no-preference")
    assert page.driver.execute_script(animations) == 1
    page.show_as(1280, 800, "light", prefers_reduced_motion="reduce")
    assert page.driver.execute_script(animations) == 0


def test_an_impossible_nick_or_channel_is_not_accepted_by_the_form(open_page):
    page = open_page()
    for nick, channel in (("", "#demo"), ("two words", "#demo"), ("1st", "#demo"), ("ann", "#a,#b")):
        page.submit_form(nick, channel)
        assert page.state == "idle"
        assert page.driver.execute_script("return document.querySelector('#connect').matches(':invalid')")
