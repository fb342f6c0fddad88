# SPDX-License-Identifier: Apache-2.0
"""Consent that is remembered in memcached, redis or little memory: shared by machines with one key, believed from
nobody else, and no more than time is lost with it."""

import os
import re
import shutil
import socket
from urllib.parse import unquote_to_bytes

import pytest

from support.consent import asking, counting, dns, hosts  # noqa: F401  (fixtures)
from support.consent import ONE_CHILD, ONE_LOOKUP, handshake, needs_dns_servers
from support.daemon import Daemon
from support.targets import RefusedPort

pytestmark = [pytest.mark.consent, pytest.mark.sanitizer, needs_dns_servers]

needs_memcached = pytest.mark.skipif(not shutil.which("memcached"),
                                     reason="install Debian's memcached")


class Memcached(Daemon):
    program = "memcached"

    def command(self):
        return ["-u", "nobody", "-l", "127.0.0.1", "-U", "0", "-p", self.port]

    def _ask(self, request, end):
        with socket.create_connection(("127.0.0.1", self.port), 10) as connection:
            connection.sendall(request)
            said = b""
            while not said.endswith(end):
                more = connection.recv(65536)
                assert more, f"memcached: {said}"
                said += more
        return said

    def entries(self):
        """{name: value}, as anybody sees them who reaches the port."""
        found = {}
        for quoted in re.findall(rb"^key=(\S+) ", self._ask(b"lru_crawler metadump all\r\n", b"END\r\n"),
                                 re.MULTILINE):
            name = unquote_to_bytes(quoted)
            said = self._ask(b"get %b\r\n" % name, b"END\r\n")
            found[name] = said.partition(b"\r\n")[2].removesuffix(b"\r\nEND\r\n")
        return found

    def put(self, name, value):
        assert self._ask(b"set %b 0 0 %d\r\n%b\r\n" % (name, len(value), value), b"\r\n") == b"STORED\r\n"


class Redis(Daemon):
    program = "redis-server"

    def command(self):
        return ["--save", "", "--appendonly", "no", "--bind", "127.0.0.1", "--port", self.port]


needs_redis = pytest.mark.skipif(not shutil.which("redis-server"),
                                 reason="install Debian's redis-server")


@pytest.fixture
def key_file(tmp_path):
    """key_file(name): the path of a new key."""

    def make(name="key"):
        path = tmp_path / name
        path.touch(0o600)
        path.write_bytes(os.urandom(32))
        return path

    return make


@pytest.mark.parametrize("provider, cache", [
    pytest.param("memcache", Memcached, marks=needs_memcached),
    pytest.param("redis", Redis, marks=needs_redis)])
def test_machines_with_one_key_share_a_cache(asking, connect_to, counting, hosts, start, key_file,
                                             provider, cache):
    server, shared, key = counting(), start(cache()), key_file()
    place = f"WebSocketCache {provider}:127.0.0.1:{shared.port}"
    options = {"modules": [f"socache_{provider}"]}
    one, two = (asking(server.address, f'{place}\nWebSocketCacheKey "{key}"', **options)
                for _ in range(2))
    other = asking(server.address, f'{place}\nWebSocketCacheKey "{key_file("other")}"', **options)
    without = asking(server.address, place, **options)
    for httpd in (one, two, one, two):
        httpd.permit(f"socache_{provider}")
        assert handshake(httpd, connect_to).status == 101
    assert len(server.queries) == ONE_LOOKUP
    # Who has another key believes nothing of it, and takes nothing from it.
    for httpd in (other, without, other, without, one, two):
        httpd.permit(f"socache_{provider}")
        assert handshake(httpd, connect_to).status == 101
    assert len(server.queries) == 3 * ONE_LOOKUP
    for httpd in (one, two, other, without):
        httpd.restart()  # children keep their connections to the cache


@pytest.fixture
def with_memcached(asking, start):
    """with_memcached(resolver, lines, ...): an httpd and the cache that it uses."""
    made = []

    def make(resolver, lines="", **options):
        cache = start(Memcached())
        httpd = asking(resolver, f"WebSocketCache memcache:127.0.0.1:{cache.port}\n{lines}",
                       modules=["socache_memcache"], **options)
        httpd.permit("socache_memcache")
        made.append(httpd)
        return httpd, cache

    yield make
    for httpd in made:
        httpd.restart()  # children keep their connections to the cache


@needs_memcached
def test_who_writes_into_the_cache_grants_nothing(with_memcached, connect_to, counting, hosts):
    server = counting()
    httpd, cache = with_memcached(server.address, limits=ONE_CHILD)
    httpd.expect("no consent record")
    httpd.expect(r"websocket:warn.* WS0217: .* about 'dns 198\.51\.100\.6 6667 www\.example\.com ")
    assert handshake(httpd, connect_to).status == 101
    (name_of_granted, granted), = cache.entries().items()
    assert handshake(httpd, connect_to, "198.51.100.6").status == 403
    entries = cache.entries()
    (name,) = entries.keys() - {name_of_granted}
    for forged in (
            granted,  # of another question, and still good there
            entries[name][:-1], entries[name].replace(b"R", b"G"),
            granted[:41] + entries[name][41:], entries[name][:41] + granted[41:],
            b"Ggranted", b"G", b"\1", bytes(41), bytes(1065), bytes(100_000)):
        server.queries.clear()
        cache.put(name, forged)
        assert handshake(httpd, connect_to, "198.51.100.6").status == 403
        assert len(server.queries) == ONE_LOOKUP + 1
    # What was asked meanwhile is kept again, and what nobody touched still counts.
    server.queries.clear()
    assert handshake(httpd, connect_to, "198.51.100.6").status == 403
    assert handshake(httpd, connect_to).status == 101
    assert not server.queries
    assert httpd.log_text().count("WS0217") == 1  # a minute


@needs_memcached
def test_what_is_put_back_after_its_time_counts_for_nothing(with_memcached, connect_to, counting,
                                                            hosts, faults):
    server = counting()
    httpd, cache = with_memcached(server.address, limits=ONE_CHILD, faults=faults)
    assert handshake(httpd, connect_to).status == 101
    (name, granted), = cache.entries().items()
    cache.put(name, granted)  # for ever, as far as memcached is concerned
    assert handshake(httpd, connect_to).status == 101
    assert len(server.queries) == ONE_LOOKUP
    with faults.during(calendar_ahead=301 * 1_000_000_000):
        assert handshake(httpd, connect_to).status == 101
        assert httpd.error_log.find(r"websocket:info.* WS0218: ")
    assert len(server.queries) == 2 * ONE_LOOKUP


@needs_memcached
def test_the_servers_own_key_outlives_restarts(with_memcached, connect_to, counting, hosts):
    server = counting()
    httpd, _ = with_memcached(server.address)
    for again in (httpd.graceful, httpd.graceful, httpd.restart):
        assert handshake(httpd, connect_to).status == 101
        again()
    assert handshake(httpd, connect_to).status == 101
    assert len(server.queries) == ONE_LOOKUP


@needs_memcached
def test_a_restart_reads_the_key_file_again(with_memcached, connect_to, counting, hosts, key_file):
    server, key = counting(), key_file()
    httpd, _ = with_memcached(server.address, f'WebSocketCacheKey "{key}"')
    first = key.read_bytes()
    for material, lookups in ((first, 1), (os.urandom(32), 2), (first, 2)):
        key.write_bytes(material)
        httpd.graceful()
        assert handshake(httpd, connect_to).status == 101
        assert len(server.queries) == lookups * ONE_LOOKUP


@pytest.mark.parametrize("size, mode, owner, reason", [
    (None, 0, 0, r"No such file or directory; make one: \(umask 077; openssl rand -out {path} 32\)"),
    (31, 0o600, 0, r"only 31 bytes, and needs 32; make one: .*openssl rand -out {path} 32"),
    (5000, 0o600, 0, "larger than 4 KiB"),
    (32, 0o604, 0, "others than its owner can read or write it: chmod 600 {path}"),
    (32, 0o602, 0, "others than its owner can read or write it: chmod 600 {path}"),
    (32, 0o640, 0, "others than its owner can read or write it: chmod 600 {path}"),
    (32, 0o600, 65534, "belongs to another user, .*: chown root {path}"),
])
def test_a_key_file_that_is_no_use_is_told_why(new_httpd, tmp_path, size, mode, owner, reason):
    path = tmp_path / "key"
    if size is not None:
        path.write_bytes(os.urandom(size))
        path.chmod(mode)
    if owner:
        if os.geteuid() != 0:
            pytest.skip("only root gives files away")
        os.chown(path, owner, owner)
    status, said = new_httpd(started=False, extra=f'WebSocketCacheKey "{path}"').configtest()
    assert status != 0
    assert re.search(f"WebSocketCacheKey: {path}: .*" + reason.format(path=path), said), said


@needs_memcached
def test_a_cache_that_goes_away_only_costs_time(asking, connect_to, counting, hosts):
    server, memcached = counting(), Memcached()
    httpd = asking(server.address, f"WebSocketCache memcache:127.0.0.1:{memcached.port}",
                   modules=["socache_memcache"])
    httpd.permit("socache_memcache|scache_mc|AH007")
    assert handshake(httpd, connect_to).status == 101
    memcached.close()
    assert handshake(httpd, connect_to).status == 101
    assert handshake(httpd, connect_to).status == 101
    assert len(server.queries) == 3 * ONE_LOOKUP
    httpd.restart()  # a child that was not asked again keeps its end of the connection


def test_a_cache_that_was_never_there_only_costs_time(asking, connect_to, counting, hosts, start):
    server, nobody = counting(), start(RefusedPort())
    httpd = asking(server.address, f"WebSocketCache memcache:127.0.0.1:{nobody.port}",
                   modules=["socache_memcache"])
    httpd.permit("socache_memcache|scache_mc|AH007")
    for _ in range(2):
        assert handshake(httpd, connect_to).status == 101
    assert len(server.queries) == 2 * ONE_LOOKUP


def test_a_small_cache_that_overflows_only_costs_time(asking, connect_to, counting):
    """Verdicts of 100 ports in the least shared memory that there is."""
    server = counting()
    httpd = asking(server.address, 'WebSocketCache "shmcb:{root}/run/verdicts(8192)"')
    httpd.expect("no consent record")
    for port in range(1000, 1100):
        assert handshake(httpd, connect_to, "198.51.100.6", port).status == 403
    assert ONE_LOOKUP < len(server.queries) <= 100 * (ONE_LOOKUP + 1)
