# SPDX-License-Identifier: Apache-2.0
from .peer import Peer, unprivileged_user

CONFIGURATION = """\
{user}
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log stderr error;
worker_rlimit_nofile {descriptors};
events {{
  worker_connections {connections};
}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    listen 127.0.0.1:{tls_port} ssl backlog=4096;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    ssl_protocols TLSv1.3;
    location / {{
      proxy_pass http://127.0.0.1:{backend_port};
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
      proxy_read_timeout 1h;
      proxy_send_timeout 1h;
    }}
  }}
}}
"""


class Nginx(Peer):
    name = "nginx"
    package = "nginx"
    program = "nginx"
    tls = True

    def command(self):
        owner = unprivileged_user()
        configuration = self.write("nginx.conf", CONFIGURATION.format(
            user=f"user {owner.pw_name};" if owner else "", folder=self.folder, port=self.port,
            tls_port=self.tls_port, backend_port=self.backend_port,
            certificate=self.certificate.certificate, key=self.certificate.key,
            connections=2 * self.tunnels + 512, descriptors=2 * self.tunnels + 600))
        return [self.find_program(), "-c", str(configuration), "-p", str(self.folder)]
