# SPDX-License-Identifier: Apache-2.0
"""httpd twice: with this module, and with its own proxy for WebSocket. Alike but for that."""

from support import installation, policy

from .peer import Peer, unprivileged_user

# One child, unless it is about several, and Debian's 25 threads where a tunnel does not keep its thread; no .htaccess, no log.
CONFIGURATION = """\
ServerRoot "{folder}"
ServerName localhost
PidFile "{folder}/httpd.pid"
DefaultRuntimeDir "{folder}"
Mutex default:{folder}
ErrorLog "{folder}/console-errors"
LogLevel warn
{user}
{modules}
Listen 127.0.0.1:{port}
Listen 127.0.0.1:{tls_port}
ListenBacklog 4096
StartServers {children}
ServerLimit {children}
ThreadLimit {threads}
ThreadsPerChild {threads}
MaxRequestWorkers {all_threads}
MinSpareThreads 1
MaxSpareThreads {all_threads}
MaxConnectionsPerChild 0
DocumentRoot "{folder}/htdocs"
<Directory />
  AllowOverride None
  Require all denied
</Directory>
<Directory "{folder}/htdocs">
  Require all granted
</Directory>
{endpoint}
<VirtualHost 127.0.0.1:{tls_port}>
  SSLEngine on
  SSLProtocol TLSv1.3
  SSLCertificateFile "{certificate}"
  SSLCertificateKeyFile "{key}"
</VirtualHost>
"""

MODULES = ("mpm_event", "unixd", "authz_core", "ssl")


class Httpd(Peer):
    package = "apache2-bin"
    path = "/tunnel"
    modules = ()

    @classmethod
    def installed(cls):
        return installation.program().is_file()

    @property
    def threads(self):
        return 25

    def endpoint(self):
        raise NotImplementedError

    def load_modules(self):
        folder = installation.modules_folder()
        return "\n".join(f'LoadModule {name}_module "{folder}/mod_{name}.so"'
                         for name in (*MODULES, *self.modules)
                         if f"mod_{name}" not in installation.built_in())

    def command(self):
        owner = unprivileged_user()
        (self.folder / "htdocs").mkdir(exist_ok=True)
        self.write("htdocs/index.html", "<!DOCTYPE html><title>plain</title><p>served as ever\n")
        configuration = self.write("httpd.conf", CONFIGURATION.format(
            folder=self.folder, port=self.port, tls_port=self.tls_port, threads=self.threads,
            children=self.children, all_threads=self.children * self.threads,
            user=f"User #{owner.pw_uid}\nGroup #{owner.pw_gid}" if owner else "",
            modules=self.load_modules(), endpoint=self.endpoint(),
            certificate=self.certificate.certificate, key=self.certificate.key))
        return [str(installation.program()), "-d", str(self.folder), "-f", str(configuration),
                "-DFOREGROUND"]


class ModWebsocket(Httpd):
    name = "mod_websocket"
    backend = "tcp"
    tls = True
    # A policy is not kept until its file has not changed for two seconds: what was written within
    # one tick of the file system's clock could not be told apart. Ours is as old as the server.
    settling = 2.2
    framing = None

    def load_modules(self):
        return super().load_modules() + \
            f'\nLoadModule websocket_module "{installation.module_under_test()}"'

    def endpoint(self):
        document = self.write("policy.xml", policy.document(
            self.backend_port,
            more=f"<framing>{self.framing}</framing>" if self.framing else ""))
        return f'<Location "/tunnel">\n  WebSocketPolicyFile "{document}"\n</Location>'


class ModProxyWstunnel(Httpd):
    name = "wstunnel"
    most_tunnels = 1000  # a thread each
    modules = ("proxy", "proxy_wstunnel")

    @property
    def threads(self):
        return self.tunnels + 25  # each tunnel keeps one

    def endpoint(self):
        return f'ProxyPass "/tunnel" "ws://127.0.0.1:{self.backend_port}/"\nProxyTimeout 3600'
