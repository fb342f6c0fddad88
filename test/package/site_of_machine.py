# SPDX-License-Identifier: Apache-2.0
"""What a site of Debian's apache2 needs for an endpoint: a policy and a .htaccess in /var/www/html, and a file of the
administrator's in conf-available."""

from support.client import Client
from support.policy import document
from support.waiting import wait_until

CONFIGURATION = """\
<IfModule websocket_module>
  WebSocketTarget {rule}
</IfModule>
<Directory /var/www/html>
  AllowOverride FileInfo
</Directory>
"""


class Site:
    URL = "/echo.xml"

    def __init__(self, machine, port):
        self.machine, self.port, self.http_port = machine, port, machine.http_port
        self.client = Client(self, timeout=60)
        machine.write("/var/www/html/echo.xml", document(port))
        machine.write("/var/www/html/.htaccess",
                      '<IfModule websocket_module>\n  <Files "echo.xml">\n    WebSocket On\n  </Files>\n</IfModule>\n')
        self.allow(f"same-host:{port}")
        machine.run("a2enconf", "--quiet", "local-websocket")
        machine.run("invoke-rc.d", "apache2", "reload")
        self.await_status(101)

    def allow(self, rule):
        self.machine.write("/etc/apache2/conf-available/local-websocket.conf", CONFIGURATION.format(rule=rule))

    def status(self):
        """What a handshake is answered; None where nobody answers."""
        try:
            return self.client.handshake(self.URL).status
        except OSError:
            return None

    def await_status(self, status):
        """Old children may answer for a moment after a reload, and nobody after a restart."""
        wait_until(lambda: self.status() == status, 60)
        assert self.status() == status, self.machine.read("/var/log/apache2/error.log")

    def tunnel(self):
        return self.client.websocket(self.URL)

    def close(self):
        self.client.close()
