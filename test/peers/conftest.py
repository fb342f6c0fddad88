# SPDX-License-Identifier: Apache-2.0
"""Fixtures: those of the server tests (httpd, endpoint, start and their like), and the peers."""
# pylint: disable=wildcard-import,unused-wildcard-import

import importlib.util
import tempfile

import pytest

import npm_client
from support.daemon import find_program
# All of its fixtures and hooks; one that is defined here again replaces it. As a plugin it would be
# another conftest.py, whose fixtures win over ours.
from server.conftest import *

PROGRAMS = ("node", "ngircd", "mosquitto", "haproxy", "Xvnc", "xkbcomp", "chromium", "chromedriver")
PYTHON_MODULES = ("websockets", "aiosmtpd", "Xlib", "selenium")

CONFIGURATION = """
AddType text/javascript js
KeepAlive Off
RemoteIPTrustedProxy 127.0.0.8
<Location "/echo">
  SetHandler websocket-echo
</Location>
<Location "/ws/compressed">
  WebSocketCompression On
</Location>
"""


def _missing():
    for name in PROGRAMS:
        try:
            find_program(name)
        except RuntimeError:
            yield f"there is no {name}"
    for name in PYTHON_MODULES:
        if importlib.util.find_spec(name) is None:
            yield f"Python has no {name}"
    if npm_client.complaint():
        yield npm_client.complaint()


def pytest_configure():
    """One clear line instead of an error a test."""
    missing = list(_missing())
    if missing:
        raise pytest.UsageError("; ".join([*missing, "run build/setup --for-check"]))


@pytest.fixture(scope="session")
def shared_options():
    sockets = f"unix:{tempfile.gettempdir()}/websocket-xvnc-*/rfb.sock"
    return {"extra": CONFIGURATION, "targets": f"same-host {sockets}"}


@pytest.fixture(scope="session")
def npm(certificate):
    """npm(file, scenario, **given): plays a scenario of clients/ and gives its result."""
    return npm_client.NpmClient(certificate)


@pytest.fixture
def url_of(client):
    """url_of(path): a WebSocket URL of the shared httpd, by the test's scheme."""
    return lambda path: f"{client.origin.replace('http', 'ws', 1)}{path}"
