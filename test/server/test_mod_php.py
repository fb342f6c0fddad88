# SPDX-License-Identifier: Apache-2.0
"""Policies written by PHP inside httpd: mod_php, which wants prefork. Not for the sanitizers: PHP's
own memory is not ours to judge."""

import pytest

from support import installation

LIBRARY = next(iter(sorted(installation.modules_folder().glob("libphp*.so"))), None)

pytestmark = [
    pytest.mark.skipif(not LIBRARY, reason="install Debian's libapache2-mod-php"),
    pytest.mark.parametrize("mpm", ["prefork"], indirect=True),
]

SCRIPT = """<?php
header('Set-Cookie: seen=1');
if (($_SERVER['HTTP_UPGRADE'] ?? '') !== 'websocket') {
  http_response_code(426);
  header('Upgrade: websocket');
  exit("upgrade, please\\n");
}
if ($_SERVER['HTTP_ORIGIN'] === 'https://evil.example') {
  http_response_code(401);
  header('WWW-Authenticate: Basic realm="staff"');
  exit("not from there\\n");
}
header('Content-Type: application/xml');
echo '<websocket><port>', PORT, "</port></websocket>\\n";
"""


@pytest.fixture
def php(new_httpd, echo):
    httpd = new_httpd(extra=f"""
      LoadModule php_module "{LIBRARY}"
      <FilesMatch "\\.php$">
        SetHandler application/x-httpd-php
      </FilesMatch>""")
    httpd.write("ws/policy.php", SCRIPT.replace("PORT", str(echo.port)))
    return httpd


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_policy_by_mod_php_opens_the_tunnel(php, connect_to, scheme):
    client = connect_to(php, scheme)
    response = client.handshake("/ws/policy.php")
    assert response.status == 101
    assert ("Set-Cookie", "seen=1") in response.headers
    client.websocket("/ws/policy.php").echo(b"by mod_php")


def test_what_mod_php_answers_otherwise_is_the_clients(php, connect_to):
    client = connect_to(php)
    refused = client.handshake("/ws/policy.php", {"Origin": "https://evil.example"})
    assert (refused.status, refused.body) == (401, b"not from there\n")
    assert ("WWW-Authenticate", 'Basic realm="staff"') in refused.headers
    plain = client.request("/ws/policy.php")
    assert (plain.status, plain.body) == (426, b"upgrade, please\n")
