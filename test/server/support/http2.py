# SPDX-License-Identifier: Apache-2.0
"""A client of HTTP/2 that speaks extended CONNECT (RFC 8441): many streams on one connection, each
of which can be a WebSocket. For one thread: whoever waits reads for every stream.

A stream's window is opened again only by bytes that the test takes; so a test that does not read is
a client that does not read. The connection's window is too large to matter.
"""

import time
from contextlib import suppress

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings

from .client import WebSocket
from .connection import Connection, Ended, Reader, Response

EXTENDED_CONNECT = h2.settings.SettingCodes.ENABLE_CONNECT_PROTOCOL
CONNECTION_WINDOW = 1 << 30
GOAWAY = 7


class Stream(Reader):
    """One stream, with what a WebSocket asks of a connection."""

    def __init__(self, session, number):
        self.session, self.number = session, number
        self.response = None
        self.ended = False  # END_STREAM came
        self.reset_code = None  # RST_STREAM came, or the connection is gone
        self.reads_at_once = False  # as a browser does: whatever comes opens the window again
        self._timeout = 10.0
        self._buffer = bytearray()

    def set_timeout(self, seconds):
        self._timeout = seconds

    # -- from the session --------------------------------------------------------------------------

    def note_data(self, data, flow_controlled):
        self._buffer += data
        at_once = flow_controlled if self.reads_at_once else flow_controlled - len(data)
        self._acknowledge(at_once)

    def _take(self, size):
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        if not self.reads_at_once:
            self._acknowledge(len(data))
        return data

    def _acknowledge(self, size):
        if size and not self.finished:
            self.session.acknowledge(self.number, size)

    @property
    def finished(self):
        return self.ended or self.reset_code is not None

    @property
    def buffered(self):
        """How much came that the test has not taken."""
        return len(self._buffer)

    # -- reading -----------------------------------------------------------------------------------

    def wait(self, condition, timeout=None):
        """Serves the connection until condition(); TimeoutError when that takes too long."""
        self.session.serve_until(condition, self._timeout if timeout is None else timeout)

    def receive_response(self):
        self.wait(lambda: self.response or self.finished)
        if self.response is None:
            raise Ended(f"stream {self.number} ended without a response: {self.reset_code}")
        return self.response

    def _wait_for_data(self):
        self.wait(lambda: self._buffer or self.finished)
        if not self._buffer:
            raise Ended("end of stream" if self.ended else f"reset: {self.reset_code}")

    def receive_some(self):
        self._wait_for_data()
        return self._take(self.buffered)

    def receive_exactly(self, size):
        data = bytearray()
        while len(data) < size:
            self._wait_for_data()
            data += self._take(size - len(data))
        return bytes(data)

    def at_end(self, timeout=5.0):
        """True when END_STREAM comes within `timeout` and nothing before it."""
        try:
            self.wait(lambda: self._buffer or self.finished, timeout)
        except TimeoutError:
            return False
        return not self._buffer and self.ended

    def silent_for(self, seconds):
        try:
            self.wait(lambda: self._buffer or self.finished, seconds)
        except TimeoutError:
            return True
        return False

    # -- writing -----------------------------------------------------------------------------------

    def send(self, data):
        """All of it, as the server opens its windows; TimeoutError when it does not."""
        view = memoryview(data)
        while view:
            view = view[self._send_some(view, None):]

    def send_until_stuck(self, data, patience):
        """How much went out before no window was opened for `patience` seconds."""
        view = memoryview(data)
        with suppress(TimeoutError):
            while view:
                view = view[self._send_some(view, patience):]
        return len(data) - len(view)

    def _send_some(self, view, timeout):
        self.wait(lambda: self.finished or self.session.window(self.number) > 0, timeout)
        if self.finished:
            raise Ended(f"stream {self.number} takes no more: {self.reset_code}")
        size = min(len(view), self.session.window(self.number))
        self.session.send_data(self.number, view[:size])
        return size

    def finish_sending(self):
        """END_STREAM: what FIN is to a connection."""
        self.session.end_stream(self.number)

    def reset(self, code=h2.errors.ErrorCodes.CANCEL):
        self.reset_code = code
        self.session.reset_stream(self.number, code)

    def close(self):
        """As a test's end needs it: nothing is left of the stream, the connection stays."""
        if not self.finished and not self.session.closed:
            self.reset()


class Http2:
    """One connection. `tls=None` begins HTTP/2 in the clear, by prior knowledge."""

    def __init__(self, port, *, authority, tls=None, server_name="localhost", window=65535,
                 receive_buffer=None):
        self.authority, self.scheme = authority, "https" if tls else "http"
        if tls:
            tls.set_alpn_protocols(["h2"])
        self.transport = Connection(port, tls=tls, server_name=server_name,
                                    receive_buffer=receive_buffer)
        if tls:
            assert self.transport.socket.selected_alpn_protocol() == "h2"
        self.local_port, self.remote_port = self.transport.local_port, port
        self.closed = False
        self.goaway = None  # the last stream that the server said it would serve
        self._unread = bytearray()
        self._streams = {}
        self._state = h2.connection.H2Connection(
            h2.config.H2Configuration(header_encoding="utf-8"))
        self._state.local_settings = h2.settings.Settings(initial_values={
            h2.settings.SettingCodes.ENABLE_PUSH: 0,
            h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window})
        self._state.initiate_connection()
        self._state.increment_flow_control_window(CONNECTION_WINDOW)
        self._flush()
        self._settings_came = False
        self.serve_until(lambda: self._settings_came, 10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def offers_extended_connect(self):
        return self._state.remote_settings.get(EXTENDED_CONNECT) == 1

    def earn_workers(self):
        """mod_http2 gives a connection 6 workers, and twice as many when a tenth of a second later a
        request has ended well, and so on: here 24 or more.
        """
        since, ended = time.monotonic(), 0
        while ended < 8 or time.monotonic() - since < 0.5:
            assert self.request("/index.html").status == 200
            ended += 1

    # -- the connection ----------------------------------------------------------------------------

    def _flush(self):
        data = self._state.data_to_send()
        if data and not self.closed:
            try:
                self.transport.send(data)
            except (ConnectionError, OSError):
                self._note_end()

    def _note_end(self):
        self.closed = True
        for stream in self._streams.values():
            if not stream.finished:
                stream.reset_code = "connection ended"

    def serve_until(self, condition, timeout):
        deadline = time.monotonic() + timeout
        while not condition():
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"nothing within {timeout} s")
            if self.closed:
                raise Ended("the connection has ended")
            self.transport.set_timeout(left)
            try:
                data = self.transport.receive_some()
            except TimeoutError:
                continue
            except Ended:
                self._note_end()
                continue
            self._unread += data
            for piece in self._whole_frames():
                for event in self._state.receive_data(piece):
                    self._heed(event)
            self.transport.set_timeout(10)
            self._flush()

    def _whole_frames(self):
        """What came, without GOAWAY: the library takes that for the end of every stream."""
        while len(self._unread) >= 9:
            size = 9 + int.from_bytes(self._unread[:3], "big")
            if len(self._unread) < size:
                return
            whole = bytes(self._unread[:size])
            del self._unread[:size]
            if whole[3] == GOAWAY:
                self.goaway = int.from_bytes(whole[9:13], "big")
            else:
                yield whole

    def _heed(self, event):
        stream = self._streams.get(getattr(event, "stream_id", None))
        if isinstance(event, h2.events.RemoteSettingsChanged):
            self._settings_came = True
        elif stream is None:
            return
        elif isinstance(event, h2.events.ResponseReceived):
            headers = [(name, value) for name, value in event.headers if name != ":status"]
            stream.response = Response(int(dict(event.headers)[":status"]), "", headers)
        elif isinstance(event, h2.events.DataReceived):
            stream.note_data(event.data, event.flow_controlled_length)
        elif isinstance(event, h2.events.StreamEnded):
            stream.ended = True
        elif isinstance(event, h2.events.StreamReset):
            if not stream.ended:
                stream.reset_code = event.error_code

    def acknowledge(self, number, size):
        try:
            self._state.acknowledge_received_data(size, number)
        except h2.exceptions.StreamClosedError:
            return
        self._flush()

    def window(self, number):
        try:
            return min(self._state.local_flow_control_window(number),
                       self._state.max_outbound_frame_size)
        except h2.exceptions.StreamClosedError:
            return 0

    def send_data(self, number, data):
        self._state.send_data(number, bytes(data))
        self._flush()

    def end_stream(self, number):
        self._state.end_stream(number)
        self._flush()

    def reset_stream(self, number, code):
        self._state.reset_stream(number, code)
        self._flush()

    def close(self):
        """The connection is closed as a program that ends closes it, with whatever is open on it."""
        self.transport.close()
        self._note_end()

    # -- requests ----------------------------------------------------------------------------------

    def open(self, headers, *, end_stream=False):
        number = self._state.get_next_available_stream_id()
        stream = self._streams[number] = Stream(self, number)
        self._state.send_headers(number, headers, end_stream=end_stream)
        self._flush()
        return stream

    def send_request(self, path, method="GET", headers=None):
        """`headers` of a list as value repeats the header."""
        return self.open([(":method", method), (":scheme", self.scheme), (":path", path),
                          (":authority", self.authority), *_fields(headers or {})],
                         end_stream=True)

    @staticmethod
    def receive_whole(stream):
        response = stream.receive_response()
        response.body = stream.receive_to_end()
        return response

    def request(self, path, method="GET", headers=None):
        return self.receive_whole(self.send_request(path, method, headers))

    def connect(self, path, headers=None, *, protocol="websocket", end_stream=False):
        """Extended CONNECT; a header that is None is left out."""
        fields = {"sec-websocket-version": "13", "origin": f"{self.scheme}://{self.authority}",
                  **(headers or {})}
        return self.open([(":method", "CONNECT"), (":protocol", protocol),
                          (":scheme", self.scheme), (":path", path),
                          (":authority", self.authority), *_fields(fields)],
                         end_stream=end_stream)

    def handshake(self, path, headers=None, **options):
        """The whole answer to an extended CONNECT that is not expected to succeed."""
        return self.receive_whole(self.connect(path, headers, **options))

    def websocket(self, path, headers=None):
        stream = self.connect(path, headers)
        response = stream.receive_response()
        if response.status != 200:
            response.body = stream.receive_to_end()
        assert response.status == 200, f"{response.status}: {response.body!r}"
        return WebSocket(stream, response, None)


def open_session(httpd, scheme="https", *, host="localhost", **options):
    """With TLS by ALPN, without by prior knowledge."""
    port = httpd.https_port if scheme == "https" else httpd.http_port
    tls = httpd.certificate.client_context() if scheme == "https" else None
    return Http2(port, authority=f"{host}:{port}", tls=tls, server_name=host, **options)


def _fields(headers):
    return [(name, one) for name, value in headers.items()
            for one in (value if isinstance(value, list) else [value]) if one is not None]
