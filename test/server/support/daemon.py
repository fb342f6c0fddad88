# SPDX-License-Identifier: Apache-2.0
"""A real server that knows nothing of the web, in the foreground and in a folder of its own."""

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from .waiting import wait_until


def find_program(name):
    """Servers are in a folder of root's PATH, which a user's PATH need not have."""
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"]))
    if found is None:
        raise RuntimeError(f"there is no {name}: run build/setup --for-check")
    return found


class Daemon:
    """A subclass says its `program`, and by `command` what it is called with; `port` is free then."""

    program = None

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix=f"websocket-{self.program.lower()}-"))
        self.folder.chmod(0o755)
        self._process = None
        for _ in range(5):  # the port was free a moment ago; another may have taken it since
            self._spawn()
            wait_until(lambda: self.ready() or self._process.poll() is not None, 20)
            if self._process.poll() is None and self.ready():
                return
            self._end()
        said = self.log()
        shutil.rmtree(self.folder, ignore_errors=True)
        raise RuntimeError(f"{self.program} does not start:\n{said}")

    def command(self):
        """The arguments; may write files into `folder`."""
        raise NotImplementedError

    def descriptors(self):
        """What the program inherits besides its output."""
        return ()

    def ready(self):
        return self.accepts_connections()

    def accepts_connections(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def _spawn(self):
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))
            self.port = held.getsockname()[1]
        with open(self.folder / "log", "ab") as log:
            self._process = subprocess.Popen(
                [find_program(self.program), *map(str, self.command())], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, pass_fds=self.descriptors())

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def _end(self):
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def close(self):
        self._end()
        shutil.rmtree(self.folder, ignore_errors=True)
