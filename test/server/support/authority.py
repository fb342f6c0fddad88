# SPDX-License-Identifier: Apache-2.0
"""A certificate authority of the test's own, and the certificates that it issues."""

import itertools
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def _openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


@dataclass(frozen=True)
class Issued:
    """A certificate with its chain, in one PEM file, and its key."""

    certificate: Path
    key: Path

    def server_context(self, *, version=None):
        """`version` pins one version of TLS, also one that OpenSSL thinks too old."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if version is not None:
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = version
        context.load_cert_chain(self.certificate, self.key)
        return context


class Authority:
    """`root` is its own certificate, in PEM; everything lives in `folder`."""

    _numbers = itertools.count(1)

    def __init__(self, folder, name="authority"):
        self._folder, self.name = folder, name
        self.root = folder / f"{name}.crt"
        self._key = folder / f"{name}.key"
        _openssl("req", "-x509", *KEY, "-days", "2", "-subj", f"/CN={name}",
                 "-keyout", self._key, "-out", self.root)

    def issue(self, names="DNS:localhost", *, subject="/CN=target", days=2, usage="serverAuth",
              ca=False):
        """`names` as in subjectAltName, or None for a certificate without; `days` may be -1."""
        stem = self._folder / f"{self.name}-{next(self._numbers)}"
        request, key, certificate = (stem.with_suffix(end) for end in (".csr", ".key", ".crt"))
        extensions = stem.with_suffix(".ext")
        extensions.write_text("\n".join(
            [f"basicConstraints=critical,CA:{'TRUE' if ca else 'FALSE'}"]
            + ([] if ca else [f"extendedKeyUsage={usage}"])
            + ([f"subjectAltName={names}"] if names else [])))
        _openssl("req", *KEY, "-subj", subject, "-utf8", "-keyout", key, "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", self.root, "-CAkey", self._key,
                 "-days", days, "-extfile", extensions, "-out", certificate)
        key.chmod(0o644)  # for an httpd or a target that may have no root; it lives for minutes
        return Issued(certificate, key)

    def intermediate(self):
        """An authority below this one; what it issues brings its certificate along."""
        return Intermediate(self)

    def self_signed(self, names="DNS:localhost"):
        stem = self._folder / f"{self.name}-{next(self._numbers)}"
        certificate, key = stem.with_suffix(".crt"), stem.with_suffix(".key")
        _openssl("req", "-x509", *KEY, "-days", "2", "-subj", "/CN=self", "-addext",
                 f"subjectAltName={names}", "-addext", "basicConstraints=critical,CA:FALSE",
                 "-keyout", key, "-out", certificate)
        return Issued(certificate, key)


class Intermediate(Authority):
    def __init__(self, above):  # pylint: disable=super-init-not-called
        own = above.issue(None, subject="/CN=intermediate", ca=True)
        self._folder, self.name = above._folder, f"{above.name}-below"
        self.root, self._key = own.certificate, own.key

    def issue(self, *arguments, **options):
        issued = super().issue(*arguments, **options)
        with open(issued.certificate, "a", encoding="ascii") as chain:
            chain.write(self.root.read_text("ascii"))
        return issued
