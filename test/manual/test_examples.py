# SPDX-License-Identifier: Apache-2.0
"""Examples of the documentation are taken by what they are for."""

import subprocess

import pytest

from conftest import blocks
from support import installation
from support.daemon import find_program

# Loaded besides Debian's own: what examples speak of. A LoadModule line for one of them, or for this module, is taken
# by httpd as said already.
MODULES = ("http2", "socache_memcache", "socache_redis", "authn_socache", "mime", "proxy", "proxy_http", "userdir")

# Files that httpd opens when it reads its configuration: the example's path, and the one that is put in its place.
FILES = {
    "/usr/share/dns/root.ds": "root.ds",
    "/etc/ssl/certs/www.example.org.pem": "certificate",
    "/etc/ssl/private/www.example.org.key": "key",
    "/etc/apache2/websocket-cache.key": "cache key",
}
ROOT_DS = ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n"


@pytest.fixture
def in_place(certificate, tmp_path):
    """in_place(text): with files that are there."""
    anchors = tmp_path / "root.ds"
    anchors.write_text(ROOT_DS)
    cache_key = tmp_path / "websocket-cache.key"
    cache_key.touch(0o600)
    cache_key.write_bytes(bytes(32))
    there = {"root.ds": anchors, "cache key": cache_key, "certificate": certificate.certificate, "key": certificate.key}

    def fill(text):
        for path, name in FILES.items():
            text = text.replace(path, str(there[name]))
        return text

    return fill


@pytest.fixture
def configtest(new_httpd, in_place):
    """configtest(text): (status, what was said) of httpd -t where this is all that is said of the module."""

    def run(text):
        httpd = new_httpd(started=False, targets=None, modules=MODULES, extra=in_place(text))
        (httpd.root / "logs").mkdir()  # as every installed httpd has
        return httpd.configtest()

    return run


@blocks("apache")
def test_httpd_takes_the_configuration(configtest, block):
    status, said = configtest(block.text)
    assert status == 0, f"{block.place}:\n{said}"
    unloaded = [line for line in said.splitlines() if "Cannot load" in line]
    assert not unloaded


@pytest.mark.parametrize("text", [
    "WebSocketTarget nowhere", "WebSocket Maybe", "WebSocketNonesuch On", "<Files a>\nWebSocket On",
    "LoadModule nonesuch_module modules/mod_nonesuch.so"])
def test_a_wrong_configuration_would_be_found(configtest, text):
    assert configtest(text)[0] != 0


def answer_under(new_httpd, connect_to, text):
    """The status of a page in a folder with this .htaccess."""
    httpd = new_httpd(targets=None, extra="""<Directory "{root}/htdocs">
      AllowOverride FileInfo AuthConfig Indexes Limit
    </Directory>""")
    httpd.permit(r"\.htaccess: ")
    httpd.write("somewhere/.htaccess", text)
    httpd.write("somewhere/page.txt", "a page")
    httpd.write("somewhere/irc.xml", "<websocket><port>6667</port></websocket>")
    return connect_to(httpd).request("/somewhere/page.txt").status


@blocks("htaccess")
def test_httpd_takes_the_htaccess(new_httpd, connect_to, block):
    assert answer_under(new_httpd, connect_to, block.text) == 200


@pytest.mark.parametrize("text", ["WebSocketTarget same-host\n", "WebSocket Maybe\n"])
def test_a_wrong_htaccess_would_be_found(new_httpd, connect_to, text):
    assert answer_under(new_httpd, connect_to, text) == 500


def lint(text):
    """A policy, or elements of one."""
    if "<websocket>" not in text:
        text = f"<websocket>\n{text}</websocket>\n"
    return subprocess.run([installation.built("policy/wspolicy", "make"), "lint", "-"], input=text, text=True,
                          capture_output=True, check=False, timeout=30)


@blocks("xml")
def test_wspolicy_takes_the_policy(block):
    done = lint(block.text)
    assert done.returncode == 0, f"{block.place}:\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("text", ["<port>no</port>\n", "<websocket>\n", "<port>6667</port><allow-origin>*</allow-origin>\n"])
def test_a_wrong_policy_would_be_found(text):
    assert lint(text).returncode != 0


@blocks("js")
def test_node_takes_the_script(tmp_path, block):
    script = tmp_path / "script.mjs"
    script.write_text(block.text)
    done = subprocess.run([find_program("node"), "--check", script], text=True, capture_output=True, check=False,
                          timeout=60)
    assert done.returncode == 0, f"{block.place}:\n{done.stderr}"


@blocks("html")
def test_tidy_takes_the_page(block):
    done = subprocess.run([find_program("tidy"), "-quiet", "-errors"], input=block.text, text=True,
                          capture_output=True, check=False, timeout=30)
    assert done.returncode == 0, f"{block.place}:\n{done.stderr}"
