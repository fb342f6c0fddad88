# SPDX-License-Identifier: Apache-2.0
"""The raw console in one window."""

import re

from selenium.webdriver.support.select import Select

from .page import Page
from .waiting import wait_until


class ConsolePage(Page):
    def choose(self, policy):
        Select(self.find("#policy")).select_by_value(policy)

    def connect(self, policy):
        self.choose(policy)
        self.find("#connect button").click()
        self.wait_state("online")
        return self

    def try_to_connect(self, policy):
        """To what refuses; returns the outcome."""
        self.choose(policy)
        self.find("#connect button").click()
        return self.wait_outcome()

    def disconnect(self):
        self.find("#disconnect").click()
        return self.wait_outcome()

    def wait_outcome(self):
        """{"message": ..., "reason": ..., "close code": ...}, as far as it is said."""
        wait_until(lambda: self.texts("#outcome p") and self.state == "idle",
                   lambda: f"an outcome; the state is {self.state}: {self.state_text}")
        return {"message": self.texts("#outcome p")[0],
                **dict(zip(self.texts("#outcome dt"), self.texts("#outcome dd")))}

    def send(self, text, notation="text", line_end="crlf"):
        self.find(f"[name=notation][value={notation}]").click()
        if notation == "text":
            Select(self.find("#line-end")).select_by_value(line_end)
        self.fill("#payload", text)
        self.find("#send button").click()

    def show_as_notation(self, view):
        self.find(f"[name=view][value={view}]").click()

    def transcript(self):
        """(direction, length, what is shown)."""
        return [tuple(entry) for entry in self.driver.execute_script("""
            return [...document.querySelectorAll("#transcript li:not(.note)")].map(e => [
              e.classList[0], e.querySelector(".head span:nth-child(2)").textContent,
              e.querySelector("pre").textContent])""")]

    def wait_entry(self, direction, length, shown):
        wanted = (direction, length, shown)
        wait_until(lambda: wanted in self.transcript(), lambda: f"{wanted} among {self.transcript()}")

    def count(self, direction):
        return int(self.texts(f"#{direction}-bytes")[0].replace(",", ""))

    def wait_count(self, direction, at_least):
        wait_until(lambda: self.count(direction) >= at_least,
                   lambda: f"{at_least} bytes {direction}; there are {self.count(direction)}")

    def plotted(self, direction):
        """The heights of the line, 0 at the bottom."""
        path = self.find(f"#plot path.{direction}").get_attribute("d") or ""
        return [160 - float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", path)]
