# SPDX-License-Identifier: Apache-2.0
"""Waiting for a condition instead of sleeping for a guessed time."""

import time


def wait_until(condition, timeout=5.0, interval=0.02):
    """The first true value of condition(), or its last false one after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value or time.monotonic() >= deadline:
            return value
        time.sleep(interval)


def wait_stalled(size):
    """The value of size() when it has not changed for half a second."""
    last, since = size(), time.monotonic()
    deadline = since + 20
    while time.monotonic() < min(since + 0.5, deadline):
        time.sleep(0.05)
        if size() != last:
            last, since = size(), time.monotonic()
    return last
