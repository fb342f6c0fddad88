// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { TCPSocket } from "../../../client/tcpsocket.js";
import { ScriptedSocket } from "./fixtures.js";

const make = (url, options = {}) => new TCPSocket(url, { WebSocket: ScriptedSocket, ...options });

afterEach(() => {
  delete globalThis.document;
  delete globalThis.location;
});

const urls = [
  ["http://a.example/x", "ws://a.example/x"],
  ["https://a.example:8443/x?y#".slice(0, -1), "wss://a.example:8443/x?y"],
  ["ws://a.example", "ws://a.example/"],
  ["wss://a.example/x", "wss://a.example/x"],
];

for (const [given, used] of urls) {
  test(`${given} is dialled as ${used}`, () => {
    make(given);
    assert.equal(ScriptedSocket.last.url, used);
    make(new URL(given));
    assert.equal(ScriptedSocket.last.url, used);
  });
}

test("a relative URL is the page's, by its base", () => {
  globalThis.document = { baseURI: "https://a.example/app/" };
  make("irc.xml");
  assert.equal(ScriptedSocket.last.url, "wss://a.example/app/irc.xml");
});

test("in a worker it is relative to the worker's own", () => {
  globalThis.location = { href: "http://a.example/w/worker.js" };
  make("../irc.xml");
  assert.equal(ScriptedSocket.last.url, "ws://a.example/irc.xml");
});

for (const given of ["irc.xml", "ftp://a.example/", "http://", "http://a.example/#x", "ws://a.example/#", "data:,x"]) {
  test(`the URL ${given} is a SyntaxError`, () => {
    assert.throws(() => make(given), (error) => error instanceof DOMException && error.name === "SyntaxError");
  });
}

for (const protocols of ["", "a b", "a,b", ["a", "a"], ["ü"], "a/b"]) {
  test(`the protocols ${JSON.stringify(protocols)} are a SyntaxError`, () => {
    assert.throws(() => make("ws://a.example/", { protocols }), { name: "SyntaxError" });
  });
}

test("protocols are offered in their order", () => {
  make("ws://a.example/", { protocols: new Set(["b", "a"]) });
  assert.deepEqual(ScriptedSocket.last.protocols, ["b", "a"]);
  make("ws://a.example/");
  assert.deepEqual(ScriptedSocket.last.protocols, []);
});

for (const options of [
  { sendBufferSize: 0 }, { receiveBufferSize: -1 }, { maxBuffered: NaN }, { maxMessage: "16" },
  { framing: "json" },
]) {
  test(`the option ${Object.keys(options)[0]} of ${Object.values(options)[0]} is a TypeError`, () => {
    assert.throws(() => make("ws://a.example/", options), TypeError);
  });
}

test("headers are for programs: a page is told that it cannot set them", () => {
  globalThis.document = { baseURI: "https://a.example/" };
  assert.throws(() => make("x", { headers: { Origin: "https://b.example" } }), { name: "NotSupportedError" });
});
