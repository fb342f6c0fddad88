# SPDX-License-Identifier: Apache-2.0
"""The benchmark's own programs: where they are, and two of them at work."""

import json
import os
import select
import subprocess
from contextlib import suppress
from pathlib import Path

from support.installation import SOURCE

CIPHER = "TLS_AES_128_GCM_SHA256"


class LoadFailed(RuntimeError):
    """The server did something wrong, such as changing a message."""


def build_folder():
    return Path(os.environ.get("MOD_WEBSOCKET_BUILD", SOURCE))


def program_of_ours(name):
    path = build_folder() / "test" / "bench" / name
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there: run make check-build")
    return str(path)


class Backend:
    """What stands behind a server; `kind` is tcp or websocket. Its cost is nobody's."""

    def __init__(self, kind):
        self._process = subprocess.Popen([program_of_ours("backend"), kind], text=True,
                                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.port = int(self._process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


class Load:
    """`load MODE` on one server. Every answer is a dict; see load_main.cc."""

    def __init__(self, mode, port, *, path="/", tls=False, **options):
        words = [program_of_ours("load"), mode, str(port), "--path", path]
        if tls:
            words += ["--tls", CIPHER]
        for name, value in options.items():
            words += [f"--{name}", str(value)]
        self._process = subprocess.Popen(words, text=True, stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        with suppress(BrokenPipeError):  # a command that it did not wait for
            self._process.stdin.close()
        self._process.stdout.close()

    def answer(self, timeout=60):
        """The next line that it says."""
        if not select.select([self._process.stdout], [], [], timeout)[0]:
            raise LoadFailed(f"no answer in {timeout} s")
        line = self._process.stdout.readline()
        if not line:
            raise LoadFailed(f"it ended with status {self._process.wait()}")
        said = json.loads(line)
        if "error" in said:
            raise LoadFailed(said["error"])
        return said

    def ask(self, command):
        try:
            self._process.stdin.write(command + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # why it ended is its last answer
        return self.answer()
