# SPDX-License-Identifier: Apache-2.0
"""System calls of a handshake and of a message, counted by strace."""

import signal
import subprocess
import time

from support.waiting import wait_stalled, wait_until

from .peers.peer import Broken
from .processes import descriptor_count, tree
from .programs import Backend, Load
from .report import table

# (heading, mode, options, what is counted). The whole life of a load is counted: the few handshakes
# of one that echoes for seconds do not show.
COLUMNS = [
    ("a handshake", "handshake", {"connections": 4}, "handshakes"),
    ("an echo, 1 connection", "echo", {"connections": 1}, "messages"),
    ("an echo, 50 connections", "echo", {"connections": 50}, "messages"),
    ("64 KiB, 4 connections", "bulk", {"connections": 4}, "messages"),
]
# Long enough that what begins and is not counted at the end does not show either.
LEAST_SECONDS = 3.0


def parse(text):
    """{call: times} of strace's summary with the columns `calls,name`."""
    found = {}
    for line in text.splitlines():
        word = line.split()
        if len(word) == 2 and word[0].isdigit() and word[1] != "total":
            found[word[1]] = int(word[0])
    return found


class Strace:
    """Follows a tree of processes from the beginning of the `with` to its end."""

    def __init__(self, root, folder):
        self._output, self._console = folder / "strace", folder / "console-strace"
        self._pids = tree(root)

    def __enter__(self):
        words = ["strace", "-c", "-f", "-U", "calls,name", "-o", str(self._output)]
        for pid in self._pids:
            words += ["-p", str(pid)]
        with open(self._console, "wb") as console:
            self._process = subprocess.Popen(words, stderr=console, stdin=subprocess.DEVNULL)
        # It says of each process when it has it, with all of its threads.
        if not wait_until(lambda: self._console.read_text().count("attached") >= len(self._pids),
                          10):
            self.__exit__()
            raise Broken(f"strace does not attach:\n{self._console.read_text()}")
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        self._process.wait(20)

    def counts(self):
        return parse(self._output.read_text())


def count(kind, certificate, seconds, column):
    _, mode, options, unit = column
    with Backend(kind.backend) as backend, kind(backend.port, certificate=certificate) as peer:
        time.sleep(peer.settling)
        with Load(mode, peer.port, path=peer.path, **options) as load:
            load.answer()  # what is made once is made
            load.ask("end")
        before = wait_stalled(lambda: descriptor_count(peer.pid))
        with Strace(peer.pid, peer.folder) as strace:
            with Load(mode, peer.port, path=peer.path, **options) as load:
                load.answer()
                time.sleep(max(seconds, LEAST_SECONDS))
                done = load.ask("end")[unit]
            # The ends of its tunnels belong to it, and under strace they come late.
            if not wait_until(lambda: descriptor_count(peer.pid) <= before, 60):
                raise Broken(f"{kind.name} does not end its tunnels")
        return {call: times / done for call, times in strace.counts().items()}


def report(kind, certificate, seconds):
    columns = [count(kind, certificate, seconds, column) for column in COLUMNS]
    calls = {call for column in columns for call in column}
    shown = sorted(calls, key=lambda call: -max(column.get(call, 0) for column in columns))
    lines = [[call, *(f"{column.get(call, 0):.2f}" for column in columns)] for call in shown
             if max(column.get(call, 0) for column in columns) >= 0.005]
    lines.append(["all", *(f"{sum(column.values()):.2f}" for column in columns)])
    return f"System calls of {kind.name}\n\n" + \
        table(["call", *(heading for heading, *_ in COLUMNS)], lines)
