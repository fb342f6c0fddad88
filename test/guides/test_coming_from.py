# SPDX-License-Identifier: Apache-2.0
"""doc/coming-from.md: what is there, in the program that it is for, and what to write instead. Nothing on that page is
tried by anything else than what stands on it."""

import re
import shutil
import subprocess
import types

import pytest

import before
import guide
from support import frame, installation

SECTIONS = guide.read("doc/coming-from.md")
ROWS = [(title, row) for title in before.PROGRAMS for row in SECTIONS[title].rows]
ELSEWHERE = "https://elsewhere.example"
MODULES = ("authz_core", "authz_host", "auth_basic", "authn_file")

every_program = pytest.mark.parametrize("title", before.PROGRAMS)
every_row = pytest.mark.parametrize("title, row", ROWS, ids=[row.place for _, row in ROWS])


def is_ours(text):
    return "WebSocket" in text


def there(section):
    """The blocks of what one had."""
    return [text for text in section.of("sh", "text", "apache") if not is_ours(text)]


def ours(section):
    return "".join(text for text in section.of("apache") if is_ours(text))


@pytest.fixture
def peer_of():
    """peer_of(class, text, ports): started, ended after the test."""
    started = []

    def start(program, text, ports):
        started.append(program(text, ports).__enter__())
        return started[-1]

    yield start
    for one in reversed(started):
        one.__exit__()


def client_of(connect_to, port):
    return connect_to(types.SimpleNamespace(http_port=port))


# ---- there ---------------------------------------------------------------------------------------

BRIDGED = {"httpd mod_proxy": "/irc", "nginx": "/irc", "haproxy": "/irc"}


@pytest.mark.parametrize("title, number", [(title, number) for title in BRIDGED
                                           for number in range(len(there(SECTIONS[title])))])
def test_what_one_had_tunnels_by_way_of_a_bridge_and_asks_for_no_origin(peer_of, connect_to, echo, title, number):
    bridge = peer_of(before.Websockify, f"websockify 6080 127.0.0.1:{echo.port}", {})
    peer = peer_of(before.PROGRAMS[title], there(SECTIONS[title])[number], {6080: bridge.port})
    socket = client_of(connect_to, peer.port).websocket(BRIDGED[title], {"Origin": ELSEWHERE})
    socket.echo(b"by way of both")


@pytest.mark.parametrize("title, path, service", [("websockify and noVNC", "/", 5900),
                                                  ("lighttpd mod_wstunnel", "/irc", 6667)])
def test_what_one_had_tunnels_to_the_service_and_asks_for_no_origin(peer_of, connect_to, echo, title, path, service):
    text, = there(SECTIONS[title])
    peer = peer_of(before.PROGRAMS[title], text, {service: echo.port})
    client_of(connect_to, peer.port).websocket(path, {"Origin": ELSEWHERE}).echo(b"straight")


def test_websockify_refuses_text(peer_of, connect_to, echo):
    peer = peer_of(before.Websockify, *there(SECTIONS["websockify and noVNC"]), {5900: echo.port})
    socket = client_of(connect_to, peer.port).websocket("/")
    socket.send_frame(frame.TEXT, b"hello")
    assert socket.receive_to_close()[1].payload[:2] == (1003).to_bytes(2, "big")


def test_websockify_finds_a_target_by_its_token(peer_of, connect_to, echo):
    section = SECTIONS["One URL for several targets"]
    command, = there(section)
    page = (installation.SOURCE / "doc/coming-from.md").read_text(encoding="utf-8")
    line = re.search(r"`(one: 127\.0\.0\.1:)5901`", page).group(1)
    folder = before.token_folder(f"{line}{echo.port}\n")
    try:
        peer = peer_of(before.Websockify, command.replace("/etc/websockify", str(folder)), {})
        client_of(connect_to, peer.port).websocket("/?token=one").echo(b"one")
    finally:
        shutil.rmtree(folder)


@every_row
def test_each_line_is_taken_by_the_program_that_it_was_for(title, row):
    assert row.there, f"{row.place}: no code"
    program = before.PROGRAMS[title]()
    try:
        for line in row.there:
            assert not program.faults(line), f"{row.place}: {line}"
    finally:
        program.__exit__()


@every_program
def test_a_wrong_line_would_be_found(title):
    program = before.PROGRAMS[title]()
    try:
        assert program.faults("--nonesuch = nonesuch")
        assert program.faults("nonesuch 1h;")
    finally:
        program.__exit__()


# ---- here ----------------------------------------------------------------------------------------

def place(text, httpd_root, service):
    """A text of the page, for this machine: its folders, and the service's port."""
    for path, folder in (("/var/www/html", f"{httpd_root}/htdocs"), ("/etc/apache2", f"{httpd_root}/conf")):
        text = text.replace(path, folder)
    return re.sub(r"\b(5900|5901-5999|5901|6667)\b", str(service), text)


@every_program
def test_what_to_write_instead_tunnels_and_asks_for_the_origin(new_httpd, connect_to, echo, title):
    section = SECTIONS[title]
    configuration, files = ours(section), section.files()
    assert configuration and len(files) == 1
    httpd = new_httpd(started=False, targets=None, extra=place(configuration, "{root}", echo.port))
    for path, text in files.items():
        to = httpd.root / place(path, "", echo.port).lstrip("/")
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(place(text, "", echo.port))
    httpd.start()
    at, = re.findall(r'<Location "(.+?)">', configuration) or [path.removeprefix("/var/www/html") for path in files]
    client = connect_to(httpd)
    client.websocket(at).echo(b"instead")
    httpd.expect("origin-not-own")
    assert client.handshake(at, {"Origin": ELSEWHERE}).status == 401


def taken_by_httpd(new_httpd, directive):
    """Where it may stand: in the server's configuration, a folder's, or a virtual host's."""
    frames = ("{}", '<Directory "/var/www/html">\n{}\n</Directory>')
    return any(new_httpd(started=False, targets=None, modules=MODULES, extra=section.format(directive)).configtest()[0] == 0
               for section in frames)


def taken_by_wspolicy(element):
    """With the elements that it cannot be without."""
    others = "<port>6667</port>"
    if element == "<tls/>":
        others = "<host>irc.example.org</host><port>6697</port>"
    elif element.startswith("<host>unix:"):
        others = ""
    done = subprocess.run([installation.built("policy/wspolicy", "make"), "lint", "-"], text=True, capture_output=True,
                          input=f"<websocket>{others}{element}</websocket>", check=False, timeout=30)
    return done.returncode == 0


DIRECTIVE = re.compile(r"[A-Z][A-Za-z]+ \S")
NAME = re.compile(r"SSLCertificate(Key)?File|SSLRequireSSL")


@every_row
def test_each_line_is_taken_by_this_module(new_httpd, row, title):
    del title
    assert row.here or re.match(r"(nothing|need not|\[below\])", row.words), row.place
    for piece in row.here:
        if piece.startswith("<"):
            assert taken_by_wspolicy(piece), f"{row.place}: {piece}"
        elif DIRECTIVE.match(piece):
            assert taken_by_httpd(new_httpd, piece), f"{row.place}: {piece}"
        else:  # a directive named without its arguments, or one of the words "there" that is explained
            assert NAME.fullmatch(piece) or piece in ("Timeout", "ExpectOrigin") or piece.startswith("timeout "), \
                f"{row.place}: {piece}"


def test_a_wrong_line_of_ours_would_be_found(new_httpd):
    assert not taken_by_httpd(new_httpd, "WebSocketIdleTimeout soon")
    assert not taken_by_httpd(new_httpd, "WebSocketNonesuch On")
    assert not taken_by_wspolicy("<framing>words</framing>")


def test_every_section_of_the_page_is_tried():
    untried = {title for title, section in SECTIONS.items() if there(section) or ours(section)} - set(before.PROGRAMS)
    assert not untried
    linked = re.findall(r"\]\(#([a-z_-]+)\)", (installation.SOURCE / "doc/coming-from.md").read_text(encoding="utf-8"))
    anchors = {re.sub(r"[^a-z_ -]", "", title.lower()).replace(" ", "-") for title in SECTIONS}
    assert set(linked) <= anchors
