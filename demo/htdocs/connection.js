// SPDX-License-Identifier: Apache-2.0
// The transport: a byte stream to the TCP service that the policy document at a URL names. All that
// this page knows of WebSocket is in this module.

// The WebSocket URL of a resource, given relative to the page.
export function websocketUrl(resource, base) {
  const url = new URL(resource, base);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url;
}

// Dials at once. `handlers` are opened(), received(Uint8Array) and closed({ code, reason, opened });
// after closed() none is called again. Returns { send(Uint8Array), close() }.
export function connect(url, handlers) {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer"; // the tunnel sends binary messages only
  let opened = false;

  socket.addEventListener("open", () => {
    opened = true;
    handlers.opened();
  });
  socket.addEventListener("message", ({ data }) => handlers.received(new Uint8Array(data)));
  socket.addEventListener("close", ({ code, reason }) => handlers.closed({ code, reason, opened }));

  return {
    send: (bytes) => socket.send(bytes),
    close: () => socket.close(1000),
  };
}
