# SPDX-License-Identifier: Apache-2.0
"""A Debian machine, as far as a quick start needs one: its blocks are done in their order, as they are written.

Two tables say all that is another than there: `substitutions`, texts that stand for one another in files and in commands,
and `commands`, what is done in place of a program that would change the machine. Every other command is bash's."""

import os
import pwd
import random
import re
import shlex
import shutil
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

from peers import npm_client
from support import installation, processes
from support.daemon import find_program
from support.waiting import wait_until

# What Debian's httpd has besides that of the server tests.
DEBIAN = """
AddType text/javascript js
IncludeOptional {root}/etc/apache2/mods-enabled/*.load
IncludeOptional {root}/etc/apache2/conf-enabled/*.conf
"""


def free_port():
    """None that a kernel gives away by itself: it stands in files for a while before its service listens."""
    for port in random.sample(range(20000, 32768), 100):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("no port is free")


def free_display():
    """An X display that nobody has locked."""
    return next(number for number in range(70, 500)
                if not Path(f"/tmp/.X{number}-lock").exists() and not Path(f"/tmp/.X11-unix/X{number}").exists())


class Machine:
    """`httpd` is one without the module, with DEBIAN in its configuration."""

    def __init__(self, httpd):
        self.httpd = httpd
        self.root = httpd.root
        self._daemons = {}
        self._files = []
        self._enabled = set()
        self.display, self.port, service = free_display(), httpd.http_port, free_port()
        root_user = os.geteuid() == 0
        self.user = "www-data" if root_user else pwd.getpwuid(os.geteuid()).pw_name
        # The text of the document: what is there on this machine. Longer texts first.
        self.substitutions = {
            "/var/www/html": str(httpd.documents),
            "/usr/lib/apache2/modules": f"{self._image}{installation.modules_folder()}",
            "/usr/local/lib": f"{self.root}/usr/local/lib",
            "/etc/apache2": f"{self.root}/etc/apache2",
            "/etc/ngircd": f"{self.root}/etc/ngircd",
            "/run/console": f"{self.root}/run/console",
            "-o www-data": f"-o {self.user}",
            "--uid=www-data": f"--uid={self.user}",
            "http://SERVER": f"http://localhost:{self.port}",
            "https://SERVER": f"http://localhost:{self.port}",
            "6667": str(service),
            "1883": str(service),
            ":7 ": f":{self.display} ",
        }
        self.service_port = service
        self.commands = {
            "apt-get": self._apt_get,
            "./build/setup": self._build_setup,
            "make": self._make,
            "a2enmod": self._a2enmod,
            "a2enconf": self._a2enconf,
            "systemctl": self._systemctl,
            "systemd-run": self._systemd_run,
            "npm": self._npm,
        }
        for folder in ("mods-available", "mods-enabled", "conf-available", "conf-enabled"):
            (self.root / "etc" / "apache2" / folder).mkdir(parents=True)
        (self.root / "etc" / "ngircd").mkdir()
        self.root.joinpath("run").chmod(0o755)

    def here(self, text):
        """A text of the document, for this machine."""
        return re.sub("|".join(map(re.escape, self.substitutions)), lambda found: self.substitutions[found.group()],
                      text)

    def play(self, page):
        """All blocks of a page. A file's block is written, one of commands done; any other must be a file's."""
        for block in page.blocks:
            if block.file:
                path = Path(self.here(block.file))
                assert path.parent.is_dir(), f"{block.place}: nothing has made the folder of {block.file}"
                path.write_text(self.here(block.text))
                self._files.append(path)
            elif block.language == "sh":
                for command in block.text.replace("\\\n", " ").splitlines():
                    self.do(command, block.place)
            else:
                raise AssertionError(f"{block.place}: neither commands nor a file whose path stands before it")

    def do(self, command, place="a test"):
        """A command of the document."""
        words = shlex.split(self.here(command))
        if words[0] in self.commands:
            self.commands[words[0]](*words[1:])
            return
        installed = [str(path.parent) for path in self._image.rglob("wspolicy")]
        environment = {**os.environ, "PATH": os.pathsep.join([*installed, os.environ["PATH"], "/usr/sbin"])}
        done = subprocess.run(["bash", "-euc", self.here(command)], cwd=self.root, env=environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=60)
        assert done.returncode == 0, f"{place}: {command}\n{done.stdout}"

    # -- what is done in place of a program ---------------------------------------------------------

    def _apt_get(self, *words):
        """The packages have names that Debian knows, where there is a Debian to ask."""
        assert words[:2] == ("install", "--no-install-recommends"), words
        if shutil.which("apt-cache"):
            for package in words[2:]:
                asked = subprocess.run(["apt-cache", "show", package], capture_output=True, check=False, timeout=60)
                assert asked.returncode == 0, f"Debian has no package {package}"

    @staticmethod
    def _build_setup():
        """Has been done, or there would be no build to test."""
        assert os.access(installation.SOURCE / "build" / "setup", os.X_OK)

    @property
    def _image(self):
        return self.root / "image"

    def _make(self, *words):
        """Into a folder of its own."""
        assert words == ("install",)
        build = Path(os.environ.get("MOD_WEBSOCKET_BUILD", installation.SOURCE))
        done = subprocess.run(["make", "-C", build, "install", f"DESTDIR={self._image}"], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=300)
        assert done.returncode == 0, done.stdout

    def _enable(self, kind, suffix, name):
        available = self.root / "etc" / "apache2" / f"{kind}-available" / f"{name}.{suffix}"
        assert available in self._files, f"{name} has not been written"
        (self.root / "etc" / "apache2" / f"{kind}-enabled" / available.name).symlink_to(available)

    def _a2enmod(self, name):
        self._enable("mods", "load", name)

    def _a2enconf(self, name):
        self._enable("conf", "conf", name)

    def _systemctl(self, verb, unit):
        if unit == "apache2":
            status, said = self.httpd.configtest()
            assert status == 0, said
            {"restart": self.httpd.restart, "reload": self.httpd.graceful}[verb]()
        else:
            if verb == "enable":
                self._enabled.add(unit)
                return
            assert verb == "restart", verb
            # build/setup installs packages without letting their services start at boot.
            assert unit in self._enabled, f"{unit} would be gone after the machine's next boot"
            self._start(unit, {"ngircd": ["ngircd", "--nodaemon", "--config", self.root / "etc/ngircd/ngircd.conf"],
                               "mosquitto": ["mosquitto", "-p", self.service_port]}[unit],
                        ready=self._service_listens)

    def _systemd_run(self, unit, user, *command):
        """A service of that name, as that user."""
        assert unit.startswith("--unit=") and user == f"--uid={self.user}", (unit, user)
        socket_path = Path(command[command.index("-rfbunixpath") + 1])
        self._start(unit.removeprefix("--unit="), command, ready=socket_path.exists,
                    user=self.user if os.geteuid() == 0 else None)

    def _npm(self, *words):
        """The package as test/peers has it, which must be of the version that is named."""
        verb, option, prefix, package = words
        name, _, version = package.rpartition("@")
        assert (verb, option) == ("install", "--prefix")
        assert not npm_client.complaint(), npm_client.complaint()
        there = npm_client.PACKAGES / name
        assert f'"version": "{version}"' in (there / "package.json").read_text(), f"test/peers has another {name}"
        shutil.copytree(there, Path(prefix, "node_modules", name))

    # -- services -----------------------------------------------------------------------------------

    def _service_listens(self):
        try:
            socket.create_connection(("127.0.0.1", self.service_port), 1).close()
            return True
        except OSError:
            return False

    def _start(self, name, command, ready, user=None):
        log = self.root / "log" / f"{name}.log"
        with open(log, "wb") as output:
            self._daemons[name] = process = subprocess.Popen(
                [find_program(command[0]), *map(str, command[1:])], stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, start_new_session=True, user=user, cwd=self.root)
        assert wait_until(lambda: ready() or process.poll() is not None, 20) and process.poll() is None, \
            f"{name} does not start:\n{log.read_text(errors='replace')}"

    def close(self):
        for process in self._daemons.values():
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                processes.kill_session(process)


def address(page):
    """What the document says to open."""
    found = re.search(r"^Open `(https?://SERVER[^`]*)`", page.text, re.MULTILINE)
    assert found, f"{page.name} says to open no page"
    return found.group(1)
