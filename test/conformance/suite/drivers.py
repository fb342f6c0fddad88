# SPDX-License-Identifier: Apache-2.0
"""The servers that the cases are played against: httpd with the module's echo, so that each of the
ways by which a tunnel is driven answers for itself; or any other server that echoes."""

import shutil
import tempfile
import types
import urllib.parse
from pathlib import Path

from support.client import Client
from support.httpd import Httpd
from support.tls import Certificate

PATH = "/echo"

# An engine's tunnel of event has a shared thread, one of prefork a process; each plain and by TLS.
HTTPD = {
    "event http": ("event", "http"),
    "event https": ("event", "https"),
    "prefork http": ("prefork", "http"),
    "prefork https": ("prefork", "https"),
}

# A message of 16 MiB and what it becomes must fit. Longer than a case waits is the time for our
# answer to a Close: a server that waits for it where RFC 6455 7.1.7 has it close is found out.
CONFIGURATION = f"""
LogLevel websocket:info
<Location "{PATH}">
  SetHandler websocket-echo
  WebSocketMaxMessageSize 64M
  WebSocketCompression On
  WebSocketCloseTimeout 60s
</Location>
"""

LIMITS = {"event": {}, "prefork": {"StartServers": 8}}


class Servers:
    """Started when first asked for, one httpd an MPM."""

    def __init__(self, keep=False):
        self._keep = keep
        self._folder = None
        self._httpds = {}

    def httpd(self, mpm):
        if mpm not in self._httpds:
            self._httpds[mpm] = Httpd(self.certificate, mpm=mpm, extra=CONFIGURATION,
                                      limits=LIMITS[mpm], keep=self._keep).start()
        return self._httpds[mpm]

    def started(self, mpm):
        return mpm in self._httpds

    @property
    def certificate(self):
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="websocket-certificate-"))
            self._folder.chmod(0o755)
            self._made = Certificate(self._folder)
        return self._made

    def client(self, driver):
        mpm, scheme = HTTPD[driver]
        return Client(self.httpd(mpm), scheme)

    def stop(self):
        for httpd in self._httpds.values():
            httpd.stop()
            httpd.remove()
        if self._folder is not None:
            shutil.rmtree(self._folder)


def foreign(url):
    """(Client, path) for a server that is already there, at ws://localhost:PORT/PATH."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "ws" or parts.hostname not in ("localhost", "127.0.0.1") or not parts.port:
        raise ValueError(f"{url}: not of the form ws://localhost:PORT/PATH")
    return Client(types.SimpleNamespace(http_port=parts.port)), parts.path or "/"
