# SPDX-License-Identifier: Apache-2.0
"""What a child that holds tunnels may do, and what it hands on to programs that it starts."""

import os
import re
from pathlib import Path

import pytest

from support import policy
from support.matrix import every_mpm

LISTING = """#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\n'
ls -l /proc/self/fd
"""


def status_of(pid):
    return dict(re.findall(r"^(\w+):\t(.*)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE))


@pytest.mark.skipif(os.geteuid() != 0, reason="only who is root has rights to give away")
@every_mpm
def test_a_child_with_tunnels_has_no_right_of_root(httpd, connect_to, endpoint, echo):
    path = endpoint(echo)
    for scheme in ("http", "https"):
        with connect_to(httpd, scheme).websocket(path) as socket:
            socket.echo(b"here")
            status = status_of(httpd.worker_of(socket.connection))
            for kind in ("Uid", "Gid"):
                assert "0" not in status[kind].split(), status[kind]
            for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
                assert int(status[kind], 16) == 0, f"{kind} {status[kind]}"
            socket.close()


@every_mpm
def test_a_child_with_tunnels_has_no_file_of_the_configuration_open(httpd, connect_to, endpoint, echo):
    path = endpoint(echo)
    with connect_to(httpd, "https").websocket(path) as socket:
        socket.echo(b"here")
        files = [one.target for one in httpd.descriptors("file")]
        assert files, "not even a log"
        assert not [one for one in files if one.endswith((".key", ".pem", ".xml", ".conf")) or "/htdocs/" in one], files
        socket.close()


@pytest.mark.sanitizer
def test_a_script_that_a_child_starts_inherits_no_tunnel(new_httpd, connect_to, echo):
    # Nor are all 25 threads to be spare: httpd would complain of every one that is at work when it counts them.
    limits = {"StartServers": 1, "ServerLimit": 1, "MaxRequestWorkers": 25, "MinSpareThreads": 1}
    httpd = new_httpd(modules=("cgi",), limits=limits, extra="""
        <Directory "{root}/htdocs/cgi">
          Options +ExecCGI
          AddHandler cgi-script .sh
        </Directory>""")
    httpd.write("ws/irc.xml", policy.document(echo.port))
    httpd.write("cgi/list.sh", LISTING).chmod(0o755)
    client = connect_to(httpd)
    tunnels = [connect_to(httpd, scheme).websocket("/ws/irc.xml") for scheme in ("http", "https", "http")]
    for one in tunnels:
        one.echo(b"open")
    assert len(set(httpd.workers_of([one.connection for one in tunnels]))) == 1
    listed = client.request("/cgi/list.sh").body.decode()
    assert "/proc/" in listed
    assert "socket:" not in listed, listed
    for one in tunnels:
        one.close()
