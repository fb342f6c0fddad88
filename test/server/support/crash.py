# SPDX-License-Identifier: Apache-2.0
"""Where a process crashed, as ASan and gdb write it, and whether that is a fault of httpd's own that is known.

Children of the event and prefork MPMs that are told to end without grace may crash in the moment in which they free a
connection, without this module as well (doc/operation.md, "Restarts"): event's main thread closes a socket that its
worker has just freed; prefork's signal handler destroys the child's pool wherever the child is.
"""

import re

FRAME = re.compile(r"^\s*#(?P<number>\d+) +(?P<frame>0x.*|\S.*)$", re.MULTILINE)
MODULE = re.compile(r"(?:\(|from )(?P<path>/[^\s+)]+)")


def frames(text):
    """The first thread's: base names of the files that the functions are in, innermost first; "" where none is said, as
    gdb does of the program itself.
    """
    found = []
    for match in FRAME.finditer(text):
        if found and match["number"] == "0":
            break
        path = MODULE.search(match["frame"])
        found.append(path["path"].rsplit("/", 1)[1] if path else "")
    return found


def _runs(where, name):
    """How often the frames come to this file from another."""
    return sum(one == name and (at == 0 or where[at - 1] != name) for at, one in enumerate(where))


def is_httpds_own(text):
    """Whether it says of a crash without anything of ours in it that it is one of those two."""
    if "ERROR: AddressSanitizer:" in text and "ERROR: AddressSanitizer: SEGV" not in text:
        return False
    where = frames(text)
    if "mod_websocket.so" in where:
        return False
    closing = where[1:2] == ["mod_mpm_event.so"] and where[0].startswith("libapr-1.so") and \
        set(where[1:]) <= {"mod_mpm_event.so", "apache2", "httpd", "libc.so.6", ""}
    return closing or _runs(where, "mod_mpm_prefork.so") > 1
