# SPDX-License-Identifier: Apache-2.0
"""The project's own files, for the guards; GUARD_SOURCE names the tree."""

import os
import subprocess
import sys
from pathlib import Path

SOURCE = Path(os.environ.get("GUARD_SOURCE", Path(__file__).resolve().parents[2]))

# What a release's tree holds beside the sources once it is configured and built in place.
GENERATED = {"aclocal.m4", "configure", "configure~", "config.status", "libtool", "Makefile", "Makefile.in",
             "build/config.h", "build/config.h.in", "build/tools.env"}
GENERATED_FOLDERS = {".git", ".deps", ".libs", "__pycache__", "autom4te.cache", "node_modules"}


def files():
    """Paths relative to the tree: what git knows or would take, or everything where there is no git."""
    if (SOURCE / ".git").exists():
        listing = subprocess.run(
            ["git", "-c", f"safe.directory={SOURCE}", "-C", SOURCE, "ls-files", "-z",
             "--cached", "--others", "--exclude-standard"],
            check=True, text=True, capture_output=True).stdout
        return sorted(name for name in set(listing.split("\0")) - {""} if (SOURCE / name).is_file())
    found = []
    for folder, subfolders, names in os.walk(SOURCE):
        subfolders[:] = [name for name in subfolders
                         if name not in GENERATED_FOLDERS and not name.startswith("_")]
        found += [(Path(folder, name).relative_to(SOURCE)).as_posix() for name in names]
    return sorted(name for name in set(found) - GENERATED if not name.startswith("build/aux/"))


def text(name):
    """The file's text; None for what is not text."""
    try:
        return (SOURCE / name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def verdict(complaints, looked_at):
    """Ends the guard: with the complaints, or because there was nothing to look at."""
    for complaint in complaints:
        print(complaint)
    if not looked_at:
        print(f"nothing to look at in {SOURCE}")
    sys.exit(1 if complaints or not looked_at else 0)
