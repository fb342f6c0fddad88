# SPDX-License-Identifier: Apache-2.0
"""Handshakes by the dozen at a server that has room for some."""

from .client import WebSocket
from .connection import read_response
from .waiting import wait_until


def assert_no_room(response):
    assert response.status == 503, response.status
    assert 1 <= int(response.get("Retry-After")) <= 60
    assert b"127.0.0.1" not in response.body


def knock(client, path, headers=None):
    """An open tunnel, or None where there was no room."""
    connection = client.connect()
    request, key = client.upgrade_request(path, headers)
    connection.send(request)
    response = read_response(connection)
    if response.status == 101:
        return WebSocket(connection, response, key)
    connection.close()
    assert_no_room(response)
    return None


def knock_until_let_in(client, path, headers=None):
    """The end of a tunnel is seen by its client a moment before its place is free."""
    tunnel = wait_until(lambda: knock(client, path, headers))
    assert tunnel, "no place became free"
    return tunnel


def fill(client, path, headers=None, most=500):
    """Tunnels until there is no room for more."""
    tunnels = []
    while tunnel := knock(client, path, headers):
        tunnels.append(tunnel)
        assert len(tunnels) < most, "nothing limits the tunnels"
    return tunnels


def storm(client, path, count, children=1):
    """So many handshakes at once, in so many children at least: (tunnels, number of refusals). Until then each lacks its
    last octet and keeps a thread of its child, or one child could have them all, as worker's take turns of any length:
    more of them have to come than the others' threads would take."""
    requests = []
    for _ in range(count):
        connection = client.connect(timeout=60)
        request, key = client.upgrade_request(path)
        connection.send(request[:-1])
        requests.append((connection, request[-1:], key))
    connections = [connection for connection, *_ in requests]
    assert wait_until(lambda: len(set(client.httpd.workers_of(connections)) - {None}) >= children), \
        f"fewer than {children} children have connections"
    for connection, rest, _ in requests:
        connection.send(rest)
    tunnels, refused = [], 0
    for connection, _, key in requests:
        response = read_response(connection)
        if response.status == 101:
            tunnels.append(WebSocket(connection, response, key))
        else:
            connection.close()
            assert_no_room(response)
            refused += 1
    return tunnels, refused
