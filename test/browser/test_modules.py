# SPDX-License-Identifier: Apache-2.0
"""The page's modules under node's own test runner: each file of demo/test is one test here."""

import shutil
import subprocess

import pytest

from support.demo import SOURCE

FILES = sorted((SOURCE / "demo" / "test").glob("*.test.js"))


def test_there_are_tests_of_the_modules():
    assert len(FILES) >= 5


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_node_passes(file):
    node = shutil.which("node")
    assert node, "node is missing (Debian package nodejs)"
    result = subprocess.run([node, "--test", str(file)], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stdout + result.stderr
