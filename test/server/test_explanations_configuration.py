# SPDX-License-Identifier: Apache-2.0
"""Explanations as an administrator configures them, of an echo, and of policies that scripts write."""

import pytest

from support import policy, targets
from support.crowding import fill
from support.explanations import (ASKS, EVIL, FRIEND, PROBLEM, assert_nobody_came,
                                  assert_readable_by, assert_told, explain)
from support.matrix import event_and_prefork

pytestmark = pytest.mark.sanitizer


# -- configuration -------------------------------------------------------------------------------

def test_explanations_can_be_switched_off_by_section(new_httpd, connect_to, echo):
    httpd = new_httpd(extra='WebSocketExplain Off\n<Location "/ws/told.xml">\n'
                            "WebSocketExplain On\n</Location>")
    httpd.expect("WS0018")
    for name in ("told", "silent"):
        httpd.write(f"ws/{name}.xml", policy.document(echo.port))
    client = connect_to(httpd)
    assert_told(explain(client, "/ws/told.xml", origin=EVIL), 401, "origin")
    for response in (explain(client, "/ws/silent.xml", origin=EVIL),
                     client.handshake("/ws/silent.xml", {"Origin": EVIL, **ASKS})):
        assert response.get("Content-Type") == "text/plain; charset=utf-8"
        assert response.get("Access-Control-Allow-Origin") is None
    assert_nobody_came(client, "/ws/silent.xml", echo)


CHOSEN = "https://chosen.example"

CORS = f"""
<Location "/ws/onsuccess.xml">
  Header set Access-Control-Allow-Origin {CHOSEN}
  Header set Access-Control-Allow-Credentials false
</Location>
<Location "/ws/always.xml">
  Header always set Access-Control-Allow-Origin {CHOSEN}
  Header always set Access-Control-Allow-Credentials false
</Location>
<Location "/ws/origin.xml">
  Header always set Access-Control-Allow-Origin {CHOSEN}
</Location>
<Location "/ws/unset.xml">
  Header unset Access-Control-Allow-Origin
</Location>
"""

FIELDS = "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"


def told_to_pages(response):
    """All values of each field: a browser takes none where there are two."""
    return tuple([value for name, value in response.headers if name.lower() == field.lower()]
                 for field in FIELDS)


@pytest.mark.parametrize("name, told", [
    ("onsuccess", ([CHOSEN], ["false"])), ("always", ([CHOSEN], ["false"])),
    ("origin", ([CHOSEN], ["true"])), ("unset", ([], ["true"]))])
def test_a_field_that_the_administrator_sets_stands_in_place_of_ours(same_httpd, connect_to, echo,
                                                                     name, told):
    httpd = same_httpd(extra=CORS)
    httpd.expect("WS0018")
    path = f"/ws/{name}.xml"
    httpd.write(path[1:], policy.document(echo.port))
    client = connect_to(httpd)
    for method in ("GET", "HEAD"):
        response = explain(client, path, method=method)
        assert response.status == 426
        assert told_to_pages(response) == told
    refused = explain(client, path, origin=EVIL), client.handshake(path, {"Origin": EVIL, **ASKS})
    for response in refused:
        assert_told(response, 401, "origin")
        assert told_to_pages(response)[0] == told[0]


def test_a_field_that_was_set_before_us_stands_too(same_httpd, connect_to, echo):
    httpd = same_httpd(extra=f"Header set Access-Control-Allow-Origin {CHOSEN} early")
    httpd.write("ws/echo.xml", policy.document(echo.port))
    assert told_to_pages(explain(connect_to(httpd), "/ws/echo.xml")) == ([CHOSEN], ["true"])


def test_what_httpd_refuses_is_httpds(new_httpd, connect_to, echo):
    httpd = new_httpd(extra='<Location "/ws/closed.xml">\nRequire all denied\n</Location>')
    httpd.permit("AH01630")
    httpd.write("ws/closed.xml", policy.document(echo.port))
    client = connect_to(httpd)
    for path, status in (("/ws/closed.xml", 403), ("/ws/nothing.xml", 404)):
        response = explain(client, path)
        assert response.status == status
        assert response.get("Content-Type") != PROBLEM
        assert response.get("Access-Control-Allow-Origin") is None


def test_an_error_document_is_for_those_who_did_not_ask(new_httpd, connect_to, echo):
    httpd = new_httpd(extra="ErrorDocument 426 /426.html\nErrorDocument 502 /502.html")
    httpd.write("426.html", "a page for people")
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd)
    assert client.request("/ws/echo.xml").body == b"a page for people"
    assert_told(explain(client, "/ws/echo.xml"), 426, "upgrade-required")


def test_the_administrators_own_policy_is_explained(new_httpd, connect_to, echo):
    httpd = new_httpd(started=False, targets=None, extra='<Location "/irc">\n'
                      'WebSocketPolicyFile "conf/irc.xml"\n</Location>')
    (httpd.root / "conf" / "irc.xml").write_text(policy.document(echo.port))
    client = connect_to(httpd.start())
    assert_told(explain(client, "/irc"), 426, "upgrade-required")
    (httpd.root / "conf" / "irc.xml").unlink()
    response = explain(client, "/irc")
    assert_told(response, 500, "policy")
    assert b"irc.xml" not in response.body


# -- websocket-echo ------------------------------------------------------------------------------

ECHO = '<Location "/echo">\nSetHandler websocket-echo\n</Location>\n'


def test_an_echo_explains_itself(new_httpd, connect_to):
    httpd = new_httpd(extra=ECHO + "WebSocketMaxTunnels 1")
    httpd.expect("WS0036: max-tunnels")
    client = connect_to(httpd)
    response = explain(client, "/echo")
    assert_told(response, 426, "upgrade-required")
    assert_readable_by(response, client.origin, credentials=True)
    refused = explain(client, "/echo", origin=EVIL)
    assert_told(refused, 401, "origin")
    assert_readable_by(refused, EVIL, credentials=False)
    assert_told(client.request("/echo", headers=ASKS), 426, "upgrade-required")
    assert_told(client.request("/echo", headers={**ASKS, "Sec-Fetch-Site": "cross-site"}),
                401, "origin")
    assert len(fill(client, "/echo")) == 1
    assert_told(explain(client, "/echo"), 503, "limit")
    assert client.request("/echo").get("Content-Type") == "text/plain; charset=utf-8"


# -- scripts -------------------------------------------------------------------------------------

CGI = """<Directory "{root}/htdocs/ws">
  Options +ExecCGI
  AddHandler cgi-script .sh
</Directory>"""

SCRIPT = """#!/bin/sh
printf 'Access-Control-Allow-Origin: *\\r\\nAccess-Control-Allow-Credentials: true\\r\\n'
if [ "${WEBSOCKET_EXPLAIN:-$HTTP_UPGRADE}" ]; then
  printf 'Content-Type: application/xml\\r\\n\\r\\n<websocket><port>%d</port>%s</websocket>\\n'
else
  printf 'Content-Type: text/plain\\r\\n\\r\\nfor people\\n'
fi
"""


def write_script(httpd, name, port, more=""):
    httpd.write(f"ws/{name}.sh", SCRIPT.replace("%d", str(port)).replace("%s", more)).chmod(0o755)
    return f"/ws/{name}.sh"


@pytest.fixture
def scripting(same_httpd, mpm):
    return same_httpd(extra=CGI, modules=["cgi" if mpm == "prefork" else "cgid"])


@event_and_prefork
def test_the_policy_that_a_script_writes_is_judged(scripting, connect_to, echo, start):
    client = connect_to(scripting)
    path = write_script(scripting, "chat", echo.port)
    response = explain(client, path)
    assert_told(response, 426, "upgrade-required")
    assert_readable_by(response, client.origin, credentials=True)
    assert echo.session().wait_ended() == "fin"
    down = write_script(scripting, "down", start(targets.RefusedPort()).port)
    assert_told(explain(client, down), 502, "connect")
    broken = write_script(scripting, "broken", 0)
    assert_told(explain(client, broken), 500, "policy")
    refused = explain(client, path, origin=EVIL)
    assert_told(refused, 401, "origin")
    assert_readable_by(refused, EVIL, credentials=False)


def test_the_policy_that_a_script_names_is_judged_where_it_stands(scripting, connect_to, echo):
    scripting.write("ws/other.xml", policy.document(echo.port, origins=[FRIEND]))
    scripting.write("ws/leads.sh", "#!/bin/sh\nprintf 'Location: /ws/other.xml\\r\\n\\r\\n'"
                    ).chmod(0o755)
    client = connect_to(scripting)
    response = explain(client, "/ws/leads.sh", origin=FRIEND)
    assert_told(response, 426, "upgrade-required")
    assert_readable_by(response, FRIEND, credentials=True)
    assert_told(explain(client, "/ws/leads.sh"), 401, "origin")


def test_a_script_that_answers_by_itself_has_the_word(scripting, connect_to, echo):
    client = connect_to(scripting)
    path = write_script(scripting, "chat", echo.port)
    assert client.request(path).body == b"for people\n"
    scripting.write("ws/own.sh", "#!/bin/sh\nprintf 'Status: 418\\r\\nContent-Type: text/x-own"
                                 "\\r\\n\\r\\nin my words'\n").chmod(0o755)
    response = explain(client, "/ws/own.sh")
    assert (response.status, response.body) == (418, b"in my words")
    assert response.get("Content-Type") == "text/x-own"
    assert response.get("Access-Control-Allow-Origin") is None
