# SPDX-License-Identifier: Apache-2.0
"""The kinds of work that servers are measured at: the rows of the table."""

from dataclasses import dataclass, field

GB = 1_000_000_000


def _each(what, done, cpu):
    if not done[what]:
        raise RuntimeError(f"no {what} were seen: measure for longer, or look at what the server says")
    return cpu / done[what]


def a_message(done, cpu):
    return _each("messages", done, cpu) * 1e6


def a_gigabyte(done, cpu):
    return _each("bytes", done, cpu) * GB * 1e3


def a_handshake(done, cpu):
    return _each("handshakes", done, cpu) * 1e6


@dataclass(frozen=True)
class Row:
    """`cost(done, cpu)` makes the figure of what was done in the window and the seconds of
    processor time that it took; a row without is about memory."""

    name: str
    title: str
    unit: str
    mode: str
    cost: object = None
    options: dict = field(default_factory=dict)
    busy: int = 0
    quiet: int = 0
    tls: bool = False

    @property
    def is_memory(self):
        return self.cost is None

    @property
    def is_about_handshakes(self):
        """They are in the window, or what they leave behind is measured."""
        return self.mode in ("handshake", "idle")

    def tunnels(self, peer):
        """How many at once, with some to spare for those that are ending."""
        return self.busy + self.quiet_for(peer) + 64

    def quiet_for(self, peer):
        return min(self.quiet, peer.most_tunnels or self.quiet)

    def fits(self, peer):
        if self.tls and not peer.tls:
            return False
        return self.is_memory or peer.most_tunnels is None or self.quiet <= peer.most_tunnels


def _echo(size, connections):
    return {"mode": "echo", "unit": "CPU µs a round trip", "cost": a_message, "busy": connections,
            "options": {"size": size, "connections": connections}}


def _bulk(size, connections):
    return {"mode": "bulk", "unit": "CPU ms a GB", "cost": a_gigabyte, "busy": connections,
            "options": {"size": size, "connections": connections}}


_HANDSHAKE = {"mode": "handshake", "unit": "CPU µs each", "cost": a_handshake, "busy": 16,
              "options": {"connections": 16}}
_IDLE = {"mode": "idle", "unit": "KiB a tunnel"}
_MIXED = {"mode": "mixed", "unit": "CPU µs a round trip", "cost": a_message, "busy": 20,
          "quiet": 1000, "options": {"size": 64, "connections": 20, "pause": 10000}}

ALL = [
    Row("echo-64", "echo 64 B, 50 connections", **_echo(64, 50)),
    Row("echo-1k", "echo 1 KiB, 200 connections", **_echo(1024, 200)),
    Row("bulk-64k", "bulk 64 KiB, 4 connections", **_bulk(65536, 4)),
    Row("bulk-1m", "bulk 1 MiB, 1 connection", **_bulk(1048576, 1)),
    Row("handshake", "handshake", **_HANDSHAKE),
    Row("idle", "idle tunnel", quiet=4000, **_IDLE),
    Row("mixed", "1,000 quiet tunnels, 20 busy", **_MIXED),
    Row("tls-echo-64", "TLS: echo 64 B, 50 connections", tls=True, **_echo(64, 50)),
    Row("tls-bulk-64k", "TLS: bulk 64 KiB, 4 connections", tls=True, **_bulk(65536, 4)),
    Row("tls-handshake", "TLS: handshake", tls=True, **_HANDSHAKE),
    Row("tls-idle", "TLS: idle tunnel", tls=True, quiet=4000, **_IDLE),
]
