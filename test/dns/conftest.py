# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import subprocess
import types

import pytest

from servers import Knot, Unbound
from zones import SERVED_BY, Signer


@pytest.fixture(scope="session")
def dns(tmp_path_factory):
    """The zones and both servers: `anchors`, `knot`, `unbound`."""
    folder = tmp_path_factory.mktemp("dns")
    zones = Signer(folder / "zones").run()
    anchors = folder / "zones" / "anchors"
    knot = Knot(folder / "knot", zones, folder / "zones" / "served")
    try:
        unbound = Unbound(folder / "unbound", knot.address, anchors)
        try:
            yield types.SimpleNamespace(anchors=anchors, knot=knot, unbound=unbound)
        finally:
            unbound.stop()
    finally:
        knot.stop()


@pytest.fixture(scope="session")
def judge():
    """Runs consent_probe; what it printed, by key, and `step`, `record`, `alias` as lists."""
    probe = pathlib.Path(os.environ.get("CONSENT_PROBE", "./consent_probe")).resolve()
    assert probe.exists(), "CONSENT_PROBE names no consent_probe"

    def run(address, resolver, *options, port=6667, served_by=SERVED_BY, expect=None):
        resolvers = [resolver] if isinstance(resolver, str) else resolver
        command = [probe, *(word for each in resolvers for word in ("--resolver", each)),
                   *map(str, options), address, str(port), served_by]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
        assert done.returncode in (0, 1) and done.stderr == "", done.stderr
        verdict = types.SimpleNamespace(step=[], record=[], alias=[])
        for line in done.stdout.splitlines():
            key, _, value = line.partition(": ")
            if key in ("step", "record", "alias"):
                getattr(verdict, key).append(value)
            else:
                setattr(verdict, key.replace("-", "_"), value)
        verdict.granted = done.returncode == 0
        assert verdict.granted == (verdict.reason == "granted")
        if expect:
            assert verdict.reason == expect, done.stdout
        return verdict

    return run
