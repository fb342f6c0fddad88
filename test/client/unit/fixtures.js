// SPDX-License-Identifier: Apache-2.0
// A WebSocket that does what the test says, and a server of ws's that does what the test says.
import { createServer } from "node:http";

import { WebSocketServer } from "ws";

export const bytes = (text) => new TextEncoder().encode(text);
export const text = (octets) => new TextDecoder().decode(octets);

// For polls of bufferedAmount and the like: until the condition holds, or the runner's time is over.
export async function until(condition) {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

// Where nothing may happen: long enough for every timer of the module to have run.
export const aWhile = () => new Promise((resolve) => setTimeout(resolve, 150));

export class ScriptedSocket extends EventTarget {
  static last;
  readyState = 0;
  bufferedAmount = 0;
  protocol = "";
  sent = [];
  closings = [];

  constructor(url, protocols) {
    super();
    Object.assign(this, { url, protocols });
    ScriptedSocket.last = this;
  }

  send(data) {
    if (this.readyState !== 1) throw new Error("sent while it is not open");
    // As a browser does: what is sent is what the bytes were at that moment.
    this.sent.push(typeof data === "string" ? data : data.slice());
    this.bufferedAmount += data.length;
  }

  close(code) {
    this.closings.push(code);
    if (this.readyState < 2) this.readyState = 2;
  }

  // -- the script -------------------------------------------------------------------------------

  open(protocol = "") {
    this.readyState = 1;
    this.protocol = protocol;
    this.dispatchEvent(new Event("open"));
    return this;
  }

  receive(data) {
    const whole = typeof data === "string" ? data : Uint8Array.from(data).buffer;
    this.dispatchEvent(Object.assign(new Event("message"), { data: whole }));
  }

  end(code, reason = "", wasClean = code !== 1006) {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason, wasClean }));
  }
}

// WebSocketStream likewise; useStreams() puts it where the module looks.
export class ScriptedStream {
  static last;
  sent = [];
  closings = [];

  constructor() {
    this.opened = new Promise((resolve) => { this.opening = resolve; });
    this.closed = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
    ScriptedStream.last = this;
  }

  close({ closeCode }) {
    this.closings.push(closeCode);
  }

  // -- the script -------------------------------------------------------------------------------

  open() {
    const readable = new ReadableStream({ start: (controller) => { this.reading = controller; } });
    const writable = new WritableStream({
      start: (controller) => { this.writing = controller; },
      write: (data) => this.write(data),
    });
    this.opening({ readable, writable, protocol: "" });
    return this;
  }

  write(data) {
    this.sent.push(data);
  }

  receive(data) {
    this.reading.enqueue(Uint8Array.from(data));
  }

  // The Close of the other side has come, and the connection is still there.
  refuseWrites() {
    this.writing.error(new DOMException("closing", "InvalidStateError"));
  }

  end(closeCode, reason = "") {
    this.reading.close();
    this.resolve({ closeCode, reason });
  }
}

export function useStreams(t) {
  Object.assign(globalThis, { WebSocketStream: ScriptedStream, document: { baseURI: "http://example.org/" } });
  t.after(() => {
    delete globalThis.WebSocketStream;
    delete globalThis.document;
  });
}

// answer(request, response): what an ordinary request gets. upgrade(socket): what an upgrade gets; left
// out, every handshake is refused by a bare 403 without words, or with `hold` left without an answer.
export async function startServer(t, { answer, upgrade, handleProtocols, perMessageDeflate, hold = false } = {}) {
  const requests = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  const upgrading = new Promise((resolve) => server.once("upgrade", (_, socket) => resolve(socket)));
  if (hold) server.on("upgrade", (_, socket) => socket.on("error", () => {}).on("end", () => socket.end()).resume());
  if (upgrade) {
    new WebSocketServer({ server, handleProtocols, perMessageDeflate }).on("connection", upgrade);
  } else if (!hold) {
    server.on("upgrade", (_, socket) => socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n"));
  }
  const connections = new Set(); // closeAllConnections() knows none that was upgraded
  server.on("connection", (socket) => connections.add(socket));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => new Promise((resolve) => {
    server.close(resolve);
    for (const one of connections) one.destroy();
  }));
  return { url: `http://127.0.0.1:${server.address().port}/policy.xml`, requests, upgrading };
}
