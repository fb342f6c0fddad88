# SPDX-License-Identifier: Apache-2.0
"""What doc/coming-from.md says that one has written elsewhere, in the programs that it is for: each block of a guide is
put into a frame, with this machine's ports, and started; each line is looked through by the program itself."""

import os
import re
import shlex
import subprocess
import tempfile
from pathlib import Path

from driver.peers.peer import Peer, unprivileged_user
from support import installation

LIGHTTPD = """\
server.document-root = "{folder}"
server.bind = "127.0.0.1"
server.port = {port}
{text}
"""

NGINX = """\
{user}
daemon off;
pid {folder}/nginx.pid;
error_log stderr error;
{main}
events {{ }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  limit_conn_zone $binary_remote_addr zone=address:1m;
  server {{
    listen 127.0.0.1:{port};
    {text}
  }}
}}
"""

HAPROXY_LINE = """\
global
  {global}
frontend web
  mode http
  timeout client 1m
  bind 127.0.0.1:1
  default_backend irc
  {frontend}
backend irc
  mode http
  timeout connect 5s
  timeout server 1m
  {backend}
"""

HTTPD = """\
ServerRoot "{folder}"
ServerName localhost
PidFile "{folder}/httpd.pid"
DefaultRuntimeDir "{folder}"
Mutex default:{folder}
ErrorLog "{folder}/errors"
{user}
{modules}
Listen 127.0.0.1:{port}
{text}
"""

HTTPD_MODULES = ("mpm_event", "unixd", "authz_core", "ssl", "socache_shmcb", "proxy", "proxy_http", "proxy_wstunnel")


def here(text, ports):
    """With the ports of this machine: {port of the guide: port}."""
    return re.sub(r"\b(" + "|".join(map(str, ports)) + r")\b", lambda found: str(ports[int(found.group())]), text)


class Before(Peer):
    """`text` is what the guide has, `ports` say what its ports are here; the one to be reached may be among them."""

    own_port = None  # the guide's, where it names one

    def __init__(self, text="", ports=None):
        super().__init__(0)
        self.text, self.ports = text, ports or {}

    def filled(self):
        return here(self.text, {**self.ports, **({self.own_port: self.port} if self.own_port else {})})

    def faults(self, line):
        """What the program itself has against a line of its configuration; none if it takes it somewhere."""
        raise NotImplementedError

    def check(self, *words):
        """What a command that looks through a configuration says; empty if it is content."""
        done = subprocess.run([self.find_program(), *map(str, words)], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False, timeout=60)
        return "" if done.returncode == 0 else done.stdout or str(done.returncode)


class Websockify(Before):
    name = program = "websockify"
    own_port = 6080

    def command(self):
        words = shlex.split(self.filled())
        assert words[0] == "websockify"
        return [self.find_program(), *words[1:]]

    def faults(self, line):
        """Its options are looked for in what it says of itself, since some of them want files that are there."""
        known = subprocess.run([self.find_program(), "--help"], text=True, capture_output=True, check=True).stdout
        named = re.findall(r"--[a-z-]+", line)
        return "" if named and all(re.search(rf"{one}\b", known) for one in named) else f"unknown: {line}"


class Lighttpd(Before):
    name = program = "lighttpd"

    def configuration(self, text):
        return self.write("lighttpd.conf", LIGHTTPD.format(folder=self.folder, port=self.port or 1, text=text))

    def command(self):
        return [self.find_program(), "-D", "-f", str(self.configuration(self.filled()))]

    def faults(self, line):
        configuration = self.configuration(f'server.modules += ( "mod_wstunnel" )\n{line}')
        done = subprocess.run([self.find_program(), "-tt", "-f", configuration], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False, timeout=60)
        unknown = re.search("unknown config-key|deprecated", done.stdout)
        return done.stdout if done.returncode != 0 or unknown else ""


class Nginx(Before):
    name = program = "nginx"

    def configuration(self, text, main=""):
        owner = unprivileged_user()
        return self.write("nginx.conf", NGINX.format(
            user=f"user {owner.pw_name};" if owner else "", folder=self.folder, port=self.port or 1, text=text, main=main))

    def command(self):
        return [self.find_program(), "-c", str(self.configuration(self.filled())), "-p", str(self.folder)]

    def faults(self, line):
        said = ""
        for text, main in ((f"location /line {{ {line} }}", ""), (line, ""), ("", line)):
            said = self.check("-t", "-c", self.configuration(text, main), "-p", self.folder)
            if not said:
                break
        return said


class Haproxy(Before):
    name = program = "haproxy"
    own_port = 8080

    def command(self):
        return [self.find_program(), "-db", "-f", str(self.write("haproxy.cfg", self.filled()))]

    def faults(self, line):
        said = ""
        for place in ("global", "frontend", "backend"):
            lines = {"global": "", "frontend": "", "backend": "", place: line}
            said = self.check("-c", "-f", self.write("line.cfg", HAPROXY_LINE.format(**lines)))
            if not said:
                break
        return said


class ModProxy(Before):
    name = "mod_proxy"

    @classmethod
    def find_program(cls):
        return str(installation.program())

    def configuration(self, text):
        owner, folder = unprivileged_user(), installation.modules_folder()
        return self.write("httpd.conf", HTTPD.format(
            folder=self.folder, port=self.port or 1, text=text,
            user=f"User #{owner.pw_uid}\nGroup #{owner.pw_gid}" if owner else "",
            modules="\n".join(f'LoadModule {name}_module "{folder}/mod_{name}.so"' for name in HTTPD_MODULES
                              if f"mod_{name}" not in installation.built_in())))

    def command(self):
        return [self.find_program(), "-d", str(self.folder), "-f", str(self.configuration(self.filled())), "-DFOREGROUND"]

    def faults(self, line):
        return self.check("-t", "-d", self.folder, "-f", self.configuration(line))


PROGRAMS = {
    "websockify and noVNC": Websockify,
    "One URL for several targets": Websockify,
    "httpd mod_proxy": ModProxy,
    "lighttpd mod_wstunnel": Lighttpd,
    "nginx": Nginx,
    "haproxy": Haproxy,
}


def token_folder(tokens):
    """A folder with a file of websockify's tokens."""
    folder = Path(tempfile.mkdtemp(prefix="websocket-tokens-"))
    (folder / "targets").write_text(tokens)
    os.chmod(folder, 0o755)
    return folder
