# SPDX-License-Identifier: Apache-2.0
"""WebSocketLog over the module's echo, and what it wrote."""

from .waiting import wait_until

TOKENS = r"""WebSocketLog log/ws.log "%s"
<Location "/echo">
  SetHandler websocket-echo
</Location>
"""


def lines(httpd, name="ws.log", count=1):
    """The lines of a log once there are so many; fails if there are more or less."""
    path = httpd.root / "log" / name
    read = lambda: path.read_text().splitlines() if path.exists() else []
    wait_until(lambda: len(read()) >= count, 10)
    assert len(read()) == count, read()
    return read()


def format_of(text):
    return TOKENS % text.replace("\\", "\\\\").replace('"', '\\"')
