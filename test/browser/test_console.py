# SPDX-License-Identifier: Apache-2.0
"""The raw console: bytes both ways, what they amount to, and how it ends or why it does not begin."""

import socket

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from support.demo import NO_HANDSHAKE, REFUSED
from support.waiting import wait_until


def test_text_goes_out_as_utf8_with_the_line_end_that_was_chosen_and_comes_back(open_console):
    page = open_console().connect("echo.xml")
    page.send("Grüße 🦆")
    for direction in ("sent", "received"):
        page.wait_entry(direction, "14 bytes", "Grüße 🦆␍␊")
    page.send("x", line_end="lf")
    page.wait_entry("received", "2 bytes", "x␊")
    page.send("x", line_end="")
    page.wait_entry("received", "1 byte", "x")
    wait_until(lambda: page.count("sent") == page.count("received") == 17,
               lambda: f"17 bytes each; {page.count('sent')}, {page.count('received')}")


def test_hexadecimal_digits_go_out_as_bytes_and_both_directions_can_be_seen_as_such(open_console):
    page = open_console().connect("echo.xml")
    page.send("00 ff 0d0a 0x7F", notation="hex")
    page.wait_entry("received", "5 bytes", "␀�␍␊\n␡")
    page.show_as_notation("hex")
    dump = "0000  00 ff 0d 0a 7f"
    wait_until(lambda: [(direction, shown.startswith(dump)) for direction, _, shown in page.transcript()]
               == [("sent", True), ("received", True)], lambda: page.transcript())
    page.show_as_notation("text")
    page.wait_entry("sent", "5 bytes", "␀�␍␊\n␡")
    page.find("#clear").click()
    assert page.transcript() == []


@pytest.mark.parametrize("text, words", [("00 f", "digits come in pairs"), ("zz", "no hexadecimal digit")])
def test_what_is_no_hexadecimal_number_is_said_and_not_sent(open_console, text, words):
    page = open_console().connect("echo.xml")
    page.send(text, notation="hex")
    assert words in page.texts("#payload-error")[0]
    assert page.find("#payload").get_attribute("value") == text
    page.send("68", notation="hex")
    page.wait_entry("received", "1 byte", "h")
    assert page.texts("#payload-error") == [""]
    wait_until(lambda: page.count("sent") == 1, lambda: f"one byte sent; there are {page.count('sent')}")


def test_a_flood_moves_the_plot_and_the_counters_of_both_directions(open_console):
    page = open_console().connect("echo.xml")
    wait_until(lambda: set(page.plotted("sent")) == {0}, lambda: page.plotted("sent"))
    page.find("#flood").click()
    for direction in ("sent", "received"):
        page.wait_count(direction, 1_000_000)
        wait_until(lambda: max(page.plotted(direction)) > 10, lambda: page.plotted(direction))
        assert page.texts(f"#{direction}-total")[0].endswith("iB")
    label = page.find("#plot svg").get_attribute("aria-label")
    assert "iB/s sent" in label and "iB/s received" in label
    page.find("#flood").click()
    assert page.find("#flood").get_attribute("aria-pressed") == "false"
    wait_until(lambda: page.count("sent") == page.count("received"), "all of it to come back")
    assert page.driver.execute_script("return document.querySelectorAll('#transcript li').length") <= 200


def test_discard_takes_and_gives_nothing(open_console):
    page = open_console().connect("discard.xml")
    page.find("#flood").click()
    page.wait_count("sent", 1_000_000)
    page.find("#flood").click()
    assert page.count("received") == 0


def test_who_stops_reading_holds_the_service_back(open_console):
    page = open_console().connect("chargen.xml")
    page.wait_count("received", 1_000_000)
    page.find("#hold").click()
    # What is on its way still arrives; then nothing may.
    seen = [page.count("received")]

    def has_stopped():
        seen.append(page.count("received"))
        return len(seen) > 20 and len(set(seen[-20:])) == 1

    wait_until(has_stopped, lambda: f"the bytes to stop: {seen[-20:]}")
    page.find("#hold").click()
    page.wait_count("received", seen[-1] + 1_000_000)
    assert page.disconnect()["close code"] == "1000"


def test_what_chargen_sends_is_shown(open_console):
    page = open_console().connect("chargen.xml")
    page.wait_count("received", 5_000_000)
    page.disconnect()
    assert " !\"#$%&'()" in page.transcript()[0][2] or len(page.transcript()[0][2]) > 100


def test_of_more_chunks_than_a_frame_shows_the_rest_is_said_to_be_left_out(open_console):
    """How many come between two frames is the machine's business: here they are handed over by script."""
    shown = open_console().driver.execute_async_script("""
        const done = arguments[0];
        import("/console/transcript.js").then(({ Transcript }) => {
          const list = document.createElement("ol");
          const transcript = new Transcript(list);
          for (let i = 0; i < 40; i += 1) transcript.add("received", new Uint8Array(1000));
          requestAnimationFrame(() => requestAnimationFrame(
            () => done([...list.children].map(({ className, textContent }) => [className, textContent]))));
        }, (error) => done(String(error)));
        """)
    assert shown[0] == ["note", "… 28 more chunks, 27.3 KiB, not shown"], shown[0]
    assert len(shown) == 1 + 12


def test_an_orderly_end_by_either_side_shows_the_close_code(open_console):
    page = open_console().connect("echo.xml")
    outcome = page.disconnect()
    assert outcome["message"] == "You have closed the connection."
    assert outcome["close code"] == "1000"
    page.connect("irc.xml")
    page.send("QUIT")
    outcome = page.wait_outcome()
    assert outcome["message"] == "The service has ended the connection."
    assert outcome["close code"] == "1000"
    assert page.state_text == "Closed"


def test_a_violation_of_the_framing_shows_close_code_and_reason(open_console):
    page = open_console()
    page.choose("lines.xml")
    page.driver.execute_script("document.querySelector('#framing').value = 'binary'")
    page.find("#connect button").click()
    page.wait_state("online")
    page.send("two\nlines")
    outcome = page.wait_outcome()
    assert outcome["close code"] in ("1007", "1003"), outcome
    assert outcome["reason"]
    assert f"close code {outcome['close code']}" in outcome["message"]


def test_a_subprotocol_that_is_agreed_on_is_told_and_frames(open_console):
    page = open_console()
    page.find("summary").click()
    page.choose("lines.xml")
    page.driver.execute_script("document.querySelector('#framing').value = ''")
    page.fill("#protocols", "text.ircv3.net, binary.ircv3.net")
    page.find("#connect button").click()
    page.wait_state("online")
    assert page.state_text == "Connected, text.ircv3.net"
    page.send("a line")
    page.wait_entry("received", "8 bytes", "a line␍␊")


@pytest.mark.parametrize("policy, status, reason, words", [
    ("down.xml", "502", "connect", ""),
    ("forbidden.xml", "403", "target", "target"),
    ("invalid.xml", "500", "policy", "policy"),
    ("visitors.xml", "401", "origin", "origin"),
    ("nothing.xml", "404", "not-found", "nothing at this URL"),
    ("console.html", "200", "not-an-endpoint", "no endpoint"),
])
def test_each_refusal_shows_its_own_reason(demo, open_console, expected_errors, policy, status, reason, words):
    demo.also_expected.append(REFUSED)
    expected_errors.extend(NO_HANDSHAKE)
    page = open_console()
    outcome = page.try_to_connect(policy)
    assert policy in outcome["message"]
    assert (outcome["HTTP status"], outcome["reason"]) == (status, reason), outcome
    assert words in outcome["message"]
    assert page.state == "idle"
    # And it is not the end of the page.
    page.connect("echo.xml")
    assert page.texts("#outcome") == [""]


def test_a_url_of_ones_own_and_one_that_is_none(open_console, expected_errors):
    expected_errors.extend(NO_HANDSHAKE)
    page = open_console()
    page.fill("#url", "/echo.xml")
    page.find("#connect button").click()
    page.wait_state("online")
    page.disconnect()
    page.fill("#url", "ftp://localhost/")
    page.find("#connect button").click()
    outcome = page.wait_outcome()
    assert outcome["error"] == "SyntaxError"


def test_a_server_that_is_not_there_is_said_to_be_unreachable(open_console, expected_errors):
    expected_errors.extend(NO_HANDSHAKE)
    page = open_console()
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        page.fill("#url", f"ws://127.0.0.1:{nobody_listens.getsockname()[1]}/echo.xml")
        page.find("#connect button").click()
        outcome = page.wait_outcome()
    assert outcome["reason"] == "unreachable"
    assert "cannot be reached" in outcome["message"]


def test_the_console_needs_the_keyboard_only(open_console):
    page = open_console()
    page.press(Keys.TAB)
    assert page.driver.execute_script("return document.activeElement.className") == "skip"
    page.press(Keys.ENTER)
    page.tab_to("policy")
    page.tab_to("url")
    page.press(Keys.ENTER)
    page.wait_state("online")
    wait_until(lambda: page.focused() == "payload", lambda: page.focused())
    page.press("one", Keys.ENTER)
    page.wait_entry("received", "5 bytes", "one␍␊")
    page.press("two")
    page.press(Keys.ENTER, holding=Keys.SHIFT)
    page.press("lines", Keys.ENTER)
    page.wait_entry("received", "11 bytes", "two␊\nlines␍␊")
    for control in page.driver.find_elements(By.CSS_SELECTOR, "button, input, select, textarea, #transcript, svg"):
        if control.is_displayed():
            assert control.accessible_name, control.get_attribute("outerHTML")
