# SPDX-License-Identifier: Apache-2.0
from .peer import Peer


class Websockify(Peer):
    name = "websockify"
    package = "websockify"
    program = "websockify"
    backend = "tcp"
    most_tunnels = 100  # a process of several megabytes each

    def command(self):
        return [self.find_program(), f"127.0.0.1:{self.port}", f"127.0.0.1:{self.backend_port}"]
