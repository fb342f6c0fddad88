# SPDX-License-Identifier: Apache-2.0
"""Asking an endpoint why it refused, and reading what it says."""

import json

PROBLEM = "application/problem+json"
ASKS = {"Accept": PROBLEM}
EVIL = "https://evil.example"
FRIEND = "https://friend.example"
TITLES = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 426: "Upgrade Required",
          500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable",
          504: "Gateway Timeout"}


def explain(client, path, headers=None, origin=None, method="GET"):
    """The page's origin is the endpoint's own unless told."""
    return client.request(path, method,
                          {**ASKS, "Origin": origin or client.origin, **(headers or {})})


def reason_of(response):
    """Of an answer that is a whole and sound problem."""
    assert response.get("Content-Type") == PROBLEM
    assert response.get("Cache-Control") == "no-store"
    assert {"origin", "accept"} <= set(response.tokens("Vary"))
    problem = json.loads(response.body)
    assert list(problem) == ["type", "title", "status", "detail", "reason"]
    assert problem["type"] == "about:blank"
    assert problem["title"] == TITLES[response.status]
    assert problem["status"] == response.status
    assert problem["detail"].endswith(".")
    return problem["reason"]


def assert_told(response, status, reason):
    assert (response.status, reason_of(response)) == (status, reason)


def assert_readable_by(response, origin, *, credentials):
    assert response.get("Access-Control-Allow-Origin") == origin
    assert response.get("Access-Control-Allow-Credentials") == ("true" if credentials else None)


def assert_nobody_came(client, path, target):
    """Connections are taken in their order: that of a tunnel is the first."""
    tunnel = client.websocket(path)
    tunnel.echo(b"the first")
    tunnel.close()
    assert len(target.sessions) == 1
