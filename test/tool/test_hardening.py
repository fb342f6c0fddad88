# SPDX-License-Identifier: Apache-2.0
"""What compiler and linker did against errors in memory, read from what was built: flags may be asked for and lost."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MOD_WEBSOCKET_BUILD", TOP))
MODULE = BUILD / "mod_websocket" / ".libs" / "mod_websocket.so"
TOOL = BUILD / "policy" / "wspolicy"

pytestmark = pytest.mark.skipif("SANITIZER" in os.environ, reason="a sanitizer's build is for tests alone")

every_program = pytest.mark.parametrize("program", [MODULE, TOOL], ids=lambda path: path.name)


def readelf(option, program):
    return subprocess.run(["readelf", "--wide", option, program], text=True, capture_output=True, check=True).stdout


def made(variable):
    """A variable of the build's Makefile."""
    return re.search(rf"^{variable} = (.*)$", (BUILD / "Makefile").read_text(encoding="utf-8"), re.MULTILINE).group(1)


def trivial_library(folder, flags):
    """What this toolchain makes of a function with these flags."""
    source, library = folder / "trivial.cc", folder / "trivial.so"
    source.write_text("int call(int (*given)()) { return given() + 1; }\n")
    subprocess.run([*made("CXX").split(), *flags.split(), "-O2", "-fPIC", "-shared", source, "-o", library], check=True)
    return library


def branch_protection(program):
    """The marks that the loader reads, such as IBT and SHSTK."""
    found = re.search(r"(?:x86|AArch64) feature: (.*)$", readelf("--notes", program), re.MULTILINE)
    return set(re.split(r"[,\s]+", found.group(1).strip())) if found else set()


def landing_pads(program):
    """How many instructions say that a jump may land there."""
    code = subprocess.run(["objdump", "--disassemble", "--section=.text", program], text=True, capture_output=True,
                          check=True).stdout
    return len(re.findall(r"\t(?:endbr64|endbr32|bti|paciasp)\b", code))


@every_program
def test_what_the_loader_has_written_is_read_only_afterwards(program):
    assert "GNU_RELRO" in readelf("--program-headers", program)
    assert re.search(r"\((FLAGS|FLAGS_1|BIND_NOW)\).*\b(BIND_NOW|NOW)\b", readelf("--dynamic", program))


@every_program
def test_no_memory_is_both_written_and_run(program):
    headers = readelf("--program-headers", program)
    assert re.search(r"GNU_STACK( +0x\S+){5} RW ", headers)
    assert not re.search(r"^ +LOAD\s.* (RWE|WE) ", headers, re.MULTILINE)
    assert "TEXTREL" not in readelf("--dynamic", program)


@every_program
def test_it_can_be_loaded_anywhere(program):
    assert re.search(r"Type: +DYN ", readelf("--file-header", program))


@every_program
def test_it_looks_for_libraries_in_the_systems_folders_alone(program):
    assert not re.search(r"\((RPATH|RUNPATH)\)", readelf("--dynamic", program))


@every_program
def test_functions_with_arrays_guard_their_return_address(program):
    assert re.search(r"UND __stack_chk_fail\b", readelf("--dyn-syms", program))


def test_calls_of_the_c_library_are_checked_where_sizes_are_known():
    assert re.search(r"UND __\w+_chk\b", readelf("--dyn-syms", MODULE))
    flags = " ".join(map(made, ("CPPFLAGS", "FORTIFY_CXXFLAGS", "CXXFLAGS")))
    assert flags.count("-D_FORTIFY_SOURCE=") == 1, "the builder's, or else ours"


@pytest.mark.skipif(shutil.which("objdump") is None, reason="there is no objdump")
def test_jumps_land_where_they_may_if_the_toolchain_can_do_that(tmp_path):
    flags = made("HARDENING_CXXFLAGS")
    model = trivial_library(tmp_path, f"{flags} {made('HARDENING_LDFLAGS')}")
    if landing_pads(model) == 0:
        pytest.skip("this toolchain makes no landing pads")
    assert landing_pads(MODULE) > 500
    # The linker marks a library when all of it may be marked, the toolchain's own start files too.
    assert branch_protection(MODULE) == branch_protection(model)


def test_a_program_without_it_would_be_found(tmp_path):
    bare = trivial_library(tmp_path, "-fno-stack-protector -fcf-protection=none -Wl,-z,norelro,-z,lazy,-z,execstack"
                           if "x86" in os.uname().machine else "-fno-stack-protector -Wl,-z,norelro,-z,lazy,-z,execstack")
    for found in (test_what_the_loader_has_written_is_read_only_afterwards, test_no_memory_is_both_written_and_run,
                  test_functions_with_arrays_guard_their_return_address):
        with pytest.raises(AssertionError):
            found(bare)
