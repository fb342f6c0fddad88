# SPDX-License-Identifier: Apache-2.0
from .peer import Peer

CONFIGURATION = """\
global
  nbthread 1
  maxconn {connections}
  ssl-default-bind-options ssl-min-ver TLSv1.3
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout tunnel 1h
frontend clients
  bind 127.0.0.1:{port} backlog 4096
  bind 127.0.0.1:{tls_port} backlog 4096 ssl crt {pem}
  default_backend echo
backend echo
  server one 127.0.0.1:{backend_port}
"""


class Haproxy(Peer):
    name = "haproxy"
    package = "haproxy"
    program = "haproxy"
    tls = True

    def command(self):
        pem = self.write("server.pem", self.certificate.certificate.read_text()
                         + self.certificate.key.read_text())
        configuration = self.write("haproxy.cfg", CONFIGURATION.format(
            port=self.port, tls_port=self.tls_port, backend_port=self.backend_port, pem=pem,
            connections=self.tunnels + 512))
        return [self.find_program(), "-db", "-f", str(configuration)]
