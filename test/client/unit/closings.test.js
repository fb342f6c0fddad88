// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { TCPSocket, TCPSocketError } from "../../../client/tcpsocket.js";
import { ScriptedSocket, ScriptedStream, aWhile, bytes, text, until, useStreams } from "./fixtures.js";

const url = "ws://example.org/policy.xml";

async function open(options = {}) {
  const socket = new TCPSocket(url, { WebSocket: ScriptedSocket, ...options });
  const peer = ScriptedSocket.last.open();
  return { socket, peer, ...await socket.opened };
}

for (const code of [1000, 1005]) {
  test(`close code ${code} is an orderly end`, async () => {
    const { socket, peer, readable, writable } = await open();
    peer.end(code, "bye");
    assert.deepEqual(await socket.closed, { closeCode: code, closeReason: "bye" });
    assert.equal((await readable.getReader().read()).done, true);
    await assert.rejects(writable.getWriter().write(bytes("x")),
      { name: "NetworkError", reason: "closed", closeCode: code });
  });
}

const failures = [
  [1001, "going-away"], [1002, "protocol"], [1003, "unsupported-data"], [1006, "lost"],
  [1007, "invalid-data"], [1008, "policy-violation"], [1009, "too-big"], [1011, "internal"],
  [1012, "restart"], [1013, "try-later"], [1014, "bad-gateway"], [4321, "closed"],
];

for (const [code, reason] of failures) {
  test(`close code ${code} is the error ${reason}, of the streams and of closed`, async () => {
    const { socket, peer, readable, writable } = await open();
    peer.end(code, "why");
    const isIt = (error) => error instanceof TCPSocketError && error instanceof DOMException &&
      error.name === "NetworkError" && error.reason === reason && error.closeCode === code &&
      error.closeReason === "why" && error.status === null && error.message.includes(url) &&
      error.message.includes(String(code)) && error.message.includes("why");
    await assert.rejects(socket.closed, isIt);
    await assert.rejects(readable.getReader().read(), isIt);
    await assert.rejects(writable.getWriter().write(bytes("x")), isIt);
  });
}

// Between the other side's Close, after which nothing can be written, and the end lies a round trip.
async function assertEndsAs({ socket, readable, writing }, code) {
  const reason = code === 1000 ? "closed" : "restart";
  await assert.rejects(writing, { name: "NetworkError", reason, closeCode: code, closeReason: "bye" });
  const reader = readable.getReader();
  assert.equal(text((await reader.read()).value), "unread");
  assert.equal(text((await reader.read()).value), "farewell");
  if (code === 1000) {
    assert.equal((await reader.read()).done, true);
    assert.deepEqual(await socket.closed, { closeCode: 1000, closeReason: "bye" });
  } else {
    await assert.rejects(reader.read(), { reason, closeCode: code });
    await assert.rejects(socket.closed, { reason, closeCode: code, closeReason: "bye" });
  }
}

for (const code of [1000, 1012]) {
  for (const moment of ["begins after", "waits since before"]) {
    test(`a write that ${moment} the Close ${code} takes nothing from the end`, async () => {
      const { socket, peer, readable, writable } = await open({ sendBufferSize: 1 });
      const writer = writable.getWriter();
      const write = () => writer.write(new Uint8Array(9));
      let writing;
      if (moment !== "begins after") {
        writing = write();
        await until(() => peer.sent.length === 1);
      }
      peer.receive(bytes("unread"));
      peer.readyState = 2;
      writing ??= write();
      writing.catch(() => {});
      await aWhile();
      peer.receive(bytes("farewell"));
      peer.end(code, "bye");
      await assertEndsAs({ socket, readable, writing }, code);
      assert.deepEqual(peer.closings, []);
    });
  }

  test(`WebSocketStream: a write after the Close ${code} takes nothing from the end`, async (t) => {
    useStreams(t);
    const socket = new TCPSocket(url, { receiveBufferSize: 1 });
    const peer = ScriptedStream.last.open();
    const { readable, writable } = await socket.opened;
    peer.receive(bytes("unread"));
    peer.receive(bytes("farewell"));
    await aWhile();
    peer.refuseWrites();
    const writing = writable.getWriter().write(bytes("late"));
    writing.catch(() => {});
    await aWhile();
    peer.end(code, "bye");
    await assertEndsAs({ socket, readable, writing }, code);
    assert.deepEqual(peer.closings, []);
  });
}

test("the page need not wait for the end of a connection that is closing", async () => {
  for (const how of ["signal", "writer", "close()"]) {
    const controller = new AbortController();
    const { socket, peer, readable, writable } = await open({ signal: controller.signal });
    peer.readyState = 2;
    const writer = writable.getWriter();
    const writing = writer.write(bytes("x"));
    await aWhile();
    const reason = new Error("enough");
    if (how === "signal") controller.abort(reason);
    else if (how === "writer") await writer.abort(reason);
    else {
      writer.releaseLock();
      socket.close();
    }
    await assert.rejects(writing, how === "close()" ? undefined : reason, how);
    if (how === "signal") await assert.rejects(socket.closed, reason);
    if (how === "close()") assert.equal((await readable.getReader().read()).done, true);
    peer.end(1000);
    await socket.closed.catch(() => {});
  }
});

test("a write does not wait for ever for a connection that is closing and never ends", async (t) => {
  const { socket, peer, writable } = await open();
  t.mock.timers.enable({ apis: ["setTimeout"] });
  peer.readyState = 2;
  const writing = writable.getWriter().write(bytes("x"));
  let isOver = false;
  socket.closed.catch(() => { isOver = true; });
  for (let step = 0; step < 39 && !isOver; step += 1) {
    await new Promise(setImmediate);
    t.mock.timers.tick(1000);
  }
  assert.equal(isOver, false); // ws itself waits 30 s
  t.mock.timers.tick(1000);
  await assert.rejects(writing, { reason: "lost" });
  await assert.rejects(socket.closed, { reason: "lost" });
});

test("what cannot be written at all ends a connection that is closing as any other", async (t) => {
  const { socket, peer, writable } = await open();
  peer.readyState = 2;
  await assert.rejects(writable.getWriter().write("text"), TypeError);
  await assert.rejects(socket.closed, TypeError);

  useStreams(t);
  const other = new TCPSocket(url);
  const stream = ScriptedStream.last.open();
  stream.write = () => { throw new TypeError("shared memory"); };
  await assert.rejects((await other.opened).writable.getWriter().write(bytes("x")), TypeError);
  await assert.rejects(other.closed, TypeError);
  assert.deepEqual(stream.closings, [1000]);
});

test("after close() any answered close is an orderly end, and a lost connection is not", async () => {
  const { socket, peer } = await open();
  socket.close();
  peer.end(1001);
  assert.equal((await socket.closed).closeCode, 1001);

  const { socket: other, peer: lost } = await open();
  other.close();
  lost.end(1006);
  await assert.rejects(other.closed, { reason: "lost" });
});

test("a signal that was aborted before opens nothing", async () => {
  ScriptedSocket.last = undefined;
  const reason = new Error("no need");
  const socket = new TCPSocket(url, { WebSocket: ScriptedSocket, signal: AbortSignal.abort(reason) });
  assert.equal(ScriptedSocket.last, undefined);
  await assert.rejects(socket.opened, reason);
  await assert.rejects(socket.closed, reason);
});

test("a signal that aborts the attempt rejects both promises with its reason", async () => {
  const controller = new AbortController();
  const socket = new TCPSocket(url, { WebSocket: ScriptedSocket, signal: controller.signal });
  controller.abort();
  assert.equal(ScriptedSocket.last.closings.length, 1);
  await assert.rejects(socket.opened, { name: "AbortError" });
  await assert.rejects(socket.closed, { name: "AbortError" });
  ScriptedSocket.last.open().end(1006); // a browser may have had it open already
  await assert.rejects(socket.opened, { name: "AbortError" });
});

test("a signal that aborts an open connection ends both streams at once", async () => {
  const controller = new AbortController();
  const { socket, peer, readable, writable } = await open({ signal: controller.signal, sendBufferSize: 1 });
  peer.receive([1]);
  const writing = writable.getWriter().write(new Uint8Array(9));
  await until(() => peer.sent.length === 1);
  const reason = new Error("enough");
  controller.abort(reason);
  assert.deepEqual(peer.closings, [1000]);
  await assert.rejects(socket.closed, reason);
  await assert.rejects(readable.getReader().read(), reason);
  await assert.rejects(writing, reason);
});

test("a signal that aborts while a reader waits rejects its read", async () => {
  const controller = new AbortController();
  const { readable } = await open({ signal: controller.signal });
  const reading = readable.getReader({ mode: "byob" }).read(new Uint8Array(1));
  controller.abort();
  await assert.rejects(reading, { name: "AbortError" });
});

test("a signal that aborts after the end changes nothing", async () => {
  const controller = new AbortController();
  const { socket, peer } = await open({ signal: controller.signal });
  peer.end(1000);
  controller.abort();
  assert.equal((await socket.closed).closeCode, 1000);
  assert.deepEqual(peer.closings, []);
});

test("nobody has to listen to promises that reject", async () => {
  const socket = new TCPSocket(url, { WebSocket: ScriptedSocket, explain: false });
  ScriptedSocket.last.end(1006);
  await new Promise((resolve) => setTimeout(resolve, 20)); // the runner fails a test for a stray rejection
  await assert.rejects(socket.opened, { reason: "unexplained" });
});
