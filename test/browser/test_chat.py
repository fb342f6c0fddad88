# SPDX-License-Identifier: Apache-2.0
"""Two people talk on a real IRC server, each from a page, over ws:// and wss://."""

import pytest

by_both = pytest.mark.parametrize("scheme", ["http", "https"])


@by_both
def test_two_users_talk_and_each_sees_both_sides(ann_and_bob):
    ann, bob = ann_and_bob
    ann.send("Good morning!")
    ann.wait_message("say own", "ann", "Good morning!")
    bob.wait_message("say", "ann", "Good morning!")
    bob.send("Grüß dich 🦆 — 你好")
    ann.wait_message("say", "bob", "Grüß dich 🦆 — 你好")


def test_markup_in_a_message_stays_text(ann_and_bob):
    ann, bob = ann_and_bob
    text = "<img src=x onerror=\"document.title='owned'\"><b>bold</b> &amp;"
    ann.send(text)
    for page in ann_and_bob:
        page.wait_text(text)
        assert page.driver.execute_script(
            "return document.querySelectorAll('#logs img, #logs b').length") == 0
        assert page.driver.title == "IRC through httpd"


@by_both
def test_a_text_longer_than_an_irc_line_arrives_whole_in_pieces(ann_and_bob):
    ann, bob = ann_and_bob
    words = [f"Wört{number}" for number in range(150)]
    ann.send(" ".join(words))
    bob.wait_text(words[-1])
    pieces = [text for _, sender, text in bob.messages() if sender == "ann"]
    assert len(pieces) > 2
    assert " ".join(pieces).split() == words  # the server drops a space at a piece's end


def test_a_private_conversation_gets_a_page_of_its_own(ann_and_bob):
    ann, bob = ann_and_bob
    ann.send("/msg bob between us")
    ann.wait_current("bob")
    ann.wait_message("say own", "ann", "between us")
    bob.wait_current("#demo")
    assert bob.conversations() == ["Server", "#demo", "ann1 unread"]
    bob.choose_conversation("ann")
    bob.wait_message("say", "ann", "between us")
    bob.send("yes")
    ann.wait_message("say", "bob", "yes")
    assert bob.conversations() == ["Server", "#demo", "ann"]


def test_a_new_nick_an_action_and_a_topic_are_seen_by_the_other(ann_and_bob):
    ann, bob = ann_and_bob
    ann.send("/nick anna")
    bob.wait_message("activity", "", "ann is now known as anna")
    ann.wait_nicks("anna", "bob")
    bob.wait_nicks("anna", "bob")
    assert ann.state_text == "Connected as anna"
    ann.send("/me waves")
    bob.wait_message("action", "anna", "waves")
    ann.wait_message("action own", "anna", "waves")


def test_a_new_channel_can_be_joined_given_a_topic_and_left(ann_and_bob):
    ann, bob = ann_and_bob
    for page in ann_and_bob:
        page.send("/join tea")
        page.wait_current("#tea")
    ann.wait_nicks("ann", "bob")
    ann.send("/topic Darjeeling")
    bob.wait_message("activity", "", "ann set the topic: Darjeeling")
    assert bob.texts("#topic") == ["Darjeeling"]
    ann.send("/part so long")
    bob.wait_text("ann left")
    bob.wait_nicks("bob")
    ann.wait_text("ann left")
    assert ann.nicks() == []


def test_a_nick_in_use_is_varied(open_page, scheme):
    first = open_page(scheme).connect("sam")
    second = open_page(scheme).connect("sam")
    assert second.state_text == "Connected as sam_"
    first.wait_nicks("sam", "sam_")


@by_both
def test_disconnecting_says_good_bye_before_the_connection_closes(ann_and_bob):
    ann, bob = ann_and_bob
    ann.find("#disconnect").click()
    ann.wait_state("closed")
    assert ann.state_text == "Closed, code 1000: you disconnected"
    bob.wait_text("ann quit (")
    bob.wait_text("Leaving")
    bob.wait_nicks("bob")
    assert ann.find("#connect").is_displayed()
    assert not ann.find("#text").is_enabled()


def test_a_nick_that_the_server_refuses_is_explained(open_page):
    page = open_page()
    page.submit_form("no.dots")
    page.wait_state("closed")
    page.wait_text("Erroneous nickname")
    assert "the IRC server refused" in page.state_text


@by_both
def test_a_page_that_the_user_leaves_leaves_the_channel_and_comes_back_with_the_user(ann_and_bob):
    ann, bob = ann_and_bob
    ann.driver.get("about:blank")
    bob.wait_text("ann quit")
    bob.wait_nicks("bob")
    ann.driver.back()
    bob.wait_nicks("ann", "bob")
    ann.wait_state("online")
    ann.wait_nicks("ann", "bob")


@by_both
def test_a_window_that_is_closed_leaves_the_channel(open_page, scheme):
    ann, bob = open_page(scheme).connect("ann"), open_page(scheme).connect("bob")
    ann.driver.close()
    bob.wait_text("ann quit")
    bob.wait_nicks("bob")


def test_commands_that_make_no_sense_are_answered_and_not_sent(open_page):
    page = open_page().connect("eve")
    page.send("/dance")
    page.wait_message("problem", "", "There is no command /dance. /help lists them.")
    page.send("/msg nobody-here hello")
    page.wait_current("nobody-here")
    page.wait_text("No such nick")
