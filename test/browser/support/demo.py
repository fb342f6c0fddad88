# SPDX-License-Identifier: Apache-2.0
"""build/demo as a process: started as a user starts it, on ports that the kernel chooses."""

import os
import re
import signal
import subprocess
import tempfile
from pathlib import Path

from .waiting import wait_until

SOURCE = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("MOD_WEBSOCKET_BUILD", SOURCE))
MODULE = BUILD / "mod_websocket" / ".libs" / "mod_websocket.so"
COMMAND = [str(SOURCE / "build" / "demo"), "--module", str(MODULE)]
ANY_PORT = ["--port", "0", "--https-port", "0", "--visitor-port", "0"]

# Of the machine, not of ours: a mod_ssl that was built with a newer OpenSSL than is installed.
EXPECTED_LINES = re.compile(r"AH01882")
# A refusal that a test is about: of a policy, before or after it was read.
REFUSED = re.compile(r"\[websocket:(warn|error)\]")
# What Chromium itself says in a page's console of a refused handshake, and of the question why that
# follows it: first with cookies, which the server lets no stranger's page do, then without.
NO_HANDSHAKE = [r"WebSocket connection to .* failed", r"Failed to load resource: ",
                r"Access to fetch at .*'Access-Control-Allow-Credentials'"]
# A hard restart waits for workers, and a worker for a connection that a browser opened in advance.
HELD_UP_BY_A_WORKER = re.compile(r"AH0004[56]")
SERIOUS = re.compile(r"\[[a-z0-9_]*:(warn|error|crit|alert|emerg)\]")


class Demo:
    def __init__(self, *arguments, prefix=()):
        self._command = [*prefix, *COMMAND, *(arguments or ANY_PORT)]
        self._seen_lines = 0
        self.also_expected = []  # patterns, for the test that runs
        self._start()

    def _start(self):
        # A file, not a pipe: nobody has to read it for the demo to go on. It is read through another
        # descriptor, because a shared one has one position for both.
        self._output = tempfile.NamedTemporaryFile("a", prefix="websocket-demo-output-")
        self.process = subprocess.Popen(
            self._command, stdin=subprocess.DEVNULL, stdout=self._output, stderr=subprocess.STDOUT,
            start_new_session=True)

    def wait_ready(self):
        try:
            for _ in range(5):
                wait_until(lambda: "Ctrl-C ends the demo" in self.output() or not self.running,
                           lambda: f"the demo's announcement in\n{self.output()}", 60)
                if self.running or "could not bind" not in self.output():
                    break
                self._start()  # a port was free when it was chosen; another had taken it before httpd could
            assert self.running, f"the demo ended at once:\n{self.output()}"
        except AssertionError:
            self.end()
            raise
        return self

    @property
    def running(self):
        return self.process.poll() is None

    def output(self):
        return Path(self._output.name).read_text()

    def url(self, scheme):
        return re.search(rf"^ +({scheme}://localhost:\d+/)", self.output(), re.M)[1]

    @property
    def console_url(self):
        return re.search(r"^ +(http://\S+/console.html)", self.output(), re.M)[1]

    @property
    def visitors_url(self):
        """Of the page of another origin that a policy names."""
        return re.search(r"^ +(http://localhost:\d+/) +a page of another origin", self.output(), re.M)[1]

    @property
    def strangers_url(self):
        """Of the same page under a name that no policy names."""
        return re.search(r"^ +(http://127\.0\.0\.1:\d+/)", self.output(), re.M)[1]

    @property
    def folder(self):
        return Path(re.search(r"^Logs: +(.*)/logs$", self.output(), re.M)[1])

    @property
    def httpd_pid(self):
        return int((self.folder / "run" / "httpd.pid").read_text())

    @property
    def ngircd_pid(self):
        log = (self.folder / "logs" / "ngircd.log").read_text()
        return int(re.search(r"^\[(\d+):", log, re.M)[1])

    def pid_of(self, *words):
        """The child of build/demo whose command line ends so."""
        for task in Path("/proc").glob("[0-9]*"):
            try:
                command = (task / "cmdline").read_text().rstrip("\0").split("\0")
                parent = int((task / "stat").read_text().rsplit(") ", 1)[1].split()[1])
            except (FileNotFoundError, ProcessLookupError, UnicodeDecodeError):
                continue  # it has ended meanwhile
            names = [Path(word).name for word in command[-len(words):]]
            if names == list(words) and parent == self.process.pid:
                return int(task.name)
        raise AssertionError(f"the demo runs no {' '.join(words)}")

    def error_log(self):
        return (self.folder / "logs" / "httpd-error.log").read_text().splitlines()

    def new_serious_lines(self):
        """What the error log got since the last call, from warnings upwards, and nobody expects."""
        lines = self.error_log()
        new, self._seen_lines = lines[self._seen_lines:], len(lines)
        expected = (EXPECTED_LINES, *self.also_expected)
        return [line for line in new
                if SERIOUS.search(line) and not any(one.search(line) for one in expected)]

    def end(self, how=signal.SIGTERM):
        """Ends the demo; returns its exit status."""
        if self.running:
            self.process.send_signal(how)
        return self.process.wait(timeout=40)
