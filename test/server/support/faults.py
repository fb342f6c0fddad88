# SPDX-License-Identifier: Apache-2.0
"""Faults of the system calls of an httpd: test/faults, preloaded, and the plan that it shares with
us. What it does is said in test/faults/plan.hh; a plan may change while httpd runs."""

import mmap
import os
import struct
import tempfile
from contextlib import contextmanager

from . import installation

SIDES = {None: 0, "client": 1, "target": 2}

# name: (place in the plan, form)
WISHES = {"seed": (0, "I"), "short": (4, "I"), "most_octets": (8, "I"), "again": (12, "I"),
          "interrupt": (16, "I"), "reset_side": (20, "I"), "reset_at": (24, "I"),
          "starved_calls": (28, "H"), "starved_error": (30, "H"),
          "calendar_ahead": (32, "q"), "monotonic_ahead": (40, "q"),
          "signal_with_again": (96, "i")}
COUNTS = ("calls", "cut_short", "again", "interrupted", "resets", "starved")
FIRST_COUNT, SIZE = 48, 104

# Bits of starved_calls.
MAKES_DESCRIPTORS = {"socket": 1, "duplicate": 2, "document": 4}
ASKS_THE_DNS = 8


class Faults:
    """One plan; without faults until `set` says otherwise. Chances are per mille of the calls."""

    def __init__(self):
        with tempfile.NamedTemporaryFile(prefix="websocket-faults-", delete=False) as file:
            file.write(bytes(SIZE))
            file.flush()
            self._plan = mmap.mmap(file.fileno(), SIZE)
            self._path = file.name
        self._library = installation.built("test/faults/.libs/libfaults.so")

    def environment(self):
        return {"LD_PRELOAD": str(self._library), "MOD_WEBSOCKET_FAULTS": self._path}

    def set(self, **wishes):
        for name, value in wishes.items():
            place, form = WISHES[name]
            value = SIDES[value] if name == "reset_side" else value
            struct.pack_into(form, self._plan, place, value)

    def is_set(self, name):
        """Whether a wish still stands that ends by itself."""
        place, form = WISHES[name]
        return struct.unpack_from(form, self._plan, place)[0] != 0

    @contextmanager
    def during(self, **wishes):
        """The wishes for a while; the counts of what they did meanwhile come in the dict that this
        gives, once it is over."""
        before, done = self.counts(), {}
        self.set(**wishes)
        try:
            yield done
        finally:
            self.set(**{name: None if name == "reset_side" else 0 for name in wishes})
            done.update({name: count - before[name] for name, count in self.counts().items()})

    def counts(self):
        values = struct.unpack_from(f"{len(COUNTS)}Q", self._plan, FIRST_COUNT)
        return dict(zip(COUNTS, values))

    def leap(self, *, calendar=None, monotonic=None):
        """Sets by how many seconds a clock is ahead. The monotonic one must never go back."""
        for name, seconds in (("calendar_ahead", calendar), ("monotonic_ahead", monotonic)):
            if seconds is not None:
                self.set(**{name: int(seconds * 1_000_000_000)})

    def close(self):
        self._plan.close()
        os.unlink(self._path)
