# SPDX-License-Identifier: Apache-2.0
"""The packages themselves. That lintian has nothing to say of them, build/package sees to: it fails otherwise."""

import re
import subprocess

from conftest import TOP


def field(package, name):
    return subprocess.run(["dpkg-deb", "--field", package, name], check=True, text=True,
                          capture_output=True).stdout.strip()


def test_every_package_of_the_control_file_is_built(built):
    control = (built.source / "debian/control").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^Package: (\S+)$", control, re.MULTILINE)) == sorted(built.packages)


def test_the_module_depends_on_the_httpd_and_the_openssl_that_it_was_built_for(built):
    depends = field(built.packages["libapache2-mod-websocket"], "Depends")
    assert re.search(r"\bapache2-api-\d+,", depends), depends
    assert re.search(r"\bapache2-api-\d+-openssl", depends), depends
    assert re.search(r"\blibssl3", depends), depends


def test_the_tool_needs_no_web_server(built):
    assert "apache" not in field(built.packages["wspolicy"], "Depends")


def test_the_release_has_every_file_that_git_has(built):
    """But for what serves only those who work on the project."""
    listing = subprocess.run(["git", "ls-files"], cwd=TOP, text=True, capture_output=True)
    if listing.returncode != 0:  # a release itself
        return
    missing = {name for name in listing.stdout.splitlines() if not (built.source / name).exists()}
    assert missing <= {".clang-format", ".gitignore"}
