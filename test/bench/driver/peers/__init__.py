# SPDX-License-Identifier: Apache-2.0
"""The servers that are measured, in the order of the table."""

from .haproxy import Haproxy
from .httpd import ModProxyWstunnel, ModWebsocket
from .lighttpd import Lighttpd
from .nginx import Nginx
from .relay import Relay
from .websockify import Websockify

ALL = [Relay, Nginx, Haproxy, Lighttpd, ModProxyWstunnel, Websockify, ModWebsocket]
