# SPDX-License-Identifier: Apache-2.0
"""Where this machine keeps httpd, its modules and the module under test."""

import functools
import os
import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[3]


class NotInstalled(RuntimeError):
    """httpd, apxs or the module is missing; the message says what to do."""


@functools.lru_cache(maxsize=None)
def _apxs():
    chosen = os.environ.get("APXS")
    if chosen:
        return chosen
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/bin", "/usr/sbin", "/usr/local/bin",
                            "/usr/local/sbin", "/usr/local/apache2/bin"])
    for name in ("apxs", "apxs2"):
        found = shutil.which(name, path=path)
        if found:
            return found
    raise NotInstalled("no apxs: install apache2-dev or name it in APXS")


@functools.lru_cache(maxsize=None)
def _query(name):
    return subprocess.run([_apxs(), "-q", name], check=True, text=True,
                          capture_output=True).stdout.strip()


def modules_folder():
    return Path(_query("LIBEXECDIR"))


@functools.lru_cache(maxsize=None)
def program():
    path = Path(_query("SBINDIR"), _query("PROGNAME") or "httpd")
    if path.is_file():
        return path
    raise NotInstalled(f"apxs says that httpd is {path}, which is not there")


@functools.lru_cache(maxsize=None)
def built_in():
    """Names of the modules that are compiled into httpd, such as `mod_logio`."""
    listing = subprocess.run([program(), "-l"], check=True, text=True, capture_output=True).stdout
    return {word.removesuffix(".c") for word in listing.split() if word.endswith(".c")}


def built(name, made_by="make check-build"):
    """A file of the build folder."""
    path = Path(os.environ.get("MOD_WEBSOCKET_BUILD", SOURCE)) / name
    if not path.is_file():
        raise NotInstalled(f"{path} is not there: run {made_by}, or name the build folder in "
                           "MOD_WEBSOCKET_BUILD")
    return path


def module_under_test():
    return built("mod_websocket/.libs/mod_websocket.so", "make")
