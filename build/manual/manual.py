# SPDX-License-Identifier: Apache-2.0
"""Pages of HTML from what sources.py reads. The form of an entry is that of httpd's own manual."""

import html
import posixpath
import re
import string
import xml.etree.ElementTree as etree
from pathlib import Path

import markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor

import sources

INDEX = "doc/manual/index.md"
REFERENCE = "quickreference.html"
LINK = re.compile(r"^- \[([^\]]+)\]\(([^)#]+\.md)\)", re.MULTILINE)
SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
ROWS = ("Description", "Syntax", "Default", "Context", "Override")


def address(name):
    """Where a page goes: those of doc/manual to the top, those of doc into a folder."""
    if name.startswith("doc/manual/"):
        return posixpath.basename(name).removesuffix(".md") + ".html"
    return "guide/" + posixpath.basename(name).removesuffix(".md") + ".html"


def anchor(entry):
    return entry.name.lower()


class Manual:
    """`version` is the module's, `httpd` the least that it needs."""

    def __init__(self, top, version, httpd):
        self._top, self._version, self.httpd = Path(top), version, httpd
        everything = sources.read(top)
        self._index = everything[INDEX]
        self.chapters = list(self._chapters())
        listed = [INDEX] + [name for _, links in self.chapters for _, name in links]
        for name in everything:
            if name.startswith("doc/manual/") and name not in listed:
                raise sources.Fault(f"{INDEX}: does not list {name}")
        for name in listed:
            if name not in everything:
                raise sources.Fault(f"{INDEX}: lists {name}, which is not there")
        self.sources = {name: everything[name] for name in listed}
        faults = [fault for page in self.sources.values() for fault in page.faults]
        self.entries, more = sources.entries(self.sources)
        if faults + more:
            raise sources.Fault("\n".join(faults + more))
        self._template = string.Template((Path(__file__).parent / "page.html").read_text(encoding="utf-8"))

    def _chapters(self):
        """(title, [(title, page)]) of the lists of pages in the index."""
        parts = SECTION.split(self._index.text)[1:]
        for title, text in zip(parts[::2], parts[1::2]):
            links = [(label, posixpath.normpath(posixpath.join("doc/manual", target)))
                     for label, target in LINK.findall(text)]
            if links:
                yield title, links

    def pages(self):
        """Address: text."""
        made = {address(name): self._page(page) for name, page in self.sources.items()}
        made[REFERENCE] = self._frame(REFERENCE, "Quick reference", self._reference())
        return made

    def exists(self, name):
        return (self._top / name).exists()

    # -- a page ---------------------------------------------------------------------------------

    def _page(self, page):
        here = address(page.name)
        # The title is the frame's.
        text = re.sub(r"^# .+\n", "", page.text, count=1)
        text = re.sub(r"^<!--.*?-->\n", "", text, flags=re.MULTILINE)
        body = markdown.markdown(text, output_format="html", extensions=[
            "tables", "fenced_code", "sane_lists", "toc", Manners(self, page)])
        return self._frame(here, page.title, self._directives_of(page) + body)

    @staticmethod
    def _directives_of(page):
        if len(page.entries) < 2:
            return ""
        links = "".join(f'<li><a href="#{anchor(one)}">{one.name}</a></li>' for one in page.entries)
        return f'<nav class="topics" aria-label="Directives of this page"><h2>Directives</h2><ul>{links}</ul></nav>'

    def _reference(self):
        rows = []
        for name in sorted(self.entries, key=str.lower):
            entry = self.entries[name]
            default = f"<code>{html.escape(entry.default)}</code>" if entry.default else "–"
            rows.append(
                f'<tr><td><a href="{address(entry.page)}#{anchor(entry)}"><code>{name}</code></a> '
                f"<code>{html.escape(entry.syntax)}</code></td><td>{default}</td>"
                f'<td>{html.escape(", ".join(entry.contexts))}</td>'
                f'<td>{html.escape(entry.rows["Description"])}</td></tr>')
        return ('<p>Every directive of the module. The handler <a href="endpoints.html#websocket-echo"><code>'
                "websocket-echo</code></a> is set by <code>SetHandler</code>.</p>"
                '<div class="wide"><table class="reference"><thead><tr><th>Directive</th><th>Default</th>'
                f'<th>Context</th><th>Description</th></tr></thead><tbody>{"".join(rows)}</tbody></table></div>')

    def _frame(self, here, title, body):
        up = "../" * here.count("/")
        name = "" if title == self._index.title else f"{html.escape(title)} - "
        return self._template.substitute(
            title=name + "mod_websocket", heading=html.escape(title), up=up, body=body,
            version=html.escape(self._version), navigation=self._navigation(here))

    def _navigation(self, here):
        def item(label, target):
            current = ' aria-current="page"' if target == here else ""
            link = posixpath.relpath(target, posixpath.dirname(here) or ".")
            return f'<li><a href="{link}"{current}>{html.escape(label)}</a></li>'

        parts = ["<ul>", item("Overview", address(INDEX)), item("Quick reference", REFERENCE), "</ul>"]
        for title, links in self.chapters:
            parts += [f"<h2>{html.escape(title)}</h2><ul>"]
            parts += [item(label, address(name)) for label, name in links]
            parts += ["</ul>"]
        return "".join(parts)


class Manners(Extension):
    """What this manual does beyond Markdown."""

    def __init__(self, manual, page):
        super().__init__()
        self._manual, self._page = manual, page

    def extendMarkdown(self, md):  # pylint: disable=invalid-name
        md.treeprocessors.register(Entries(md, self._manual, self._page), "entries", 4)
        md.treeprocessors.register(Links(md, self._manual, self._page), "links", 3)
        md.treeprocessors.register(WideTables(md), "wide_tables", 2)


class Entries(Treeprocessor):
    """The list under a directive's heading becomes the table that httpd's manual has there."""

    def __init__(self, md, manual, page):
        super().__init__(md)
        self._manual = manual
        self._entries = {one.name: one for one in page.entries}

    def run(self, root):
        children = list(root)
        for heading, rows in zip(children, children[1:]):
            name = "".join(heading.itertext())
            if heading.tag == "h2" and name in self._entries and rows.tag == "ul":
                root[list(root).index(rows)] = self._table(rows)
                heading.text, label = "", etree.Element("a", {"href": f"#{name.lower()}"})
                label.text = name
                heading.append(label)
                heading.set("class", "directive")

    def _table(self, rows):
        said = {}
        for row in rows:
            name, _, rest = row.text.partition(":")
            row.text = rest.strip()
            said[name] = row
        constants = {"Status": "Extension", "Module": "mod_websocket",
                     "Compatibility": f"httpd {self._manual.httpd} and later"}
        table = etree.Element("table", {"class": "directive"})
        for name in (*ROWS, *constants):
            line = etree.SubElement(table, "tr")
            etree.SubElement(line, "th", {"scope": "row"}).text = f"{name}:"
            cell = etree.SubElement(line, "td")
            if name in said:
                cell.text = said[name].text
                cell.extend(list(said[name]))
            else:
                cell.text = constants.get(name, "not in .htaccess")
        return table


class Links(Treeprocessor):
    """Links go from page to page; the name of a directive in code leads to its entry. What is not a page of the manual
    but a file of the source is named and not linked, since it is not installed beside it."""

    def __init__(self, md, manual, page):
        super().__init__(md)
        self._manual, self._page = manual, page
        self._here = address(page.name)

    def run(self, root):
        synopses = {cell for table in root.iter("table") if table.get("class") == "directive" for cell in table.iter()}
        for parent in [one for one in root.iter() if one not in synopses]:
            for index, child in enumerate(list(parent)):
                if child.tag == "a":
                    self._mend(child)
                elif child.tag == "code" and parent.tag not in ("a", "h1", "h2", "h3"):
                    self._link(parent, index, child)

    def _to(self, target):
        return posixpath.relpath(target, posixpath.dirname(self._here) or ".")

    def _mend(self, link):
        path, _, fragment = link.get("href").partition("#")
        if not path or re.match(r"^\w+:", path):
            return
        name = posixpath.normpath(posixpath.join(posixpath.dirname(self._page.name), path))
        if name in self._manual.sources:
            link.set("href", self._to(address(name)) + (f"#{fragment}" if fragment else ""))
        elif self._manual.exists(name):
            link.tag = "span"
            del link.attrib["href"]
        else:
            raise sources.Fault(f"{self._page.name}: a link to {path}, which is not there")

    def _link(self, parent, index, code):
        entry = self._manual.entries.get((code.text or "").split(" ")[0])
        if entry is None:
            return
        link = etree.Element("a", {"href": f"{self._to(address(entry.page))}#{anchor(entry)}"})
        if address(entry.page) == self._here:
            link.set("href", f"#{anchor(entry)}")
        link.tail, code.tail = code.tail, None
        parent[index] = link
        link.append(code)


class WideTables(Treeprocessor):
    """A table that does not fit scrolls by itself and not the page."""

    def run(self, root):
        for index, child in enumerate(list(root)):
            if child.tag == "table":
                root[index] = frame = etree.Element("div", {"class": "wide"})
                frame.append(child)
