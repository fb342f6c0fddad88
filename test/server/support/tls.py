# SPDX-License-Identifier: Apache-2.0
"""One self-made certificate for the whole run, and client contexts that trust nothing else."""

import ssl
import subprocess

from .authority import Authority

VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}

NAMES = "DNS:localhost,DNS:one.test,DNS:two.test,IP:127.0.0.1"


class Certificate:
    """httpd's own. `authority` stands for the system's: httpd trusts the targets that it vouches
    for."""

    def __init__(self, folder):
        self.certificate = folder / "server.crt"
        self.key = folder / "server.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
             f"subjectAltName={NAMES}", "-addext", "basicConstraints=critical,CA:FALSE",
             "-keyout", self.key, "-out", self.certificate],
            check=True, capture_output=True)
        self.authority = Authority(folder, "system")
        self.key.chmod(0o644)  # read once by an httpd that may have no root; it lives for minutes

    def client_context(self, version=None):
        """A context that verifies the server; `version` pins one TLS version."""
        context = ssl.create_default_context(cafile=self.certificate)
        if version is not None:
            context.minimum_version = context.maximum_version = version
        return context
