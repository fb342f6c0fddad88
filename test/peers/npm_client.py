# SPDX-License-Identifier: Apache-2.0
"""Clients from npm, which run in node: each test plays one scenario of a file of clients/."""

import base64
import json
import os
import subprocess
from pathlib import Path

from support.daemon import find_program

FOLDER = Path(__file__).resolve().parent
PACKAGES = FOLDER / "node_modules"


def complaint(folder=FOLDER):
    """Why nothing can be played; None if it can. build/setup leaves the stamp."""
    lock, stamp = folder / "package-lock.json", folder / "node_modules" / "installed-lock.json"
    if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
        return f"the packages of test/{folder.name}/package-lock.json are not installed"
    return None


def in_base64(data):
    """Bytes for a scenario, whose values are JSON."""
    return base64.b64encode(data).decode("ascii")


class NpmClient:
    """Trusts httpd's certificate and those of nobody else that a test meets."""

    def __init__(self, certificate):
        self._environment = {**os.environ, "NODE_EXTRA_CA_CERTS": str(certificate.certificate)}

    def __call__(self, file, scenario, **given):
        """The scenario's result."""
        done = subprocess.run(
            [find_program("node"), FOLDER / "clients" / "play.mjs", file, scenario],
            input=json.dumps(given), env=self._environment, text=True, check=False,
            capture_output=True, timeout=120)
        assert done.returncode == 0, f"{file} {scenario}: {done.returncode}\n{done.stderr}"
        return json.loads(done.stdout)
