# SPDX-License-Identifier: Apache-2.0
"""Plays cases against one server, several at a time, each on a connection of its own."""

import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from support.client import accept_for
from support.connection import Ended, read_response

from . import deflate
from .case import Volume
from .fault import Fault
from .peer import Peer
from .wire import Wire

EXTENSIONS = "Sec-WebSocket-Extensions"


@dataclass(frozen=True)
class Result:
    number: str
    fault: str  # empty where it passed

    @property
    def passed(self):
        return not self.fault


class Runner:
    """`client` (a support.client.Client) makes the handshakes for `path`. `patience` is how many
    seconds a server may do nothing at all before a case has failed."""

    def __init__(self, client, path="/echo", *, in_flight=6, patience=15.0, volume=Volume()):
        self._client, self._path = client, path
        self._in_flight, self._patience, self._volume = in_flight, patience, volume

    def run(self, cases):
        """number -> Result"""
        with ThreadPoolExecutor(self._in_flight) as pool:
            return {result.number: result for result in pool.map(self.play, cases)}

    def play(self, case):
        try:
            self._play(case)
            fault = ""
        except Fault as found:
            fault = str(found)
        except Exception:  # a defect of the case itself, which must not pass for a verdict
            fault = traceback.format_exc()
        return Result(case.number, fault)

    def _play(self, case):
        with Wire(self._client.port, tls=self._client.tls_context, patience=self._patience) as wire:
            agreement = self._shake_hands(wire, case.offers)
            wire.go_live()
            case.play(Peer(wire, agreement=agreement, seed=case.number), self._volume)

    def _shake_hands(self, wire, offers):
        """What was agreed for compression; None where nothing was offered."""
        request, key = self._client.upgrade_request(
            self._path, {EXTENSIONS: deflate.header(offers) or None})
        wire.send(request)
        try:
            response = read_response(wire)
        except (Ended, TimeoutError) as error:
            raise Fault(f"the handshake was not answered: {error}") from None
        if response.status != 101:
            raise Fault(f"the handshake was answered with {response.status} {response.reason}")
        if response.all("Sec-WebSocket-Accept") != [accept_for(key)]:
            raise Fault("the handshake was answered with a wrong Sec-WebSocket-Accept")
        answered = response.all(EXTENSIONS)
        if offers:
            return deflate.agreed(answered, offers)
        if answered:
            raise Fault(f"an extension was answered and none offered: {answered}")
        return None
