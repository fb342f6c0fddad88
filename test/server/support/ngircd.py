# SPDX-License-Identifier: Apache-2.0
"""A real ngircd, which knows nothing of the web."""

from .daemon import Daemon

CONFIGURATION = """\
[Global]
Name = irc.test.example
Info = test
Listen = 127.0.0.1
Ports = {port}
MotdPhrase = welcome
[Options]
Ident = no
PAM = no
DNS = no
[Limits]
MaxConnectionsIP = 0
PingTimeout = 120
MaxPenaltyTime = 0
"""


class Ngircd(Daemon):
    program = "ngircd"
    name = "irc.test.example"

    def command(self):
        configuration = self.folder / "ngircd.conf"
        configuration.write_text(CONFIGURATION.format(port=self.port))
        return "--nodaemon", "--config", configuration
