// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { TCPSocket, encodeLines, lines } from "../../../client/tcpsocket.js";
import { ScriptedSocket, bytes, text } from "./fixtures.js";

async function open(options, protocol) {
  const socket = new TCPSocket("ws://example.org/", { WebSocket: ScriptedSocket, ...options });
  const peer = ScriptedSocket.last.open(protocol);
  return { socket, peer, ...await socket.opened };
}

async function allOf(readable) {
  let whole = "";
  for await (const piece of readable.pipeThrough(new TextDecoderStream())) whole += piece;
  return whole;
}

const sent = (peer) => peer.sent.map((one) => (typeof one === "string" ? `text ${one}` : `binary ${text(one)}`));

async function writeAll(writable, pieces) {
  const writer = writable.getWriter();
  for (const piece of pieces) await writer.write(typeof piece === "string" ? bytes(piece) : piece);
  return writer;
}

const drained = (peer) => Object.defineProperty(peer, "bufferedAmount", { get: () => 0, set: () => {} });

for (const [options, protocol, kind] of [
  [{ framing: "lines" }, "", "binary"],
  [{ protocols: ["binary.ircv3.net"] }, "binary.ircv3.net", "binary"],
  [{ protocols: ["text.ircv3.net"] }, "text.ircv3.net", "text"],
]) {
  test(`lines, by ${JSON.stringify(options)}: a message a line, which the page has as a stream`, async () => {
    const { peer, readable, writable } = await open(options, protocol);
    drained(peer);
    const writer = await writeAll(writable, ["NICK a\r\nUSER ", "b\nQU", "IT\r", "\n", "\r\nrest"]);
    await writer.close();
    assert.deepEqual(sent(peer), ["NICK a", "USER b", "QUIT", "", "rest"].map((line) => `${kind} ${line}`));
    peer.receive("PING x");
    peer.receive([]);
    peer.receive(bytes("PONG"));
    peer.end(1000);
    assert.equal(await allOf(readable), "PING x\r\n\r\nPONG\r\n");
  });
}

test("a framing that is said counts more than the protocol's", async () => {
  const { peer, writable } = await open({ framing: "binary", protocols: "text.ircv3.net" }, "text.ircv3.net");
  await writeAll(writable, ["a\nb"]);
  assert.deepEqual(sent(peer), ["binary a\nb"]);
});

test("a line that no message can hold is a RangeError", async () => {
  const { socket, peer, writable } = await open({ framing: "lines", maxMessage: 4 });
  const writer = await writeAll(writable, ["1234\r\n"]);
  await assert.rejects(writer.write(bytes("12345")).then(() => writer.write(bytes("6"))), RangeError);
  await assert.rejects(socket.closed, RangeError);
  assert.deepEqual(sent(peer), ["binary 1234"]);
});

test("text: characters are never cut, whatever the chunks and messages", async () => {
  const whole = "aü€🦆".repeat(9);
  const octets = bytes(whole);
  for (let size = 1; size <= 7; size += 1) {
    for (const maxMessage of [4, 5, 6, 64]) {
      const { peer, writable } = await open({ framing: "text", maxMessage });
      drained(peer);
      const pieces = [];
      for (let at = 0; at < octets.length; at += size) pieces.push(octets.slice(at, at + size));
      await (await writeAll(writable, pieces)).close();
      assert.equal(peer.sent.join(""), whole);
      assert.ok(peer.sent.every((one) => typeof one === "string" && bytes(one).length <= maxMessage));
    }
  }
});

test("text: what is not UTF-8 is a TypeError, also when it only ends too early", async () => {
  const { socket, writable } = await open({ framing: "text" });
  await assert.rejects(writable.getWriter().write(Uint8Array.of(0xff)), TypeError);
  await assert.rejects(socket.closed, TypeError);
  const { writable: other } = await open({ framing: "text" });
  const writer = await writeAll(other, [Uint8Array.of(0xc3)]);
  await assert.rejects(writer.close(), TypeError);
});

// -- lines() and encodeLines() ----------------------------------------------------------------------

const stream = bytes(":a!b@c PRIVMSG #ü :Grüße 🦆\r\nPING x\r\n\r\nlone LF\nwith \r inside\r\nunfinished");
const wanted = [":a!b@c PRIVMSG #ü :Grüße 🦆", "PING x", "", "lone LF", "with \r inside", "unfinished"];

async function through(transform, chunks) {
  const results = [];
  const source = new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  for await (const result of source.pipeThrough(transform)) results.push(result);
  return results;
}

test("every pair of split points of a stream gives the same lines", async () => {
  for (let first = 0; first <= stream.length; first += 1) {
    for (let second = first; second <= stream.length; second += 7) {
      const chunks = [stream.slice(0, first), stream.slice(first, second), stream.slice(second)];
      assert.deepEqual(await through(lines(), chunks), wanted, `split at ${first} and ${second}`);
    }
  }
});

test("octet by octet, and as ArrayBuffers, gives the same lines", async () => {
  const chunks = [...stream].map((octet) => Uint8Array.of(octet).buffer);
  assert.deepEqual(await through(lines(), chunks), wanted);
});

test("a chunk may be overwritten by its owner after it was taken", async () => {
  const transform = lines();
  const writer = transform.writable.getWriter();
  const chunk = bytes("first");
  const reading = transform.readable.getReader().read();
  await writer.write(chunk);
  chunk.fill(0);
  writer.write(bytes("\n"));
  assert.equal((await reading).value, "first");
});

test("a line of maxLength passes, with either end; one octet more is a RangeError", async () => {
  assert.deepEqual(await through(lines({ maxLength: 4 }), [bytes("1234\r\n1234\n1234")]), ["1234", "1234", "1234"]);
  for (const over of ["12345\n", "12345\r\n", "12345", "123456"]) {
    await assert.rejects(through(lines({ maxLength: 4 }), [bytes(over)]), RangeError, over);
  }
});

test("bytes that are not UTF-8 are U+FFFD, unless decode says otherwise", async () => {
  const octets = Uint8Array.of(0x47, 0x72, 0xfc, 0x0a);
  assert.deepEqual(await through(lines(), [octets]), ["Gr\ufffd"]);
  const latin1 = new TextDecoder("latin1");
  assert.deepEqual(await through(lines({ decode: (line) => latin1.decode(line) }), [octets]), ["Grü"]);
});

test("anything but bytes is a TypeError of lines()", async () => {
  await assert.rejects(through(lines(), ["text"]), TypeError);
});

test("encodeLines() gives each line its end", async () => {
  const whole = async (transform) => (await through(transform, ["NICK ü", ""])).map(text);
  assert.deepEqual(await whole(encodeLines()), ["NICK ü\r\n", "\r\n"]);
  assert.deepEqual(await whole(encodeLines({ end: "\n" })), ["NICK ü\n", "\n"]);
});

for (const line of ["a\nQUIT", "a\r\nQUIT", "a\rQUIT", "a\n"]) {
  test(`encodeLines() refuses ${JSON.stringify(line)}, which would be a second line`, async () => {
    await assert.rejects(through(encodeLines(), [line]), TypeError);
  });
}
