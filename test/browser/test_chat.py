# SPDX-License-Identifier: Apache-2.0
"""Two people talk on a real IRC server, each from a page, over ws:// and wss://."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from support.waiting import wait_until

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
        assert page.driver.title.endswith("IRC through httpd")


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
    bob.wait_conversations("Server", "#demo", "ann1 unread")
    bob.choose_conversation("ann")
    bob.wait_message("say", "ann", "between us")
    bob.send("yes")
    ann.wait_message("say", "bob", "yes")
    bob.wait_conversations("Server", "#demo", "ann")


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
    second.choose_conversation("Server")
    second.wait_message("activity", "", "The nick sam is in use, trying sam_")
    second.send("/nick sam")
    second.wait_text("Nickname already in use")
    assert second.state_text == "Connected as sam_"


@by_both
def test_disconnecting_says_good_bye_before_the_connection_closes(ann_and_bob):
    ann, bob = ann_and_bob
    ann.find("#disconnect").click()
    ann.wait_state("closed")
    assert ann.state_text == "You disconnected"
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
    assert page.state_text.startswith("The IRC server refused: ")


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


def test_what_is_said_elsewhere_is_counted_until_it_is_looked_at(ann_and_bob):
    ann, bob = ann_and_bob
    bob.send("/join #tea")
    bob.wait_current("#tea")
    ann.send("one")
    ann.send("two")
    bob.wait_conversations("Server", "#demo2 unread", "#tea")
    wait_until(lambda: bob.driver.title == "(2) IRC through httpd", lambda: bob.driver.title)
    bob.choose_conversation("#demo")
    assert [entry[::2] for entry in bob.messages()][-3:] == [
        ("divider", "New"), ("say", "one"), ("say", "two")]
    bob.wait_conversations("Server", "#demo", "#tea")
    assert bob.driver.title == "IRC through httpd"
    bob.choose_conversation("#tea")
    bob.choose_conversation("#demo")
    assert "divider" not in [kind for kind, _, _ in bob.messages()]


def test_ones_own_nick_is_marked_in_the_text_and_at_the_conversation(ann_and_bob):
    ann, bob = ann_and_bob
    ann.send("Bob: look here")
    bob.wait_message("say mention", "ann", "Bob: look here")
    bob.send("/join #tea")
    bob.wait_current("#tea")
    ann.send("bobsled")
    bob.wait_conversations("Server", "#demo1 unread", "#tea")
    assert bob.texts(".unread.mentioned") == []
    ann.send("and you, bob?")
    bob.wait_conversations("Server", "#demo2 unread", "#tea")
    assert bob.texts(".unread.mentioned") == ["2 unread"]


def test_who_founds_a_channel_stands_first_and_can_raise_others(ann_and_bob):
    ann, bob = ann_and_bob
    bob.send("/join #ranks")
    bob.wait_nicks("bob")
    ann.send("/join #ranks")
    # Both stand in the list of the channel before, too.
    wait_until(lambda: ann.ranks() == [("@", "bob"), ("", "ann")], lambda: ann.ranks())
    assert ann.find("#nicks button").accessible_name == "bob operator"
    bob.send("/voice ann")
    wait_until(lambda: ann.ranks() == [("@", "bob"), ("+", "ann")], lambda: ann.ranks())
    bob.send("/op ann")
    wait_until(lambda: ann.ranks() == [("@", "ann"), ("@", "bob")], lambda: ann.ranks())
    ann.send("/kick bob enough tea")
    bob.wait_text("bob was put out by ann (enough tea)")
    ann.wait_nicks("ann")


def test_a_channel_that_lets_nobody_in_is_explained(ann_and_bob):
    ann, bob = ann_and_bob
    ann.send("/join #vault")
    ann.wait_nicks("ann")
    ann.send("/mode +i")
    ann.wait_text("set mode +i")
    bob.send("/join #vault")
    bob.wait_text("#vault Cannot join channel (+i)")
    assert "#vault" not in bob.conversations()
    ann.send("/invite bob")
    bob.wait_message("reply", "", "ann invites you: /join #vault")
    bob.send("/join #vault")
    bob.wait_current("#vault")


def test_tab_completes_nicks_and_commands_and_lets_go_after_escape(ann_and_bob):
    ann, _ = ann_and_bob
    ann.find("#text").click()
    ann.press("bo", Keys.TAB, "hello", Keys.ENTER)
    ann.wait_message("say own", "ann", "bob: hello")
    ann.press("/to", Keys.TAB)
    assert ann.find("#text").get_attribute("value") == "/topic "
    assert ann.texts("#hints li") == ["/topic [text] read or set the topic"]
    ann.press(Keys.ESCAPE)
    assert ann.texts("#hints li") == []
    ann.press(Keys.TAB)
    assert ann.focused() != "text"


def test_the_arrows_bring_back_what_was_sent(open_page):
    page = open_page().connect("kit")
    for text in ("one", "two"):
        page.send(text)
    page.press("half", Keys.ARROW_UP, Keys.ARROW_UP)
    assert page.find("#text").get_attribute("value") == "one"
    page.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    assert page.find("#text").get_attribute("value") == "half"


def test_help_lists_the_commands_and_explains_one(open_page):
    page = open_page().connect("hal")
    page.send("/help")
    page.wait_text("/quit [reason] — say good-bye and disconnect")
    page.send("/clear")
    page.send("/help msg")
    assert [text for kind, _, text in page.messages() if kind == "help"] == [
        "/msg nick text — say something to one person alone"]


def test_an_address_in_a_text_is_a_link_that_tells_nobody_where_it_stood(ann_and_bob):
    ann, bob = ann_and_bob
    ann.send("see https://example.org/x, or javascript:alert(1)")
    bob.wait_text("see https://example.org/x")
    [link] = bob.driver.find_elements(By.CSS_SELECTOR, "#logs ol:not([hidden]) a")
    assert link.get_attribute("href") == "https://example.org/x"
    assert link.get_attribute("rel") == "noopener noreferrer"


def test_who_reads_further_up_is_not_carried_away_by_what_comes(ann_and_bob):
    ann, bob = ann_and_bob
    for number in range(30):
        ann.send(f"line {number}")
    bob.wait_text("line 29")

    def to_end():
        return bob.driver.execute_script(
            "const l = document.querySelector('#logs ol:not([hidden])');"
            "return l.scrollHeight - l.scrollTop - l.clientHeight")

    wait_until(lambda: to_end() < 2, lambda: f"the end; {to_end()} pixels before it")
    # Hints take room from below; that a scroll event comes before the browser tells of it is chance.
    bob.driver.execute_script("""
        const field = document.querySelector('#text');
        field.value = '/';
        field.dispatchEvent(new Event('input'));
        document.querySelector('#logs ol:not([hidden])').dispatchEvent(new Event('scroll'))""")
    assert len(bob.texts("#hints li")) > 1
    wait_until(lambda: to_end() < 2, lambda: f"the end; {to_end()} pixels before it")
    assert not bob.find("#to-end").is_displayed()
    bob.driver.execute_script("document.querySelector('#logs ol:not([hidden])').scrollTop = 0")
    wait_until(lambda: bob.find("#to-end").is_displayed(), "the way to the end")
    ann.send("something new")
    bob.wait_text("something new")
    assert to_end() > 100
    bob.find("#to-end").click()
    wait_until(lambda: to_end() < 2, lambda: f"the end; {to_end()} pixels before it")
    wait_until(lambda: not bob.find("#to-end").is_displayed(), "the way to the end to go")
    assert bob.focused() == "text"


def test_a_channel_is_joined_by_the_dialog_and_left_and_closed_by_the_button(open_page):
    page = open_page().connect("dan")
    page.find("#open-join").click()
    page.press("tea", Keys.ENTER)
    page.wait_current("#tea")
    page.wait_nicks("dan")
    page.find("#open-join").click()
    page.press(Keys.ESCAPE)
    assert not page.find("#join-dialog").is_displayed()
    assert page.find("#leave").accessible_name == "Leave #tea"
    page.find("#leave").click()
    wait_until(lambda: page.find("#leave").accessible_name == "Close #tea", "the channel to be left")
    page.find("#leave").click()
    page.wait_conversations("Server", "#demo")


def test_the_answer_to_a_question_comes_where_one_asked(ann_and_bob):
    ann, _ = ann_and_bob
    ann.send("/whois bob")
    ann.wait_text("bob")
    wait_until(lambda: any(kind == "reply" and "bob" in text for kind, _, text in ann.messages()),
               lambda: ann.messages())
    ann.send("/topic")
    ann.wait_text("A real IRC server behind an ordinary URL")
