# SPDX-License-Identifier: Apache-2.0
"""A real ngircd, which knows nothing of the web."""

import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from .waiting import wait_until

CONFIGURATION = """\
[Global]
Name = irc.test.example
Info = test
Listen = 127.0.0.1
Ports = {port}
MotdPhrase = welcome
[Options]
Ident = no
PAM = no
DNS = no
[Limits]
MaxConnectionsIP = 0
PingTimeout = 120
MaxPenaltyTime = 0
"""


class Ngircd:
    name = "irc.test.example"

    def __init__(self):
        self._folder = Path(tempfile.mkdtemp(prefix="websocket-ngircd-"))
        self._folder.chmod(0o755)
        self._process = None
        for _ in range(5):  # the port was free a moment ago; another may have taken it since
            self._spawn()
            wait_until(lambda: self._listening() or self._process.poll() is not None, 10)
            if self._process.poll() is None:
                return
        raise RuntimeError(self._log().read_text())

    def _log(self):
        return self._folder / "log"

    def _spawn(self):
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))
            self.port = held.getsockname()[1]
        configuration = self._folder / "ngircd.conf"
        configuration.write_text(CONFIGURATION.format(port=self.port))
        program = shutil.which("ngircd") or "/usr/sbin/ngircd"
        with open(self._log(), "ab") as log:
            self._process = subprocess.Popen(
                [program, "--nodaemon", "--config", configuration], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log)

    def _listening(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def close(self):
        self._process.terminate()
        self._process.wait(10)
        shutil.rmtree(self._folder, ignore_errors=True)
