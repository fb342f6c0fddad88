# SPDX-License-Identifier: Apache-2.0
"""What httpd needs for WebSocket on streams of HTTP/2, beside its module http2, which refuses to work
under prefork."""

CONFIGURATION = """
Protocols h2 h2c http/1.1
H2WebSockets On
<Location "/echo">
  SetHandler websocket-echo
</Location>
"""
