# SPDX-License-Identifier: Apache-2.0
"""Fixtures: those of the server tests, and the documentation."""
# pylint: disable=wildcard-import,unused-wildcard-import

import importlib.util
import shutil

import pytest

import sources
from support import installation
from server.conftest import *

PROGRAMS = ("tidy", "node", "npm", "ngircd", "mosquitto", "mosquitto_pub", "Xvnc", "htpasswd", "chromium",
            "chromedriver")
PYTHON_MODULES = ("markdown", "selenium", "Xlib")


def pytest_configure():
    """One clear line instead of an error a test."""
    missing = [f"there is no {name}" for name in PROGRAMS
               if not shutil.which(name) and not shutil.which(name, path="/usr/sbin")]
    missing += [f"Python has no {name}" for name in PYTHON_MODULES if importlib.util.find_spec(name) is None]
    if missing:
        raise pytest.UsageError("; ".join([*missing, "run build/setup --for-check"]))


PAGES = sources.read(installation.SOURCE)
ENTRIES, _ = sources.entries(PAGES)
BLOCKS = [block for page in PAGES.values() for block in page.blocks]


def blocks(*languages):
    """For parametrize: every block of these languages, named by its place."""
    found = [block for block in BLOCKS if block.language in languages]
    assert found, f"no block of {languages} in the documentation"
    return pytest.mark.parametrize("block", found, ids=[block.place for block in found])
