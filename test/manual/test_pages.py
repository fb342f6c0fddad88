# SPDX-License-Identifier: Apache-2.0
"""The manual in HTML, as `make install-html` puts it into a folder."""

import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from browser.support.browser import Browser
from conftest import ENTRIES, PAGES
from support import installation
from support.daemon import find_program

BUILD = Path(os.environ.get("MOD_WEBSOCKET_BUILD", installation.SOURCE))
# HTML of today that this tidy does not know.
UNKNOWN_TO_TIDY = 'proprietary attribute "aria-current"'
GENERATE = installation.SOURCE / "build" / "manual" / "generate"


class Anatomy(HTMLParser):
    """What a page links to, and what can be linked to in it."""

    def __init__(self, text):
        super().__init__()
        self.links, self.ids, self.headings, self.words = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag in ("a", "link"):
            self.links.append(attributes.get("href", ""))
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            self.headings.append(int(tag[1]))

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return "".join(self.words)


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """The folder of the pages."""
    folder = tmp_path_factory.mktemp("html")
    done = subprocess.run(["make", "-C", BUILD, "install-html", f"htmldir={folder}"], text=True, capture_output=True,
                          check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="session")
def pages(installed):
    """address: Anatomy"""
    found = {path.relative_to(installed).as_posix(): Anatomy(path.read_text(encoding="utf-8"))
             for path in sorted(installed.rglob("*.html"))}
    assert len(found) > 12
    return found


def test_every_page_is_valid(installed, pages):
    complaints = []
    for name in pages:
        done = subprocess.run([find_program("tidy"), "-quiet", "-errors", installed / name], text=True,
                              capture_output=True, check=False, timeout=30)
        assert done.returncode in (0, 1), done.stderr
        complaints += [f"{name}: {line}" for line in done.stderr.splitlines() if UNKNOWN_TO_TIDY not in line]
    assert not complaints


def test_an_invalid_page_would_be_found(tmp_path):
    page = tmp_path / "page.html"
    page.write_text('<!DOCTYPE html><html lang="en"><head><title>a</title></head><body><p><div></p></body></html>')
    assert subprocess.run([find_program("tidy"), "-quiet", "-errors", page], capture_output=True, check=False,
                          timeout=30).returncode == 1


def test_ids_are_unique_and_headings_skip_no_level(pages):
    for name, page in pages.items():
        assert len(page.ids) == len(set(page.ids)), name
        assert page.headings.count(1) == 1, name
        for before, after in zip(page.headings, page.headings[1:]):
            assert after <= before + 1, f"{name}: {page.headings}"


def test_every_link_leads_somewhere(installed, pages):
    checked = 0
    for name, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            assert not parts.scheme and not parts.netloc, f"{name}: {link} leads away"
            path = os.path.normpath(os.path.join(os.path.dirname(name), unquote(parts.path))) if parts.path else name
            assert (installed / path).is_file(), f"{name}: {link}"
            if parts.fragment:
                assert parts.fragment in pages[path].ids, f"{name}: {link}"
            checked += 1
    assert checked > 200


def test_every_page_is_reached_from_every_page(pages):
    for name, page in pages.items():
        linked = {os.path.normpath(os.path.join(os.path.dirname(name), urlsplit(link).path)) for link in page.links}
        assert set(pages) - {name} <= linked, name


def test_the_quick_reference_has_every_directive(pages):
    links = [link for link in pages["quickreference.html"].links if "#websocket" in link]
    for entry in ENTRIES.values():
        assert f"{Path(entry.page).stem}.html#{entry.name.lower()}" in links
        assert entry.rows["Description"] in pages["quickreference.html"].text


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_an_entry_has_all_of_its_rows(pages, name):
    page = pages[f"{Path(ENTRIES[name].page).stem}.html"].text
    start = page.index(f"Syntax:{name}") - len(ENTRIES[name].rows["Description"]) - len("Description:")
    entry = page[start:page.index("Compatibility:", start)]
    for row in ("Description:", "Syntax:", "Default:", "Context:", "Override:", "Status:Extension",
                "Module:mod_websocket"):
        assert row in entry


# ---- in a browser --------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def browser():
    browser = Browser()
    yield browser
    browser.quit()


@pytest.mark.parametrize("width", [360, 800, 1280])
def test_no_page_is_wider_than_the_screen(installed, pages, browser, width):
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False})
    for name in pages:
        browser.driver.get((installed / name).as_uri())
        wide = browser.driver.execute_script("return [innerWidth, document.documentElement.scrollWidth]")
        assert wide[0] == width and wide[1] <= width, name
    browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_it_follows_the_light_and_the_dark(installed, browser):
    grounds = []
    for scheme in ("light", "dark"):
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]})
        browser.driver.get((installed / "index.html").as_uri())
        grounds.append(browser.driver.execute_script("return getComputedStyle(document.body).backgroundColor"))
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert len(set(grounds)) == 2


# ---- what would not become a page ----------------------------------------------------------------

@pytest.mark.parametrize("old, new, said", [
    ("(../policy.md)", "(../nonesuch.md)", "nonesuch.md"),
    ("- [Compression](compression.md)", "- Compression", "does not list doc/manual/compression.md"),
    ("```apache", "```", "marked ''"),
])
def test_a_fault_of_the_sources_is_an_error(tmp_path, old, new, said):
    for name, page in PAGES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = page.text.replace(old, new, 1) if name == "doc/manual/index.md" else page.text
        path.write_text(text, encoding="utf-8")
    done = subprocess.run([sys.executable, GENERATE, "--source", tmp_path, tmp_path / "html"], text=True,
                          capture_output=True, check=False, timeout=60)
    assert done.returncode == 1 and said in done.stderr, done.stderr
