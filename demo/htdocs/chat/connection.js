// SPDX-License-Identifier: Apache-2.0
// A connection to the IRC server, in lines of text: all that the chat knows of the way there.

import { TCPSocket, encodeLines, lines } from "../base/tcpsocket.js";
import { decodeLine } from "./irc-message.js";

// 512 bytes (RFC 2812 2.3) behind 8191 bytes of IRCv3 message tags.
const longestLine = 8191 + 512;

// Dials at once. `handlers` are opened(), received(line) and, last and once, closed(error), where
// `error` is null if the server has ended the connection in order. Returns { send(line), close() };
// close() lets go what was sent before it, and is no error.
export function connect(url, { opened, received, closed }) {
  const attempt = new AbortController(); // until it is open
  const socket = new TCPSocket(url, { signal: attempt.signal });
  let writer = null;
  let reader = null;
  let isClosing = false;

  async function run() {
    const { readable, writable } = await socket.opened;
    const encoder = encodeLines();
    encoder.readable.pipeTo(writable).catch(() => {}); // `closed` says why
    writer = encoder.writable.getWriter();
    writer.closed.catch(() => {});
    reader = readable.pipeThrough(lines({ maxLength: longestLine, decode: decodeLine })).getReader();
    opened();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      received(value);
    }
    // The other direction is of no use any more.
    await close();
    await socket.closed;
  }

  async function close() {
    if (isClosing) return;
    isClosing = true;
    if (!writer) {
      attempt.abort();
      return;
    }
    await writer.close().catch(() => {});
    reader.cancel().catch(() => {});
  }

  run().then(() => closed(null), async (error) => {
    const byUs = isClosing;
    await close();
    closed(byUs ? null : error);
  });

  return {
    send: (line) => { writer?.write(line).catch(() => {}); },
    close,
  };
}
