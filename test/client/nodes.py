# SPDX-License-Identifier: Apache-2.0
"""The versions of node that the module is tried in: the machine's, where it is one that the module is
for, and the one from npm, since Debian 12 has node 18."""

import json
import subprocess
from pathlib import Path

from support.daemon import find_program
from sources import CLIENT, PACKAGES

OLDEST = int(json.loads((CLIENT / "package.json").read_text())["engines"]["node"].removeprefix(">="))


def _version(program):
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=True,
                          timeout=30).stdout.strip()


def _found():
    yield from PACKAGES.glob("node-linux-*/bin/node")
    try:
        yield Path(find_program("node"))
    except RuntimeError:
        pass


# version -> program
NODES = {version: program for program in _found()
         if int((version := _version(program)).removeprefix("v").split(".")[0]) >= OLDEST}
