# SPDX-License-Identifier: Apache-2.0
"""build/demo itself: how it starts, what it says, and that nothing of it stays."""

import os
import pwd
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

from support.demo import ANY_PORT, COMMAND
from support.waiting import wait_until


def running_in(folder):
    """The processes that were started with a path in the folder."""
    found = []
    for command_line in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(folder).encode() in command_line.read_bytes():
                found.append(int(command_line.parent.name))
        except (FileNotFoundError, ProcessLookupError):
            pass  # it has ended meanwhile
    return found


def assert_nothing_left(folder):
    wait_until(lambda: not running_in(folder), lambda: f"the end of {running_in(folder)}")
    assert not folder.exists()


@pytest.fixture
def free_port():
    with socket.create_server(("127.0.0.1", 0)) as lent:
        return lent.getsockname()[1]


def run(*arguments):
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=30)


def test_help_names_the_options():
    result = run("--help")
    assert result.returncode == 0
    for option in ("--port", "--https-port", "--visitor-port", "--module", "--keep"):
        assert f"  {option} " in result.stdout


@pytest.mark.parametrize("arguments", [["--port", "http"], ["--port", "65536"], ["--port"], ["--prot"]])
def test_a_wrong_argument_is_refused_before_anything_is_started(arguments):
    result = run(*arguments)
    assert result.returncode != 0
    assert "port" in result.stderr


def test_a_taken_port_is_said_and_nothing_starts():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("--port", str(port))
    assert result.returncode == 1
    assert f"port {port} is taken" in result.stderr
    assert "http://" not in result.stdout


def test_one_port_cannot_serve_two_sites(free_port):
    for other in ("--https-port", "--visitor-port"):
        result = run("--port", str(free_port), other, str(free_port))
        assert result.returncode == 1
        assert "need a port each" in result.stderr
        assert "http://" not in result.stdout


@pytest.mark.parametrize("how, status", [(signal.SIGINT, 0), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_the_end_removes_every_process_and_file(new_demo, how, status):
    demo = new_demo().wait_ready()
    folder = demo.folder
    assert {demo.httpd_pid, demo.ngircd_pid} <= set(running_in(folder))
    assert demo.end(how) == status, demo.output()
    assert_nothing_left(folder)


@pytest.mark.parametrize("victim", ["httpd", "ngircd", "echo"])
def test_a_server_that_dies_ends_the_demo_with_its_logs_tail(new_demo, victim):
    demo = new_demo().wait_ready()
    folder = demo.folder
    pids = {"httpd": demo.httpd_pid, "ngircd": demo.ngircd_pid, "echo": demo.pid_of("traffic.pl", "echo")}
    os.kill(pids[victim], signal.SIGTERM)
    assert demo.process.wait(timeout=30) == 1, demo.output()
    assert f"{victim} ended by itself" in demo.output()
    assert {"httpd": "caught SIGTERM", "ngircd": "Got signal", "echo": "status 143"}[victim] in demo.output()
    assert_nothing_left(folder)


def test_a_demo_beside_another_is_possible(new_demo):
    first, second = new_demo().wait_ready(), new_demo().wait_ready()
    assert first.url("http") != second.url("http")


def test_a_folder_for_temporary_files_may_have_a_space_in_its_name(new_demo):
    with tempfile.TemporaryDirectory(prefix="websocket demo ") as place:
        Path(place).chmod(0o755)  # httpd's children are another user
        demo = new_demo(*ANY_PORT, prefix=["env", f"TMPDIR={place}"]).wait_ready()
        folder = demo.folder
        assert folder.parent == Path(place)
        assert demo.end(signal.SIGINT) == 0, demo.output()
        assert_nothing_left(folder)


def test_an_ordinary_user_needs_no_rights(new_demo):
    if os.geteuid() != 0:
        pytest.skip("the other tests already run without rights")
    demo = new_demo(*ANY_PORT, prefix=["setpriv", "--reuid=nobody", "--regid=nogroup",
                                       "--clear-groups", "env", "HOME=/nonexistent"])
    demo.wait_ready()
    nobody = pwd.getpwnam("nobody").pw_uid
    for pid in (demo.httpd_pid, demo.ngircd_pid):
        assert os.stat(f"/proc/{pid}").st_uid == nobody
    folder = demo.folder
    assert demo.end(signal.SIGINT) == 0, demo.output()
    assert_nothing_left(folder)
