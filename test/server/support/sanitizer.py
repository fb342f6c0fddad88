# SPDX-License-Identifier: Apache-2.0
"""Runs httpd with the sanitizer runtimes of the compiler preloaded, and collects their reports.

SANITIZER=1 (or address) for ASan and UBSan, SANITIZER=thread for TSan.
"""

import os
import subprocess

from . import installation

# httpd, mod_ssl and libxml2 keep memory until the process ends on purpose: leaks are found in the
# unit tests and by counting descriptors and memory here, not by a leak check of a foreign program.
# httpd's own handler of SIGSEGV would take the place of the report that says where it happened.
ASAN = ("detect_leaks=0:abort_on_error=1:verify_asan_link_order=0:strict_string_checks=1"
        ":handle_segv=2:handle_sigbus=2")
UBSAN = "print_stacktrace=1:halt_on_error=1:abort_on_error=1"
# httpd, APR and OpenSSL are built without TSan, which sees their locks but not their atomics: what
# they do themselves to memory says nothing. Everything that our code does is looked at.
TSAN = "halt_on_error=0:abort_on_error=0:report_signal_unsafe=0:ignore_noninstrumented_modules=1"


def mode():
    value = os.environ.get("SANITIZER", "")
    return {"": None, "0": None, "1": "address"}.get(value, value)


def _library(name):
    compiler = os.environ.get("CXX", "g++")  # with its options, and perhaps behind ccache
    path = subprocess.run([*compiler.split(), f"-print-file-name={name}"], check=True, text=True,
                          capture_output=True).stdout.strip()
    if not os.path.isabs(path):
        raise RuntimeError(f"{compiler} has no {name}: SANITIZER needs a g++ with its sanitizers")
    return os.path.realpath(path)


def environment(folder):
    """Variables for httpd; reports go to files in `folder`, which httpd's user can write to."""
    if mode() is None:
        return {}
    report = f"log_path={folder}/report"
    if mode() == "thread":
        pools = installation.built("test/sanitize/.libs/libpools.so")
        return {"LD_PRELOAD": f"{_library('libtsan.so')} {pools}",
                "TSAN_OPTIONS": f"{TSAN}:{report}"}
    return {
        "LD_PRELOAD": f"{_library('libasan.so')} {_library('libubsan.so')}",
        "ASAN_OPTIONS": f"{ASAN}:{report}",
        "UBSAN_OPTIONS": f"{UBSAN}:{report}",
    }


def reports(folder):
    """The files in `folder` that hold a report."""
    return sorted(folder.glob("report*"))
