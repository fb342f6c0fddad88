# SPDX-License-Identifier: Apache-2.0
from .peer import Peer

CONFIGURATION = """\
server.document-root = "{folder}"
server.bind = "127.0.0.1"
server.port = {port}
server.listen-backlog = 4096
server.max-fds = {descriptors}
server.max-connections = {connections}
server.modules = ( "mod_wstunnel" )
wstunnel.server = ( "" => ( ( "host" => "127.0.0.1", "port" => {backend_port} ) ) )
wstunnel.frame-type = "binary"
"""


class Lighttpd(Peer):
    name = "lighttpd"
    package = "lighttpd"
    program = "lighttpd"
    backend = "tcp"

    def command(self):
        configuration = self.write("lighttpd.conf", CONFIGURATION.format(
            folder=self.folder, port=self.port, backend_port=self.backend_port,
            connections=self.tunnels + 512, descriptors=2 * self.tunnels + 1100))
        return [self.find_program(), "-D", "-f", str(configuration)]
