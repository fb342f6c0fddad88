// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { byteLength, decodeLine, format, parse, splitText } from "../htdocs/chat/irc-message.js";

test("a message's source, command and parameters are told apart", () => {
  assert.deepEqual(parse(":ann!~a@host.example PRIVMSG #demo :hello : world"), {
    source: { nick: "ann", user: "~a", host: "host.example" },
    command: "PRIVMSG",
    params: ["#demo", "hello : world"],
  });
});

test("a server's name is a source without user and host", () => {
  assert.deepEqual(parse(":irc.example.org 001 ann :Welcome").source,
    { nick: "irc.example.org", user: "", host: "" });
});

const samples = [
  ["PING :irc.example.org", "PING", ["irc.example.org"]],
  ["ping x", "PING", ["x"]],
  ["QUIT", "QUIT", []],
  ["QUIT ", "QUIT", []],
  [":s 353 a = #c :@x y ", "353", ["a", "=", "#c", "@x y "]],
  [":s TOPIC #c :", "TOPIC", ["#c", ""]],
  [":s  MODE   #c  +o   a", "MODE", ["#c", "+o", "a"]],
  ["@time=2026-01-01T00:00:00Z;x=:y :s JOIN #c", "JOIN", ["#c"]],
  [":s PRIVMSG a ::-)", "PRIVMSG", ["a", ":-)"]],
  [":s PRIVMSG a b:c", "PRIVMSG", ["a", "b:c"]],
  [":s PRIVMSG a :\u2028line separator", "PRIVMSG", ["a", "\u2028line separator"]],
];
for (const [line, command, params] of samples) {
  test(`"${line}" is ${command} with ${params.length} parameters`, () => {
    const message = parse(line);
    assert.equal(message.command, command);
    assert.deepEqual(message.params, params);
  });
}

for (const line of ["", " ", ":", ":source", ":source ", "@tags", "12 x", "PRIV-MSG x", "__proto__", "PING a\rb", "PING \0"]) {
  test(`"${line}" is no message`, () => assert.equal(parse(line), null));
}

test("no prefix of a message throws, and none that ends inside the command yields its parameters", () => {
  const line = "@t=1 :ann!~a@host PRIVMSG #demo :hi there";
  for (let length = 0; length <= line.length; length += 1) {
    const message = parse(line.slice(0, length));
    if (length <= line.indexOf("#")) assert.deepEqual(message?.params ?? [], []);
  }
});

test("what was formatted parses to the same parts", () => {
  for (const params of [["#demo", "hello world"], ["#demo", ""], ["#demo", ":-)"], ["a", "b"], []]) {
    const { command, params: parsed } = parse(format("PRIVMSG", ...params));
    assert.equal(command, "PRIVMSG");
    assert.deepEqual(parsed, params);
  }
});

test("a parameter cannot smuggle in a second message", () => {
  for (const bad of ["a\r\nQUIT", "a\nQUIT", "a\rQUIT", "a\0b"]) {
    assert.throws(() => format("PRIVMSG", "#demo", bad), TypeError);
  }
});

test("only the last parameter may be empty, hold a space or begin with a colon", () => {
  for (const bad of ["", "two words", ":x"]) {
    assert.throws(() => format("PRIVMSG", bad, "text"), TypeError);
  }
});

test("a long text is cut within the limit at every limit, and nothing of it is lost", () => {
  const text = "Grüße an die 🦆 auf dem Teich, und einen langen Tag noch";
  for (let limit = 4; limit <= byteLength(text) + 1; limit += 1) {
    const pieces = splitText(text, limit);
    assert.equal(pieces.join(""), text, `limit ${limit}`);
    for (const piece of pieces) {
      assert.ok(piece !== "" && byteLength(piece) <= limit, `limit ${limit}: "${piece}"`);
      assert.ok(!piece.includes("\ufffd") && piece.isWellFormed?.() !== false);
    }
  }
});

test("a text that fits is not cut, and an empty one has no pieces", () => {
  assert.deepEqual(splitText("short", 10), ["short"]);
  assert.deepEqual(splitText("", 10), []);
});

test("the cut is behind a space where one is near", () => {
  assert.deepEqual(splitText("one two three", 9), ["one two ", "three"]);
});

test("a line is UTF-8, or Windows-1252 where it is not", () => {
  assert.equal(decodeLine(Uint8Array.from([0x47, 0x72, 0xc3, 0xbc, 0xc3, 0x9f, 0x65])), "Grüße");
  assert.equal(decodeLine(Uint8Array.from([0x47, 0x72, 0xfc, 0xdf, 0x65])), "Grüße");
});
