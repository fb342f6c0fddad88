// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { LineSplitter, decodeLine, longestLine } from "../htdocs/lines.js";

const bytes = (text) => new TextEncoder().encode(text);
const stream = bytes(":a!b@c PRIVMSG #ü :Grüße 🦆\r\nPING x\r\n\r\nlone LF\nwith \r inside\r\nunfinished");
const wanted = [":a!b@c PRIVMSG #ü :Grüße 🦆", "PING x", "", "lone LF", "with \r inside"];

test("a stream in one chunk gives its complete lines and keeps the unfinished one", () => {
  const splitter = new LineSplitter();
  assert.deepEqual(splitter.feed(stream), wanted);
  assert.deepEqual(splitter.feed(bytes(" no more\r\n")), ["unfinished no more"]);
});

test("every single split point of the stream gives the same lines", () => {
  for (let at = 0; at <= stream.length; at += 1) {
    const splitter = new LineSplitter();
    const lines = [...splitter.feed(stream.subarray(0, at)), ...splitter.feed(stream.subarray(at))];
    assert.deepEqual(lines, wanted, `split at ${at}`);
  }
});

test("every pair of split points gives the same lines", () => {
  for (let first = 0; first <= stream.length; first += 1) {
    for (let second = first; second <= stream.length; second += 1) {
      const splitter = new LineSplitter();
      const lines = [[0, first], [first, second], [second, stream.length]]
        .flatMap(([from, to]) => splitter.feed(stream.subarray(from, to)));
      assert.deepEqual(lines, wanted, `split at ${first} and ${second}`);
    }
  }
});

test("byte by byte gives the same lines", () => {
  const splitter = new LineSplitter();
  assert.deepEqual([...stream].flatMap((byte) => splitter.feed(Uint8Array.of(byte))), wanted);
});

test("a chunk may be overwritten by its owner after it was fed", () => {
  const splitter = new LineSplitter();
  const chunk = bytes("first");
  splitter.feed(chunk);
  chunk.fill(0);
  assert.deepEqual(splitter.feed(bytes("\n")), ["first"]);
});

test("a line at the limit passes, one byte more is an error even without its end", () => {
  const atLimit = new Uint8Array(longestLine).fill(0x61);
  assert.equal(new LineSplitter().feed(new Uint8Array([...atLimit, 0x0a]))[0].length, longestLine);

  const splitter = new LineSplitter();
  splitter.feed(atLimit);
  assert.throws(() => splitter.feed(Uint8Array.of(0x61)), RangeError);
});

test("bytes that are not UTF-8 are read as Windows-1252", () => {
  assert.equal(decodeLine(Uint8Array.of(0x47, 0x72, 0xfc, 0xdf, 0x65)), "Grüße");
});
