# SPDX-License-Identifier: Apache-2.0
"""Where WebSocketLog writes besides files: programs, pipes by name, what takes nothing more."""

import contextlib
import os
import signal
import threading
import time

import pytest

from support import processes
from support.httpd import SPARE_PROCESSES, StartFailed
from support.matrix import every_mpm
from support.waiting import wait_until
from support.websocket_log import format_of, lines


# -- programs ------------------------------------------------------------------------------------

PIPED = """WebSocketLog "|$exec cat >> {root}/log/piped.log" "%U"
<Location "/echo">
  SetHandler websocket-echo
</Location>
"""


def programs(httpd, count=1):
    """Pids of the programs that the parent runs for its logs, once there are so many."""
    found = lambda: [pid for pid in httpd.children() if processes.name(pid) == "cat"]
    wait_until(lambda: len(found()) == count)
    return found()


@every_mpm
def test_a_program_gets_the_lines(new_httpd, connect_to, mpm):
    httpd = new_httpd(extra=PIPED)
    connect_to(httpd).websocket("/echo/a").close()
    connect_to(httpd).websocket("/echo/b").close()
    assert sorted(lines(httpd, "piped.log", 2)) == ["/echo/a", "/echo/b"]


def test_a_program_goes_on_over_a_graceful_restart_for_the_tunnels_of_old_children(
        new_httpd, connect_to):
    httpd = new_httpd(extra=PIPED)
    client = connect_to(httpd)
    old = client.websocket("/echo/old")
    running = programs(httpd)
    assert len(running) == 1
    for _ in range(3):
        httpd.graceful()
    assert programs(httpd) == running
    client.websocket("/echo/new").close()
    assert lines(httpd, "piped.log") == ["/echo/new"]
    old.close()
    assert lines(httpd, "piped.log", 2) == ["/echo/new", "/echo/old"]


def test_a_program_that_no_directive_names_any_more_goes_on_for_one_restart_more(
        new_httpd, connect_to):
    httpd = new_httpd(extra=PIPED)
    httpd.permit("AH00488")  # what httpd says of a program that it no longer knows
    old = connect_to(httpd).websocket("/echo/old")
    running = programs(httpd)
    httpd.change_configuration("piped.log", "other.log")
    httpd.graceful()
    assert len(programs(httpd, 2)) == 2
    old.close()
    assert lines(httpd, "piped.log") == ["/echo/old"]
    httpd.graceful()
    assert wait_until(lambda: running[0] not in programs(httpd), 10)
    connect_to(httpd).websocket("/echo/new").close()
    assert lines(httpd, "other.log") == ["/echo/new"]


@pytest.mark.sanitizer
@every_mpm
def test_a_program_that_a_restart_ends_has_a_successor_that_gets_what_it_has_not_read(
        new_httpd, connect_to, mpm):
    httpd = new_httpd(extra=PIPED)
    httpd.permit("AH00488")  # what httpd says of a program that it no longer knows
    client = connect_to(httpd)
    tunnel = client.websocket("/echo/old")
    tunnel.echo(b"open")
    first, = programs(httpd)
    with processes.standing_still([first]):  # or it might be killed with the line in hand
        httpd.restart()
    assert tunnel.receive_to_close()[1].close_code == 1001
    tunnel.connection.close()
    assert lines(httpd, "piped.log") == ["/echo/old"]
    assert wait_until(lambda: not processes.is_child(first, httpd.pid))
    second, = programs(httpd)
    httpd.restart()
    client.websocket("/echo/new").close()
    assert lines(httpd, "piped.log", 2) == ["/echo/old", "/echo/new"]
    assert wait_until(lambda: not processes.is_child(second, httpd.pid))
    third, = programs(httpd)
    assert len({first, second, third}) == 3
    httpd.stop()
    assert wait_until(lambda: not os.path.exists(f"/proc/{third}"))


@every_mpm
def test_a_program_that_a_restart_without_the_module_ends_has_a_successor(new_httpd, connect_to, mpm):
    """Nothing tells the module of that restart."""
    httpd = new_httpd(extra=PIPED)
    httpd.permit("AH00106")  # httpd may see that it has ended when the restart is over, and starts it again by itself
    first, = programs(httpd)
    with_module = httpd.take_module_away()
    httpd.restart()
    assert wait_until(lambda: not processes.is_child(first, httpd.pid))
    httpd.configuration.write_text(with_module)
    httpd.graceful()
    connect_to(httpd).websocket("/echo/back").close()
    assert lines(httpd, "piped.log") == ["/echo/back"]


def test_a_program_that_goes_on_without_the_module_gets_the_lines_of_old_children(new_httpd, connect_to):
    httpd = new_httpd(extra=PIPED)
    httpd.permit("AH00488")  # what httpd says of a program that it no longer knows
    client = connect_to(httpd)
    old = client.websocket("/echo/old")
    first, = programs(httpd)
    with_module = httpd.take_module_away()
    httpd.graceful()
    httpd.configuration.write_text(with_module)
    httpd.graceful()
    client.websocket("/echo/new").close()
    assert lines(httpd, "piped.log") == ["/echo/new"]
    old.close()
    assert lines(httpd, "piped.log", 2) == ["/echo/new", "/echo/old"]
    httpd.graceful()
    assert wait_until(lambda: first not in programs(httpd), 10)
    assert len(programs(httpd)) == 1
    client.websocket("/echo/last").close()
    assert lines(httpd, "piped.log", 3)[2] == "/echo/last"


def test_a_program_that_ends_is_started_again(new_httpd, connect_to):
    httpd = new_httpd(extra=PIPED)
    httpd.permit("AH00106")
    first, = programs(httpd)
    os.kill(first, signal.SIGKILL)
    assert wait_until(lambda: programs(httpd) not in ([], [first]), 10)
    connect_to(httpd).websocket("/echo/again").close()
    assert lines(httpd, "piped.log") == ["/echo/again"]


def test_a_program_that_reads_nothing_holds_up_nobody(new_httpd, connect_to):
    httpd = new_httpd(extra=PIPED.replace('"%U"', '"' + "x" * 3900 + '%%"'))
    httpd.expect(r"WebSocketLog .*a line was lost")
    stopped, = programs(httpd)
    with processes.standing_still([stopped]):
        client = connect_to(httpd)
        for _ in range(300):  # 1 MiB and some more
            client.websocket("/echo").close()
        client.websocket("/echo").echo(b"served all the same")
    assert wait_until(lambda: (httpd.root / "log" / "piped.log").stat().st_size > 900_000, 10)


# -- a pipe by name ------------------------------------------------------------------------------

TO_FIFO = format_of("x" * 3900 + "%%").replace("log/ws.log", "log/fifo")


@contextlib.contextmanager
def read_end(httpd):
    """Of a new log/fifo; whoever opens it for writing finds a reader."""
    os.mkfifo(httpd.root / "log" / "fifo")
    end = os.open(httpd.root / "log" / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    try:
        yield end
    finally:
        os.close(end)


def test_a_pipe_that_nobody_reads_holds_up_nobody(new_httpd, connect_to):
    httpd = new_httpd(started=False, extra=TO_FIFO)
    httpd.expect(r"WebSocketLog .*fifo: a line was lost")
    with read_end(httpd) as end:
        httpd.start()
        client = connect_to(httpd)
        for _ in range(40):  # 64 KiB, and as much again
            client.websocket("/echo").close()
        client.websocket("/echo").echo(b"served all the same")
        httpd.stop()
        read = os.read(end, 1 << 20)
    assert set(read.splitlines()) == {b"x" * 3900 + b"%"} and read.endswith(b"\n")


def test_a_slow_reader_holds_up_other_tunnels_for_moments_only(new_httpd, connect_to):
    """It makes room every time before a line is given up, and still there is time for them."""
    httpd = new_httpd(started=False, extra=TO_FIFO)
    httpd.permit(r"WebSocketLog .*fifo: a line was lost")
    with read_end(httpd) as end:
        httpd.start()
        client = connect_to(httpd)
        other, many = client.websocket("/echo"), [client.websocket("/echo") for _ in range(100)]
        is_over = threading.Event()

        def read_slowly():
            while not is_over.wait(0.03):
                with contextlib.suppress(BlockingIOError):
                    os.read(end, 4096)

        reader = threading.Thread(target=read_slowly)
        reader.start()
        try:
            for one in many:
                one.connection.close()
            began = time.monotonic()
            for _ in range(20):
                other.echo(b"meanwhile")
            took = time.monotonic() - began
        finally:
            is_over.set()
            reader.join()
    assert took < 1.5, f"20 echoes took {took:.2f} s"  # all the lines that find no room would take 2.5 s


def test_a_pipe_without_a_reader_is_an_error_at_the_start(new_httpd):
    httpd = new_httpd(started=False, extra=TO_FIFO)
    os.mkfifo(httpd.root / "log" / "fifo")
    with pytest.raises(StartFailed, match=r"No such device or address.*WS0123: WebSocketLog: cannot open .*fifo"):
        httpd.start()


# -- what cannot be written ----------------------------------------------------------------------

def test_a_disk_that_is_full_is_told_to_the_error_log(new_httpd, connect_to):
    httpd = new_httpd(extra=format_of("%U").replace("log/ws.log", "/dev/full"))
    httpd.expect(r"WebSocketLog /dev/full: a line was lost")
    tunnel = connect_to(httpd).websocket("/echo")
    tunnel.echo(b"served all the same")
    tunnel.close()


# Two directives for one file, and it is long enough for httpd's own logs not to reach the limit.
IN_TURN = format_of("%U") + """WebSocketLog log/other.log "%U"
<VirtualHost 127.0.0.1:{http_port}>
  ServerName localhost
  ServerAlias second.test
  WebSocketLog log/ws.log "%U"
  <Location "/echo">
    SetHandler websocket-echo
  </Location>
</VirtualHost>
"""
LONG = "an old line\n" * 100_000


@pytest.mark.sanitizer
@every_mpm
def test_a_line_that_a_full_disk_cuts_is_joined_to_no_other(new_httpd, connect_to, mpm):
    """Neither of the same child nor of another, whichever directive names the file."""
    httpd = new_httpd(started=False, extra=IN_TURN, limits=SPARE_PROCESSES if mpm == "prefork" else {})
    httpd.expect("WebSocketLog .*ws.log: a line was lost")
    path = httpd.root / "log" / "ws.log"
    path.write_text(LONG)
    httpd.start()
    httpd.wait_at_rest()
    http, https = connect_to(httpd), connect_to(httpd, "https")
    children = httpd.children()
    for child in children:
        processes.let_files_grow_to(child, len(LONG) + 6)
    http.websocket("/echo/cut").close()
    assert wait_until(lambda: httpd.error_log.find("a line was lost"))
    https.websocket("/echo/lost").close()  # no octet of it finds room
    assert lines(httpd, "other.log", 1) == ["/echo/lost"]
    for child in children:
        processes.let_files_grow_to(child, "unlimited")
    for client, name in ((https, "a"), (http, "b")) * 3:
        client.websocket(f"/echo/{name}").close()
    wait_until(lambda: len(path.read_text().removeprefix(LONG).splitlines()) == 7)
    cut, *whole = path.read_text().removeprefix(LONG).splitlines()
    assert (cut, sorted(whole)) == ("/echo/", ["/echo/a"] * 3 + ["/echo/b"] * 3)


def test_a_line_that_was_cut_before_the_start_is_joined_to_no_other(new_httpd, connect_to):
    httpd = new_httpd(started=False, extra=format_of("%U"))
    path = httpd.root / "log" / "ws.log"
    path.write_text("/echo/before\n/echo/cu")
    httpd.start()
    connect_to(httpd).websocket("/echo/a").close()
    assert lines(httpd, count=3) == ["/echo/before", "/echo/cu", "/echo/a"]
    with open(path, "a", encoding="ascii") as log:
        log.write("/echo/cut aga")
    httpd.graceful()
    connect_to(httpd).websocket("/echo/b").close()
    assert lines(httpd, count=5)[3:] == ["/echo/cut aga", "/echo/b"]
