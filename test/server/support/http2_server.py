# SPDX-License-Identifier: Apache-2.0
"""What httpd needs for WebSocket on streams of HTTP/2, beside its module http2."""

import pytest

CONFIGURATION = """
Protocols h2 h2c http/1.1
H2WebSockets On
<Location "/echo">
  SetHandler websocket-echo
</Location>
"""

# mod_http2 refuses to work under prefork.
both_mpms = pytest.mark.parametrize("mpm", ["event", "worker"], indirect=True)
