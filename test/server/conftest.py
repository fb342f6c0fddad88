# SPDX-License-Identifier: Apache-2.0
"""Fixtures. A test asks for `httpd` (shared, one an MPM), `same_httpd` (a configuration that tests of
its file share) or `new_httpd` (its own); each is looked over when the test ends: an undeclared line in
the error log, a descriptor left in a child or a sanitizer's report is an error of that test."""

import itertools
import shutil
import tempfile
from pathlib import Path

import pytest

from support import http2_server, installation, policy, scripts, status, targets
from support.client import Client
from support.faults import Faults
from support.httpd import Httpd
from support.ngircd import Ngircd
from support.tls import Certificate

FIGURES = []


def pytest_addoption(parser):
    parser.addoption("--keep", action="store_true",
                     help="keep the folder of every httpd that is started, and print its path")


def pytest_collection_modifyitems(items):
    """One clear line instead of an error a test when there is nothing to test yet."""
    if any({"httpd", "http2_httpd", "new_httpd"} & set(item.fixturenames) for item in items):
        try:
            installation.module_under_test()
        except installation.NotInstalled as missing:
            raise pytest.UsageError(str(missing)) from None


def pytest_terminal_summary(terminalreporter):
    if FIGURES:
        terminalreporter.section("figures")
        for line in FIGURES:
            terminalreporter.line(line)


@pytest.fixture
def figure():
    """figure(text): a measured value that the run's summary shows."""
    return FIGURES.append


@pytest.fixture(scope="session")
def certificate():
    folder = Path(tempfile.mkdtemp(prefix="websocket-certificate-"))
    folder.chmod(0o755)
    yield Certificate(folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def shared_options():
    """Options of Httpd for the shared servers; a suite of another folder may have its own."""
    return {}


@pytest.fixture(scope="session")
def shared_servers(certificate, shared_options, request):
    """(mpm, options) -> Httpd, started when first asked for."""
    servers = {}

    def server(mpm, **options):
        key = (mpm, *options.items())
        if key not in servers or not servers[key].running:
            keep = request.config.getoption("keep")
            servers[key] = Httpd(certificate, mpm=mpm, keep=keep,
                                 **{**shared_options, **options}).start()
        return servers[key]

    yield server
    for one in servers.values():
        one.stop()
        one.remove()


@pytest.fixture
def mpm(request):
    return getattr(request, "param", "event")


@pytest.fixture
def scheme(request):
    return getattr(request, "param", "http")


def _look_over(server):
    complaints = server.complaints()
    if complaints:
        pytest.fail("\n".join(complaints), pytrace=False)


@pytest.fixture
def httpd(shared_servers, mpm):
    server = shared_servers(mpm)
    server.error_log.mark()
    yield server
    _look_over(server)


@pytest.fixture
def http2_httpd(shared_servers, mpm):
    """A shared one with HTTP/2, and websocket-echo at /echo; its https is one.test as well."""
    server = shared_servers(mpm, modules=("http2",), extra=http2_server.CONFIGURATION,
                            https_extra="ServerAlias one.test\n")
    server.error_log.mark()
    yield server
    _look_over(server)


@pytest.fixture
def new_httpd(certificate, mpm, request):
    """new_httpd(**options of Httpd): started, and stopped after the test.

    started=False gives one that is only configured.
    """
    servers = []

    def make(*, started=True, **options):
        server = Httpd(certificate, keep=request.config.getoption("keep"),
                       **{"mpm": mpm, **options})
        servers.append(server)
        return server.start() if started else server

    yield make
    try:
        for server in servers:
            _look_over(server)
            server.stop()
            _look_over(server)
    finally:
        for server in servers:
            if server.running:
                server.kill()
            server.remove()


@pytest.fixture(scope="module")
def servers_of_file(certificate, request):
    """(prepare, options) -> Httpd, started when first asked for and looked over when it has stopped."""
    servers = {}

    def server(prepare, **options):
        key = (prepare, repr(sorted(options.items())))
        if key not in servers or not servers[key].running:
            servers[key] = Httpd(certificate, keep=request.config.getoption("keep"), **options)
            if prepare:
                prepare(servers[key])
            servers[key].start()
        return servers[key]

    yield server
    try:
        for one in servers.values():
            one.error_log.mark()
            one.stop()
            _look_over(one)
    finally:
        for one in servers.values():
            if one.running:
                one.kill()
            one.remove()


@pytest.fixture
def same_httpd(servers_of_file, mpm):
    """same_httpd(prepare, **options of Httpd): one for all tests of a file that ask for the same.

    For tests that neither restart nor stop it, and count nothing from its start. What it needs before
    it starts is put there by prepare(httpd).
    """
    used = []

    def make(prepare=None, **options):
        server = servers_of_file(prepare, **{"mpm": mpm, **options})
        server.error_log.mark()
        used.append(server)
        return server

    yield make
    for server in used:
        _look_over(server)


@pytest.fixture
def connect_to(new_httpd, same_httpd):
    """connect_to(httpd, scheme, ...): a Client whose connections are closed after the test, and
    (for this it asks for those that make one) before any httpd is looked over.
    """
    del new_httpd, same_httpd
    clients = []

    def make(server, scheme="http", **options):
        clients.append(Client(server, scheme, **options))
        return clients[-1]

    yield make
    for one in clients:
        one.close()


@pytest.fixture
def open_http2(new_httpd, same_httpd):
    """open_http2(httpd, scheme, ...): an HTTP/2 connection that is closed after the test, and (for
    this it asks for those that make one) before any httpd is looked over.
    """
    del new_httpd, same_httpd
    http2 = pytest.importorskip("support.http2", reason="no h2: install Debian's python3-h2")
    sessions = []

    def make(server, scheme="https", **options):
        sessions.append(http2.open_session(server, scheme, **options))
        return sessions[-1]

    yield make
    for one in sessions:
        one.close()


@pytest.fixture
def faults():
    """To be given to new_httpd; asked for before it, so that it outlives the server."""
    plan = Faults()
    yield plan
    plan.close()


@pytest.fixture
def client(httpd, scheme, connect_to):
    return connect_to(httpd, scheme)


@pytest.fixture
def start():
    """start(target): any of support.targets, closed after the test."""
    started = []

    def keep(target):
        started.append(target)
        return target

    yield keep
    for target in started:
        target.close()


@pytest.fixture
def echo(start):
    return start(targets.Echo())


@pytest.fixture
def sink(start):
    return start(targets.Sink())


_numbers = itertools.count()


@pytest.fixture
def endpoint(httpd):
    """endpoint(target or port): the path of a new policy document under /ws of the shared httpd."""

    def make(target, **options):
        path = f"ws/{next(_numbers)}.xml"
        httpd.write(path, policy.document(getattr(target, "port", target), **options))
        return f"/{path}"

    return make


@pytest.fixture
def new_status_httpd(new_httpd, echo):
    """As new_httpd, with /status, /echo and two endpoints."""

    def make(extra="", **options):
        return status.furnish(new_httpd(extra=status.CONFIGURATION + extra, **options), echo.port)

    return make


@pytest.fixture
def status_httpd(same_httpd, connect_to, echo):
    """The same for all tests of a file, which find no tunnel open, but counts of those before."""
    httpd = status.furnish(same_httpd(extra=status.CONFIGURATION), echo.port)
    status.wait_for(connect_to(httpd), lambda data: data["tunnels_open"] == 0)
    return httpd


@pytest.fixture
def scripting(same_httpd, mpm):
    """scripting(extra): an httpd whose folder /ws runs scripts."""

    def make(extra="", modules=(), **options):
        return same_httpd(scripts.link_php, extra=scripts.CONFIGURATION + extra, modules=[
            "cgi" if mpm == "prefork" else "cgid", "include", "actions", *modules], **options)

    return make


@pytest.fixture(scope="session")
def ngircd():
    server = Ngircd()
    yield server
    server.close()
