# SPDX-License-Identifier: Apache-2.0
"""The unit tests, under node's own runner: each file is one test here, and so it is in each node."""

import subprocess

import pytest

from nodes import NODES
from sources import FOLDER

FILES = sorted((FOLDER / "unit").glob("*.test.js"))


def test_there_are_unit_tests_and_a_node_for_them():
    assert len(FILES) >= 6
    assert NODES


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
@pytest.mark.parametrize("node", NODES.values(), ids=NODES.keys())
def test_node_passes(node, file):
    done = subprocess.run([node, "--test", file], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pass 0" not in done.stdout
