# SPDX-License-Identifier: Apache-2.0
"""aiosmtpd, which does not begin before it has been told the client by the PROXY protocol."""

import asyncio
import threading

from aiosmtpd.smtp import SMTP


class Letter:
    """What came by DATA, and who is said to have sent it."""

    def __init__(self, session, envelope):
        self.proxy = session.proxy_data
        self.mail_from, self.rcpt_tos = envelope.mail_from, envelope.rcpt_tos
        self.content = envelope.original_content

    @property
    def client(self):
        return str(self.proxy.src_addr), self.proxy.src_port


class MailServer:
    name = "mail.test.example"

    def __init__(self):
        self.letters = []
        self.told = []  # every PROXY header that was one
        self.connections = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._listener = self._call(self._listen())
        self.port = self._listener.sockets[0].getsockname()[1]

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(20)

    async def _listen(self):
        return await self._loop.create_server(self._serve, "127.0.0.1", 0)

    def _serve(self):
        self.connections += 1
        return SMTP(self, hostname=self.name, ident="test", loop=self._loop,
                    proxy_protocol_timeout=20)

    async def handle_PROXY(self, _server, _session, _envelope, proxy_data):
        self.told.append(proxy_data)
        return True

    async def handle_DATA(self, _server, session, envelope):
        self.letters.append(Letter(session, envelope))
        return "250 2.0.0 kept"

    async def _stop(self):
        self._listener.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def close(self):
        self._call(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
