# SPDX-License-Identifier: Apache-2.0
"""DNS servers on loopback, on ports that the kernel chose: Knot as the authority for all test
zones, Unbound as a validating resolver in front of it, and a scripted one that misbehaves."""
import contextlib
import pathlib
import socket
import subprocess
import threading
import time


def free_port():
    """A port that is free for UDP and for TCP at this moment."""
    while True:
        with socket.socket(type=socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("127.0.0.1", 0))
            port = udp.getsockname()[1]
            with contextlib.suppress(OSError):
                tcp.bind(("127.0.0.1", port))
                return port


def question(name, kind):
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.strip(".").split("."))
    return (b"\x12\x34\x01\x00\x00\x01\0\0\0\0\0\0" + labels + b"\0"
            + kind.to_bytes(2, "big") + b"\0\x01")


def ask(port, message, timeout=0.3):
    with socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.settimeout(timeout)
        udp.sendto(message, ("127.0.0.1", port))
        return udp.recv(65535)


class Server:
    """A daemon in the foreground. Tried again on another port where somebody took ours."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        for _ in range(5):
            self.port = free_port()
            self.log = open(self.folder / "log", "w+b")
            self.process = subprocess.Popen(self.command(), stdout=self.log, stderr=self.log)
            if self.is_up():
                return
            self.stop()
        raise RuntimeError((self.folder / "log").read_text())

    def is_up(self):
        end = time.monotonic() + 20
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(OSError):
                if ask(self.port, question("ns.test", 1))[3] & 15 == 0:
                    return True
            time.sleep(0.05)
        return False

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()


class Knot(Server):
    def __init__(self, folder, zones, served):
        self.zones, self.served = zones, served
        super().__init__(folder)

    def command(self):
        conf = self.folder / "knot.conf"
        conf.write_text(
            f'server:\n  rundir: "{self.folder}"\n  listen: "127.0.0.1@{self.port}"\n'
            f'database:\n  storage: "{self.folder}"\nlog:\n  - target: stderr\n    any: warning\n'
            "template:\n  - id: default\n    journal-content: none\n    zonefile-sync: -1\n"
            f'    semantic-checks: off\n    storage: "{self.served}"\nzone:\n'
            + "".join(f'  - domain: "{zone.name}"\n    file: "{zone.file}"\n'
                      for zone in self.zones))
        return ["knotd", "-c", conf]


class Unbound(Server):
    def __init__(self, folder, upstream, anchors, extra=""):
        self.upstream, self.anchors, self.extra = upstream, anchors, extra
        super().__init__(folder)

    def command(self):
        conf = self.folder / "unbound.conf"
        upstream = self.upstream.replace(":", "@")
        conf.write_text(f"""server:
  interface: 127.0.0.1@{self.port}
  port: {self.port}
  username: ""
  chroot: ""
  directory: "{self.folder}"
  pidfile: "{self.folder}/pid"
  use-syslog: no
  do-daemonize: no
  num-threads: 1
  do-ip6: no
  do-not-query-localhost: no
  module-config: "validator iterator"
  trust-anchor-file: "{self.anchors}"
  ede: yes
  val-log-level: 1
  local-zone: "test." nodefault
  local-zone: "2.0.192.in-addr.arpa." nodefault
  local-zone: "113.0.203.in-addr.arpa." nodefault
  local-zone: "8.b.d.0.1.0.0.2.ip6.arpa." nodefault
  {self.extra}
remote-control:
  control-enable: no
forward-zone:
  name: "."
  forward-addr: {upstream}
""")
        return ["unbound", "-d", "-c", conf]


class Scripted:
    """A server that answers as a function says: from the query's octets to a list of datagrams, and
    for TCP to the octets that are written after the query was read. None: a reset."""

    def __init__(self, udp, tcp=None, host="127.0.0.1"):
        self.queries = []
        self.answer_udp, self.answer_tcp = udp, tcp
        self.host, self.port = host, free_port()
        self.udp = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((host, self.port))
        self.tcp = None
        if tcp:
            self.tcp = socket.create_server(("127.0.0.1", self.port))
            threading.Thread(target=self.serve_tcp, daemon=True).start()
        threading.Thread(target=self.serve_udp, daemon=True).start()

    @property
    def address(self):
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def serve_udp(self):
        with contextlib.suppress(OSError):
            while True:
                query, peer = self.udp.recvfrom(65535)
                self.queries.append(query)
                for reply in self.answer_udp(query):
                    if callable(reply):
                        reply(peer)
                    else:
                        self.udp.sendto(reply, peer)

    def serve_tcp(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.tcp.accept()
                with connection:
                    query = connection.recv(65535)
                    self.answer_tcp(connection, query)

    def close(self):
        self.udp.close()
        if self.tcp:
            self.tcp.close()
