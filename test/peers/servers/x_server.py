# SPDX-License-Identifier: Apache-2.0
"""TigerVNC's X server, and what is drawn in it."""

import re

from support.daemon import Daemon
from support.waiting import wait_until
from Xlib import X, XK
from Xlib.display import Display

WIDTH, HEIGHT = 320, 240


class XServer(Daemon):
    """Its screen is reached by VNC through TCP and, at `path`, through a Unix socket."""

    program = "Xvnc"

    @property
    def path(self):
        return self.folder / "rfb.sock"

    def command(self):
        return ("-displayfd", "1", "-geometry", f"{WIDTH}x{HEIGHT}", "-depth", "24",
                "-interface", "127.0.0.1", "-rfbport", self.port, "-rfbunixpath", self.path,
                "-rfbunixmode", "0666", "-SecurityTypes", "None", "-nolisten", "tcp",
                "-AlwaysShared")

    def _display(self):
        """The number that it chose, which it says when it is ready; None before."""
        return re.search(r"^\d+$", self.log(), re.MULTILINE)

    def ready(self):
        return self._display() is not None

    @property
    def display(self):
        """What $DISPLAY is to those that are shown there."""
        return f":{self._display().group()}"

    def screen(self):
        return Screen(self.display)


class Screen:
    """One window in one colour before a background of another."""

    def __init__(self, display):
        self._display = Display(display)
        self._root = self._display.screen().root
        self._window = None

    def paint(self, colour):
        """The background."""
        self._root.change_attributes(background_pixel=colour)
        self._root.clear_area()
        self._display.sync()

    def place(self, left, top, width, height, colour):
        """The window, which is told of keys and buttons from now on."""
        self._window = self._root.create_window(
            left, top, width, height, 0, X.CopyFromParent, background_pixel=colour,
            override_redirect=True, event_mask=X.KeyPressMask | X.ButtonPressMask)
        self._window.map()
        self._window.set_input_focus(X.RevertToParent, X.CurrentTime)
        self._display.sync()

    def event(self, kind):
        """The next event of this kind in the window."""

        def arrived():
            while self._display.pending_events():
                event = self._display.next_event()
                if event.type == kind:
                    return event
            return None

        event = wait_until(arrived, 20)
        assert event, "nothing arrived in the window"
        return event

    def pressed_key(self):
        """The character of the next key that is pressed."""
        event = self.event(X.KeyPress)
        return XK.keysym_to_string(self._display.keycode_to_keysym(event.detail, 0))

    def pressed_button(self):
        """(button, left, top) of the next click, as seen from the window's corner."""
        event = self.event(X.ButtonPress)
        return event.detail, event.event_x, event.event_y

    def close(self):
        self._display.close()
