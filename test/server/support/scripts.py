# SPDX-License-Identifier: Apache-2.0
"""Scripts of the folder /ws, and what httpd needs to run them (the fixture `scripting`)."""

import shutil

import pytest

from . import policy

PHP = shutil.which("php-cgi")

needs_php = pytest.mark.skipif(not PHP, reason="no php-cgi: install Debian's php-cgi")

CONFIGURATION = """
<Directory "{root}/htdocs/ws">
  Options +ExecCGI +Includes
  AddHandler cgi-script .sh .pl .cgi
  AddHandler application/x-httpd-php .php
  AddType text/html .shtml
  AddOutputFilter INCLUDES .shtml
  SetEnv REDIRECT_STATUS 200
</Directory>
<Directory "{root}/php-bin">
  Options +FollowSymLinks
  Require all granted
</Directory>
ScriptAlias /php-bin/ "{root}/php-bin/"
Action application/x-httpd-php /php-bin/php-cgi
"""


def link_php(httpd):
    (httpd.root / "php-bin").mkdir()
    if PHP:
        (httpd.root / "php-bin" / "php-cgi").symlink_to(PHP)


def write_script(httpd, name, text):
    httpd.write(f"ws/{name}", text).chmod(0o755)
    return f"/ws/{name}"


def shell(httpd, *lines, name="script.sh"):
    return write_script(httpd, name, "\n".join(["#!/bin/sh", *lines, ""]))


def says(*headers, body=""):
    """A line of shell that writes an answer."""
    text = "\\r\\n".join([*headers, "", ""])
    return f"printf '{text}'\nprintf '%s' '{body}'"


def writes_policy(port, **options):
    return says("Content-Type: application/xml", body=policy.document(port, **options))
