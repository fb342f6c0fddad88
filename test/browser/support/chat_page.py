# SPDX-License-Identifier: Apache-2.0
"""The demo page in one window, by what a user sees and does."""

from selenium.common.exceptions import NoSuchWindowException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from .waiting import wait_until


class ChatPage:
    def __init__(self, browser, url):
        self._driver = browser.driver
        self._window = browser.open(url)

    @property
    def driver(self):
        try:
            current = self._driver.current_window_handle
        except NoSuchWindowException:  # it was closed
            current = None
        if current != self._window:
            self._driver.switch_to.window(self._window)
        return self._driver

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def texts(self, selector):
        return self.driver.execute_script(
            "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)", selector)

    def fill(self, selector, text):
        field = self.find(selector)
        field.clear()
        # By script, because chromedriver's keys know the basic plane of Unicode only.
        self.driver.execute_script("arguments[0].value = arguments[1]", field, text)

    # -- the form and the state

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

    @property
    def state(self):
        return self.driver.execute_script("return document.body.dataset.state")

    @property
    def state_text(self):
        return self.find("#state").text

    def wait_state(self, state, seconds=10):
        wait_until(lambda: self.state == state,
                   lambda: f"state {state}; it is {self.state}: {self.state_text}", seconds)

    # -- the conversation

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

    def wait_message(self, classes, sender, text, seconds=10):
        wanted = (classes, sender, text)
        wait_until(lambda: wanted in self.messages(),
                   lambda: f"{wanted} among {self.messages()}", seconds)

    def wait_text(self, part, seconds=10):
        wait_until(lambda: any(part in text for _, _, text in self.messages()),
                   lambda: f"{part!r} in {self.messages()}", seconds)

    def nicks(self):
        return self.texts("#nicks button > span:last-child")

    def wait_nicks(self, *nicks):
        wait_until(lambda: sorted(self.nicks()) == sorted(nicks),
                   lambda: f"the nicks {nicks}; they are {self.nicks()}")

    def conversations(self):
        return self.texts("#conversations button")

    def wait_current(self, name):
        wait_until(lambda: self.texts("#name") == [name],
                   lambda: f"{name} to be shown; it is {self.texts('#name')}")

    def choose_conversation(self, name):
        for button in self.driver.find_elements(By.CSS_SELECTOR, "#conversations button"):
            if button.text.split("\n")[0] == name:
                button.click()
                return
        raise AssertionError(f"no conversation {name} among {self.conversations()}")

    # -- how it looks

    def show_as(self, width, height, scheme):
        phone = width < 600
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 2 if phone else 1,
            "mobile": phone})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def screenshot(self, path):
        assert self.driver.save_screenshot(str(path))
