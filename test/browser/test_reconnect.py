# SPDX-License-Identifier: Apache-2.0
"""What the page does when the connection goes away under it."""

import os
import signal
import socket
import time
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from support.demo import HELD_UP_BY_A_WORKER
from support.waiting import wait_until

by_both = pytest.mark.parametrize("scheme", ["http", "https"])


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
    os.kill(demo.httpd_pid, signal.SIGUSR1)
    wait_until(lambda: any("AH00493" in line for line in demo.error_log()), "the restart's log line")
    for number in range(5):
        ann.send(f"still here {number}")
        bob.wait_message("say", "ann", f"still here {number}")
        bob.send(f"so am I {number}")
        ann.wait_message("say", "bob", f"so am I {number}")
    for page in ann_and_bob:
        page.choose_conversation("Server")
        assert not any("Closed" in text for _, _, text in page.messages())


@by_both
def test_after_a_hard_restart_of_httpd_the_page_comes_back_by_itself(demo, ann_and_bob):
    ann, bob = ann_and_bob
    ann.send("before")
    bob.wait_message("say", "ann", "before")
    restart_hard(demo)
    for page in ann_and_bob:
        wait_for_entry(page, "Closed, code 1001", 20)
    for page in ann_and_bob:
        page.wait_state("online", 30)
        page.wait_current("#demo")
    wait_until(lambda: len(ann.nicks()) == 2 and len(bob.nicks()) == 2, "both in the channel")
    ann.wait_text("before")
    ann.send("after")
    wait_until(lambda: any(text == "after" for _, _, text in bob.messages()), "the talk to go on")


def test_a_hard_restart_is_told_at_once_though_workers_are_held_up(demo, open_page):
    page = open_page().connect("zoe")
    with ExitStack() as idle:
        # TLS handshakes that stop after the first bytes: in each a worker waits.
        for _ in range(30):
            half_open = idle.enter_context(socket.create_connection(
                ("localhost", urlsplit(demo.url("https")).port)))
            half_open.sendall(b"\x16\x03\x01")
        time.sleep(0.5)  # until workers have taken them
        restart_hard(demo)
        wait_for_entry(page, "Closed, code 1001", 3)
    page.wait_state("online", 30)


def test_without_a_way_to_the_server_it_keeps_trying_until_stopped(demo, browser, open_page):
    page = open_page().connect("joe")
    page.driver.execute_script("""
        window.RealWebSocket = window.WebSocket;
        window.WebSocket = function (url) { return new RealWebSocket(url.href.replace("irc.xml", "none")); };
    """)
    restart_hard(demo)
    wait_until(lambda: "no connection was made" in page.state_text, lambda: page.state_text, 20)
    page.wait_state("waiting")
    assert "Trying again in" in page.state_text
    page.find("#disconnect").click()
    page.wait_state("closed")
    page.driver.execute_script("window.WebSocket = window.RealWebSocket")
    page.connect("joe2")
    assert any("/none" in message for message in browser.console_errors())
