# SPDX-License-Identifier: Apache-2.0
import json
import os
import pathlib
import subprocess
import sys
import types

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test" / "dns"))

from servers import Knot, Unbound  # noqa: E402  (found by the line above)
from zones import Signer  # noqa: E402


@pytest.fixture(scope="session")
def dns(tmp_path_factory):
    """The zones of test/dns, behind a validating resolver: `resolver` and `anchors`."""
    folder = tmp_path_factory.mktemp("dns")
    zones = Signer(folder / "zones").run()
    anchors = folder / "zones" / "anchors"
    knot = Knot(folder / "knot", zones, folder / "zones" / "served")
    try:
        unbound = Unbound(folder / "unbound", knot.address, anchors)
        try:
            yield types.SimpleNamespace(resolver=unbound.address, anchors=anchors)
        finally:
            unbound.stop()
    finally:
        knot.stop()


@pytest.fixture(scope="session")
def wspolicy():
    """wspolicy(word...): `status`, `out`, `err`, and `json` where --json was asked for."""
    binary = pathlib.Path(os.environ.get("MOD_WEBSOCKET_BUILD", TOP)) / "policy" / "wspolicy"
    assert binary.exists(), f"{binary} is not built"

    def run(*words, stdin=b""):
        command = [binary, *(word if isinstance(word, bytes) else str(word) for word in words)]
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=30)
        # Whatever came in: no control reaches the terminal.
        for octet in (done.stdout + done.stderr).replace(b"\n", b""):
            assert 0x20 <= octet < 0x7f, (done.stdout, done.stderr)
        answer = types.SimpleNamespace(status=done.returncode, out=done.stdout.decode(),
                                       err=done.stderr.decode())
        if "--json" in words and answer.out:
            answer.json = json.loads(answer.out)
        return answer

    return run


@pytest.fixture
def write(tmp_path):
    """write(text): the path of a new policy file."""
    def make(text, name="irc.xml"):
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return make
