# SPDX-License-Identifier: Apache-2.0
"""irc-framework, an IRC client that speaks IRCv3 over WebSockets, and ngircd, which does not."""

import pytest

from support.matrix import every_scheme

pytestmark = pytest.mark.sanitizer

# Beyond the basic plane, right to left, and with an accent of its own.
GREETING = "gr\u00fc\u00dfe bob, \u4e16\u754c \u05e9\u05dc\u05d5\u05dd \U0001f642 e\u0301"
# IRC's lines are of 512 bytes: the library must cut this, and does so between characters.
LONG = "\u00fc\u4e16\U0001f642" * 120


@every_scheme
def test_two_users_talk_and_leave(httpd, npm, url_of, endpoint, ngircd):
    said = npm("irc", "talk", url=url_of(endpoint(ngircd)), greeting=GREETING, many=50,
               long=LONG)
    assert said["protocols"] == ["text.ircv3.net"] * 2
    assert said["connections"] == 2, "a connection failed and was tried anew"
    assert said["names"] == ["ann", "bob"]
    assert said["greetings"] == [{"nick": "ann", "target": "#peers", "message": GREETING}]
    assert said["numbers"] == [{"nick": "bob", "target": "ann", "message": f"number {number}"}
                               for number in range(50)]
    assert len(said["pieces"]) > 1 and "".join(said["pieces"]) == LONG
    assert "good night" in said["farewell"]
    # bob's tunnel ends as ngircd does. ann's library sends a Close without a code after her QUIT: what
    # comes back is an echo, unless ngircd was faster.
    anns_code, bobs_code = said["codes"]
    assert anns_code in (1000, 1005) and bobs_code == 1000
    del httpd  # which now finds that neither tunnel is left
