# SPDX-License-Identifier: Apache-2.0
"""Runs httpd with the sanitizer runtimes of the compiler preloaded, and collects their reports.

SANITIZER=1 (or address) for ASan and UBSan, SANITIZER=thread for TSan.
"""

import functools
import os
import platform
import re
import subprocess

from . import installation

# httpd, mod_ssl and libxml2 keep memory until the process ends on purpose: leaks are found in the
# unit tests and by counting descriptors and memory here, not by a leak check of a foreign program.
# httpd's own handler of SIGSEGV would take the place of the report that says where it happened.
# Constants are looked at in the unit tests and the fuzzers: of a module that httpd loads twice at each
# start they cost a fifth of that.
ASAN = ("detect_leaks=0:abort_on_error=1:verify_asan_link_order=0:strict_string_checks=1"
        ":handle_segv=2:handle_sigbus=2:report_globals=0")
UBSAN = "print_stacktrace=1:halt_on_error=1:abort_on_error=1"
# httpd, APR and OpenSSL are built without TSan, which sees their locks but not their atomics: what
# they do themselves to memory says nothing. Everything that our code does is looked at.
TSAN = "halt_on_error=0:abort_on_error=0:report_signal_unsafe=0:ignore_noninstrumented_modules=1"


def mode():
    value = os.environ.get("SANITIZER", "")
    return {"": None, "0": None, "1": "address"}.get(value, value)


@functools.cache
def _runtimes(name):
    """The compiler's runtimes for a sanitizer, "asan" or "tsan", as LD_PRELOAD has them. clang's one for ASan has
    UBSan's in it.
    """
    compiler = os.environ.get("CXX", "g++")  # with its options, and perhaps behind ccache

    def library(file):
        path = subprocess.run([*compiler.split(), f"-print-file-name={file}"], check=True, text=True,
                              capture_output=True).stdout.strip()
        return os.path.realpath(path) if os.path.isabs(path) else None

    clangs = library(f"libclang_rt.{name}-{platform.machine()}.so")
    if clangs:
        return clangs
    gccs = [library(file) for file in {"asan": ("libasan.so", "libubsan.so"), "tsan": ("libtsan.so",)}[name]]
    if None in gccs:
        raise RuntimeError(f"{compiler} has no shared {name}: SANITIZER needs g++ or, for ASan, clang++")
    return " ".join(gccs)


def environment(folder):
    """Variables for httpd; reports go to files in `folder`, which httpd's user can write to."""
    if mode() is None:
        return {}
    report = f"log_path={folder}/report"
    if mode() == "thread":
        pools = installation.built("test/sanitize/.libs/libpools.so")
        return {"LD_PRELOAD": f"{_runtimes('tsan')} {pools}",
                "TSAN_OPTIONS": f"{TSAN}:{report}"}
    return {
        "LD_PRELOAD": _runtimes("asan"),
        "ASAN_OPTIONS": f"{ASAN}:{report}",
        "UBSAN_OPTIONS": f"{UBSAN}:{report}",
    }


# prefork's handler for a graceful end changes errno. That is httpd's own matter while none of our code
# runs, and where the handler comes when a tunnel that is over lets the signal in again: nobody looks
# at errno there.
_FOREIGN = re.compile(r"WARNING: ThreadSanitizer: signal handler spoils errno[^\n]*\n"
                      r" +#0 [^\n]*mod_mpm_prefork\.so[^\n]*\n"
                      r"(?: +#1 ~StopSignal (?:(?!WARNING:).)*?|(?:(?!mod_websocket\.so|WARNING:).)*?)"
                      r"SUMMARY: [^\n]*mod_mpm_prefork\.so[^\n]*\n", re.DOTALL)


def is_ours(report):
    return "WARNING: ThreadSanitizer" not in report or \
        "WARNING: ThreadSanitizer" in _FOREIGN.sub("", report)


def reports(folder):
    """The files in `folder` that hold a report."""
    return [path for path in sorted(folder.glob("report*"))
            if is_ours(path.read_text(errors="replace"))]


def _place(match):
    found = subprocess.run(["addr2line", "-fpCe", match["path"], match["offset"]], text=True, check=False,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.strip()
    return f"{match[0]} {found}"


def text(report):
    """Of a file; where a line of our code has no name (clang's runtime asks a program for it, which not every child may
    run), with one.
    """
    return re.sub(r"0x[0-9a-f]+  \((?P<path>[^ ()]*mod_websocket\.so)\+(?P<offset>0x[0-9a-f]+)\).*", _place,
                  report.read_text(errors="replace"))
