# SPDX-License-Identifier: Apache-2.0
"""Clients that go without a word while something is on its way to them: the tunnel goes too, and
nobody is kept busy with what is left."""

import time

import pytest

from support import policy
from support.matrix import everywhere
from support.waiting import wait_until

pytestmark = [pytest.mark.endurance, pytest.mark.sanitizer]

COUNT = 30


@everywhere
def test_clients_that_vanish_with_an_answer_under_way_leave_nothing_behind(new_httpd, connect_to,
                                                                           echo, scheme):
    httpd = new_httpd(extra="WebSocketCloseTimeout 1s")
    httpd.permit(r"\[ssl:|\[core:")
    httpd.write("ws/echo.xml", policy.document(echo.port))
    client = connect_to(httpd, scheme)
    for number in range(COUNT):
        with client.websocket("/ws/echo.xml") as tunnel:
            tunnel.send(b"x" * 1000)
            if number % 3 == 0:
                tunnel.send_close(1001)
            elif number % 3 == 1:
                tunnel.connection.finish_sending()
    assert wait_until(lambda: len(echo.sessions) >= COUNT, 20), f"{len(echo.sessions)} came"
    assert len(echo.sessions) == COUNT
    assert wait_until(lambda: not httpd.leaked(), 6), f"{len(httpd.leaked())} descriptors stay"
    before = httpd.cpu_seconds()
    time.sleep(0.5)
    assert httpd.cpu_seconds() - before < 0.2
