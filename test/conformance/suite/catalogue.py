# SPDX-License-Identifier: Apache-2.0
"""All cases by number; and by patterns such as `9.1.*`, `6.*` or `2.5`."""

import fnmatch
import functools

from . import section_1, section_2, section_3, section_4, section_5, section_6, section_7, \
    section_9, section_10, section_12, section_13

SECTIONS = {
    "1": section_1, "2": section_2, "3": section_3, "4": section_4, "5": section_5,
    "6": section_6, "7": section_7, "9": section_9, "10": section_10, "12": section_12,
    "13": section_13,
}

# What each section looks at, as the tables of results call it.
SUBJECTS = {
    "1": "forms of length", "2": "Ping and Pong", "3": "reserved bits", "4": "reserved opcodes",
    "5": "fragments", "6": "UTF-8", "7": "closing", "9": "volume", "10": "odd fragments",
    "12": "compression", "13": "compression, negotiated",
}


@functools.lru_cache(maxsize=None)
def all_cases():
    """number -> Case, in order."""
    found = [case for section in SECTIONS.values() for case in section.cases()]
    made = {case.number: case for case in sorted(found, key=lambda case: case.order)}
    assert len(made) == len(found), "two cases have one number"
    return made


def matching(*patterns):
    return [case for case in all_cases().values()
            if any(fnmatch.fnmatchcase(case.number, pattern) for pattern in patterns)]
