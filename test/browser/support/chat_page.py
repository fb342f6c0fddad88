# SPDX-License-Identifier: Apache-2.0
"""The chat in one window."""

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from .page import Page
from .waiting import wait_until


class ChatPage(Page):
    def submit_form(self, nick, channel="#demo"):
        self.fill("#nick", nick)
        self.fill("#channel", channel)
        self.find("#connect button").click()

    def connect(self, nick, channel="#demo"):
        self.submit_form(nick, channel)
        self.wait_state("online")
        self.wait_current(channel)
        wait_until(lambda: self.nicks(), f"the nicks of {channel}")
        return self

    def send(self, text):
        assert self.state == "online", f"{self.state}: {self.state_text}"
        self.fill("#text", text)
        self.find("#text").send_keys(Keys.ENTER)

    def messages(self):
        """(classes, from, text) of what is shown."""
        return [tuple(entry) for entry in self.driver.execute_script("""
            return [...document.querySelectorAll("#logs ol:not([hidden]) li")].map(e => [
              e.className, e.querySelector(".from")?.textContent ?? "",
              e.querySelector(".words").textContent])""")]

    def wait_message(self, classes, sender, text, seconds=30):
        wanted = (classes, sender, text)
        wait_until(lambda: wanted in self.messages(),
                   lambda: f"{wanted} among {self.messages()}", seconds)

    def wait_text(self, part, seconds=30):
        wait_until(lambda: any(part in text for _, _, text in self.messages()),
                   lambda: f"{part!r} in {self.messages()}", seconds)

    def nicks(self):
        """In the order shown, without their signs of rank."""
        return self.driver.execute_script(
            "return [...document.querySelectorAll('#nicks button')].map(e => e.dataset.nick)")

    def wait_nicks(self, *nicks):
        wait_until(lambda: sorted(self.nicks()) == sorted(nicks),
                   lambda: f"the nicks {nicks}; they are {self.nicks()}")

    def ranks(self):
        """(sign, nick) in the order shown."""
        return list(zip(self.texts("#nicks .prefix"), self.nicks()))

    def conversations(self):
        return self.texts("#conversations button")

    def wait_conversations(self, *names):
        wait_until(lambda: self.conversations() == list(names),
                   lambda: f"{names}; they are {self.conversations()}")

    def wait_current(self, name):
        wait_until(lambda: self.texts("#name") == [name],
                   lambda: f"{name} to be shown; it is {self.texts('#name')}")

    def choose_conversation(self, name):
        for button in self.driver.find_elements(By.CSS_SELECTOR, "#conversations button"):
            if button.text.split("\n")[0] == name:
                button.click()
                return
        raise AssertionError(f"no conversation {name} among {self.conversations()}")
