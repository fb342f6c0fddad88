# SPDX-License-Identifier: Apache-2.0
"""Filters of httpd's behind a script or a file: those that pack leave a policy as it is, and server-side
includes may write one, but show none."""

import gzip

import pytest

from support import policy
from support.client import write_request
from support.connection import read_response
from support.scripts import says, shell, writes_policy

pytestmark = pytest.mark.sanitizer


# -- packing -------------------------------------------------------------------------------------

@pytest.mark.parametrize("extra", [
    "", '<Location "/ws">\nSetOutputFilter DEFLATE\n</Location>',
    'AddOutputFilter DEFLATE sh'], ids=["by type", "always", "by name"])
def test_deflate_does_not_spoil_a_policy(scripting, connect_to, echo, extra):
    httpd = scripting(extra=extra)
    client = connect_to(httpd)
    tunnel = client.websocket(shell(httpd, writes_policy(echo.port)),
                              {"Accept-Encoding": "gzip, deflate"})
    tunnel.echo(b"not packed")
    assert tunnel.response.get("Content-Encoding") is None


def test_deflate_packs_what_is_no_policy(scripting, connect_to):
    httpd = scripting()
    body = "<!DOCTYPE html><p>" + "hello " * 100
    path = shell(httpd, says("Content-Type: text/html", body=body))
    response = connect_to(httpd).handshake(path, {"Accept-Encoding": "gzip"})
    assert response.status == 200
    assert response.get("Content-Encoding") == "gzip"
    assert gzip.decompress(response.body).decode() == body


def test_a_policy_that_is_packed_early_is_still_one(scripting, connect_to, echo):
    """Filters of mod_filter stand before what packs otherwise, unless they are told."""
    httpd = scripting(extra='FilterDeclare PACK\nFilterProvider PACK DEFLATE "%{CONTENT_TYPE} =~ m#/xml#"\n'
                            'FilterChain PACK\n', modules=("filter",))
    httpd.write("ws/packed.xml", policy.document(echo.port, host="127.0.0.1") + " " * 500)
    client = connect_to(httpd)
    assert client.request("/ws/packed.xml", headers={"Accept-Encoding": "gzip"}).status == 426
    client.websocket("/ws/packed.xml", {"Accept-Encoding": "gzip"}).echo(b"not packed")


def test_a_file_that_is_packed_by_type_is_still_a_document(scripting, connect_to, echo):
    httpd = scripting()
    httpd.write("ws/static.xml", policy.document(echo.port))
    client = connect_to(httpd)
    client.websocket("/ws/static.xml", {"Accept-Encoding": "gzip"}).echo(b"static")
    assert client.request("/ws/static.xml", headers={"Accept-Encoding": "gzip"}).status == 426


# -- fields that are added to every answer -------------------------------------------------------

EXPIRING = 'ExpiresActive On\nExpiresDefault "access plus 1 hour"\n'


def test_a_file_that_expires_is_still_a_document(scripting, connect_to, echo):
    httpd = scripting(extra=EXPIRING, modules=("expires",))
    client = connect_to(httpd)
    for path in ("/ws/expires.xml", "/ws/typeless"):
        httpd.write(path[1:], policy.document(echo.port))
        client.websocket(path).echo(b"a document")
        assert client.request(path).status == 426


@pytest.mark.parametrize("name, text", [
    ("notes.txt", "inner.example"), ("broken.xml", "<websockets><host>inner.example</host></websockets>")])
def test_what_expires_and_is_no_policy_is_shown_to_nobody(scripting, connect_to, name, text):
    httpd = scripting(extra=EXPIRING, modules=("expires",))
    httpd.expect(rf"websocket:error.*{name}")
    httpd.write(f"ws/{name}", text)
    client = connect_to(httpd)
    for status, answer in ((426, client.request(f"/ws/{name}")), (500, client.handshake(f"/ws/{name}"))):
        assert answer.status == status and b"inner" not in answer.body


# -- server-side includes ------------------------------------------------------------------------

AS_XML = '<Files "made.shtml">\nForceType application/xml\n</Files>\n'


def test_server_side_includes_write_a_policy(scripting, connect_to, echo):
    httpd = scripting(extra=f"SetEnv TARGET_PORT {echo.port}\n{AS_XML}")
    httpd.write("ws/made.shtml",
                '<websocket><port><!--#echo var="TARGET_PORT" --></port></websocket>\n')
    connect_to(httpd).websocket("/ws/made.shtml").echo(b"included")
    plain = connect_to(httpd).request("/ws/made.shtml")
    assert plain.status == 426
    assert str(echo.port).encode() not in plain.body


def test_server_side_includes_of_a_page_write_no_policy(scripting, connect_to, echo):
    httpd = scripting()
    httpd.expect(r'WS0044: policy-type: /ws/made\.shtml: .*the type "text/html"')
    httpd.write("ws/made.shtml", '<websocket><port><!--#echo var="QUERY_STRING" --></port></websocket>')
    response = connect_to(httpd).handshake(f"/ws/made.shtml?{echo.port}")
    assert response.status == 500 and b"port" not in response.body
    assert not echo.sessions


def test_server_side_includes_that_are_a_page_are_the_clients(scripting, connect_to):
    httpd = scripting()
    httpd.write("ws/page.shtml", '<html><!--#echo var="HTTP_ORIGIN" --></html>')
    client = connect_to(httpd)
    response = client.handshake("/ws/page.shtml")
    assert (response.status, response.body) == (200, f"<html>{client.origin}</html>".encode())


@pytest.mark.parametrize("headers", [{}, {"Accept": "application/problem+json"}], ids=["page", "explanation"])
@pytest.mark.parametrize("page", ["<!DOCTYPE html><p>whole</p>", "no markup at all"])
def test_a_page_among_endpoints_has_an_end_before_the_next_answer_begins(scripting, connect_to, page, headers):
    """Else its client waits for the rest, or takes the answer to the next request for it."""
    httpd = scripting()
    httpd.write("ws/page.shtml", page)
    client = connect_to(httpd)
    connection = client.connect()
    for _ in range(2):
        connection.send(write_request("GET", "/ws/page.shtml", {"Host": client.authority, **headers}))
        response = read_response(connection)
        assert (response.status, response.body) == (200, page.encode())


@pytest.mark.parametrize("front, rear", [("", ""), ("<!--", "-->\n<p>")], ids=["white space", "comment"])
def test_a_page_that_comes_line_by_line_is_not_looked_at_once_a_line(scripting, connect_to, front, rear):
    """mod_substitute hands on lines; 64 KiB of empty ones took three seconds of a processor."""
    httpd = scripting(modules=("substitute",), extra='AddOutputFilter SUBSTITUTE .sub\nSubstitute "s/never//"\n')
    page = front + "\n" * 65_000 + rear
    httpd.write("ws/page.sub", page)
    client = connect_to(httpd)
    before = httpd.cpu_seconds()
    assert client.request("/ws/page.sub").body == page.encode()
    assert httpd.cpu_seconds() - before < 1


# Filters that stay in their place when they have seen the end.
EDITING = {
    "sed": '<Directory "{root}/htdocs/ws">\nAddOutputFilter Sed .made\nOutputSed "s/%s/%s/"\n</Directory>\n',
    "ext_filter": 'ExtFilterDefine edit mode=output cmd="/bin/sed s/%s/%s/"\nAddOutputFilter edit .made\n',
}
by_every_editor = pytest.mark.parametrize("module", EDITING)


@by_every_editor
def test_what_is_no_policy_goes_through_its_filters_once(scripting, connect_to, module):
    httpd = scripting(modules=(module,), extra=EDITING[module] % ("a", "aa"))
    httpd.write("ws/page.made", "a page\n")
    client = connect_to(httpd)
    for response in (client.handshake("/ws/page.made"), client.request("/ws/page.made"),
                     client.request("/ws/page.made", headers={"Accept": "application/problem+json"})):
        assert (response.status, response.body) == (200, b"aa page\n")


@by_every_editor
def test_a_refusal_goes_past_the_filter_that_made_the_policy(scripting, connect_to, echo, module):
    httpd = scripting(modules=(module,), extra=EDITING[module] % ("PORT", echo.port) +
                      "AddType application/xml .made\n")
    httpd.write("ws/policy.made", policy.document("PORT"))
    client = connect_to(httpd)
    client.websocket("/ws/policy.made").echo(b"made by a filter")
    for headers in ({}, {"Accept": "application/problem+json", "Origin": client.origin}):
        response = client.request("/ws/policy.made", headers=headers)
        assert response.status == 426 and b"This resource is a WebSocket endpoint" in response.body


@pytest.mark.parametrize("folder, directive", [
    ("ws", '<!--#include virtual="irc.xml" -->'), ("ws", '<!--#include file="irc.xml" -->'),
    ("ws", '<!--#include virtual="policy.sh" -->'),
    ("pages", '<!--#include virtual="/ws/irc.xml" -->'),
    ("pages", '<!--#include virtual="/ws/policy.sh" -->')])
def test_no_page_includes_the_text_of_a_policy(scripting, connect_to, folder, directive):
    httpd = scripting(extra="""<Directory "{root}/htdocs/pages">
        Options +Includes
        AddOutputFilter INCLUDES .shtml
        AddType text/html .shtml
      </Directory>""")
    httpd.expect("include")
    httpd.write("ws/irc.xml", "<websocket><host>inner.example</host><port>4711</port></websocket>")
    shell(httpd, writes_policy(4711), name="policy.sh")
    httpd.write(f"{folder}/page.shtml", f"<html>{directive}</html>")
    client = connect_to(httpd)
    for response in (client.request(f"/{folder}/page.shtml"),
                     client.handshake(f"/{folder}/page.shtml")):
        assert response.status == 200
        assert b"an error occurred" in response.body
        assert b"4711" not in response.body and b"inner" not in response.body
