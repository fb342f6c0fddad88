# SPDX-License-Identifier: Apache-2.0
"""A real Mosquitto, on plain TCP."""

from support.daemon import Daemon

# As root it would change to a user of its own, who need not be able to read the folder.
CONFIGURATION = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence false
user root
log_dest stdout
log_type all
"""


class Mosquitto(Daemon):
    program = "mosquitto"

    def command(self):
        configuration = self.folder / "mosquitto.conf"
        configuration.write_text(CONFIGURATION.format(port=self.port))
        return "-c", configuration
