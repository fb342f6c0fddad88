# SPDX-License-Identifier: Apache-2.0
"""httpd's error log, read line by line, and what a test declared to expect in it."""

import re
from dataclasses import dataclass

GRAVE = {"emerg", "alert", "crit", "error", "warn"}

LINE = re.compile(
    r"^\[[^\]]+\] \[(?P<module>[^:\]]*):(?P<level>\w+)\] \[pid (?P<pid>\d+)[^\]]*\] (?P<text>.*)$")

# A crash is logged as a mere notice; the C library says itself what it ends a process for.
CRASH = re.compile(r"AH0005[12]:|exit signal|:DEADLYSIGNAL|seg(mentation )?fault|core dump"
                   r"|^(malloc|realloc|free|munmap_chunk)\(\): |^double free or corruption|^corrupted ", re.IGNORECASE)

# Written by httpd itself: at a stop where a child needs more than a tenth of a second to go, and by
# a mod_ssl that was built with another patch level of OpenSSL than the machine has.
TOLERATED = re.compile(
    r"AH00045: child process \d+ still did not exit, sending a SIGTERM"
    r"|AH01882: Init: this version of mod_ssl was compiled against a newer library")


@dataclass(frozen=True)
class Line:
    raw: str
    module: str
    level: str
    pid: int
    text: str

    @property
    def grave(self):
        """A line of level warn or above, or one that httpd's log never writes (a runtime's cry)."""
        return self.level in GRAVE or self.level == ""

    @property
    def crash(self):
        return bool(CRASH.search(self.raw))


def parse(raw):
    match = LINE.match(raw)
    if not match:
        return Line(raw, "", "", 0, raw)
    return Line(raw, match["module"], match["level"], int(match["pid"]), match["text"])


class ErrorLog:
    """Lines since `mark()`, with the expectations of the running test."""

    def __init__(self, path):
        self.path = path
        self._offset = 0
        self._expected = []
        self._permitted = []
        self._killed = []

    def mark(self):
        """Forget what was written and expected up to now: a new test begins."""
        self._offset = self.path.stat().st_size if self.path.exists() else 0
        self._expected, self._permitted, self._killed = [], [], []

    def lines(self, from_start=False):
        if not self.path.exists():
            return []
        with open(self.path, encoding="utf-8", errors="replace") as log:
            log.seek(0 if from_start else self._offset)
            return [parse(raw) for raw in log.read().splitlines() if raw]

    def expect(self, pattern):
        """A grave line like this (in any case) must appear before the test ends."""
        self._expected.append(re.compile(pattern, re.IGNORECASE))

    def permit(self, pattern):
        """A grave line like this may appear."""
        self._permitted.append(re.compile(pattern, re.IGNORECASE))

    def expect_killed(self, pid):
        """The line must appear that tells of this child's end by a signal: the test sends one."""
        self._killed.append(re.compile(rf"child pid {pid} exit signal"))

    def find(self, pattern):
        """The lines of this test, of any level, that match."""
        return [line for line in self.lines() if re.search(pattern, line.raw)]

    def missing(self):
        lines = [line.raw for line in self.lines()]
        return [pattern.pattern for pattern in self._expected + self._killed
                if not any(pattern.search(raw) for raw in lines)]

    def unexpected(self):
        known = self._expected + self._permitted + [TOLERATED]
        return [line.raw for line in self.lines()
                if not any(pattern.search(line.raw) for pattern in self._killed)
                and (line.crash or
                     (line.grave and not any(pattern.search(line.raw) for pattern in known)))]
