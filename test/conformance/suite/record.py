# SPDX-License-Identifier: Apache-2.0
"""What a run came to: as a file, and as the table in the documentation."""

import collections
import json
import re

from . import catalogue

BEGIN, END = "<!-- The table begins -->", "<!-- The table ends -->"


class Record:
    """driver -> section -> (results, seconds)"""

    def __init__(self):
        self._sections = {}

    def add(self, driver, section, results, seconds):
        self._sections.setdefault(driver, {})[section] = {
            "seconds": round(seconds, 1),
            "passed": sum(one.passed for one in results),
            "failed": {one.number: one.fault for one in results if not one.passed},
        }

    def write(self, path, full_volume):
        path.write_text(json.dumps(
            {"full_volume": full_volume, "drivers": self._sections}, indent=1) + "\n")


def _cell(section):
    if section is None:
        return "not run"
    return f"{section['passed']} passed, {len(section['failed'])} failed, {section['seconds']} s"


def _total(sections):
    return {"passed": sum(one["passed"] for one in sections.values()),
            "failed": [number for one in sections.values() for number in one["failed"]],
            "seconds": round(sum(one["seconds"] for one in sections.values()), 1)}


def case_counts():
    """section -> how many cases it has"""
    return collections.Counter(case.section for case in catalogue.all_cases().values())


def cells(line):
    """Of a line of Markdown; none where it is no line of a table."""
    return [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []


def table(run):
    """The Markdown of what Record.write() wrote."""
    drivers = run["drivers"]
    rows = [["section", "looks at", "cases", *drivers]]
    counts = case_counts()
    for section, count in counts.items():
        rows.append([section, catalogue.SUBJECTS[section], str(count),
                     *(_cell(sections.get(section)) for sections in drivers.values())])
    rows.append(["all", "", str(sum(counts.values())),
                 *(_cell(_total(sections)) for sections in drivers.values())])
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|---|---|" + "---:|" * (len(rows[0]) - 2), *lines[1:]])


def with_table(text, made):
    """`text` with what stands between the two marks replaced."""
    pattern = re.compile(f"(?<={re.escape(BEGIN)}\n).*?(?={re.escape(END)})", re.DOTALL)
    changed, count = pattern.subn(lambda _: made + "\n", text)
    if count != 1:
        raise ValueError(f"there have to be one '{BEGIN}' and one '{END}'")
    return changed
