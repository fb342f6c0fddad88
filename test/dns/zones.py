# SPDX-License-Identifier: Apache-2.0
"""Zones for the tests, signed by Knot's own tools when the tests start.

Two trust anchors, `test.` and `arpa.`; below them a zone for each thing that can be right or wrong.
192.0.2.N and 2001:db8::N lead by their reverse zones, which are signed, to the name that is tried.
"""
import dataclasses
import pathlib
import re
import subprocess
import time

SERVED_BY = "www.example.com"
GRANT = '"v=websocket1; port=6667,6697; from=www.example.com"'
DAY = 86400

HEAD = """\
$TTL 300
@ SOA ns.test. hostmaster.test. 1 3600 600 86400 60
@ NS ns.test.
"""

POLICIES = {
    "plain": "algorithm: ecdsap256sha256",
    "ed25519": "algorithm: ed25519",
    "rsa": "algorithm: rsasha256",
    "nsec3": "algorithm: ecdsap256sha256\n    nsec3: on",
    "opt-out": "algorithm: ecdsap256sha256\n    nsec3: on\n    nsec3-opt-out: on",
    "sha1": "algorithm: rsasha1",
}


@dataclasses.dataclass
class Zone:
    name: str                      # with its trailing dot
    records: str = ""
    policy: str = "plain"
    signed: bool = True
    delegated: bool = True         # the parent has a DS record of it, where it is signed
    parent: str = ""
    when: float = 0                # signed as if now were so many seconds later
    tamper: tuple = ()             # (text, text): changed in the signed zone
    serve_unsigned: bool = False   # the parent's DS stands, the signatures are gone
    wrong_ds: bool = False         # the parent's DS is of a key that never was

    @property
    def file(self):
        return self.name.replace("/", "-") + "zone"


def host(name, number, record=GRANT, owner=None):
    """A host at 192.0.2.number with its consent."""
    text = f"{name} A 192.0.2.{number}\n"
    return text + (f"{owner or name} TXT {record}\n" if record else "")


def plan():
    big = " ".join(f'"other purpose {n} {"x" * 200}"' for n in range(12))
    good = (
        host("irc", 1)
        + host("service", 2, owner="_websocket.service")
        + host("two-strings", 3, '"v=websocket1; port=66" "67; from=www.example.com"')
        + host("elsewhere", 4, '"v=websocket1; port=6667; from=www.example.net"')
        + host("port", 5, '"v=websocket1; port=25; from=www.example.com"')
        + host("silent", 6, None)
        + host("liar", 99)
        + host("big", 8)
        + "".join(f'big TXT "filler {n} {"x" * 240}"\n' for n in range(12))
        + host("large-record", 9, big)
        + host("crowd", 50) + "".join(f'crowd TXT "{n}"\n' for n in range(300))
        + "irc AAAA 2001:db8::1\n"
        + "18.customer PTR irc18\n" + host("irc18", 18)
        + host("irc17", 17)
        + "alias CNAME aliased\naliased A 192.0.2.19\naliased TXT " + GRANT + "\n"
        + "*.wild A 192.0.2.20\n*.wild TXT " + GRANT + "\n"
        + "moved DNAME place\n" + host("irc.place", 25)
        + host("split", 21, '"v=websocket1; port=6667"')
        + 'split TXT "v=websocket1; from=www.example.com"\n'
        + host("spf", 22, '"v=spf1 -all"') + "spf TXT " + GRANT + "\n"
        + host("typo", 23, '"v=websocket1; port=6667; from=www.example.com; from=*"')
        + host("look-alike", 24, '"v=websocket1; port=6667; from=www.example.com.example.net '
                                 '*.www.example.com ww.example.com"')
    )
    reverse = "".join(
        f"{number} PTR {name}.test.\n" for number, name in {
            1: "irc.good", 2: "service.good", 3: "two-strings.good", 4: "elsewhere.good",
            5: "port.good", 6: "silent.good", 7: "liar.good", 8: "big.good", 9: "large-record.good",
            19: "alias.good", 20: "x.wild.good", 21: "split.good", 22: "spf.good", 23: "typo.good",
            24: "look-alike.good", 25: "irc.moved.good", 30: "irc.expired", 31: "irc.future", 32: "irc.bogus",
            33: "irc.unsigned", 34: "irc.stripped", 35: "irc.wrong-ds", 36: "irc.sha1",
            37: "irc.nsec3", 38: "irc.rsa", 39: "irc.ed25519", 40: "irc.below.opt-out",
            42: "nowhere.good", 48: "irc.below.unsigned", 49: "alias.unsigned",
            50: "crowd.good",
        }.items())
    reverse += (
        "17 CNAME 17.16/28\n17.16/28 PTR irc17.good.test.\n"
        "18 CNAME 18.customer.good.test.\n"
        "44 CNAME 45\n45 CNAME 44\n"
        '46 PTR evil\\010name.test.\n'
        "47 PTR missing-1.good.test.\n47 PTR liar.good.test.\n47 PTR several.good.test.\n"
    )
    good += host("several", 47)
    zones = [
        Zone("good.test.", good, parent="test."),
        Zone("expired.test.", host("irc", 30), parent="test.", when=-60 * DAY),
        Zone("future.test.", host("irc", 31), parent="test.", when=60 * DAY),
        Zone("bogus.test.", host("irc", 32), parent="test.",
             tamper=("www.example.com", "www.example.org")),
        Zone("below.unsigned.test.", host("irc", 48), parent="unsigned.test."),
        Zone("unsigned.test.", host("irc", 33) + "alias CNAME aliased.test.\n", parent="test.", signed=False),
        Zone("stripped.test.", host("irc", 34), parent="test.", serve_unsigned=True),
        Zone("wrong-ds.test.", host("irc", 35), parent="test.", wrong_ds=True),
        Zone("sha1.test.", host("irc", 36), parent="test.", policy="sha1"),
        Zone("nsec3.test.", host("irc", 37), parent="test.", policy="nsec3"),
        Zone("rsa.test.", host("irc", 38), parent="test.", policy="rsa"),
        Zone("ed25519.test.", host("irc", 39), parent="test.", policy="ed25519"),
        Zone("below.opt-out.test.", host("irc", 40), parent="opt-out.test.", signed=False),
        Zone("opt-out.test.", "", parent="test.", policy="opt-out"),
        Zone("2.0.192.in-addr.arpa.", reverse, parent="arpa."),
        Zone("8.b.d.0.1.0.0.2.ip6.arpa.", "1" + ".0" * 23 + " PTR irc.good.test.\n",
             parent="arpa."),
        Zone("113.0.203.in-addr.arpa.", "1 PTR irc.good.test.\n", parent="arpa.", signed=False),
        Zone("test.", "ns A 127.0.0.1\n" + host("aliased", 49)),
        Zone("arpa."),
    ]
    return zones


class Signer:
    """Writes and signs zones, children before their parents."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        for part in ("plain", "signed", "served", "keys"):
            (self.folder / part).mkdir(parents=True)

    def run(self):
        zones = plan()
        delegations = {}
        for zone in zones:
            text = HEAD + zone.records + delegations.get(zone.name, "")
            (self.folder / "plain" / zone.file).write_text(text)
            signed = self.sign(zone) if zone.signed else text
            served = text if zone.serve_unsigned else signed
            if zone.tamper:
                served = served.replace(*zone.tamper)
            (self.folder / "served" / zone.file).write_text(served)
            digest = self.delegation_signer(zone, signed)
            if zone.parent:
                added = f"{zone.name} NS ns.test.\n" + (digest if zone.delegated else "")
                delegations[zone.parent] = delegations.get(zone.parent, "") + added
            elif digest:
                with open(self.folder / "anchors", "a", encoding="ascii") as anchors:
                    anchors.write(digest)
        return zones

    def sign(self, zone):
        conf = self.folder / "sign.conf"
        conf.write_text(
            f'database:\n  storage: "{self.folder}/keys"\n'
            f"policy:\n  - id: it\n    {POLICIES[zone.policy]}\n    rrsig-lifetime: 14d\n"
            f'zone:\n  - domain: "{zone.name}"\n    storage: "{self.folder}/plain"\n'
            f'    file: "{zone.file}"\n    dnssec-signing: on\n    dnssec-policy: it\n')
        command = ["kzonesign", "-c", conf, "-o", self.folder / "signed"]
        if zone.when:
            command += ["-t", str(int(time.time() + zone.when))]
        subprocess.run(command + [zone.name], check=True, capture_output=True)
        return (self.folder / "signed" / zone.file).read_text()

    @staticmethod
    def delegation_signer(zone, signed):
        # The signer leaves what the parent is to publish in the zone, as CDS (RFC 7344).
        found = re.search(r"\sCDS\s+(\d+ \d+ \d+ )([0-9A-F]+)", signed)
        if not found:
            return ""
        digest = found[2][::-1] if zone.wrong_ds else found[2]
        return f"{zone.name} 300 DS {found[1]}{digest}\n"
