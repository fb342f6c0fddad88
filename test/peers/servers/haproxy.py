# SPDX-License-Identifier: Apache-2.0
"""HAProxy before a server, the reader of the PROXY protocol by those who invented it."""

import json
import socket

from support.daemon import Daemon
from support.waiting import wait_until

# A connection without a PROXY header is not taken. The listener is inherited, so that its port is
# nobody else's.
CONFIGURATION = """\
global
  log stdout format raw local0
defaults
  mode tcp
  log global
  timeout connect 20s
  timeout client 60s
  timeout server 60s
listen relay
  bind fd@{listener} accept-proxy
  log-format '{{"client": "%ci", "port": %cp, "authority": "%[fc_pp_authority]"}}'
  server target 127.0.0.1:{target} {onward}
"""


class Haproxy(Daemon):
    """`version` is that of the header that it says itself to `target`."""

    program = "haproxy"

    def __init__(self, target, version):
        self._target = target
        self._onward = {1: "send-proxy", 2: "send-proxy-v2"}[version]
        self._listener = socket.create_server(("127.0.0.1", 0))
        try:
            super().__init__()
            self.port = self._listener.getsockname()[1]
        finally:
            self._listener.close()

    def command(self):
        configuration = self.folder / "haproxy.cfg"
        configuration.write_text(CONFIGURATION.format(
            listener=self._listener.fileno(), target=self._target.port, onward=self._onward))
        return "-db", "-f", configuration

    def descriptors(self):
        return (self._listener.fileno(),)

    def ready(self):
        """The kernel queues connections before HAProxy takes them."""
        return True

    def session(self):
        """What it logged of its one connection, which is at its end."""
        lines = wait_until(lambda: [line for line in self.log().splitlines()
                                    if line.startswith("{")], 20)
        assert len(lines) == 1, self.log()
        return json.loads(lines[0])
