# SPDX-License-Identifier: Apache-2.0
"""A guide of doc/ as its reader meets it: sections, with their blocks of code and the rows of their tables."""

import re
from dataclasses import dataclass, field

import sources
from support import installation

CODE = re.compile(r"`([^`]+)`")
CELL = re.compile(r"(?<!\\)\|")


@dataclass
class Row:
    place: str
    there: list  # the pieces of code of each cell
    here: list
    words: str   # the second cell as it is written


@dataclass
class Section:
    title: str
    line: int
    blocks: list = field(default_factory=list)
    rows: list = field(default_factory=list)

    def files(self):
        """Blocks that are the content of a file, by its path."""
        return {block.file: block.text for block in self.blocks if block.file}

    def of(self, *languages):
        """The texts of blocks that are no file's."""
        return [block.text for block in self.blocks if block.language in languages and not block.file]


def pieces(cell):
    """A | is written as \\| in a table."""
    return [one.replace("\\|", "|") for one in CODE.findall(cell)]


def rows(text, name):
    """(line, cells) of every row of the tables, their heads left out."""
    head = True
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("|"):
            head = True
        elif re.fullmatch(r"[|\- ]+", line):
            head = False
        elif not head:
            yield number, [cell.strip() for cell in CELL.split(line)[1:-1]]
    assert text.count("\n|") > 0, f"{name} has no table"


def read(name):
    """{title: Section} of a page of doc/."""
    text = (installation.SOURCE / name).read_text(encoding="utf-8")
    page = sources.parse(text, name)
    assert page.faults == []
    found, inside = [Section("", 0)], False
    for number, line in enumerate(text.splitlines(), 1):
        inside ^= line.startswith("```")
        heading = re.match(r"#{2,3} (.+)", line)
        if heading and not inside:
            found.append(Section(heading.group(1), number))

    def section_at(line):
        return [one for one in found if one.line <= line][-1]

    for block in page.blocks:
        section_at(block.line).blocks.append(block)
    for number, cells in rows(text, name):
        if len(cells) == 2:
            section_at(number).rows.append(Row(f"{name}:{number}", pieces(cells[0]), pieces(cells[1]), cells[1]))
    return {one.title: one for one in found}
