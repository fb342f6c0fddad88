# SPDX-License-Identifier: Apache-2.0
"""The policy document as a file: its errors, its limits, its cache."""

import os
import time

import pytest

from support import policy, targets

pytestmark = pytest.mark.sanitizer

OLD = 1_600_000_000  # seconds: a file that has not been touched for long

BAD = {
    "cut short": "<websocket>\n  <port>6667</port>\n",
    "no port": "<websocket>\n</websocket>",
    "two ports": "<websocket>\n<port>1</port>\n<port>2</port></websocket>",
    "port too high": "<websocket>\n  <port>65536</port></websocket>",
    "port zero": "<websocket><port>0</port></websocket>",
    "port is a word": "<websocket><port>irc</port></websocket>",
    "empty port": "<websocket><port/></websocket>",
    "unknown element": "<websocket>\n  <port>1</port>\n  <user>me</user></websocket>",
    "attribute": '<websocket version="1"><port>1</port></websocket>',
    "stray text": "<websocket>hello<port>1</port></websocket>",
    "bad host": "<websocket><host>a b</host><port>1</port></websocket>",
    "bad origin": "<websocket><port>1</port><allow-origin>example</allow-origin></websocket>",
    "entity": "<websocket><port>&six;</port></websocket>",
    "doctype": "<!DOCTYPE websocket>\n<websocket><port>1</port></websocket>",
    "external entity": '<!DOCTYPE websocket [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n'
                       "<websocket><host>&x;</host><port>1</port></websocket>",
    "billion laughs": '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;">]>\n'
                      "<websocket><port>&b;</port></websocket>",
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_document_is_an_error_with_its_place_in_the_log(httpd, client, name):
    httpd.expect(r"\[websocket:error\].*ws/bad\.xml.*line \d+, column \d+")
    httpd.write("ws/bad.xml", BAD[name])
    response = client.handshake("/ws/bad.xml")
    assert response.status == 500
    assert b"line" not in response.body and b"<websocket" not in response.body
    assert b"root:" not in response.body


def test_the_place_is_the_right_one(httpd, client):
    httpd.expect("line 3, column 3")
    httpd.write("ws/place.xml",
                "<websocket>\n  <port>1</port>\n  <user>me</user>\n</websocket>\n")
    assert client.handshake("/ws/place.xml").status == 500


def test_a_bad_document_is_as_hidden_from_a_plain_get_as_a_good_one(httpd, client):
    httpd.permit(r"ws/bad\.xml")
    httpd.write("ws/bad.xml", "<websocket>\n<port>none of your business</port></websocket>")
    response = client.request("/ws/bad.xml")
    assert response.status in (426, 500)
    assert b"business" not in response.body


@pytest.mark.parametrize("name", ["ws/as.xml", "ws/typeless", "ws/of.nosuchtype"])
def test_a_document_of_a_type_for_xml_or_of_none_is_a_document(client, httpd, echo, name):
    """httpd names a handler after the content type, or not at all; neither makes a script of it."""
    httpd.write(name, policy.document(echo.port))
    plain = client.request(f"/{name}")
    assert plain.status == 426
    assert str(echo.port).encode() not in plain.body
    client.websocket(f"/{name}").echo(b"a document")


@pytest.mark.parametrize("name, said", [("ws/as.html", "text/html"), ("ws/as.txt", "text/plain")])
def test_a_file_of_another_type_is_no_document_and_is_hidden_like_one(client, httpd, echo, name, said):
    httpd.expect(rf'\[websocket:error\].*WS0044: policy-type: .*/{name}: a policy of the type "{said}"')
    httpd.write(name, policy.document(echo.port))
    for status, answer in ((426, client.request(f"/{name}")), (500, client.handshake(f"/{name}"))):
        assert answer.status == status
        assert str(echo.port).encode() not in answer.body and said.encode() not in answer.body
    assert not echo.sessions


@pytest.mark.parametrize("name", ["ws/nobodys.xml", "ws/nobodys"])
def test_a_document_is_not_shown_where_nobody_is_there_for_its_handler(new_httpd, connect_to, echo, name):
    httpd = new_httpd(extra='<Location "/ws">\nSetHandler no-such-handler\n</Location>')
    httpd.write(name, policy.document(echo.port, host="inner.example"))
    answer = connect_to(httpd).request(f"/{name}")
    assert answer.status == 426 and b"inner" not in answer.body


@pytest.mark.parametrize("text", ["", "<html><p>hello</p></html>", "just text", '{"port": 6667}'])
def test_a_file_that_is_no_policy_at_all_is_an_error(httpd, client, text):
    httpd.expect(r"\[websocket:error\].*ws/other\.xml")
    httpd.write("ws/other.xml", text)
    assert client.handshake("/ws/other.xml").status == 500


@pytest.mark.parametrize("size, status", [(64 * 1024, 101), (64 * 1024 + 1, 500)])
def test_a_document_has_64_kib_at_most(httpd, client, echo, size, status):
    if status == 500:
        httpd.expect(r"\[websocket:error\].*ws/large\.xml")
    text = policy.document(echo.port)
    httpd.write("ws/large.xml", text + " " * (size - len(text)))
    assert client.handshake("/ws/large.xml").status == status


def test_an_unreadable_document_is_httpds_own_forbidden(httpd, client):
    if os.geteuid() != 0:
        pytest.skip("httpd runs as this very user, who may read it")
    httpd.permit(r"AH00132|permission denied|ws/locked\.xml")
    httpd.write("ws/locked.xml", policy.document(1)).chmod(0)
    assert client.handshake("/ws/locked.xml").status == 403


def test_a_folder_is_no_document(httpd, client):
    (httpd.documents / "ws" / "folder").mkdir(exist_ok=True)
    httpd.permit("AH01276")
    assert client.handshake("/ws/folder/").status in (403, 404, 426, 500)


def test_comments_a_declaration_and_spaces_do_no_harm(httpd, client, echo):
    httpd.write("ws/rich.xml", f"""\ufeff<?xml version="1.0" encoding="UTF-8"?>
        <!-- the chat --><websocket>
          <allow-origin>*</allow-origin><!-- all -->
          <port> {echo.port} </port>
        </websocket>
        """.lstrip())
    client.websocket("/ws/rich.xml").echo(b"rich")


def test_a_changed_document_is_picked_up_without_a_restart(httpd, client, start):
    for number in range(4):
        greeter = start(targets.Greeter(b"version %d" % number))
        httpd.write("ws/changing.xml", policy.document(greeter.port))
        for _ in range(6):  # whichever child takes it
            with client.websocket("/ws/changing.xml") as tunnel:
                assert tunnel.receive_bytes(9) == b"version %d" % number


def test_a_document_that_turns_bad_and_good_again_is_followed(httpd, client, echo):
    httpd.expect(r"ws/turning\.xml.*line 1")
    httpd.write("ws/turning.xml", policy.document(echo.port))
    assert client.handshake("/ws/turning.xml").status == 101
    httpd.write("ws/turning.xml", "<websocket/>")
    assert client.handshake("/ws/turning.xml").status == 500
    httpd.write("ws/turning.xml", policy.document(echo.port))
    assert client.handshake("/ws/turning.xml").status == 101


def test_a_removed_document_is_gone(httpd, client, echo):
    path = httpd.write("ws/removed.xml", policy.document(echo.port))
    assert client.handshake("/ws/removed.xml").status == 101
    path.unlink()
    assert client.handshake("/ws/removed.xml").status == 404


@pytest.fixture
def two_greeters(start):
    """Two targets whose documents have the same size."""
    while True:
        one, two = start(targets.Greeter(b"one")), start(targets.Greeter(b"two"))
        if len(str(one.port)) == len(str(two.port)):
            return one, two


@pytest.fixture
def one_process(new_httpd):
    return new_httpd(limits={"StartServers": 1, "MinSpareThreads": 1, "MaxRequestWorkers": 25})


def write_dated(path, text, seconds):
    """In place: the inode stays."""
    with open(path, "r+b" if path.exists() else "wb") as file:
        file.truncate()
        file.write(text.encode())
    os.utime(path, (seconds, seconds))


def greeting(client):
    with client.websocket("/ws/kept.xml") as tunnel:
        return tunnel.receive_bytes(3)


def test_an_unchanged_document_is_not_read_again(one_process, connect_to, echo):
    """Seen in what the child reads: the document is much larger than all else of a handshake."""
    client = connect_to(one_process)
    text = policy.document(echo.port)
    one_process.write("ws/kept.xml", text + " " * (60_000 - len(text)))
    time.sleep(2.5)  # a document that has just changed may change again within its time stamp

    def read_by_a_handshake():
        before = one_process.read_octets()
        client.websocket("/ws/kept.xml").close()
        return one_process.read_octets() - before

    assert read_by_a_handshake() > 60_000
    assert max(read_by_a_handshake() for _ in range(5)) < 20_000


def test_a_document_replaced_by_another_file_of_its_size_and_time_is_read(one_process, connect_to,
                                                                         two_greeters):
    client, path = connect_to(one_process), one_process.documents / "ws" / "kept.xml"
    write_dated(path, policy.document(two_greeters[0].port), OLD)
    assert greeting(client) == b"one"
    other = path.with_suffix(".new")
    write_dated(other, policy.document(two_greeters[1].port), OLD)
    other.rename(path)
    assert greeting(client) == b"two"


def test_a_symbolic_link_is_followed_to_its_new_document(one_process, connect_to, two_greeters):
    client, folder = connect_to(one_process), one_process.documents / "ws"
    for name, greeter in zip(("a.xml", "b.xml"), two_greeters):
        write_dated(folder / name, policy.document(greeter.port), OLD)
    (folder / "kept.xml").symlink_to("a.xml")
    assert greeting(client) == b"one"
    (folder / "kept.xml").unlink()
    (folder / "kept.xml").symlink_to("b.xml")
    assert greeting(client) == b"two"


def test_many_documents_leave_nothing_open(httpd, client, endpoint, echo):
    """The look-over of `httpd` counts the files that are left open."""
    for _ in range(30):
        client.websocket(endpoint(echo)).close()
    assert not [one for one in httpd.descriptors("file") if one.target.endswith(".xml")]
