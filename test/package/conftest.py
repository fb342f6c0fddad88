# SPDX-License-Identifier: Apache-2.0
"""Fixtures: the packages as build/package makes them, and machines that they are installed on."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test" / "server"))

from machine import Machine, make_base  # noqa: E402
from site_of_machine import Site  # noqa: E402
from support.targets import Echo  # noqa: E402  (found by the line above)

# Packages, and the Debian that machines are copied from: kept between runs, since both take minutes.
FOLDER = Path(os.environ.get("PACKAGE_FOLDER", TOP / "_package"))


@pytest.fixture(scope="session")
def built():
    """build/package, once a run: the `log` of it, its `folder`, the unpacked `source`, and `packages` by name.
    PACKAGE_BUILT=yes takes what the last run has built."""
    log = "(built before)"
    if os.environ.get("PACKAGE_BUILT") != "yes":
        result = subprocess.run([TOP / "build/package", FOLDER], text=True, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        log = result.stdout
        assert result.returncode == 0, log
    packages = {file.name.split("_")[0]: file for file in FOLDER.glob("*.deb")}
    packages = {name: file for name, file in packages.items() if not name.endswith("-dbgsym")}
    (source,) = (file.parent.parent for file in FOLDER.glob("*/debian/control"))
    return SimpleNamespace(log=log, folder=FOLDER, source=source, packages=packages)


@pytest.fixture(scope="session")
def base(built):
    """A Debian with apache2, which has fetched what our packages depend on."""
    folder = FOLDER / "base"
    make_base(folder)
    scratch = Path(tempfile.mkdtemp(prefix="websocket-package-"))
    machine = Machine(folder, scratch / "machine")
    try:
        machine.install(built.packages.values(), "--download-only")
        for file in (machine.root / "var/cache/apt/archives").glob("*.deb"):
            shutil.copy(file, folder / "var/cache/apt/archives")
    finally:
        machine.close()
        scratch.rmdir()
    return folder


@pytest.fixture
def bare_machine(base, tmp_path):
    """Nothing of ours is installed."""
    machine = Machine(base, tmp_path / "machine")
    yield machine
    machine.close()


@pytest.fixture
def machine(bare_machine, built):
    bare_machine.install(built.packages.values())
    return bare_machine


@pytest.fixture
def target():
    target = Echo()
    yield target
    target.close()


@pytest.fixture
def site(machine, target):
    """Debian's default site of the machine, with a policy for the target."""
    site = Site(machine, target.port)
    yield site
    site.close()
