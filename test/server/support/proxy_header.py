# SPDX-License-Identifier: Apache-2.0
"""A strict reader of the PROXY protocol, versions 1 and 2, after its specification's section 2.

What a lenient receiver would put up with is a ValueError here.
"""

import ipaddress
import re
import socket
import struct
from dataclasses import dataclass, field

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
LINE = re.compile(rb"PROXY (TCP[46]) (\S+) (\S+) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4})\r\n")
LONGEST_LINE, LONGEST = 107, 536

AUTHORITY, SSL = 0x02, 0x20
SSL_VERSION, SSL_CN, SSL_CIPHER = 0x21, 0x22, 0x23
CLIENT_SSL, CLIENT_CERT_CONN, CLIENT_CERT_SESS = 0x01, 0x02, 0x04


@dataclass
class Tls:
    client: int
    verify: int
    version: str = None
    cipher: str = None
    common_name: str = None


@dataclass
class Header:
    protocol: int
    source: str
    source_port: int
    destination: str
    destination_port: int
    size: int
    tlvs: dict = field(default_factory=dict)

    @property
    def authority(self):
        return self.tlvs[AUTHORITY].decode() if AUTHORITY in self.tlvs else None

    @property
    def tls(self):
        if SSL not in self.tlvs:
            return None
        value = self.tlvs[SSL]
        require(len(value) >= 5, "PP2_TYPE_SSL is shorter than its fixed part")
        inner = _tlvs(value[5:], {SSL_VERSION, SSL_CN, SSL_CIPHER})
        require(not value[0] & CLIENT_SSL or SSL_VERSION in inner, "TLS without its version")
        return Tls(value[0], *struct.unpack("!I", value[1:5]),
                   *(inner[one].decode() if one in inner else None
                     for one in (SSL_VERSION, SSL_CIPHER, SSL_CN)))


def require(holds, what):
    if not holds:
        raise ValueError(f"PROXY header: {what}")


def _tlvs(data, known):
    found = {}
    while data:
        require(len(data) >= 3, "a TLV is cut off")
        kind, size = struct.unpack("!BH", data[:3])
        require(len(data) >= 3 + size, "a TLV is longer than what is left")
        require(kind in known, f"TLV {kind:#x} is not expected")
        require(kind not in found, f"TLV {kind:#x} comes twice")
        require(size > 0, f"TLV {kind:#x} is empty")
        found[kind], data = data[3:3 + size], data[3 + size:]
    return found


def parse_v1(line):
    require(len(line) <= LONGEST_LINE, "the line is too long")
    match = LINE.fullmatch(line)
    require(match, f"no such line: {line!r}")
    family, source, destination, *ports = (part.decode("ascii") for part in match.groups())
    address = ipaddress.IPv4Address if family == "TCP4" else ipaddress.IPv6Address
    for text in (source, destination):
        require(family == "TCP4" or "." not in text, f"{text} is not all hexadecimal")
        address(text)  # a ValueError of its own
    require(all(int(port) <= 65535 for port in ports), "no such port")
    return Header(1, source, int(ports[0]), destination, int(ports[1]), len(line))


def parse_v2(data):
    require(data[:12] == SIGNATURE, "no signature")
    require(data[12] == 0x21, "not version 2, PROXY")
    require(data[13] in (0x11, 0x21), f"family and transport {data[13]:#x}")
    size, = struct.unpack("!H", data[14:16])
    require(len(data) == 16 + size, "the length is wrong")
    width = 4 if data[13] == 0x11 else 16
    block = data[16:16 + 2 * width + 4]
    require(len(block) == 2 * width + 4, "the addresses are cut off")
    source, destination, *ports = struct.unpack(f"!{width}s{width}sHH", block)
    return Header(2, str(ipaddress.ip_address(source)), ports[0],
                  str(ipaddress.ip_address(destination)), ports[1], len(data),
                  _tlvs(data[16 + len(block):], {AUTHORITY, SSL}))


def read(connection):
    """The header that a connection begins with, and not a byte behind it. It must come at once."""
    arrived = connection.recv(LONGEST, socket.MSG_PEEK)
    if arrived.startswith(SIGNATURE):
        require(len(arrived) >= 16, "it did not come at once")
        size, = struct.unpack("!H", arrived[14:16])
        size += 16
    else:
        size = arrived.find(b"\r\n") + 2
        require(size > 1, f"no PROXY header: {arrived!r}")
    require(size <= LONGEST, "it is longer than the smallest segment")
    require(len(arrived) >= size, "it did not come at once")
    data = connection.recv(size)
    return parse_v2(data) if data.startswith(SIGNATURE) else parse_v1(data)


class ProxyHeader:
    """A target's opening (see support.targets): the header becomes `session.header`."""

    def __call__(self, session):
        session.header = read(session.connection)
