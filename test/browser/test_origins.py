# SPDX-License-Identifier: Apache-2.0
"""A page of another origin: let in where the policy names it, refused with the reason where not."""

from selenium.webdriver.common.keys import Keys

from support.demo import NO_HANDSHAKE, REFUSED
from support.waiting import wait_until


def test_a_page_of_an_origin_that_the_policy_names_talks_to_the_service(demo, open_visitor):
    page = open_visitor(demo.visitors_url)
    page.wait_state("online")
    assert page.texts("#origin") == [demo.visitors_url.rstrip("/")] == page.texts("#allowed")
    assert not page.texts("#endpoint")[0].startswith(demo.visitors_url)
    assert page.texts("#verdict") == ["This origin is allowed."]
    page.find("#text").click()
    page.press("Grüße from next door", Keys.ENTER)
    wait_until(lambda: page.texts("#echo .received") == ["Grüße from next door"],
               lambda: page.texts("#echo li"))


def test_the_same_page_of_an_origin_that_it_does_not_name_is_told_why_it_is_refused(
        demo, open_visitor, expected_errors):
    demo.also_expected.append(REFUSED)
    expected_errors.extend(NO_HANDSHAKE)
    page = open_visitor(demo.strangers_url)
    page.wait_state("idle")
    assert page.state_text == "Refused"
    [verdict] = page.texts("#verdict")
    assert "(401, origin)" in verdict
    assert "origin" in verdict.split("(401")[0]
    assert page.texts("#why")[0].startswith("This is meant to happen here")
    assert not page.find("#text").is_enabled()


def test_the_pages_of_all_origins_lead_to_each_other(demo, open_page, open_visitor, open_console):
    site, visitors = demo.url("http"), demo.visitors_url
    for page in (open_page(), open_console()):
        wait_until(lambda: page.find("[data-place=visitors]").get_attribute("href") == visitors,
                   lambda: page.find("[data-place=visitors]").get_attribute("href"))
    page = open_visitor(visitors)
    page.wait_state("online")
    links = page.driver.execute_script("return [...document.querySelectorAll('a[data-place]')].map(a => a.href)")
    assert links == [site, site + "console.html", visitors, demo.strangers_url]
