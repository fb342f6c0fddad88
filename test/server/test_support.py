# SPDX-License-Identifier: Apache-2.0
"""The harness itself: httpd without the module, our client against a foreign server."""

import asyncio
import os
import re
import signal
import subprocess
import threading

import pytest
import websockets

from support import crash, frame, installation, sanitizer, targets
from support.client import Client, WebSocket, accept_for, new_key
from support.connection import Connection, read_response
from support.httpd import Httpd
from support.matrix import every_mpm, every_scheme
from support.ngircd import Ngircd
from support.waiting import wait_until


@pytest.fixture
def plain_httpd(certificate, mpm, request):
    server = Httpd(certificate, mpm=mpm, module=False, keep=request.config.getoption("keep"))
    server.start()
    yield server
    server.stop()
    server.remove()


@every_mpm
@every_scheme
def test_a_plain_httpd_serves_pages_and_has_nothing_to_complain_of(plain_httpd, scheme):
    response = Client(plain_httpd, scheme).request("/index.html")
    assert response.status == 200
    assert b"served as ever" in response.body
    assert not plain_httpd.complaints()


def test_a_graceful_restart_brings_new_children(plain_httpd):
    before = set(plain_httpd.children())
    plain_httpd.graceful()
    assert Client(plain_httpd).request("/index.html").status == 200
    assert wait_until(lambda: before != set(plain_httpd.children()))
    assert not plain_httpd.complaints()


def test_an_undeclared_error_line_is_a_complaint_and_a_declared_one_is_not(plain_httpd):
    plain_httpd.write(".htaccess", "")
    response = Client(plain_httpd).request("/forbidden-by-no-rule/../../etc/passwd")
    assert response.status == 400
    assert [text for text in plain_httpd.complaints() if "unexpected in the error log" in text]
    plain_httpd.expect("AH10244|invalid URI")
    assert not plain_httpd.complaints()


def test_an_expected_line_that_never_comes_is_a_complaint(plain_httpd):
    plain_httpd.expect("nobody writes this")
    assert "nobody writes this" in plain_httpd.complaints()[0]


def test_a_killed_child_is_a_complaint(plain_httpd):
    os.kill(plain_httpd.children()[0], signal.SIGSEGV)
    assert wait_until(lambda: plain_httpd.error_log.find("exit signal"))
    assert any("exit signal" in text for text in plain_httpd.complaints())


def test_an_open_connection_is_seen_and_its_child_known(plain_httpd):
    connection = Client(plain_httpd).connect()
    connection.send(b"GET / HTTP/1.1\r\n")
    assert wait_until(plain_httpd.leaked)
    assert plain_httpd.worker_of(connection) in plain_httpd.children()
    connection.close()
    assert wait_until(lambda: not plain_httpd.leaked())


def test_a_bad_configuration_fails_the_configtest(certificate):
    server = Httpd(certificate, module=False, extra="NoSuchDirective On")
    status, said = server.configtest()
    server.remove()
    assert status != 0 and "NoSuchDirective" in said


@pytest.fixture
def foreign_server():
    """python3-websockets' echo server, on a thread."""
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    stop = loop.create_future()
    port = []

    async def echo(connection, *_):
        async for message in connection:
            await connection.send(message)

    async def run():
        async with websockets.serve(echo, "127.0.0.1", 0, compression=None) as server:
            port.append(server.sockets[0].getsockname()[1])
            ready.set()
            await stop

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    assert ready.wait(5)
    yield port[0]
    loop.call_soon_threadsafe(stop.set_result, None)
    thread.join(5)


def test_our_client_agrees_with_a_foreign_server(foreign_server):
    connection = Connection(foreign_server)
    key = new_key()
    connection.send(
        f"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
    response = read_response(connection)
    assert response.status == 101
    assert response.get("Sec-WebSocket-Accept") == accept_for(key)
    tunnel = WebSocket(connection, response, key)
    for size in (0, 1, 125, 126, 65535, 65536, 200000):
        payload = b"".join(targets.pattern(size))
        tunnel.send(payload)
        assert tunnel.receive_data() == payload
    tunnel.send_frame(frame.PING, b"still there?")
    assert tunnel.receive_frame() == frame.Frame(frame.PONG, b"still there?")
    _, answer = tunnel.close(1000)
    assert answer.close_code == 1000


def test_our_client_sees_the_foreign_server_refuse_an_unmasked_frame(foreign_server):
    connection = Connection(foreign_server)
    key = new_key()
    connection.send(
        f"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
    tunnel = WebSocket(connection, read_response(connection), key)
    tunnel.send_frame(frame.BINARY, b"bare", mask=None)
    assert tunnel.receive_to_close()[1].close_code == 1002


def test_the_accept_key_is_that_of_the_rfc():
    assert accept_for("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_frames_are_those_of_the_rfc():
    assert frame.encode(frame.TEXT, b"Hello") == bytes.fromhex("818537fa213d7f9f4d5158")
    assert frame.encode_header(frame.BINARY, 256, mask=None) == bytes.fromhex("827e0100")
    assert frame.encode_header(frame.BINARY, 65536, mask=None) == \
        bytes.fromhex("827f0000000000010000")


def test_an_unanswering_target_times_out_and_a_refused_port_refuses(start):
    with pytest.raises(TimeoutError):
        Connection(start(targets.Unanswering()).port, timeout=0.5)
    with pytest.raises(ConnectionRefusedError):
        Connection(start(targets.RefusedPort()).port)


@pytest.mark.parametrize("size", [0, 1, 70000, 3_000_000])
def test_a_source_gives_its_pattern_and_ends(start, size):
    source = start(targets.Source(size))
    data = Connection(source.port).receive_to_end()
    assert data == b"".join(targets.pattern(size))


def test_a_sink_tells_a_reset_from_an_end(start):
    sink = start(targets.Sink())
    with Connection(sink.port) as one:
        one.send(b"abc")
    two = Connection(sink.port)
    sink.session(1)
    two.reset()
    assert sink.session(0).wait_ended() == "fin" and bytes(sink.session(0).received) == b"abc"
    assert sink.session(1).wait_ended() == "reset"


def test_ngircd_starts_and_greets():
    server = Ngircd()
    try:
        with Connection(server.port) as irc:
            irc.send(b"NICK harness\r\nUSER harness 0 * :harness\r\n")
            line = irc.receive_until(b" 001 harness ")
            assert re.search(rb":irc\.test\.example 001 harness ", line)
    finally:
        server.close()


# As clang's and gcc's runtimes and gdb write them, of httpd without this module.
EVENT_BY_ASAN = """==1134==ERROR: AddressSanitizer: SEGV on unknown address 0x7ff8111d40a8 (pc 0x7ff816b61180 T0)
==1134==The signal is caused by a READ memory access.
    #0 0x7ff816b61180 in apr_os_sock_get (/lib/x86_64-linux-gnu/libapr-1.so.0+0x28180)
    #1 0x7ff81536506b  (/usr/lib/apache2/modules/mod_mpm_event.so+0x606b) (BuildId: f667)
    #2 0x7ff815366506  (/usr/lib/apache2/modules/mod_mpm_event.so+0x7506)
    #3 0x55842f87084f in ap_run_mpm (/usr/sbin/apache2+0x4384f)
    #4 0x7ff815a45249 in __libc_start_call_main ../sysdeps/nptl/libc_start_call_main.h:58
    #5 0x55842f8682c0 in _start (/usr/sbin/apache2+0x3b2c0)

SUMMARY: AddressSanitizer: SEGV (/lib/x86_64-linux-gnu/libapr-1.so.0+0x28180) in apr_os_sock_get
"""
PREFORK_BY_ASAN = """==26790==ERROR: AddressSanitizer: SEGV on unknown address 0x000000000058 (pc 0x7f0e3c9d4ba2 T0)
    #0 0x7f0e3c9d4ba2  (/usr/lib/apache2/modules/mod_ssl.so+0x17ba2)
    #1 0x7f0e3dd4b5dd in apr_pool_destroy (/lib/x86_64-linux-gnu/libapr-1.so.0+0x225dd)
    #2 0x7f0e3d23ae7a  (/usr/lib/apache2/modules/mod_mpm_prefork.so+0x3e7a)
    #3 0x7f0e3d45a04f  (/lib/x86_64-linux-gnu/libc.so.6+0x3c04f)
    #4 0x7f0e3deb767e in __interceptor_free ../../../../src/libsanitizer/asan/asan_malloc_linux.cpp:53
    #5 0x7f0e3c94f6d4 in SSL_free (/lib/x86_64-linux-gnu/libssl.so.3+0x3b6d4)
    #6 0x563914185622 in ap_shutdown_conn (/usr/sbin/apache2+0x6d622)
    #7 0x7f0e3d23bcab  (/usr/lib/apache2/modules/mod_mpm_prefork.so+0x4cab)
    #8 0x56391415b84f in ap_run_mpm (/usr/sbin/apache2+0x4384f)
"""
PREFORK_BY_GDB = """Program terminated with signal SIGSEGV, Segmentation fault.
#0  0x00007f1a3bf66ba2 in ?? () from /usr/lib/apache2/modules/mod_ssl.so
#1  0x00007f1a3c9a0b3e in apr_pool_destroy () from /lib/x86_64-linux-gnu/libapr-1.so.0
#2  0x00007f1a3c165f15 in ?? () from /usr/lib/apache2/modules/mod_mpm_prefork.so
#3  <signal handler called>
#4  0x00007f1a3ad0868a in BIO_free () from /lib/x86_64-linux-gnu/libcrypto.so.3
#5  0x00007f1a3bf67405 in ?? () from /usr/lib/apache2/modules/mod_ssl.so
#6  0x00005618f298331f in ap_run_process_connection ()
#7  0x00007f1a3c166ca3 in ?? () from /usr/lib/apache2/modules/mod_mpm_prefork.so
#8  0x00005618f295984f in ap_run_mpm ()
"""


@pytest.mark.parametrize("own, decisive", [
    (EVENT_BY_ASAN, 0),
    (PREFORK_BY_ASAN, 2),
    (PREFORK_BY_GDB, 2),
], ids=["event", "prefork", "prefork-gdb"])
def test_a_crash_counts_unless_it_is_known_to_be_httpds_own(own, decisive):
    def with_frame(number, file):
        return re.sub(rf"^ *#{number} .*$", f"#{number}  0x7f1a in x () from /x/{file}", own, flags=re.MULTILINE)

    assert crash.is_httpds_own(own)
    assert crash.is_httpds_own(with_frame(4, "libc.so.6"))
    assert not crash.is_httpds_own(with_frame(4, "mod_websocket.so"))
    assert not crash.is_httpds_own(with_frame(decisive, "mod_another.so"))


def test_only_a_crash_can_be_httpds_own():
    assert not crash.is_httpds_own(EVENT_BY_ASAN.replace("SEGV on", "heap-use-after-free on"))
    assert not crash.is_httpds_own("")


def test_a_cry_of_a_crash_counts_where_no_child_is_said_to_have_ended(new_httpd):
    httpd = new_httpd(started=False)
    httpd.error_log.path.write_text("AddressSanitizer:DEADLYSIGNAL\n")
    assert httpd.complaints() == ["unexpected in the error log: AddressSanitizer:DEADLYSIGNAL"]
    httpd.error_log.mark()


@pytest.mark.parametrize("core, counts", [("core", False), ("core.1", True)])
def test_of_crashes_at_once_one_core_may_be_left(new_httpd, monkeypatch, core, counts):
    httpd = new_httpd(started=False)
    (httpd.root / "report" / core).touch()
    monkeypatch.setattr(httpd, "_backtraces", lambda: [PREFORK_BY_GDB])
    httpd.error_log.path.write_text("free(): invalid pointer\n"
                                    "AH00051: child pid 1 exit signal Segmentation fault (11)\n"
                                    "AH00051: child pid 2 exit signal Aborted (6)\n")
    assert bool(httpd.complaints()) is counts
    httpd.error_log.mark()


def test_a_report_without_names_is_given_those_of_our_code(tmp_path):
    module = installation.module_under_test()
    listed = subprocess.run(["nm", "--defined-only", module], check=True, text=True, capture_output=True).stdout
    address, name = re.search(r"^0*(\w+) t (_ZN9websocket\w+)$", listed, re.MULTILINE).groups()
    report = tmp_path / "report"
    report.write_text(f"    #0 0x7f962b12bb2a  ({module}+0x{address}) (BuildId: 2e71)\n    #1 0x7f0e  (/x/other.so+0x1)\n")
    demangled = subprocess.run(["c++filt", name], check=True, text=True, capture_output=True).stdout.strip()
    first, second = sanitizer.text(report).splitlines()
    assert demangled.split("(")[0] in first
    assert second == "    #1 0x7f0e  (/x/other.so+0x1)"


def test_a_report_of_a_sanitizer_counts_unless_httpd_alone_is_in_it():
    foreign = ("==================\nWARNING: ThreadSanitizer: signal handler spoils errno (pid=1)\n"
               "    #0 <null> <null> (mod_mpm_prefork.so+0x3da0)\n    #1 send <null> ({})\n\n"
               "SUMMARY: ThreadSanitizer: signal handler spoils errno (mod_mpm_prefork.so+0x3da0)\n"
               "==================\nThreadSanitizer: reported 1 warnings\n")
    race = "WARNING: ThreadSanitizer: data race (pid=1)\n    #0 write (mod_websocket.so+0x1)\n"
    assert not sanitizer.is_ours(foreign.format("libcrypto.so.3"))
    assert sanitizer.is_ours(foreign.format("mod_websocket.so+0x2"))
    unblocked = foreign.replace("#1 send <null>", "#1 ~StopSignal upgrade.cc:99")
    assert not sanitizer.is_ours(unblocked.format("mod_websocket.so+0x2"))
    assert sanitizer.is_ours(unblocked.format("mod_websocket.so+0x2") + race)
    assert sanitizer.is_ours(race)
    assert sanitizer.is_ours(foreign.format("libcrypto.so.3") + race)
    assert sanitizer.is_ours("==1==ERROR: AddressSanitizer: heap-use-after-free\n")
