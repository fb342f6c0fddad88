# SPDX-License-Identifier: Apache-2.0
"""The status page's formats, read as those do who use them."""

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from urllib.parse import urlencode

from . import policy
from .waiting import wait_until

CONFIGURATION = """
<Location "/status">
  SetHandler websocket-status
  WebSocketStatus On
</Location>
<Location "/echo">
  SetHandler websocket-echo
</Location>
"""

SAMPLE = re.compile(r'^(?P<name>\w+)(?:\{(?P<labels>.*)\})? (?P<value>\S+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def furnish(httpd, port):
    """With two endpoints, /ws/echo.xml and /ws/other.xml."""
    for name in ("echo", "other"):
        httpd.write(f"ws/{name}.xml", policy.document(port))
    return httpd


def read(client, path="/status"):
    """The JSON."""
    response = client.request(f"{path}?json")
    assert response.status == 200, response.status
    assert response.get("Content-Type") == "application/json"
    return json.loads(response.body)


def wait_for(client, condition, timeout=10):
    """The first JSON that fulfils the condition."""
    last = {}

    def look():
        last.update(read(client))
        return condition(last)

    assert wait_until(look, timeout, 0.1), json.dumps(last, indent=1)
    return last


def endpoint(data, policy):
    """What the JSON tells of the endpoint; None where it is not there."""
    return next((one for one in data["endpoints"] if one["policy"] == policy), None)


def scrape(client, path="/status"):
    """{(name, frozenset of labels): value} of the Prometheus format."""
    response = client.request(f"{path}?prometheus")
    assert response.status == 200
    assert response.get("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
    samples = {}
    for line in response.body.decode().splitlines():
        if line.startswith("#"):
            continue
        match = SAMPLE.match(line)
        assert match, line
        key = match["name"], frozenset(LABEL.findall(match["labels"] or ""))
        assert key not in samples, f"{line}: a second sample of the same name and labels"
        samples[key] = float(match["value"])
    return samples


def promtool_complaints(text):
    """What `promtool check metrics` has to say; None where there is no promtool."""
    program = shutil.which("promtool")
    if program is None:
        return None
    done = subprocess.run([program, "check", "metrics"], input=text, check=False, timeout=30,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = done.stdout.decode(errors="replace")
    return said or ("" if done.returncode == 0 else f"exit {done.returncode}")


class Page(HTMLParser):
    """The page's sections by id, each as a list of rows of cells; its buttons; its token."""

    def __init__(self, text):
        super().__init__()
        self.tables, self.buttons, self.token, self.tags = {}, [], None, []
        self._section, self._row = None, None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append((tag, attributes))
        if tag == "section":
            self._section = self.tables.setdefault(attributes["id"], [])
        elif tag == "tr":
            self._row = []
            self._section.append(self._row)
        elif tag in ("td", "th"):
            self._row.append("")
        elif tag == "button":
            self.buttons.append((attributes["name"], attributes["value"]))
        elif tag == "input" and attributes.get("name") == "token":
            self.token = attributes["value"]

    def handle_data(self, data):
        if self._row:
            self._row[-1] += data.strip()


def page(client, headers=None, path="/status"):
    response = client.request(path, headers=headers)
    assert response.status == 200, response.status
    return Page(response.body.decode())


def post(client, fields, headers=None, path="/status"):
    """What a browser sends of the page's form, but for what `headers` changes (None: left out)."""
    standard = {"Content-Type": "application/x-www-form-urlencoded", "Origin": client.origin,
                "Sec-Fetch-Site": "same-origin"}
    body = urlencode(fields).encode()
    changed = {**standard, "Content-Length": str(len(body)), **(headers or {})}
    return client.request(path, "POST", changed, body=body)
