# SPDX-License-Identifier: Apache-2.0
"""Other hosts, whose owners are asked for consent: addresses of a network namespace of our own,
reached over a pair of virtual interfaces, with a service on fixed ports at each of them."""

import fcntl
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

# Says where it was reached, then echoes; ends with its standard input.
SERVICE = """
import socket, sys, threading

def serve(connection):
    with connection:
        name = connection.getsockname()[0].removeprefix("::ffff:")
        connection.sendall(name.encode() + b"\\n")
        while data := connection.recv(65536):
            connection.sendall(data)

def accept(listener):
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

for port in map(int, sys.argv[1:]):
    family = socket.AF_INET6 if socket.has_ipv6 else socket.AF_INET
    listener = socket.create_server(("", port), family=family, backlog=256,
                                    dualstack_ipv6=family == socket.AF_INET6)
    threading.Thread(target=accept, args=(listener,), daemon=True).start()
print("ready", flush=True)
sys.stdin.read()
"""

# Benchmarking addresses (RFC 2544): nobody's network.
HERE, THERE = "198.18.77.1", "198.18.77.2"
HERE_V6, THERE_V6 = "fd77:7773::1", "fd77:7773::2"


class NotPermitted(RuntimeError):
    """This machine lets us make no network namespace; carries what `ip` said."""


def _ip(*arguments):
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotPermitted(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def _check_free(address):
    """What this machine has a use for, its gateway above all, is not taken away from it."""
    for table in ("main", "local"):
        for route in _ip("route", "show", "table", table, "match", address).splitlines():
            if not route.startswith("default"):
                raise NotPermitted(f"{address} is in use on this machine: {route}")


class Owners:
    """Answers at `addresses` (IPv4, IPv6) on every one of `ports` until close()."""

    def __init__(self, addresses, ports):
        self.addresses, self.ports = addresses, ports
        self._namespace, self._link = f"websocket-{os.getpid()}", f"ws{os.getpid()}"
        self._service = None
        # The addresses are the same in every run: one at a time.
        self._lock = open(Path(tempfile.gettempdir()) / "websocket-owners.lock", "w",
                          encoding="ascii")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        try:
            self._make_network()
            self._start_service()
        except BaseException:
            self.close()
            raise

    def _make_network(self):
        inside = ("-n", self._namespace)
        for address in (HERE, THERE, *self.addresses):
            _check_free(address)
        try:
            _ip("netns", "add", self._namespace)
        except FileNotFoundError:
            raise NotPermitted("no ip: install iproute2") from None
        _ip("link", "add", self._link, "type", "veth", "peer", "name", "eth0", "netns",
            self._namespace)
        _ip("address", "add", f"{HERE}/30", "dev", self._link)
        _ip("link", "set", self._link, "up")
        _ip(*inside, "link", "set", "lo", "up")
        _ip(*inside, "address", "add", f"{THERE}/30", "dev", "eth0")
        _ip(*inside, "link", "set", "eth0", "up")
        _ip(*inside, "route", "add", "default", "via", HERE)
        if any(":" in address for address in self.addresses):
            _ip("address", "add", f"{HERE_V6}/64", "dev", self._link, "nodad")
            _ip(*inside, "address", "add", f"{THERE_V6}/64", "dev", "eth0", "nodad")
            _ip(*inside, "-6", "route", "add", "default", "via", HERE_V6)
        for address in self.addresses:
            whole, way = (f"{address}/128", THERE_V6) if ":" in address else (f"{address}/32", THERE)
            _ip(*inside, "address", "add", whole, "dev", "lo")
            _ip("route", "add", whole, "via", way)

    def _start_service(self):
        self._service = subprocess.Popen(
            ["ip", "netns", "exec", self._namespace, sys.executable, "-c", SERVICE,
             *map(str, self.ports)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self._service.stdout.readline() != "ready\n":
            raise RuntimeError("the service in the network namespace did not start")

    def close(self):
        if self._service:
            self._service.stdin.close()
            self._service.wait(10)
            self._service.stdout.close()
        for command in (("link", "delete", self._link), ("netns", "delete", self._namespace)):
            with suppress(NotPermitted, FileNotFoundError):
                _ip(*command)
        self._lock.close()
