# SPDX-License-Identifier: Apache-2.0
"""Policies written by Lua inside httpd: mod_lua, which leaves the end of its answer to httpd as many modules do, and may
answer for a URL that leads to no file."""

import pytest

from support import installation, policy
from support.matrix import event_and_prefork

pytestmark = [
    pytest.mark.skipif(not (installation.modules_folder() / "mod_lua.so").exists(), reason="httpd has no mod_lua"),
    pytest.mark.sanitizer, event_and_prefork]

HANDLER = """function handle(r)
  r.content_type = "%s"
  r:puts([[%s]])
  return apache2.%s
end
"""

CONFIGURATION = """
AddHandler lua-script .lua
LuaMapHandler "^/ws/(mapped|mapped.xml|folder/)$" "{root}/htdocs/ws/policy.lua" handle
"""

every_url = pytest.mark.parametrize("url", ["/ws/policy.lua", "/ws/mapped", "/ws/mapped.xml", "/ws/folder/"])
every_result = pytest.mark.parametrize("result", ["OK", "DONE"])


@pytest.fixture
def lua(same_httpd):
    httpd = same_httpd(modules=["lua"], extra=CONFIGURATION)
    (httpd.documents / "ws" / "folder").mkdir(exist_ok=True)

    def make(text, kind="application/xml", result="OK"):
        httpd.write("ws/policy.lua", HANDLER % (kind, text, result))
        return httpd

    return make


@every_url
@every_result
def test_a_policy_by_mod_lua_opens_the_tunnel(lua, connect_to, echo, url, result):
    connect_to(lua(policy.document(echo.port), result=result)).websocket(url).echo(b"by mod_lua")


@every_url
@every_result
def test_a_policy_by_mod_lua_never_reaches_the_client(lua, connect_to, echo, url, result):
    httpd = lua(policy.document(echo.port, host="127.0.0.1"), result=result)
    httpd.expect("origin-not-own")
    response = connect_to(httpd).handshake(url, {"Origin": "https://evil.example"})
    assert response.status == 401 and b"port" not in response.body
    assert not echo.sessions


@every_url
@every_result
@pytest.mark.parametrize("text", ["<p>a page</p>", "short", "long " * 20_000], ids=["page", "short", "long"])
def test_what_mod_lua_answers_otherwise_is_the_clients(lua, connect_to, url, result, text):
    client = connect_to(lua(text, kind="text/html", result=result))
    response = client.handshake(url)
    assert (response.status, response.body) == (200, text.encode())
    assert client.request(url).body == text.encode()


def test_a_status_that_lua_says_last_does_not_cut_its_answer(lua, connect_to):
    httpd = lua("")
    end = "r:puts('not here')\n  r.status = 404\n  return"
    httpd.write("ws/policy.lua", HANDLER.replace("return", end) % ("text/html", " " * 20_000, "OK"))
    response = connect_to(httpd).handshake("/ws/policy.lua")
    assert (response.status, response.body) == (404, b" " * 20_000 + b"not here")
