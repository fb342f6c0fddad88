# SPDX-License-Identifier: Apache-2.0
"""What the page does when the connection goes away under it."""

import os
import re
import signal
import socket
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from support.chat_page import ChatPage
from support.demo import HELD_UP_BY_A_WORKER
from support.waiting import wait_until

by_both = pytest.mark.parametrize("scheme", ["http", "https"])


# A page that dials before httpd is back is told so, and tries again.
NOT_BACK_YET = [r"WebSocket connection to .* failed", r"ERR_CONNECTION", r"ERR_EMPTY_RESPONSE"]


def restart_hard(demo):
    demo.also_expected.append(HELD_UP_BY_A_WORKER)
    os.kill(demo.httpd_pid, signal.SIGHUP)


def wait_for_entry(page, text, seconds):
    """In any conversation."""
    wait_until(lambda: any(text in entry for entry in page.texts("#logs li .words")),
               lambda: f"{text!r} among {page.texts('#logs li .words')}", seconds)


@by_both
def test_a_graceful_restart_of_httpd_is_not_noticed(demo, ann_and_bob):
    ann, bob = ann_and_bob

    def restarts():
        return sum("AH00493" in line for line in demo.error_log())

    before = restarts()
    os.kill(demo.httpd_pid, signal.SIGUSR1)
    wait_until(lambda: restarts() > before, "the restart's log line")
    for number in range(5):
        ann.send(f"still here {number}")
        bob.wait_message("say", "ann", f"still here {number}")
        bob.send(f"so am I {number}")
        ann.wait_message("say", "bob", f"so am I {number}")
    for page in ann_and_bob:
        page.choose_conversation("Server")
        assert not any("close code" in text for _, _, text in page.messages())


@by_both
def test_after_a_hard_restart_of_httpd_the_page_comes_back_by_itself(demo, ann_and_bob, expected_errors):
    expected_errors.extend(NOT_BACK_YET)
    ann, bob = ann_and_bob
    ann.send("before")
    bob.wait_message("say", "ann", "before")
    restart_hard(demo)
    for page in ann_and_bob:
        wait_for_entry(page, "close code 1001", 30)
    for page in ann_and_bob:
        page.wait_state("online", 60)
        page.wait_current("#demo")
    wait_until(lambda: len(ann.nicks()) == 2 and len(bob.nicks()) == 2, "both in the channel")
    ann.wait_text("before")
    ann.send("after")
    wait_until(lambda: any(text == "after" for _, _, text in bob.messages()), "the talk to go on")


def test_a_hard_restart_is_told_at_once_though_workers_are_held_up(demo, open_page, expected_errors):
    expected_errors.extend(NOT_BACK_YET)
    page = open_page().connect("zoe")
    with ExitStack() as idle:
        # TLS handshakes that stop after the first bytes: in each a worker waits.
        for _ in range(30):
            half_open = idle.enter_context(socket.create_connection(
                ("localhost", urlsplit(demo.url("https")).port)))
            half_open.sendall(b"\x16\x03\x01")
        time.sleep(0.5)  # until workers have taken them
        restart_hard(demo)
        wait_for_entry(page, "close code 1001", 3)
    page.wait_state("online", 60)


def test_after_a_restart_the_page_is_in_all_its_channels_again_and_shows_the_same(demo, open_page, expected_errors):
    expected_errors.extend(NOT_BACK_YET)
    page = open_page().connect("mia")
    page.send("/join #tea #coffee")
    page.wait_conversations("Server", "#demo", "#tea", "#coffee")
    page.choose_conversation("#tea")
    page.wait_nicks("mia")
    restart_hard(demo)
    wait_for_entry(page, "close code 1001", 30)
    page.wait_state("online", 60)
    for channel in ("#tea", "#coffee", "#demo"):
        if channel != "#tea":
            page.choose_conversation(channel)
        page.wait_current(channel)
        wait_until(lambda: "mia" in page.nicks(), f"to be in {channel}")


def children(pid):
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def test_after_a_child_of_httpd_was_killed_the_page_comes_back_by_itself(demo, open_page, expected_errors):
    expected_errors.extend(NOT_BACK_YET)
    demo.also_expected.append(re.compile(r"AH00052|AH10392"))
    page = open_page().connect("ida")
    page.send("before")
    page.wait_message("say own", "ida", "before")
    for child in children(demo.httpd_pid):
        os.kill(child, signal.SIGKILL)
    wait_for_entry(page, "close code 1006", 30)
    page.wait_state("online", 60)
    wait_until(lambda: page.nicks(), "to be in the channel again")
    page.wait_text("before")


def test_after_a_graceful_restart_that_cannot_wait_the_page_comes_back_by_itself(new_demo, browser):
    demo = new_demo().wait_ready()

    def restart():
        before = children(demo.httpd_pid)
        os.kill(demo.httpd_pid, signal.SIGUSR1)
        wait_until(lambda: len(children(demo.httpd_pid)) > 0 and not before & children(demo.httpd_pid),
                   "children of the new generation only", 60)

    with (demo.folder / "httpd.conf").open("a") as configuration:
        configuration.write("WebSocketDrainTimeout 1s\n")
    restart()
    page = ChatPage(browser, demo.url("http")).connect("ugo")
    page.send("before")
    page.wait_message("say own", "ugo", "before")
    restart()
    wait_for_entry(page, "close code 1012", 60)
    page.wait_state("online", 60)
    wait_until(lambda: page.nicks(), "to be in the channel again")
    page.wait_text("before")
    browser.console_errors()


@contextmanager
def offline(page):
    """As if httpd were gone: both the handshake and the question why fail."""
    def emulate(is_offline):
        page.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {
            "offline": is_offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1})

    page.driver.execute_cdp_cmd("Network.enable", {})
    emulate(True)
    try:
        yield
    finally:
        emulate(False)


def test_without_a_way_to_the_server_it_keeps_trying_until_stopped(demo, open_page, expected_errors):
    expected_errors.extend([*NOT_BACK_YET, "ERR_INTERNET_DISCONNECTED"])
    page = open_page().connect("joe")
    with offline(page):
        restart_hard(demo)
        wait_until(lambda: "Trying again in" in page.state_text, lambda: page.state_text, 60)
        page.find("#disconnect").click()
        page.wait_state("closed")
        # The other where it was just trying again.
        assert page.state_text in ("Not connected", "You disconnected")
    page.connect("joe2")
