# SPDX-License-Identifier: Apache-2.0
"""What doc/manual/modules.md says of other modules and test/server does not show: its examples, and what comes of them."""

import pytest

from conftest import PAGES
from support import policy

MODULES = PAGES["doc/manual/modules.md"]


def example(word):
    """The block that has this word."""
    found = [block.text for block in MODULES.blocks if word in block.text]
    assert len(found) == 1, found
    return found[0]


@pytest.fixture
def site(new_httpd, echo):
    """site(configuration): an httpd with an endpoint at /irc.xml before an echo."""

    def start(extra):
        httpd = new_httpd(extra='<Files "irc.xml">\nWebSocket On\n</Files>\n' + extra)
        httpd.write("irc.xml", policy.document(echo.port))
        return httpd

    return start


def test_an_endpoint_may_have_another_url(site, connect_to):
    client = connect_to(site(example("RewriteRule")))
    client.websocket("/chat").echo(b"by another name")
    client.websocket("/irc.xml").echo(b"and by its own")


def test_a_password_is_asked_for_before_the_policy_is_read(site, connect_to):
    text = example("AuthUserFile").replace("console.xml", "irc.xml")
    client = connect_to(site(text.replace("/etc/apache2/console.users", "{root}/conf/users")))
    assert client.handshake("/irc.xml").status == 401


def test_headers_are_set_on_refusals_and_not_on_the_101(site, connect_to):
    client = connect_to(site("Header set X-Sometimes yes\nHeader always set X-Always yes"))
    answer = client.request("/irc.xml")
    assert answer.status == 426
    assert (answer.get("X-Sometimes"), answer.get("X-Always")) == ("yes", "yes")
    tunnel = client.websocket("/irc.xml")
    assert (tunnel.response.get("X-Sometimes"), tunnel.response.get("X-Always")) == (None, None)
