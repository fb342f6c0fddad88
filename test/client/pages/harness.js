// SPDX-License-Identifier: Apache-2.0
// What a test's script finds in its page: the module, and helpers that every test needs.
import * as module from "./tcpsocket.js";

Object.assign(window, module);

// A socket by WebSocketStream, or by WebSocket as other browsers have it.
window.newSocket = (kind, url, options = {}) =>
  new TCPSocket(url, kind === "WebSocket" ? { WebSocket, ...options } : options);

// How a promise ended, as plain values.
window.settled = (promise) => promise.then((value) => ({ value }), (error) => ({
  error: {
    name: error.name, message: error.message, reason: error.reason, status: error.status,
    closeCode: error.closeCode, closeReason: error.closeReason,
    isOurs: error instanceof TCPSocketError,
  },
}));

window.bytes = (text) => new TextEncoder().encode(text);

window.allText = async (readable) => {
  let text = "";
  for await (const piece of readable.pipeThrough(new TextDecoderStream())) text += piece;
  return text;
};

// The tests' pattern (support/targets.py): octet number n is n modulo 251.
window.pattern = (start, length) => {
  const piece = new Uint8Array(length);
  for (let at = 0; at < length; at += 1) piece[at] = (start + at) % 251;
  return piece;
};

window.isPattern = (piece, start) => piece.every((octet, at) => octet === (start + at) % 251);

window.pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
window.ready = true;
