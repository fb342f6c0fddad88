# SPDX-License-Identifier: Apache-2.0
"""Fixtures for tests of where directives stand: the same document in several folders, under httpds of a test's own
or one that tests share."""

import pytest

from . import policy

EVIL = {"Origin": "https://evil.example"}
SMUGGLED = b"GET /secret.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def furnish(server, port):
    """With the same document in several folders."""
    for name in ("user/chat.xml", "user/deep/chat.xml", "user/other.txt", "plain/chat.xml",
                 "ws/chat.xml"):
        server.write(name, policy.document(port))
    return server


@pytest.fixture
def serving(new_httpd, echo):
    """serving(extra): an httpd of the test's own."""

    def make(extra="", **options):
        return furnish(new_httpd(extra=extra, **options), echo.port)

    return make


@pytest.fixture
def sharing(same_httpd, echo):
    """sharing(extra): one for all tests of a file that ask for the same, without .htaccess."""

    def make(extra="", **options):
        server = furnish(same_httpd(extra=extra, **options), echo.port)
        for left in server.documents.rglob(".htaccess"):
            left.unlink()
        return server

    return make


HOST = """
<VirtualHost 127.0.0.1:{http_port}>
  ServerName case-%d.test
  DocumentRoot "{root}/htdocs"
  %s
</VirtualHost>
"""


@pytest.fixture
def among(sharing, connect_to):
    """among(cases, case): (httpd, client) of a virtual host of its own for each of the cases."""

    def make(cases, case, **options):
        httpd = sharing("".join(HOST % each for each in enumerate(cases)), **options)
        return httpd, connect_to(httpd, host=f"case-{cases.index(case)}.test")

    return make
