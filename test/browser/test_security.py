# SPDX-License-Identifier: Apache-2.0
"""What the demo's httpd lets its pages do."""

import re
import urllib.error
import urllib.request

import pytest

from support.demo import REFUSED


def policy_of(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert len(answer.headers.get_all("Content-Security-Policy")) == 1
        return dict(directive.split(" ", 1) for directive in
                    answer.headers["Content-Security-Policy"].split("; "))


def test_every_page_comes_with_a_policy_that_loads_nothing_from_elsewhere(demo):
    for url in (demo.url("http"), demo.console_url, demo.visitors_url, demo.strangers_url):
        policy = policy_of(url)
        assert policy["default-src"] == "'none'"
        assert {policy[name] for name in ("script-src", "style-src", "img-src")} == {"'self'"}
        assert policy["require-trusted-types-for"] == "'script'"


def test_a_page_may_connect_where_it_has_to_and_only_the_console_anywhere(demo):
    site = demo.url("http").rstrip("/")
    assert policy_of(demo.url("http"))["connect-src"] == "'self'"
    assert policy_of(demo.console_url)["connect-src"] == "http: https: ws: wss:"
    assert policy_of(demo.visitors_url)["connect-src"] == f"'self' {site} {site.replace('http', 'ws')}"


@pytest.mark.parametrize("script, complaint", [
    ("document.body.innerHTML = '<b>x</b>'", "TrustedHTML"),
    ("const s = document.createElement('script'); s.textContent = 'document.title = 1'; document.head.append(s)",
     "TrustedScript"),
])
def test_no_string_becomes_markup_or_script(open_page, expected_errors, script, complaint):
    page = open_page()
    expected_errors.append(complaint)
    page.driver.execute_script(f"""
        try {{ {script} }} catch (error) {{ window.complaint = error.message; }}""")
    assert complaint in page.driver.execute_script("return window.complaint")
    assert page.driver.title == "IRC through httpd"


def test_a_policy_file_is_never_shown(demo):
    # The invalid one is complained of each time that it is read, the other when it is asked for.
    demo.also_expected.extend([REFUSED, re.compile("AH01630: .*/[.]htaccess")])
    for name in ("irc.xml", "invalid.xml", ".htaccess"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(demo.url("http") + name, timeout=30)
        assert b"<websocket>" not in refused.value.read()
