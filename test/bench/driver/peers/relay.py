# SPDX-License-Identifier: Apache-2.0
from ..programs import program_of_ours
from .peer import Peer


class Relay(Peer):
    """The floor: moves bytes and looks at none."""

    name = "relay"

    @classmethod
    def installed(cls):
        return True

    def command(self):
        # It says where it listens, which its console has.
        return [program_of_ours("relay"), str(self.backend_port)]

    def _listens(self):
        said = self.console()
        if said.endswith("\n"):
            self.port = int(said.split()[0])
        return said.endswith("\n")
