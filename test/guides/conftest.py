# SPDX-License-Identifier: Apache-2.0
"""Fixtures: those of the server tests, and the programs that the guides speak of."""
# pylint: disable=wildcard-import,unused-wildcard-import

import importlib.util

import pytest

from support.daemon import find_program
from server.conftest import *

PROGRAMS = ("nginx", "haproxy", "lighttpd", "websockify", "ngircd", "chromium", "chromedriver")


def pytest_configure():
    """One clear line instead of an error a test."""
    missing = []
    for name in PROGRAMS:
        try:
            find_program(name)
        except RuntimeError:
            missing.append(f"there is no {name}")
    if importlib.util.find_spec("selenium") is None:
        missing.append("Python has no selenium")
    if missing:
        raise pytest.UsageError("; ".join([*missing, "run build/setup --for-check"]))
