// SPDX-License-Identifier: Apache-2.0
// In node as it is: its own WebSocket where it has one, and ws.
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";

import { WebSocket } from "ws";

import { TCPSocket, TCPSocketError } from "../../../client/tcpsocket.js";
import { aWhile, bytes, startServer, text } from "./fixtures.js";

const implementations = [["ws", WebSocket]];
if (globalThis.WebSocket) implementations.push(["node's own", globalThis.WebSocket]);

const echo = (socket) => socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));

for (const [name, Implementation] of implementations) {
  test(`${name}: a megabyte goes out and comes back`, async (t) => {
    const { url } = await startServer(t, { upgrade: echo });
    const socket = new TCPSocket(url, { WebSocket: Implementation });
    const { readable, writable } = await socket.opened;
    const whole = new Uint8Array(1 << 20).map((_, at) => at % 251);
    const writer = writable.getWriter();
    const writing = writer.write(whole);
    let size = 0;
    for await (const chunk of readable.values({ preventCancel: true })) {
      assert.ok(chunk.every((octet, at) => octet === (size + at) % 251));
      size += chunk.length;
      if (size === whole.length) break;
    }
    await writing;
    writer.releaseLock();
    assert.deepEqual(await socket.close(), { closeCode: 1000, closeReason: "" });
  });

  test(`${name}: a buffer is its owner's again when the write is done, also where messages are compressed`, async (t) => {
    const { url } = await startServer(t, { upgrade: echo, perMessageDeflate: { threshold: 0 } });
    const socket = new TCPSocket(url, { WebSocket: Implementation, maxMessage: 4096 });
    const { readable, writable } = await socket.opened;
    const buffer = new Uint8Array(16384);
    const times = 8;
    const writer = writable.getWriter();
    for (let time = 1; time <= times; time += 1) await writer.write(buffer.fill(time));
    let size = 0;
    for await (const chunk of readable.values({ preventCancel: true })) {
      assert.ok(chunk.every((octet, at) => octet === 1 + Math.floor((size + at) / buffer.length)));
      size += chunk.length;
      if (size === times * buffer.length) break;
    }
    writer.releaseLock();
    await socket.close();
  });

  test(`${name}: headers are sent, and a subprotocol is agreed on`, async (t) => {
    let headers;
    const { url } = await startServer(t, {
      upgrade: (_, request) => { ({ headers } = request); },
      handleProtocols: () => "mqtt",
    });
    const socket = new TCPSocket(url, {
      WebSocket: Implementation, protocols: ["chat", "mqtt"], headers: { Origin: "https://a.example" },
    });
    assert.equal((await socket.opened).protocol, "mqtt");
    assert.equal(headers.origin, "https://a.example");
    assert.equal(headers["sec-websocket-protocol"].replace(" ", ""), "chat,mqtt");
    await socket.close();
  });

  test(`${name}: the server's close code and words arrive`, async (t) => {
    const { url } = await startServer(t, { upgrade: (socket) => socket.close(1012, "restart") });
    const socket = new TCPSocket(url, { WebSocket: Implementation });
    await socket.opened;
    await assert.rejects(socket.closed, { reason: "restart", closeCode: 1012, closeReason: "restart" });
  });

  for (const code of [1000, 1012]) {
    test(`${name}: writes while the server closes with ${code} take nothing from the end`, async (t) => {
      let peer;
      const { url } = await startServer(t, {
        upgrade: (socket) => {
          peer = socket;
          socket.send("farewell");
          socket.close(code, "bye");
          socket.pause(); // the Close that answers is not seen yet
        },
      });
      const socket = new TCPSocket(url, { WebSocket: Implementation });
      const { readable, writable } = await socket.opened;
      const writer = writable.getWriter();
      const writing = (async () => {
        for (;;) {
          await writer.write(bytes("x"));
          await new Promise((resolve) => setTimeout(resolve));
        }
      })();
      writing.catch(() => {});
      await aWhile();
      peer.resume();
      const isClean = code === 1000;
      await assert.rejects(writing, { reason: isClean ? "closed" : "restart", closeCode: code, closeReason: "bye" });
      const reader = readable.getReader();
      assert.equal(text((await reader.read()).value), "farewell");
      if (isClean) {
        assert.equal((await reader.read()).done, true);
        assert.deepEqual(await socket.closed, { closeCode: code, closeReason: "bye" });
      } else {
        await assert.rejects(reader.read(), { reason: "restart" });
        await assert.rejects(socket.closed, { reason: "restart", closeCode: code, closeReason: "bye" });
      }
    });
  }

  test(`${name}: a handshake that is not answered is given up by the signal`, async (t) => {
    const { url, upgrading } = await startServer(t, { hold: true });
    const controller = new AbortController();
    const socket = new TCPSocket(url, { WebSocket: Implementation, signal: controller.signal });
    const connection = await upgrading;
    controller.abort();
    await assert.rejects(socket.opened, { name: "AbortError" });
    await once(connection, "close");
  });

  test(`${name}: a refused subprotocol fails the handshake`, async (t) => {
    const { url } = await startServer(t, {
      upgrade: () => {}, handleProtocols: () => false,
      answer: (_, response) => response.writeHead(426).end(),
    });
    const socket = new TCPSocket(url, { WebSocket: Implementation, protocols: ["chat"] });
    await assert.rejects(socket.opened, (error) => error instanceof TCPSocketError &&
      error.reason === "upgrade-required" && error.message.includes("chat"));
  });
}

test("ws: a program that does not read stops the server, and then gets everything", async (t) => {
  const size = 64 << 20;
  let peer;
  const { url } = await startServer(t, {
    upgrade: (socket) => {
      peer = socket;
      for (let at = 0; at < size; at += 65536) socket.send(new Uint8Array(65536));
      socket.close(1000);
    },
  });
  const socket = new TCPSocket(url, { WebSocket, maxBuffered: 1 << 20 });
  const { readable } = await socket.opened;
  await aWhile();
  assert.ok(peer.bufferedAmount > size / 2);
  let read = 0;
  for await (const chunk of readable) read += chunk.length;
  assert.equal(read, size);
  assert.equal((await socket.closed).closeCode, 1000);
});

test("text and bytes of a stream by the platform's own transforms", async (t) => {
  const { url } = await startServer(t, {
    upgrade: (socket) => socket.on("message", (data) => {
      socket.send(`${text(data)}!`);
      socket.close(1000);
    }),
  });
  const { readable, writable } = await new TCPSocket(url, { WebSocket }).opened;
  await writable.getWriter().write(bytes("grüße"));
  let whole = "";
  for await (const piece of readable.pipeThrough(new TextDecoderStream())) whole += piece;
  assert.equal(whole, "grüße!");
});
