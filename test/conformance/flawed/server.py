# SPDX-License-Identifier: Apache-2.0
"""A server that has conversations."""

import socket
import ssl
import threading


class EchoServer:
    """Holds every connection's Conversation, of the class given, in a thread of its own. It has the
    ports that a support.client.Client asks its httpd for."""

    def __init__(self, conversation, certificate=None):
        self._conversation = conversation
        self.certificate = certificate
        self._tls = None
        if certificate:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate.certificate, certificate.key)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.http_port = self.https_port = self._listener.getsockname()[1]
        self._ended = False
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _accept(self):
        while True:
            connection, _ = self._listener.accept()
            if self._ended:
                connection.close()
                return
            thread = threading.Thread(target=self._serve, args=[connection])
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection):
        connection.settimeout(30)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls:
            try:
                connection = self._tls.wrap_socket(connection, server_side=True)
            except OSError:
                connection.close()
                return
        self._conversation(connection).run()

    def close(self):
        self._ended = True
        socket.create_connection(("127.0.0.1", self.http_port)).close()
        for thread in self._threads:
            thread.join()
        self._listener.close()
