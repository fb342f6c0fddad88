# SPDX-License-Identifier: Apache-2.0
"""The unit tests, under node's own runner: each file is one test here, and so it is in each node. And programs
before a real httpd."""

import subprocess

import pytest

from nodes import NODES
from sources import CLIENT, FOLDER
from support import policy

FILES = sorted((FOLDER / "unit").glob("*.test.js"))

every_node = pytest.mark.parametrize("node", NODES.values(), ids=NODES.keys())


def test_there_are_unit_tests_and_a_node_for_them():
    assert len(FILES) >= 6
    assert NODES


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
@every_node
def test_node_passes(node, file):
    done = subprocess.run([node, "--test", file], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pass 0" not in done.stdout


@every_node
def test_a_program_with_ws_may_use_its_buffer_again_where_httpd_compresses(new_httpd, sink, node):
    httpd = new_httpd(extra="WebSocketCompression On\n")
    httpd.write("ws/a.xml", policy.document(sink.port, origins=["*"]))
    done = subprocess.run([node, "--input-type=module"], cwd=FOLDER, text=True, capture_output=True, check=False,
                          timeout=120, input=f"""
        import {{ WebSocket }} from "ws";
        import {{ TCPSocket }} from "{CLIENT}/tcpsocket.js";
        const socket = new TCPSocket("ws://127.0.0.1:{httpd.http_port}/ws/a.xml", {{ WebSocket }});
        const {{ readable, writable }} = await socket.opened;
        const writer = writable.getWriter();
        const buffer = new Uint8Array(65536);
        for (let time = 1; time <= 8; time += 1) await writer.write(buffer.fill(time));
        await Promise.all([writer.close(), readable.cancel()]);
        await socket.closed;
        """)
    assert done.returncode == 0, done.stderr
    sink.session().wait_received(8 * 65536)
    assert sink.session().received == b"".join(bytes([time]) * 65536 for time in range(1, 9))
