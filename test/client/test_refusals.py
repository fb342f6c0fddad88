# SPDX-License-Identifier: Apache-2.0
"""What a page is told when httpd refuses: the reason, and words for its author."""

import pytest

from page import CONFIGURATION
from support import policy, targets
from support.matrix import every_scheme
from test_streams import EXCHANGE

pytestmark = pytest.mark.parametrize("kind", ["WebSocketStream", "WebSocket"])

REFUSED = """
    const socket = newSocket(given[0], given[1], given[2] ?? {});
    const [{ error }, closed] = await Promise.all([settled(socket.opened), settled(socket.closed)]);
    return { ...error, same: JSON.stringify(error) === JSON.stringify(closed.error) };
    """


def refusal(page, kind, url, **options):
    error = page.run(REFUSED, kind, url, options)
    assert error["isOurs"] and error["same"]
    assert error["closeCode"] is None
    assert error["message"].startswith(("ws://", "wss://"))
    return error


@pytest.fixture
def other_page(httpd, open_page):
    """A page of another origin, and of another site: by the address, where `page` is by the name."""
    return open_page(httpd, f"http://127.0.0.1:{httpd.http_port}")


@pytest.fixture
def here(httpd):
    return f"http://localhost:{httpd.http_port}"


def test_a_page_of_another_origin_is_told_that_it_is_that(httpd, endpoint, echo, other_page, here, kind):
    httpd.expect("origin-not-own")
    error = refusal(other_page, kind, here + endpoint(echo))
    assert (error["name"], error["reason"], error["status"]) == ("NotAllowedError", "origin", 401)
    assert "origin" in error["message"]


def test_a_page_of_an_origin_that_the_policy_names_is_let_in(httpd, endpoint, echo, other_page, here, kind):
    path = endpoint(echo, origins=[f"http://127.0.0.1:{httpd.http_port}"])
    assert other_page.run(EXCHANGE, kind, here + path) == "hello"


@every_scheme
def test_a_target_that_does_not_answer_is_told(httpd, endpoint, start, page, kind):
    httpd.expect("connect")
    error = refusal(page, kind, endpoint(start(targets.RefusedPort())))
    assert (error["name"], error["reason"], error["status"]) == ("NetworkError", "connect", 502)


def test_so_is_it_to_an_admitted_page_of_another_origin(httpd, endpoint, start, other_page, here, kind):
    httpd.expect("connect")
    path = endpoint(start(targets.RefusedPort()), origins=["*"])
    error = refusal(other_page, kind, here + path)
    assert (error["reason"], error["status"]) == ("connect", 502)


def test_a_target_that_the_administrator_does_not_allow_is_told(httpd, endpoint, page, kind):
    httpd.expect("not-listed")
    error = refusal(page, kind, endpoint(80, host="192.0.2.1"))
    assert (error["name"], error["reason"], error["status"]) == ("NotAllowedError", "target", 403)
    assert "192.0.2.1" not in error["message"]


def test_a_policy_that_is_none_is_told(httpd, page, kind):
    httpd.write("ws/broken.xml", "<websocket><port>x</port></websocket>")
    httpd.expect("port")
    error = refusal(page, kind, "/ws/broken.xml")
    assert (error["name"], error["reason"], error["status"]) == ("NetworkError", "policy", 500)


def test_a_url_without_anything_is_told(page, kind):
    error = refusal(page, kind, "/ws/none.xml")
    assert (error["reason"], error["status"]) == ("not-found", 404)


def test_an_ordinary_page_is_told_to_be_none(httpd, page, kind):
    error = refusal(page, kind, "/index.html")
    assert (error["reason"], error["status"]) == ("not-an-endpoint", 200)
    assert "WebSocket On" in error["message"]


def test_a_redirect_is_told(new_httpd, open_page, kind):
    httpd = new_httpd(extra=CONFIGURATION + "Redirect /old /ws/new.xml\n")
    page = open_page(httpd)
    error = refusal(page, kind, "/old")
    assert (error["reason"], error["status"]) == ("redirect", None)
    page.leave()


def test_protocols_that_the_policy_does_not_know_are_told(endpoint, echo, page, kind):
    error = refusal(page, kind, endpoint(echo), protocols=["nobody-knows-it"])
    assert (error["reason"], error["status"]) == ("upgrade-required", 426)
    assert "nobody-knows-it" in error["message"]


def test_a_server_without_explanations_leaves_the_status(new_httpd, open_page, kind):
    httpd = new_httpd(extra=CONFIGURATION + "WebSocketExplain Off\n")
    httpd.write("ws/a.xml", policy.document(9, host="192.0.2.1"))
    httpd.expect("origin-not-own")
    httpd.expect("not-listed")
    page, other = open_page(httpd), open_page(httpd, f"http://127.0.0.1:{httpd.http_port}")
    error = refusal(other, kind, f"http://localhost:{httpd.http_port}/ws/a.xml")
    assert (error["reason"], error["status"]) == ("unexplained", None)
    other.close()
    page = open_page(httpd)
    error = refusal(page, kind, "/ws/a.xml")
    assert (error["reason"], error["status"]) == ("upgrade-required", 426)
    page.leave()


def test_a_server_that_is_not_there_is_unreachable(start, page, kind):
    error = refusal(page, kind, f"http://localhost:{start(targets.RefusedPort()).port}/a.xml")
    assert (error["name"], error["reason"], error["status"]) == ("NetworkError", "unreachable", None)


def test_what_the_pages_own_security_policy_forbids_is_told(httpd, page, kind):
    error = page.run("""
        const meta = document.createElement("meta");
        meta.httpEquiv = "Content-Security-Policy";
        meta.content = "connect-src 'self'";
        document.head.append(meta);
        const socket = newSocket(given[0], "https://elsewhere.example/a.xml");
        return (await settled(socket.opened)).error;
        """, kind)
    assert (error["name"], error["reason"]) == ("NetworkError", "content-security-policy")
    assert "connect-src" in error["message"] and "wss://elsewhere.example" in error["message"]


# What the module has in the page while a socket lives.
LISTENERS = """
    const listeners = new Set();
    for (const target of [window, document, AbortSignal.prototype]) {
      for (const [name, note] of [["addEventListener", "add"], ["removeEventListener", "delete"]]) {
        const real = target[name];
        target[name] = function (type, ...rest) {
          listeners[note](type);
          return real.call(this, type, ...rest);
        };
      }
    }
    """


@pytest.mark.parametrize("explain", [True, False])
def test_mixed_content_is_unreachable_and_the_page_is_told_why(httpd, open_page, kind, explain):
    page = open_page(httpd, f"https://localhost:{httpd.https_port}")
    opened, closed, left = page.run(LISTENERS + """
        const { signal } = new AbortController();
        const socket = newSocket(given[0], "http://elsewhere.example/a.xml", { signal, explain: given[1] });
        return [(await settled(socket.opened)).error, (await settled(socket.closed)).error, [...listeners]];
        """, kind, explain)
    assert opened["isOurs"] and opened == closed
    assert (opened["name"], opened["reason"]) == ("NetworkError", "unreachable")
    assert "https" in opened["message"]
    assert left == []
