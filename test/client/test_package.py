# SPDX-License-Identifier: Apache-2.0
"""What npm and `make install` give to users, and the types."""

import json
import re
import shutil
import subprocess
import tarfile

import pytest

from nodes import NODES
from sources import CLIENT, FOLDER, PACKAGES
from support.daemon import find_program

SOURCE = CLIENT.parent
MANIFEST = json.loads((CLIENT / "package.json").read_text())


def run(*command, **options):
    done = subprocess.run(list(map(str, command)), text=True, capture_output=True, check=False,
                          timeout=120, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder where npm has installed what `npm pack` makes, and what programs have beside it."""
    root = tmp_path_factory.mktemp("npm")
    shutil.copytree(CLIENT, root / "client")
    for name in ("LICENSE", "NOTICE"):
        shutil.copy(SOURCE / name, root)
    run(find_program("npm"), "pack", "--silent", cwd=root / "client")
    archive, = (root / "client").glob("*.tgz")
    with tarfile.open(archive) as packed:
        packed.extractall(root)
    modules = root / "user" / "node_modules"
    modules.mkdir(parents=True)
    (root / "package").rename(modules / MANIFEST["name"])
    for name in ("ws", "@types", "undici-types"):
        (modules / name).symlink_to(PACKAGES / name)
    return root / "user"


def test_the_package_holds_what_users_need_and_nothing_else(installed):
    package = installed / "node_modules" / MANIFEST["name"]
    names = {str(path.relative_to(package)) for path in package.rglob("*")}
    assert names == {"LICENSE", "NOTICE", "README.md", "package.json", "tcpsocket.d.ts", "tcpsocket.js"}


def test_its_version_is_the_projects():
    version, = re.findall(r"AC_INIT\(\[mod_websocket\], \[([^]]+)\]\)", (SOURCE / "configure.ac").read_text())
    assert MANIFEST["version"] == version


@pytest.mark.parametrize("node", NODES.values(), ids=NODES.keys())
def test_a_program_imports_it_by_its_name_and_has_a_websocket(installed, node):
    (installed / "program.mjs").write_text("""
        import { TCPSocket } from "tcpsocket";
        const error = await new TCPSocket("ws://127.0.0.1:1/").opened.catch((reason) => reason);
        console.log(error.reason, error.cause !== undefined);
        """)
    assert run(node, installed / "program.mjs").split()[0] == "unreachable"


@pytest.mark.parametrize("node", NODES.values(), ids=NODES.keys())
def test_without_any_websocket_it_says_what_to_install(installed, node, tmp_path):
    shutil.copy(CLIENT / "tcpsocket.js", tmp_path / "tcpsocket.mjs")
    (tmp_path / "program.mjs").write_text("""
        delete globalThis.WebSocket;
        const { TCPSocket } = await import("./tcpsocket.mjs");
        const error = await new TCPSocket("ws://127.0.0.1:1/").opened.catch((reason) => reason);
        console.log(error.name, error.message);
        """)
    said = run(node, tmp_path / "program.mjs")
    assert said.startswith("NotSupportedError") and "package ws" in said


# The types of a browser alone, and those of Node 20 alone.
@pytest.mark.parametrize("file, options", [
    ("dom.ts", {"lib": ["ES2022", "DOM", "DOM.AsyncIterable"], "types": []}),
    ("usage.ts", {"lib": ["ES2022"], "types": ["node"]})])
def test_the_types_say_what_the_module_takes(installed, file, options):
    for name in ("usage.ts", "dom.ts"):
        shutil.copy(FOLDER / "types" / name, installed)
    (installed / "package.json").write_text('{"type": "module"}')
    (installed / "tsconfig.json").write_text(json.dumps({"files": [file], "compilerOptions": {
        "noEmit": True, "strict": True, "target": "ES2022", "module": "NodeNext", **options}}))
    run(next(iter(NODES.values())), PACKAGES / "typescript" / "bin" / "tsc", "-p", installed)


def test_the_types_name_everything_that_the_module_exports(installed):
    exported = run(next(iter(NODES.values())), "--input-type=module", "-e",
                   'console.log(Object.keys(await import("tcpsocket")).join("\\n"))', cwd=installed).split()
    declared = re.findall(r"^export declare (?:class|function) (\w+)", (CLIENT / "tcpsocket.d.ts").read_text(), re.M)
    assert sorted(exported) == sorted(declared)
