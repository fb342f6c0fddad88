# SPDX-License-Identifier: Apache-2.0
"""The harness itself: httpd without the module, our client against a foreign server."""

import asyncio
import os
import re
import signal
import threading

import pytest
import websockets

from support import frame, targets
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
    assert before != set(plain_httpd.children())
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
