# SPDX-License-Identifier: Apache-2.0
"""Waiting for what happens in another process, with an end to the patience."""

import time


def wait_until(condition, what, seconds=30):
    """Returns the first truthy value of condition(); AssertionError with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.1)
