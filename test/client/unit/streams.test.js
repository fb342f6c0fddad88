// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { TCPSocket, TCPSocketError } from "../../../client/tcpsocket.js";
import { ScriptedSocket, aWhile, bytes, text, until } from "./fixtures.js";

const url = "ws://example.org/policy.xml";

async function open(options = {}, protocol = "") {
  const socket = new TCPSocket(url, { WebSocket: ScriptedSocket, ...options });
  const peer = ScriptedSocket.last.open(protocol);
  return { socket, peer, ...await socket.opened };
}

const isClosedBy = (peer) => peer.closings.length > 0;

test("opened tells the streams, the protocol and the URL, and nothing of the inside", async () => {
  const socket = new TCPSocket("https://example.org/a?b", { WebSocket: ScriptedSocket, protocols: "mqtt" });
  assert.equal(ScriptedSocket.last.url, "wss://example.org/a?b");
  assert.deepEqual(ScriptedSocket.last.protocols, ["mqtt"]);
  ScriptedSocket.last.open("mqtt");
  const info = await socket.opened;
  assert.deepEqual(Object.keys(info).sort(), ["protocol", "readable", "url", "writable"]);
  assert.equal(info.protocol, "mqtt");
  assert.equal(info.url, "wss://example.org/a?b");
});

test("binary and text messages are both bytes, and empty ones are nothing", async () => {
  const { peer, readable } = await open();
  peer.receive([1, 2]);
  peer.receive([]);
  peer.receive("");
  peer.receive("ü");
  peer.end(1000);
  const read = [];
  for await (const chunk of readable) read.push(...chunk);
  assert.deepEqual(read, [1, 2, 0xc3, 0xbc]);
});

test("a BYOB reader gets as much as its view holds, and the rest next", async () => {
  const { peer, readable } = await open();
  const reader = readable.getReader({ mode: "byob" });
  const early = reader.read(new Uint8Array(3));
  peer.receive([1, 2, 3, 4]);
  assert.deepEqual([...(await early).value], [1, 2, 3]);
  assert.deepEqual([...(await reader.read(new Uint8Array(3))).value], [4]);
  const late = reader.read(new Uint8Array(3));
  peer.end(1000);
  assert.equal((await late).done, true);
});

// As in WebKitGTK 2.50: streams of bytes are not implemented there, and to ask for one throws.
test("without byte streams an ordinary one gives what comes, and its end", async (t) => {
  const Native = globalThis.ReadableStream;
  globalThis.ReadableStream = class extends Native {
    constructor(source, strategy) {
      if (source?.type === "bytes") throw new TypeError("ReadableByteStreamController is not implemented");
      super(source, strategy);
    }
  };
  t.after(() => { globalThis.ReadableStream = Native; });
  for (const [code, reason] of [[1000, null], [1012, "restart"]]) {
    const socket = new TCPSocket(url, { WebSocket: ScriptedSocket });
    const peer = ScriptedSocket.last.open();
    const reader = (await Promise.race([socket.opened, aWhile()])).readable.getReader();
    peer.receive([1, 2]);
    peer.receive([]);
    peer.receive([3]);
    peer.end(code);
    assert.deepEqual([...(await reader.read()).value], [1, 2]);
    assert.deepEqual([...(await reader.read()).value], [3]);
    if (reason === null) assert.equal((await reader.read()).done, true);
    else await assert.rejects(reader.read(), { reason });
  }
});

test("every kind of BufferSource is written, exactly its part", async () => {
  const { peer, writable } = await open();
  const writer = writable.getWriter();
  const octets = Uint8Array.of(1, 2, 3, 4, 5, 6);
  await writer.write(octets.subarray(1, 3));
  await writer.write(octets.buffer);
  await writer.write(new DataView(octets.buffer, 4));
  await writer.write(new Uint16Array(octets.buffer, 2, 1));
  await writer.write(new Uint8Array(0));
  assert.deepEqual(peer.sent.map((one) => [...one]), [[2, 3], [1, 2, 3, 4, 5, 6], [5, 6], [3, 4]]);
});

for (const chunk of ["text", 7, null, [1], undefined, new Blob(["x"])]) {
  test(`writing ${Object.prototype.toString.call(chunk)} is a TypeError and ends the connection`, async () => {
    const { socket, peer, writable } = await open();
    const writer = writable.getWriter();
    await assert.rejects(writer.write(chunk), TypeError);
    await assert.rejects(writer.write(bytes("x")), TypeError);
    await assert.rejects(socket.closed, TypeError);
    assert.ok(isClosedBy(peer));
  });
}

test("a long write goes out in messages of at most maxMessage", async () => {
  const { peer, writable } = await open({ maxMessage: 4 });
  await writable.getWriter().write(bytes("0123456789"));
  assert.deepEqual(peer.sent.map(text), ["0123", "4567", "89"]);
});

test("writes wait while more than sendBufferSize is on its way, and go on when it is not", async () => {
  const { peer, writable } = await open({ sendBufferSize: 10, maxMessage: 8 });
  const writer = writable.getWriter();
  let isWritten = false;
  const writing = writer.write(new Uint8Array(40)).then(() => { isWritten = true; });
  await until(() => peer.sent.length === 2);
  await aWhile();
  assert.equal(peer.sent.length, 2);
  assert.equal(isWritten, false);
  assert.equal(writer.desiredSize, 0);
  peer.bufferedAmount = 10;
  await until(() => peer.sent.length === 3);
  const drain = setInterval(() => { peer.bufferedAmount = 0; }, 1);
  await writing;
  clearInterval(drain);
  assert.equal(peer.sent.length, 5);
});

test("the end of the connection wakes a write that waits", async () => {
  const { peer, writable } = await open({ sendBufferSize: 1 });
  const writing = writable.getWriter().write(new Uint8Array(40));
  await until(() => peer.sent.length === 1);
  const before = Date.now();
  peer.end(1006);
  await assert.rejects(writing, { name: "NetworkError", reason: "lost" });
  assert.ok(Date.now() - before < 1000);
});

test("closing the writer waits until all is on its way, and the answer is still read", async () => {
  const { socket, peer, readable, writable } = await open();
  const writer = writable.getWriter();
  writer.write(bytes("question"));
  let isClosed = false;
  const closing = writer.close().then(() => { isClosed = true; });
  await until(() => peer.sent.length === 1);
  await aWhile();
  assert.equal(isClosed, false);
  peer.bufferedAmount = 0;
  await closing;
  assert.ok(!isClosedBy(peer));
  peer.receive(bytes("answer"));
  peer.end(1000);
  const reader = readable.getReader();
  assert.equal(text((await reader.read()).value), "answer");
  assert.equal((await reader.read()).done, true);
  assert.deepEqual(await socket.closed, { closeCode: 1000, closeReason: "" });
});

test("when both streams have been ended the connection is closed, in either order", async () => {
  for (const order of ["reader first", "writer first"]) {
    const { socket, peer, readable, writable } = await open();
    const steps = [() => readable.cancel(), () => writable.close()];
    if (order === "writer first") steps.reverse();
    await steps[0]();
    assert.deepEqual(peer.closings, [], order);
    await steps[1]();
    assert.deepEqual(peer.closings, [1000], order);
    peer.end(1000);
    await socket.closed;
  }
});

test("a cancelled reader takes what still comes and keeps none of it", async () => {
  const { socket, peer, readable, writable } = await open({ maxBuffered: 4 });
  await readable.cancel();
  for (let at = 0; at < 10; at += 1) peer.receive(new Uint8Array(4));
  await writable.getWriter().write(bytes("on"));
  assert.equal(peer.sent.length, 1);
  peer.end(1000);
  await socket.closed;
});

test("aborting the writer does not wait for a write that waits for the server", async () => {
  const { socket, peer, readable, writable } = await open({ sendBufferSize: 1, maxMessage: 8 });
  const writer = writable.getWriter();
  const writing = writer.write(new Uint8Array(40));
  await until(() => peer.sent.length === 1);
  const reason = new Error("enough");
  await Promise.all([writer.abort(reason), assert.rejects(writing, reason)]);
  assert.ok(!isClosedBy(peer)); // the other direction is still open
  peer.bufferedAmount = 0;
  await aWhile();
  assert.ok(peer.sent.length <= 2);
  await readable.cancel();
  assert.deepEqual(peer.closings, [1000]);
  peer.end(1000);
  await socket.closed;
});

test("close() before opening and with a locked stream is an InvalidStateError", async () => {
  const socket = new TCPSocket(url, { WebSocket: ScriptedSocket });
  const peer = ScriptedSocket.last;
  await assert.rejects(socket.close(), { name: "InvalidStateError" });
  peer.open();
  const { readable, writable } = await socket.opened;
  for (const stream of [readable.getReader(), writable.getWriter()]) {
    await assert.rejects(socket.close(), { name: "InvalidStateError" });
    stream.releaseLock();
  }
  assert.ok(!isClosedBy(peer));
  const closing = socket.close();
  assert.deepEqual(peer.closings, [1000]);
  assert.deepEqual(await readable.getReader().read(), { done: true, value: undefined });
  await assert.rejects(writable.getWriter().write(bytes("x")));
  peer.end(1000);
  assert.deepEqual(await closing, { closeCode: 1000, closeReason: "" });
  assert.deepEqual(await socket.closed, await closing);
});

test("close() after the end is what closed is", async () => {
  const { socket, peer } = await open();
  peer.end(1012);
  await assert.rejects(socket.close(), { reason: "restart" });
});

test("what had come before an error is read before it", async () => {
  const { socket, peer, readable } = await open();
  peer.receive([1]);
  peer.receive([2]);
  peer.end(1014, "gone");
  await assert.rejects(socket.closed, { reason: "bad-gateway" });
  const reader = readable.getReader();
  assert.deepEqual([...(await reader.read()).value], [1]);
  assert.deepEqual([...(await reader.read()).value], [2]);
  await assert.rejects(reader.read(), { closeCode: 1014, closeReason: "gone" });
});

test("a reader that waits hears of the error", async () => {
  for (const mode of [undefined, "byob"]) {
    const { peer, readable } = await open();
    const reader = readable.getReader({ mode });
    const reading = reader.read(mode && new Uint8Array(1));
    peer.end(1006);
    await assert.rejects(reading, { reason: "lost" });
  }
});

test("more than maxBuffered that nobody reads is an error, behind what had come", async () => {
  const { socket, peer, readable, writable } = await open({ maxBuffered: 10 });
  peer.receive(new Uint8Array(10));
  assert.ok(!isClosedBy(peer));
  peer.receive(new Uint8Array(1));
  assert.ok(isClosedBy(peer));
  await assert.rejects(socket.closed, (error) => error instanceof TCPSocketError &&
    error.name === "QuotaExceededError" && error.reason === "overflow");
  peer.receive(new Uint8Array(1)); // on its way, and too late
  const reader = readable.getReader();
  assert.equal((await reader.read()).value.length, 10);
  assert.equal((await reader.read()).value.length, 1);
  await assert.rejects(reader.read(), { reason: "overflow" });
  await assert.rejects(writable.getWriter().write(bytes("x")), { reason: "overflow" });
});

test("what is read makes room again under maxBuffered", async () => {
  const { peer, readable } = await open({ maxBuffered: 10 });
  const reader = readable.getReader();
  for (let at = 0; at < 20; at += 1) {
    peer.receive(new Uint8Array(10));
    assert.equal((await reader.read()).value.length, 10);
  }
  assert.ok(!isClosedBy(peer));
});

test("aborting while the writer closes does not wait for the server either", async () => {
  const { socket, peer, readable, writable } = await open();
  const writer = writable.getWriter();
  await writer.write(bytes("never taken"));
  const closing = writer.close();
  await aWhile();
  const reason = new Error("enough");
  writer.abort(reason).catch(() => {});
  await assert.rejects(closing, reason);
  await readable.cancel();
  assert.deepEqual(peer.closings, [1000]);
  peer.end(1000);
  await socket.closed;
});
