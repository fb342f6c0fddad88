# SPDX-License-Identifier: Apache-2.0
"""Desk and phone, light and dark, keyboard and labels. The pictures are left in the test's folder."""

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

LOOKS = [(1200, 800, "light"), (1200, 800, "dark"), (375, 812, "light"), (375, 812, "dark"),
         (360, 640, "light")]

INSIDE = """
  const box = arguments[0].getBoundingClientRect();
  return box.width > 0 && box.left >= 0 && box.top >= 0
    && box.right <= arguments[1] + .5 && box.bottom <= arguments[2] + .5;"""


@pytest.mark.parametrize("width, height, color", LOOKS)
def test_the_page_fits_in_every_state(open_page, tmp_path, width, height, color):
    # The size is the given one, not innerWidth: a phone's innerWidth grows with what overflows.
    def assert_fits(page, *selectors):
        assert page.driver.execute_script("return document.documentElement.scrollWidth") <= width
        for selector in selectors:
            inside = page.driver.execute_script(INSIDE, page.find(selector), width, height)
            assert inside, f"{selector} is cut off"

    def picture(name):
        page.screenshot(tmp_path / f"{name}-{width}-{color}.png")

    page, other = open_page(), open_page()
    page.show_as(width, height, color)
    assert_fits(page, "#connect button", "#state")
    picture("welcome")

    page.connect("ann")
    other.connect("a-rather-long-nick")
    page.wait_nicks("ann", "a-rather-long-nick")
    other.send("Good morning. This is a message long enough to need a second line on a phone.")
    other.send("https://example.org/" + "unbreakable" * 12)
    page.wait_text("unbreakable")
    page.send("I see <b>both</b> of them, Grüße 🦆")
    other.send("/me is pleased")
    page.wait_text("is pleased")
    other.send("/msg ann psst")
    page.send("/nick ann-with-a-longer-1")
    page.send("/dance")
    page.wait_text("There is no command")
    assert_fits(page, "#text", "#composer button", "#disconnect", "#name")
    picture("chat")

    if width < 600:
        assert not page.find("#people").is_displayed()
        page.find("#show-people").click()
        assert_fits(page, "#people")
        picture("people")
        page.find("#show-people").send_keys(Keys.ENTER)
    else:
        assert_fits(page, "#people")

    page.find("#disconnect").click()
    page.wait_state("closed")
    assert_fits(page, "#connect button", "#state", "#nick", "#channel")
    picture("closed")

    background = page.driver.execute_script("return getComputedStyle(document.body).backgroundColor")
    red = int(background.removeprefix("rgb(").split(",")[0])
    assert red < 64 if color == "dark" else red > 192


def test_the_whole_flow_needs_the_keyboard_only(open_page):
    page = open_page()

    def press(*keys):
        ActionChains(page.driver).send_keys(*keys).perform()

    def focused():
        return page.driver.execute_script("return document.activeElement.id")

    press(Keys.TAB)
    assert focused() == "nick"
    ActionChains(page.driver).key_down(Keys.CONTROL).send_keys("a").key_up(Keys.CONTROL).perform()
    press("kay", Keys.TAB)
    assert focused() == "channel"
    press(Keys.ENTER)
    page.wait_state("online")
    page.wait_current("#demo")
    assert focused() == "text"
    press("typed by hand", Keys.ENTER)
    page.wait_message("say own", "kay", "typed by hand")
    assert focused() == "text"
    press("/part", Keys.ENTER)
    page.wait_text("kay left")


def test_every_control_has_a_name_and_the_log_is_announced(open_page):
    page = open_page().connect("lea")
    for selector in ("#nick", "#channel", "#text"):
        assert page.driver.execute_script(
            "return document.querySelector(arguments[0]).labels.length", selector) == 1
    for element in ("#disconnect", "#composer button", "#logs ol:not([hidden])", "#people", "nav",
                    "#conversations button", "#nicks button"):
        assert page.find(element).accessible_name, element
    assert page.find("#logs ol:not([hidden])").aria_role == "log"
    assert page.find("#state").aria_role == "status"


def test_an_impossible_nick_or_channel_is_not_accepted_by_the_form(open_page):
    page = open_page()
    for nick, channel in (("", "#demo"), ("two words", "#demo"), ("1st", "#demo"), ("ann", "#a,#b")):
        page.submit_form(nick, channel)
        assert page.state == "idle"
        assert page.driver.execute_script("return document.querySelector('#connect').matches(':invalid')")
