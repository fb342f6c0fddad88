# SPDX-License-Identifier: Apache-2.0
"""A page of the demo in a window of its own, by what a user sees and does on any of them."""

from selenium.common.exceptions import NoSuchWindowException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from .waiting import wait_until


class Page:
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
        self.driver.execute_script("""
            arguments[0].value = arguments[1];
            arguments[0].dispatchEvent(new Event('input', { bubbles: true }))""", field, text)

    def press(self, *keys, holding=None):
        """Keys as somebody at the keyboard presses them, wherever the focus is."""
        actions = ActionChains(self.driver)
        if holding:
            actions.key_down(holding)
        actions.send_keys(*keys)
        if holding:
            actions.key_up(holding)
        actions.perform()

    def focused(self):
        return self.driver.execute_script("return document.activeElement.id")

    def tab_to(self, name, most=30):
        """Tab until the element with that id has the focus, as somebody without a mouse does."""
        for _ in range(most):
            if self.focused() == name:
                return
            self.press(Keys.TAB)
        raise AssertionError(f"{most} times Tab do not lead to #{name}, but to #{self.focused()}")

    # -- the state of its connection

    @property
    def state(self):
        return self.driver.execute_script("return document.body.dataset.state")

    @property
    def state_text(self):
        return self.find("#state").text

    def wait_state(self, state, seconds=30):
        wait_until(lambda: self.state == state,
                   lambda: f"state {state}; it is {self.state}: {self.state_text}", seconds)

    # -- how it looks

    def show_as(self, width, height, scheme, **media):
        phone = width < 600
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 2 if phone else 1,
            "mobile": phone})
        features = {"prefers-color-scheme": scheme, **{name.replace("_", "-"): value
                                                       for name, value in media.items()}}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": name, "value": value} for name, value in features.items()]})

    def screenshot(self, path):
        assert self.driver.save_screenshot(str(path))
