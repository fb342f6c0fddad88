# SPDX-License-Identifier: Apache-2.0
"""What the manual says of directives, by what httpd does with them. test/guards/manual_guard compares the words."""

import re

import pytest

from conftest import BLOCKS, ENTRIES, PAGES
from test_examples import in_place  # noqa: F401  (a fixture)

WHERE = {
    "server config": "%s",
    "virtual host": "<VirtualHost *:1>\n%s\n</VirtualHost>",
    "directory": '<Directory "/var/www/html">\n%s\n</Directory>',
}
SECTIONS = {
    "location": '<Location "/chat">\n%s\n</Location>',
    "files": '<Files "irc.xml">\n%s\n</Files>',
    "files in a directory": '<Directory "/var/www/html">\n<Files "irc.xml">\n%s\n</Files>\n</Directory>',
}
MISPLACED = re.compile(r"not allowed (here|in \S+ context)|cannot occur within")
OVERRIDES = ("AuthConfig", "FileInfo", "Indexes", "Limit", "Options")

every_directive = pytest.mark.parametrize("name", sorted(ENTRIES))


def example(name):
    """A line with this directive in one of the entry's own blocks: every entry has one."""
    for block in BLOCKS:
        if block.entry == name and block.language in ("apache", "htaccess"):
            for line in block.text.splitlines():
                if line.split()[:1] == [name]:
                    return line.strip()
    pytest.fail(f"{ENTRIES[name].page}: no example in the entry of {name} uses it")


@pytest.fixture
def complaint(new_httpd, in_place):  # noqa: F811
    """complaint(text): why httpd -t refuses it; None where it does not."""

    def run(text):
        status, said = new_httpd(started=False, targets=None, extra=in_place(text)).configtest()
        return None if status == 0 else said

    return run


@every_directive
def test_it_may_stand_where_the_manual_says_and_nowhere_else(complaint, name):
    contexts = ENTRIES[name].contexts
    for context, section in {**WHERE, **SECTIONS}.items():
        said = complaint(section % example(name))
        if context in contexts or (context in SECTIONS and "directory" in contexts):
            assert said is None, f"{context}: {said}"
        else:
            assert said and MISPLACED.search(said), f"{context}: {said}"


@every_directive
def test_it_may_stand_in_htaccess_by_its_override_alone(new_httpd, connect_to, in_place, name):  # noqa: F811
    httpd = new_httpd(targets=None, extra="".join(
        f'<Directory "{{root}}/htdocs/{override}">\nAllowOverride {override}\n</Directory>\n'
        for override in OVERRIDES))
    httpd.permit(rf"\.htaccess: {name} not allowed here")
    taken = []
    for override in OVERRIDES:
        httpd.write(f"{override}/page.txt", "a page")
        httpd.write(f"{override}/.htaccess", in_place(example(name)) + "\n")
        answer = connect_to(httpd).handshake(f"/{override}/page.txt")
        if "not allowed here" not in httpd.log_text():
            taken.append(override)
        else:
            assert answer.status == 500
        httpd.error_log.mark()
    assert taken == ([ENTRIES[name].override] if ENTRIES[name].override else [])


# ---- httpd -t -D DUMP_WEBSOCKET ------------------------------------------------------------------

@pytest.fixture
def in_force(new_httpd):
    """in_force(text): [(server, {directive: arguments})]."""

    def run(text, **options):
        httpd = new_httpd(started=False, targets=None, extra=text, **options)
        done = httpd.configtest("-D", "DUMP_WEBSOCKET")
        assert done[0] == 0, done[1]
        found = []
        for line in done[1].splitlines():
            server = re.fullmatch(r"# (main server|virtual host) (\S+).*", line)
            if server:
                found.append((server.group(2), {}))
            elif line.startswith("WebSocket"):
                directive, _, arguments = line.partition(" ")
                found[-1][1][directive] = arguments
        return found

    return run


def test_it_prints_what_is_said_and_where(in_force):
    found = in_force("""
        WebSocketTarget same-host:6667
        WebSocketIdleTimeout 90s
        WebSocketMaxTunnels 100
        WebSocketCache shmcb
        <VirtualHost *:1>
          ServerName one.example.org
          WebSocket On
          WebSocketTarget 192.0.2.1:25
          WebSocketResolver 192.0.2.53
          WebSocketCompression On level=9 no-takeover
        </VirtualHost>
        <VirtualHost *:2>
          ServerName two.example.org
          WebSocketTarget none
          WebSocketPingInterval off
          WebSocketMaxMessageSize 1K
        </VirtualHost>""", without=("ssl",))
    (main, at_main), *virtual = found
    assert main == "localhost"
    assert at_main["WebSocketTarget"] == "same-host:6667"
    assert (at_main["WebSocketIdleTimeout"], at_main["WebSocket"]) == ("90s", "Off")
    assert at_main["WebSocketMaxTunnels"] == "100" and at_main["WebSocketCache"] == "shmcb"
    virtual = dict(virtual)
    one, two = virtual["one.example.org"], virtual["two.example.org"]
    assert one["WebSocketTarget"] == "same-host:6667 192.0.2.1:25"
    assert one["WebSocketResolver"] == "192.0.2.53:53"
    assert one["WebSocketCompression"] == "On level=9 window=12 no-takeover"
    assert (one["WebSocket"], one["WebSocketIdleTimeout"]) == ("On", "90s")
    assert two["WebSocketTarget"] == "none"
    assert (two["WebSocketPingInterval"], two["WebSocketMaxMessageSize"]) == ("off", "1K")
    assert two["WebSocketMaxTunnels"] == "100"


@every_directive
def test_its_default_may_be_written_and_means_the_same(in_force, name):
    """So the manual's default is syntax too, and what is in force is what it says."""
    default = ENTRIES[name].default
    if default is None:
        assert name not in in_force("")[0][1]
    else:
        assert in_force(f"{name} {default}")[0][1][name] == default


@pytest.mark.parametrize("path", ["/my policy.xml", "/a\"b", "/it's", "/a\\\\b"])
def test_a_path_is_printed_as_it_may_be_written(in_force, path):
    written = '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
    said = f"WebSocketPolicyFile {written}"
    assert in_force(said)[0][1]["WebSocketPolicyFile"] == written
    if " " not in path:
        said = "WebSocketTarget " + written.replace("/", "unix:/", 1)
        assert in_force(said)[0][1]["WebSocketTarget"] == said.partition(" ")[2]


def test_nothing_is_printed_where_it_was_not_asked_for(new_httpd):
    status, said = new_httpd(started=False).configtest()
    assert status == 0 and "WebSocket" not in said


SHORT = re.compile(r"`(WebSocket\w+) ([^`]+)` is short for\s+`\1 ([^`]+)`")
SHORTS = [found.groups() for page in PAGES.values() for found in SHORT.finditer(page.text)]


@pytest.mark.parametrize("name, short, full", SHORTS, ids=[name for name, _, _ in SHORTS])
def test_what_is_short_for_something_is_in_force_as_that(in_force, name, short, full):
    assert in_force(f"{name} {short}")[0][1][name] == in_force(f"{name} {full}")[0][1][name] == full


def test_something_is_short_for_something():
    assert SHORTS


def test_each_of_the_values_in_a_syntax_is_taken(complaint):
    """`off|dns|dnssec`: where a syntax is nothing but words, all of them, and no other."""
    tried = 0
    for name, entry in ENTRIES.items():
        words = entry.syntax.split("|")
        if all(re.fullmatch(r"On|Off|off|dns|dnssec|\d+", word) for word in words):
            tried += 1
            for word in words:
                assert complaint(f"{name} {word}") is None
            assert complaint(f"{name} nonesuch") is not None
    assert tried >= 3
