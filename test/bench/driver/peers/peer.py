# SPDX-License-Identifier: Apache-2.0
"""A server that is measured: its configuration, its processes, its end."""

import os
import pwd
import resource
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from support.processes import kill_session
from support.waiting import wait_until


class Broken(RuntimeError):
    """Something did not start or did not do what it should; the run is worth nothing."""


def raise_descriptor_limit():
    """For this process and those that it starts: a tunnel takes two descriptors of a server."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def unprivileged_user():
    """Whom a server that is started by root gives its rights to; None where we are not root."""
    if os.geteuid() != 0:
        return None
    for name in ("www-data", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Broken("neither www-data nor nobody is a user of this machine")


class Peer:
    """A subclass says what it is and writes its configuration into `folder`."""

    name = ""
    package = None         # Debian's, for the version; None: it is of this project
    program = ""           # looked for in PATH and the sbin folders
    backend = "websocket"  # what it needs behind it: it passes WebSocket on, or ends it ("tcp")
    tls = False            # whether it is measured with TLS as well
    most_tunnels = None    # more cannot be asked of it in reason
    path = "/"
    settling = 0.0         # seconds from its start until a handshake costs what it costs ever after

    def __init__(self, backend_port, *, certificate=None, tunnels=25, children=1):
        """`tunnels`: how many there will be, for servers that must be told beforehand.
        `children`: worker processes, for servers that can have more than one."""
        self.backend_port, self.certificate, self.tunnels = backend_port, certificate, tunnels
        self.children = children
        self.port = self.tls_port = None
        self._process = None
        self.folder = Path(tempfile.mkdtemp(prefix=f"websocket-bench-{self.name}-"))
        self.folder.chmod(0o755)
        owner = unprivileged_user()
        if owner:
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)

    @classmethod
    def find_program(cls):
        return shutil.which(cls.program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")

    @classmethod
    def installed(cls):
        return cls.find_program() is not None

    @classmethod
    def version(cls):
        if cls.package is None:
            return "this one"
        done = subprocess.run(["dpkg-query", "--show", "--showformat=${Version}", cls.package],
                              text=True, capture_output=True, check=False)
        return f"{cls.package} {done.stdout}" if done.returncode == 0 else "unknown"

    def command(self):
        """Writes what is needed into `folder` and gives the command that stays in the
        foreground."""
        raise NotImplementedError

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    @property
    def pid(self):
        return self._process.pid

    def target(self, tls):
        return self.tls_port if tls else self.port

    # -- life -------------------------------------------------------------------------------------

    def __enter__(self):
        try:
            for _ in range(5):  # somebody may take the port first
                self.port, self.tls_port = free_port(), free_port()
                self._spawn()
                if wait_until(lambda: self._process.poll() is not None or self._listens(), 20) \
                        and self._process.poll() is None:
                    return self
                kill_session(self._process)
            raise Broken(f"{self.name} does not start:\n{self.console()}")
        except BaseException:
            self.__exit__()
            raise

    def _spawn(self):
        with open(self.folder / "console", "wb") as console:
            self._process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=console, stderr=console,
                cwd=self.folder, start_new_session=True)

    def _listens(self):
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", self.port)) == 0

    def __exit__(self, *_):
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                pass
            kill_session(self._process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def console(self):
        """What it has said, for the case that something is wrong."""
        return "".join(path.read_text(errors="replace")
                       for path in sorted(self.folder.glob("console*")))
