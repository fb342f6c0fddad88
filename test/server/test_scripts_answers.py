# SPDX-License-Identifier: Apache-2.0
"""What a script may answer to a handshake, and when: what is no policy, a broken or large one, one of a wrong type,
slowly or never."""

import time

import pytest

from support import policy, processes
from support.connection import read_response
from support.matrix import event_and_prefork
from support.scripts import says, shell, writes_policy
from support.waiting import wait_until

pytestmark = pytest.mark.sanitizer


# -- answers that are no policy ------------------------------------------------------------------

OWN_ANSWERS = {
    "html": ("Content-Type: text/html", "<!DOCTYPE html><title>hello</title>"),
    "xhtml": ("Content-Type: application/xhtml+xml", "<html><body/></html>"),
    "json": ("Content-Type: application/json", '{"port": 6667}'),
    "text": ("Content-Type: text/plain", "websocket"),
    "latin-1": ("Content-Type: text/html; charset=iso-8859-1", "<html>\xe9\xe8</html>"),
    "latin-1 text": ("Content-Type: text/plain", "caf\xe9"),
    "no text": ("Content-Type: image/png", "\x89PNG\r\n\x1a\n\x01\xff\xfe"),
    "empty": ("Content-Type: text/plain", ""),
}


@event_and_prefork
@pytest.mark.parametrize("name", OWN_ANSWERS)
def test_a_200_that_is_no_policy_is_the_clients(scripting, connect_to, name):
    httpd = scripting()
    kind, body = OWN_ANSWERS[name]
    httpd.write("body", body.encode("latin-1"))
    path = shell(httpd, says(kind, "X-Answer: mine", "Set-Cookie: a=b"),
                 f"cat '{httpd.documents}/body'")
    response = connect_to(httpd).handshake(path)
    assert response.status == 200
    assert response.get("X-Answer") == "mine"
    assert response.get("Set-Cookie") == "a=b"
    assert response.get("Content-Type").startswith(kind.split(" ")[1])
    assert response.body == body.encode("latin-1")


@event_and_prefork
@pytest.mark.parametrize("header", [{"Range": "bytes=0-"}, {"Request-Range": "bytes=0-"}, {"Accept-Encoding": "gzip"}],
                         ids=["range", "old range", "gzip"])
def test_no_client_has_a_policy_written_in_a_shape_that_is_not_judged(scripting, connect_to, echo, header):
    """As proxied servers do, which answer with a part, or packed, where they are asked for that."""
    httpd = scripting()
    httpd.expect("origin")
    path = shell(httpd, "test -z \"$HTTP_RANGE$HTTP_REQUEST_RANGE\" || printf 'Status: 206 Partial Content\\r\\n'",
                 "test -z \"$HTTP_ACCEPT_ENCODING\" || printf 'Content-Encoding: gzip\\r\\n'",
                 'pack=cat; test -z "$HTTP_ACCEPT_ENCODING" || pack=gzip',
                 "printf 'Content-Type: application/xml\\r\\n\\r\\n'",
                 f"printf '%s' '{policy.document(echo.port, host='127.0.0.1')}' | $pack")
    client = connect_to(httpd)
    assert client.handshake(path, {**header, "Origin": "https://evil.example"}).status == 401
    client.websocket(path, header).echo(b"judged whole")


@pytest.mark.parametrize("encoding, front", [("utf-16", ""), ("utf-16-le", "\n"), ("utf-16-be", "\r\n"),
                                             ("utf-32", ""), ("utf-32-be", "\ufeff"), ("utf-32-le", " ")])
def test_a_policy_in_another_encoding_is_broken_and_not_the_clients(scripting, connect_to, encoding, front):
    httpd = scripting()
    httpd.expect("policy-invalid: .*UTF-16 or UTF-32; save it as UTF-8")
    httpd.write("body", (front + policy.document(6667)).encode(encoding))
    path = shell(httpd, says("Content-Type: application/xml"), f"cat '{httpd.documents}/body'")
    response = connect_to(httpd).handshake(path)
    assert response.status == 500
    assert b"\0" not in response.body


@event_and_prefork
@pytest.mark.parametrize("padding", [0, 30_000])
def test_a_slow_stream_is_not_kept_from_its_client_and_ends_with_it(scripting, connect_to, padding):
    """Held back until it could be told from a policy, it would keep a worker for hours after its client had gone."""
    httpd = scripting()
    path = shell(httpd, r"printf 'Content-Type: text/event-stream\r\n\r\n'", f"printf '%{padding}s' ''",
                 f"echo $$ > '{httpd.root}/log/stream'", r"while printf ': still there\n\n'; do sleep 0.1; done",
                 f"echo over > '{httpd.root}/log/stream'")
    (httpd.root / "log" / "stream").touch(0o666)
    (httpd.root / "log" / "stream").chmod(0o666)
    client = connect_to(httpd)
    connection = client.connect()
    connection.send(client.upgrade_request(path)[0])
    assert b"200" in connection.receive_until(b": still there")
    connection.close()
    assert wait_until(lambda: is_over(httpd.root / "log" / "stream"), 20), "the script goes on"


def is_over(stream):
    said = stream.read_text().strip()
    return said == "over" or said and not processes.name(said)


def test_a_status_line_of_a_script_is_not_that_of_an_interim_response(scripting, connect_to, echo):
    httpd = scripting()
    path = shell(httpd, says("Status: 200 Fine", "Content-Type: application/xml", body=policy.document(echo.port)))
    client = connect_to(httpd)
    connection = client.connect()
    connection.send(client.upgrade_request(path, {"Expect": "100-continue"})[0])
    assert [read_response(connection).status for _ in range(2)] == [100, 101]


@pytest.mark.parametrize("line, status, headers", [
    ("Status: 401 Unauthorized", 401, {"WWW-Authenticate": 'Basic realm="mine"'}),
    ("Status: 403 Forbidden", 403, {"X-Reason": "mine"}),
    ("Status: 404 Not Found", 404, {"X-Reason": "mine"}),
    ("Status: 426 Upgrade Required", 426, {"Upgrade": "mine/1", "X-Reason": "mine"}),
    ("Status: 302 Found", 302, {"Location": "https://www.example.org/login?a=b"}),
    ("Status: 303 See Other", 303, {"Location": "https://www.example.org/login"}),
    ("Status: 500 Internal Server Error", 500, {"X-Reason": "mine"}),
    ("Status: 503 Service Unavailable", 503, {"Retry-After": "7"}),
    ("Status: 201 Created", 201, {"X-Reason": "mine"}),
    ("Status: 206 Partial Content", 206, {"X-Reason": "mine"}),
])
def test_a_status_is_the_clients_whatever_the_body(scripting, connect_to, echo, line, status,
                                                  headers):
    """Even a body that would be a policy: only a 200 means it."""
    httpd = scripting()
    body = policy.document(echo.port)
    path = shell(httpd, says(line, "Content-Type: text/x-mine",
                             *(f"{name}: {value}" for name, value in headers.items()), body=body))
    response = connect_to(httpd).handshake(path)
    assert response.status == status
    for name, value in headers.items():
        assert response.get(name) == value
    assert response.body == body.encode()
    assert not echo.sessions


def test_a_status_without_a_body_is_the_clients(scripting, connect_to):
    httpd = scripting()
    path = shell(httpd, says("Status: 204 No Content", "X-Answer: mine"))
    response = connect_to(httpd).handshake(path)
    assert (response.status, response.get("X-Answer"), response.body) == (204, "mine", b"")


def test_a_script_that_fails_is_httpds_own_error(scripting, connect_to):
    httpd = scripting()
    httpd.expect("cgi")
    path = shell(httpd, "echo this is no header")
    assert connect_to(httpd).handshake(path).status == 500


def test_a_script_that_may_not_be_run_is_not_shown(scripting, connect_to):
    httpd = scripting()
    httpd.expect("cgi")
    path = shell(httpd, writes_policy(1))
    (httpd.documents / path[1:]).chmod(0o644)
    response = connect_to(httpd).handshake(path)
    assert response.status in (403, 500) and b"port" not in response.body


def test_what_is_sent_behind_a_script_s_refusal_is_no_request(scripting, connect_to):
    httpd = scripting()
    path = shell(httpd, says("Status: 403 Forbidden", "Content-Type: text/plain", body="no"))
    client = connect_to(httpd)
    connection = client.connect()
    request, _ = client.upgrade_request(path)
    connection.send(request + b"GET /secret.txt HTTP/1.1\r\nHost: localhost\r\n\r\n")
    everything = connection.receive_to_end()
    assert everything.count(b"HTTP/1.1 ") == 1 and b"the secret" not in everything


# -- broken policies and large answers -----------------------------------------------------------

@event_and_prefork
@pytest.mark.parametrize("body, place", [
    ("<websocket>\n  <prt>1</prt></websocket>", "line 2, column 3"),
    ("<websocket>\n<port>inner.example</port>\n</websocket>", "line 2"),
    ("<websocket><port>1</port>", "line 1"),
    ("\n\n<websocket></websocket>", "line 3"),
])
def test_a_broken_policy_is_an_error_with_its_place(scripting, connect_to, body, place):
    httpd = scripting()
    httpd.expect(rf"\[websocket:error\].*/ws/script\.sh.*{place}")
    path = shell(httpd, says("Content-Type: application/xml", "Content-Length: 3", "X-Inner: yes",
                             body=body))
    response = connect_to(httpd).handshake(path)
    assert response.status == 500
    for part in (b"websocket>", b"port", b"prt", b"inner", b"line"):
        assert part not in response.body


def test_a_large_answer_that_is_no_policy_comes_whole(scripting, connect_to):
    httpd = scripting()
    path = shell(httpd, says("Content-Type: text/html", "X-Answer: mine"),
                 "echo '<!DOCTYPE html>'",
                 "i=0; while [ $i -lt 4000 ]; do echo '<p>A line of a page that is long.</p>';"
                 " i=$((i + 1)); done")
    response = connect_to(httpd).handshake(path)
    assert (response.status, response.get("X-Answer")) == (200, "mine")
    assert response.body == b"<!DOCTYPE html>\n" + b"<p>A line of a page that is long.</p>\n" * 4000


def padded(echo, size):
    text = policy.document(echo.port)
    return [says("Content-Type: application/xml", body=text),
            f"head -c {size - len(text)} /dev/zero | tr '\\0' ' '"]


def test_a_policy_has_64_kib_at_most(scripting, connect_to, echo):
    httpd = scripting()
    client = connect_to(httpd)
    client.websocket(shell(httpd, *padded(echo, 64 * 1024))).echo(b"just so")
    httpd.expect(r"\[websocket:error\].*/ws/script\.sh")
    response = client.handshake(shell(httpd, *padded(echo, 64 * 1024 + 1)))
    assert response.status == 500
    assert b"port" not in response.body
    assert len(echo.sessions) == 1


def test_a_policy_without_an_end_is_not_shown(scripting, connect_to, echo):
    httpd = scripting()
    httpd.expect(r"\[websocket:error\].*/ws/script\.sh")
    response = connect_to(httpd).handshake(shell(httpd, *padded(echo, 1 << 20)))
    assert response.status == 500 and b"port" not in response.body


# -- the type of a policy ------------------------------------------------------------------------

@pytest.mark.parametrize("header", ["Content-Type: text/xml; charset=utf-8", "Content-Type: Application/XML",
                                    "Content-Type: application/websocket-policy+xml"])
def test_a_policy_is_of_any_type_for_xml(scripting, connect_to, echo, header):
    path = shell(httpd := scripting(), says(header, body=policy.document(echo.port)))
    connect_to(httpd).websocket(path).echo(b"xml")


@event_and_prefork
def test_a_policy_of_another_type_is_an_error_and_is_not_shown(scripting, connect_to, echo):
    httpd = scripting()
    httpd.expect(r'\[websocket:error\].*WS0044: policy-type: /ws/script\.sh: a policy of the type "text/plain"')
    path = shell(httpd, says("Content-Type: text/plain", "X-Answer: mine", body=policy.document(echo.port)))
    response = connect_to(httpd).handshake(path)
    assert response.status == 500
    for part in (b"websocket>", b"port", b"text/plain"):
        assert part not in response.body
    assert not echo.sessions


def test_the_script_that_another_one_names_says_the_type(scripting, connect_to, echo):
    httpd = scripting()
    httpd.expect("WS0044: policy-type: /ws/script.sh: a policy without a type")
    shell(httpd, says("X-Answer: mine", body=policy.document(echo.port)), name="second.sh")
    assert connect_to(httpd).handshake(shell(httpd, says("Location: /ws/second.sh"))).status == 500
    assert not echo.sessions


# -- time ----------------------------------------------------------------------------------------

def test_a_slow_script_in_pieces_is_waited_for(scripting, connect_to, echo):
    httpd = scripting()
    whole = policy.document(echo.port)
    pieces = [f"printf '%s' '{whole[i:i + 12]}'; sleep 0.1" for i in range(0, len(whole), 12)]
    path = shell(httpd, "sleep 0.5", says("Content-Type: application/xml"), *pieces)
    connect_to(httpd).websocket(path).echo(b"after a while")


@event_and_prefork
def test_a_script_that_hangs_meets_httpds_own_timeout(scripting, connect_to):
    httpd = scripting(extra="Timeout 1\n")
    httpd.expect("cgi")
    path = shell(httpd, "exec sleep 6")
    began = time.monotonic()
    assert connect_to(httpd).handshake(path).status == 504
    assert time.monotonic() - began < 5
