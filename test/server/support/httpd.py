# SPDX-License-Identifier: Apache-2.0
"""A real httpd of the test's own: own configuration, own folder, ports that the kernel chose."""

import os
import pwd
import re
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

from . import crash, installation, processes, sanitizer
from .error_log import CRASH, ErrorLog
from .waiting import wait_until

# What a fresh Debian loads, and what the tests need besides.
MODULES = """authn_core authn_file authz_core authz_host authz_user access_compat auth_basic alias
autoindex deflate dir env filter mime negotiation setenvif status reqtimeout logio remoteip headers
rewrite socache_shmcb ssl""".split()

# Debian's own limits, as in its mods-available/mpm_*.conf.
LIMITS = {
    "event": {"StartServers": 2, "MinSpareThreads": 25, "MaxSpareThreads": 75, "ThreadLimit": 64,
              "ThreadsPerChild": 25, "MaxRequestWorkers": 150, "MaxConnectionsPerChild": 0},
    "prefork": {"StartServers": 5, "MinSpareServers": 5, "MaxSpareServers": 10,
                "MaxRequestWorkers": 150, "MaxConnectionsPerChild": 0},
}
LIMITS["worker"] = LIMITS["event"]

# Of prefork: a process for each of some tunnels, and as many to spare as it wants, so that none is started later: one
# that is told to end while it is being started may crash (doc/operation.md).
SPARE_PROCESSES = {"StartServers": 10}

CONFIGURATION = """\
ServerRoot "{root}"
PidFile "{root}/run/httpd.pid"
DefaultRuntimeDir "{root}/run"
CoreDumpDirectory "{root}/report"
Mutex default:{root}/run
ErrorLog "{root}/log/error.log"
{modules}
LogLevel info
{user}
{server_name}
Listen 127.0.0.1:{http_port}
Listen 127.0.0.1:{https_port}
Timeout 300
KeepAlive On
MaxKeepAliveRequests 100
KeepAliveTimeout 5
{limits}
TypesConfig "{root}/conf/mime.types"
LogFormat "%v:%p %a %u \\"%r\\" %>s %I %O" traffic
CustomLog "{root}/log/access.log" traffic
RequestReadTimeout header=20-40,minrate=500
RequestReadTimeout body=10,minrate=500
RemoteIPHeader X-Forwarded-For
RemoteIPTrustedProxy 10.99.99.99
AddOutputFilterByType DEFLATE text/html text/plain text/xml application/xml
<IfModule ssl_module>
  SSLSessionCache "shmcb:{root}/run/ssl_scache(512000)"
  SSLSessionCacheTimeout 300
</IfModule>
DocumentRoot "{root}/htdocs"
<Directory />
  AllowOverride None
  Require all denied
</Directory>
<Directory "{root}/htdocs">
  Require all granted
</Directory>
<Location "/server-status">
  SetHandler server-status
</Location>
{websocket}
{extra}
<IfModule ssl_module>
  <VirtualHost 127.0.0.1:{https_port}>
    ServerName localhost
    {https}
  </VirtualHost>
</IfModule>
"""

HTTPS = """SSLEngine on
  SSLCertificateFile "{certificate.certificate}"
  SSLCertificateKeyFile "{certificate.key}"
"""

# The folder /ws is where endpoints live unless a test says otherwise.
WEBSOCKET = """LogLevel websocket:debug
<Directory "{root}/htdocs/ws">
  WebSocket On
</Directory>
"""


def _free_ports(count):
    """Ports that were free a moment ago; httpd may still lose the race and is then started anew."""
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def _unprivileged_user():
    for name in ("www-data", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("neither www-data nor nobody is a user of this machine")


class StartFailed(RuntimeError):
    """httpd ended before it listened; carries what it said."""


class Httpd:
    """One instance. `extra` goes into the server config, `https_extra` into the TLS virtual host.

    In both, {root}, {http_port}, {https_port} and {https} stand for this instance's own.
    `modules` are loaded besides Debian's own, `without` are not; `limits` replace Debian's;
    `targets` is the server-wide WebSocketTarget, `server_name` the ServerName; None leaves the
    directive out. `faults` are preloaded, below the sanitizers.
    """

    def __init__(self, certificate, *, mpm="event", extra="", https_extra="", targets="same-host",
                 server_name="localhost", limits=None, max_descriptors=None, keep=False,
                 module=True, modules=(), without=(), faults=None):
        self.mpm = mpm
        self.certificate = certificate
        self.root = Path(tempfile.mkdtemp(prefix="websocket-httpd-"))
        self.error_log = ErrorLog(self.root / "log" / "error.log")
        self._extra, self._https_extra, self._targets = extra, https_extra, targets
        self._server_name = server_name
        self._limits = {**LIMITS[mpm], **(limits or {})}
        self._max_descriptors = max_descriptors
        self._keep = keep
        self._faults = faults
        self._module = module
        self._modules = [name for name in (*MODULES, "unixd", *modules) if name not in without]
        self._process = None
        self._told_reports = set()
        self._make_folders()
        self._choose_ports()

    # -- folders and configuration ----------------------------------------------------------------

    def _make_folders(self):
        self.root.chmod(0o755)
        for name in ("conf", "htdocs/ws", "log", "run", "report"):
            (self.root / name).mkdir(parents=True)
        (self.root / "report").chmod(0o777)
        (self.root / "conf" / "mime.types").write_text(
            "text/html html\ntext/plain txt\napplication/xml xml\n")
        self.write("index.html", "<!DOCTYPE html><title>plain</title><p>served as ever</p>\n")
        self.write("secret.txt", "the secret\n")

    @property
    def documents(self):
        return self.root / "htdocs"

    def write(self, name, text):
        """Puts a file into the web root and gives its path."""
        path = self.documents / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def _choose_ports(self):
        self.http_port, self.https_port = _free_ports(2)
        self._write_configuration()

    @property
    def configuration(self):
        return self.root / "conf" / "httpd.conf"

    def _fill(self, text):
        """Only our own placeholders: braces of httpd's variables stay as they are."""
        for name, value in (("root", self.root), ("http_port", self.http_port),
                            ("https_port", self.https_port),
                            ("https", HTTPS.format(certificate=self.certificate))):
            text = text.replace("{%s}" % name, str(value))
        return text

    def _load_modules(self):
        folder = installation.modules_folder()
        lines = [f'LoadModule mpm_{self.mpm}_module "{folder}/mod_mpm_{self.mpm}.so"']
        for name in self._modules:
            if f"mod_{name}" not in installation.built_in():
                lines.append(f'LoadModule {name}_module "{folder}/mod_{name}.so"')
        if self._module:
            lines.append(f'LoadModule websocket_module "{installation.module_under_test()}"')
        return "\n".join(lines)

    def _write_configuration(self):
        websocket = ""
        if self._module:
            websocket = WEBSOCKET
            if self._targets is not None:
                websocket = f"WebSocketTarget {self._targets}\n" + websocket
        user = ""
        if os.geteuid() == 0:
            owner = _unprivileged_user()
            user = f"User #{owner.pw_uid}\nGroup #{owner.pw_gid}"
        self.configuration.write_text(CONFIGURATION.format(
            root=self.root, http_port=self.http_port, https_port=self.https_port,
            modules=self._load_modules(), user=user,
            server_name=f"ServerName {self._server_name}" if self._server_name else "",
            limits="\n".join(f"{name} {value}" for name, value in self._limits.items()),
            websocket=self._fill(websocket), extra=self._fill(self._extra),
            https=self._fill("{https}" + self._https_extra)))

    # -- life -------------------------------------------------------------------------------------

    def _command(self, *arguments):
        return [str(installation.program()), "-d", str(self.root), "-f", str(self.configuration),
                *arguments]

    def _environment(self):
        environment = {**os.environ, "LC_ALL": "C",
                       "SSL_CERT_FILE": str(self.certificate.authority.root)}
        preloaded = []
        for more in (sanitizer.environment(self.root / "report"),
                     self._faults.environment() if self._faults else {}):
            environment.update(more)
            preloaded += [more["LD_PRELOAD"]] if more else []
        return {**environment, "LD_PRELOAD": " ".join(preloaded)} if preloaded else environment

    def _before_exec(self):
        most = resource.RLIM_INFINITY if os.geteuid() == 0 else resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (most, most))
        if self._max_descriptors:
            resource.setrlimit(resource.RLIMIT_NOFILE,
                               (self._max_descriptors, self._max_descriptors))

    def configtest(self, *arguments):
        """(exit status, what was said) of `httpd -t`."""
        done = subprocess.run(self._command("-t", *arguments), env=self._environment(), text=True,
                              check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=30, preexec_fn=self._before_exec)
        return done.returncode, done.stdout

    def start(self):
        for attempt in range(5):
            self._spawn()
            if wait_until(lambda: self._ready(1) or self._process.poll() is not None, 30) \
                    and self._process.poll() is None:
                return self
            said = self.console() + "\n".join(
                line.raw for line in self.error_log.lines(from_start=True))
            self.kill()
            if "could not bind" not in said or attempt == 4:
                self.remove()
                raise StartFailed(said)
            self._choose_ports()
        raise AssertionError("unreachable")

    def _spawn(self):
        with open(self.root / "log" / "console", "wb") as console:
            self._process = subprocess.Popen(
                self._command("-DFOREGROUND"), env=self._environment(), stdin=subprocess.DEVNULL,
                stdout=console, stderr=console, start_new_session=True,
                preexec_fn=self._before_exec)

    def _ready(self, times):
        """Whether httpd has said so often that it resumes normal operations."""
        said = sum("resuming normal operations" in line.raw
                   for line in self.error_log.lines(from_start=True))
        return said >= times

    def _signal_and_wait(self, number):
        before = sum("resuming normal operations" in line.raw
                     for line in self.error_log.lines(from_start=True))
        self._process.send_signal(number)
        if not wait_until(lambda: self._ready(before + 1), 20):
            raise AssertionError("httpd did not resume operations:\n" + self.log_text())

    def graceful(self):
        """Returns when who connects comes to a new child."""
        old = set(self.children())
        self._signal_and_wait(signal.SIGUSR1)

        def listening():
            return [one.pid for one in processes.descriptors(old & set(self.children()))
                    if one.kind == "listener"]

        if not wait_until(lambda: not listening(), 20):
            raise AssertionError(f"old children go on listening: {listening()}\n{self.log_text()}")

    def settle(self):
        """Lets children that are about to have nothing to do get there. One that is freeing a connection, or that has only
        just been started, may crash when it is told to end without grace, with this module or without: doc/operation.md.
        """
        wait_until(lambda: processes.at_rest(self.children()), 0.5, 0.002)

    def wait_at_rest(self):
        """Returns when all children have been started, for tests that ask it to stop in the middle of something."""
        started = self._limits["StartServers"]
        assert wait_until(lambda: len(self.children()) >= started and processes.at_rest(self.children()), 15), \
            "the children go on with something"

    def restart(self):
        self.settle()
        self._signal_and_wait(signal.SIGHUP)

    def signal_stop(self, number=signal.SIGTERM):
        """Asks httpd to stop and does not wait."""
        self._process.send_signal(number)

    def wait_stopped(self, timeout=20):
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"httpd did not stop in {timeout} s:\n{self.log_text()}") from None

    def stop(self):
        if self.running:
            self.settle()
            self.signal_stop()
            self.wait_stopped()

    def kill(self):
        """The end when nothing else helps: its own session, so only its own children."""
        processes.kill_session(self._process)

    def kill_child(self, pid, number=signal.SIGKILL):
        """As of a crash; returns when httpd has noticed."""
        if number != signal.SIGKILL:  # of which httpd logs nothing
            self.error_log.expect_killed(pid)
        os.kill(pid, number)
        assert wait_until(lambda: not processes.is_child(pid, self.pid)), \
            "httpd did not notice that a child was killed"

    def change_configuration(self, old, new):
        """For the next restart."""
        text = self.configuration.read_text()
        assert old in text, f"{old!r} is not in the configuration"
        self.configuration.write_text(text.replace(old, new))

    def take_module_away(self):
        """For the next restart; returns the configuration of before."""
        with_module = self.configuration.read_text()
        self.configuration.write_text(re.sub(
            r"(?m)^\s*(WebSocket|LoadModule websocket|SetHandler websocket|LogLevel websocket).*$", "", with_module))
        return with_module

    @property
    def running(self):
        return self._process is not None and self._process.poll() is None

    def remove(self):
        if self._keep:
            print(f"kept: {self.root}")
        else:
            shutil.rmtree(self.root, ignore_errors=True)

    # -- looking inside ---------------------------------------------------------------------------

    @property
    def pid(self):
        return self._process.pid

    def children(self):
        return processes.children(self.pid)

    def worker_of(self, connection):
        """The child that holds the server's end of this client connection; None if none does."""
        return self.workers_of([connection])[0]

    def workers_of(self, connections):
        return processes.owners_of_peers(
            [(one.local_port, one.remote_port) for one in connections], self.children())

    def pss_kib(self):
        """Memory of all children together, in KiB, shared pages counted once."""
        return sum(processes.pss_kib(pid) for pid in self.children())

    def cpu_seconds(self):
        return sum(processes.cpu_seconds(pid) for pid in self.children())

    def read_octets(self):
        """What all children have read from files and connections."""
        return sum(processes.read_octets(pid) for pid in self.children())

    def descriptors(self, kind=None):
        return [one for one in processes.descriptors(self.children())
                if kind is None or one.kind == kind]

    def leaked(self):
        """Connections that children still hold, and files of the web root that they left open.

        mod_http2 has every child hold a socket that is never connected: one a child is its own.
        """
        spared = set() if "http2" in self._modules else None
        found = []
        for one in self.descriptors():
            if one.kind == "connection" and not one.known and spared is not None \
                    and one.pid not in spared:
                spared.add(one.pid)
            elif one.kind == "connection" or (
                    one.kind == "file" and one.target.startswith(str(self.documents))):
                found.append(one)
        return found

    def console(self):
        path = self.root / "log" / "console"
        return path.read_text(errors="replace") if path.exists() else ""

    def log_text(self):
        return "\n".join(line.raw for line in self.error_log.lines())

    def access_lines(self):
        path = self.root / "log" / "access.log"
        return path.read_text(errors="replace").splitlines() if path.exists() else []

    def expect(self, pattern):
        self.error_log.expect(pattern)

    def permit(self, pattern):
        self.error_log.permit(pattern)

    def _backtraces(self):
        """Where children crashed, as far as they left cores and there is a gdb."""
        if not shutil.which("gdb"):
            return []
        return [subprocess.run(["gdb", "-batch", "-nx", "-ex", "bt 40", str(installation.program()),
                                str(core)], text=True, check=False, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, timeout=60).stdout
                for core in sorted((self.root / "report").glob("core*"))]

    def _crashes(self, unexpected):
        """These lines and where children crashed, without what is httpd's own fault."""
        reports = [one for one in sanitizer.reports(self.root / "report") if one not in self._told_reports]
        self._told_reports.update(reports)
        where = [sanitizer.text(one) for one in reports]
        ends = [raw for raw in unexpected if "exit signal" in raw]
        if ends and not where:
            where = self._backtraces()
        # Where the kernel calls every core "core", of all that crash at once the last one's is left.
        all_told = len(ends) == len(where) or (where and (self.root / "report" / "core").exists())
        if ends and all_told and all(crash.is_httpds_own(one) for one in where):
            return [raw for raw in unexpected if not CRASH.search(raw)], []
        return unexpected, where

    def complaints(self):
        """What is wrong at the end of a test, one text each; empty when all is well."""
        found = []
        if self.running:  # httpd looks for ended children once a second, and logs how they ended
            wait_until(lambda: not processes.unreaped(self.pid), 3, 0.05)
        if self.running and not wait_until(lambda: not self.leaked(), 8):
            found += [f"descriptor left open in a child: {one}" for one in self.leaked()]
        wait_until(lambda: not self.error_log.missing(), 2)
        found += [f"expected in the error log, not found: {pattern}"
                  for pattern in self.error_log.missing()]
        unexpected, crashes = self._crashes(self.error_log.unexpected())
        found += [f"unexpected in the error log: {raw}" for raw in unexpected]
        return found + [f"where a child ended: {one}" for one in crashes]
