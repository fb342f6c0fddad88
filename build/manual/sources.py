# SPDX-License-Identifier: Apache-2.0
"""The documentation as it is written: pages, the code blocks in them, and the entries of directives.

A block of code stands between fences and its first fence says what it is, one of LANGUAGES. An entry is a heading that
is a directive's name, with a list of `Name: value` under it. Nothing but the standard library is needed, so that guards
can read the manual wherever Python is."""

import re
from dataclasses import dataclass, field
from pathlib import Path

# What a block may be, and what a test does with it (test/manual).
LANGUAGES = {
    "apache": "httpd's configuration: read by httpd -t",
    "htaccess": "the content of a .htaccess: read by httpd at a request",
    "xml": "a policy, or elements of one: read by wspolicy",
    "js": "a script of a page: read by node",
    "html": "a page: looked through by tidy",
    "sh": "commands to type",
    "console": "commands behind a prompt, and what they print",
    "dns": "resource records, as in a zone file",
    "text": "anything else",
}

FENCE = re.compile(r"^```(.*)$")
HEADING = re.compile(r"^(#{1,6}) (.+?)\s*$")
ROW = re.compile(r"^- (Description|Syntax|Default|Context|Override|Compatibility): (.+)$")
DIRECTIVE = re.compile(r"^WebSocket[A-Za-z]*$")
FILE = re.compile(r"`(/[^`]+)`[^`]*:$")
CONTEXTS = ("server config", "virtual host", "directory", ".htaccess")


class Fault(ValueError):
    """Something that a page may not hold; says where."""


@dataclass
class Block:
    """`file` is the path that the sentence before it ends with, where it does: the block is that file's content."""
    page: str
    line: int
    language: str
    text: str
    file: str = None
    entry: str = None

    @property
    def place(self):
        return f"{self.page}:{self.line}"


@dataclass
class Entry:
    """A directive's."""
    name: str
    page: str
    line: int
    rows: dict = field(default_factory=dict)

    @property
    def syntax(self):
        """The arguments."""
        return code(self.rows["Syntax"]).removeprefix(self.name).strip()

    @property
    def default(self):
        """The arguments; None where it has no default."""
        value = self.rows["Default"]
        return code(value).removeprefix(self.name).strip() if value.startswith("`") else None

    @property
    def contexts(self):
        return [one.strip() for one in self.rows["Context"].split(",")]

    @property
    def override(self):
        return self.rows.get("Override")


@dataclass
class Page:
    name: str
    text: str
    title: str = ""
    blocks: list = field(default_factory=list)
    entries: list = field(default_factory=list)
    faults: list = field(default_factory=list)


def code(text):
    """What stands in the first code span."""
    found = re.match(r"`([^`]+)`", text)
    if not found:
        raise Fault(f"{text!r} does not begin with a code span")
    return found.group(1)


def parse(text, name):
    """A page; what is wrong with it is in its `faults`."""
    page = Page(name, text)
    entry = block = None
    before = ""  # the last line that was not empty
    after_empty = True
    for number, line in enumerate(text.splitlines(), 1):
        fence = FENCE.match(line)
        if block is not None:
            if fence:
                block.text = "".join(f"{one}\n" for one in block.text)
                page.blocks.append(block)
                block, before = None, ""
            else:
                block.text.append(line)
            continue
        if fence:
            language = fence.group(1)
            if language not in LANGUAGES:
                page.faults.append(f"{name}:{number}: a block of code that is marked {language!r}; known are "
                                   + ", ".join(LANGUAGES))
            file = FILE.search(before)
            block = Block(name, number, language, [], file and file.group(1), entry and entry.name)
            continue
        if after_empty and re.match(r"^( {4}|\t)", line):
            page.faults.append(f"{name}:{number}: a block of code without fences, so that no test knows what it is: "
                               + line.strip())
        heading = HEADING.match(line)
        if heading:
            title = heading.group(2)
            if len(heading.group(1)) == 1:
                page.title = page.title or title
            if len(heading.group(1)) <= 2:
                entry = None
            if DIRECTIVE.match(title):
                entry = Entry(title, name, number)
                page.entries.append(entry)
        row = ROW.match(line)
        if row and entry:
            entry.rows[row.group(1)] = row.group(2).strip()
        if line.strip():
            before = line
        after_empty = not line.strip()
    if block is not None:
        page.faults.append(f"{name}:{block.line}: a block of code that does not end")
    for one in page.entries:
        page.faults += faults_of(one)
    return page


def faults_of(entry):
    place = f"{entry.page}:{entry.line}: {entry.name}"
    missing = [row for row in ("Description", "Syntax", "Default", "Context") if row not in entry.rows]
    if missing:
        return [f"{place}: has no {', no '.join(missing)}"]
    found = []
    try:
        if code(entry.rows["Syntax"]).split(" ")[0] != entry.name:
            found.append(f"{place}: its syntax is that of another")
        if entry.default is None and not entry.rows["Default"].startswith("none"):
            found.append(f"{place}: its default is neither a directive in a code span nor none")
    except Fault as fault:
        found.append(f"{place}: {fault}")
    if entry.contexts != [one for one in CONTEXTS if one in entry.contexts]:
        found.append(f"{place}: its contexts are not of {', '.join(CONTEXTS)}, in this order")
    if (".htaccess" in entry.contexts) != (entry.override is not None):
        found.append(f"{place}: an Override is said where .htaccess is among the contexts, and only there")
    return found


def names(top):
    """The pages, relative to the tree, that are documentation."""
    top = Path(top)
    found = [*top.glob("doc/*.md"), *top.glob("doc/manual/*.md")]
    return ["README", *sorted(path.relative_to(top).as_posix() for path in found)]


def read(top):
    """All pages by name."""
    return {name: parse((Path(top) / name).read_text(encoding="utf-8"), name) for name in names(top)}


def entries(pages):
    """All entries by the directive's name, and what is wrong with them as a whole."""
    found, faults = {}, []
    for page in pages.values():
        for entry in page.entries:
            if not page.name.startswith("doc/manual/"):
                faults.append(f"{entry.page}:{entry.line}: {entry.name} has its entry outside of doc/manual")
            if entry.name in found:
                faults.append(f"{entry.page}:{entry.line}: {entry.name} has another entry in {found[entry.name].page}")
            found[entry.name] = entry
    return found, faults
