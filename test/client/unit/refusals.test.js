// SPDX-License-Identifier: Apache-2.0
// A refused handshake, asked about. The server here is node's; ../test_refusals.py has httpd's answers.
import assert from "node:assert/strict";
import { test } from "node:test";

import { WebSocket } from "ws";

import { TCPSocket, TCPSocketError } from "../../../client/tcpsocket.js";
import { ScriptedSocket, aWhile, startServer, until } from "./fixtures.js";

const problem = (status, members) => (_, response) => {
  response.writeHead(status, { "Content-Type": "application/problem+json; charset=utf-8" });
  response.end(typeof members === "string" ? members : JSON.stringify(members));
};

const html = (status, headers = {}) => (_, response) => {
  response.writeHead(status, { "Content-Type": "text/html", ...headers });
  response.end("<p>an ordinary page</p>");
};

async function refusal(t, answer, options = {}) {
  const { url, requests } = await startServer(t, { answer });
  const socket = new TCPSocket(url, { WebSocket, ...options });
  const error = await socket.opened.then(() => assert.fail("it was opened"), (reason) => reason);
  await assert.rejects(socket.closed, error);
  return { error, requests, url };
}

const notAllowed = ["origin", "target", "consent"];
const reasons = [...notAllowed, "handshake", "policy", "lookup", "connect", "timeout", "limit",
  "internal", "a-later-one"];

for (const reason of reasons) {
  test(`the server's reason ${reason} is the error's, with its detail and status`, async (t) => {
    const detail = `what to do about ${reason}`;
    const { error, url } = await refusal(t, problem(418, { status: 418, title: "No", detail, reason }));
    assert.ok(error instanceof TCPSocketError);
    assert.equal(error.name, notAllowed.includes(reason) ? "NotAllowedError" : "NetworkError");
    assert.equal(error.reason, reason);
    assert.equal(error.status, 418);
    assert.equal(error.closeCode, null);
    assert.ok(error.message.includes(detail));
    assert.ok(error.message.includes(url.replace("http", "ws")));
    assert.ok(error.cause instanceof Error); // what ws says
  });
}

const statuses = [
  [200, "not-an-endpoint", "NetworkError", /WebSocket On/],
  [301, "redirect", "NetworkError", /redirect/],
  [401, "unauthorized", "NotAllowedError", /login/],
  [403, "forbidden", "NotAllowedError", /access rules/],
  [404, "not-found", "NetworkError", /nothing at this URL/],
  [410, "not-found", "NetworkError", /nothing at this URL/],
  [426, "upgrade-required", "NetworkError", /in order/],
  [418, "http", "NetworkError", /error log/],
  [500, "server-error", "NetworkError", /error log/],
  [503, "server-error", "NetworkError", /error log/],
];

for (const [status, reason, name, words] of statuses) {
  test(`an ordinary answer of ${status} is the reason ${reason}`, async (t) => {
    const { error } = await refusal(t, html(status, { Location: "/elsewhere" }));
    assert.deepEqual([error.reason, error.name, error.status], [reason, name, status]);
    assert.match(error.message, words);
  });
}

test("problem details without our members, or broken, leave the status", async (t) => {
  for (const body of ["{", "[]", "null", "7", '{"reason":7,"detail":[]}', "{}", `{"detail":"${"x".repeat(20000)}"}`]) {
    const { error } = await refusal(t, problem(404, body));
    assert.equal(error.reason, "not-found", body.slice(0, 20));
    assert.match(error.message, /nothing at this URL/);
  }
});

test("where all is in order but the upgrade, the protocols that were offered are named", async (t) => {
  const answer = problem(426, { status: 426, detail: "Use the WebSocket API.", reason: "upgrade-required" });
  const { error } = await refusal(t, answer, { protocols: ["mqtt", "chat"] });
  assert.equal(error.reason, "upgrade-required");
  assert.match(error.message, /mqtt, chat/);
  assert.match(error.message, /proxy/);
  const { error: other } = await refusal(t, answer);
  assert.doesNotMatch(other.message, /protocol/);
});

test("the question is an ordinary GET for problem details, with the handshake's headers", async (t) => {
  const { requests } = await refusal(t, html(403), { headers: { Origin: "https://a.example", Cookie: "a=b" } });
  assert.equal(requests.length, 1);
  const [{ method, headers }] = requests;
  assert.equal(method, "GET");
  assert.equal(headers.accept, "application/problem+json");
  assert.equal(headers.origin, "https://a.example");
  assert.equal(headers.cookie, "a=b");
  assert.equal(headers.upgrade, undefined);
});

test("with explain: false nothing is asked", async (t) => {
  const { error, requests } = await refusal(t, html(200), { explain: false });
  assert.equal(requests.length, 0);
  assert.deepEqual([error.name, error.reason, error.status], ["NetworkError", "unexplained", null]);
});

test("a server that is not there is unreachable", async () => {
  const socket = new TCPSocket("ws://127.0.0.1:1/", { WebSocket });
  await assert.rejects(socket.opened, { name: "NetworkError", reason: "unreachable", status: null });
});

test("a signal ends the question too", async (t) => {
  const controller = new AbortController();
  const { url } = await startServer(t, { answer: () => controller.abort() });
  const socket = new TCPSocket(url, { WebSocket, signal: controller.signal });
  await assert.rejects(socket.opened, { name: "AbortError" });
  await assert.rejects(socket.closed, { name: "AbortError" });
});

test("an attempt that is given up before the question asks none", async (t) => {
  t.mock.method(globalThis, "fetch", () => Promise.reject(new TypeError("no network")));
  const controller = new AbortController();
  const socket = new TCPSocket("ws://a.example/", { WebSocket: ScriptedSocket, signal: controller.signal });
  ScriptedSocket.last.end(1006);
  controller.abort();
  await assert.rejects(socket.opened, { name: "AbortError" });
  await aWhile();
  assert.equal(fetch.mock.callCount(), 0);
});

test("a page that is left does not wait for the answer", async (t) => {
  const { page } = pretendPage(t, "http://a.example/");
  const asking = [];
  t.mock.method(globalThis, "fetch", (_, { signal }) => {
    asking.push(signal);
    return new Promise((_, reject) => { signal.addEventListener("abort", () => reject(signal.reason)); });
  });
  const socket = new TCPSocket("/x", { WebSocket: ScriptedSocket });
  ScriptedSocket.last.end(1006);
  await until(() => asking.length === 1);
  page.dispatchEvent(Object.assign(new Event("pagehide"), { persisted: true }));
  await assert.rejects(socket.opened, { reason: "left" });
  await aWhile();
  assert.deepEqual(asking.map(({ aborted }) => aborted), [true]);
});

// A page, as far as its listeners go: those that are in it.
function pretendPage(t, href) {
  const listeners = new Set();
  const page = new EventTarget();
  const add = (type, listener) => {
    listeners.add(type);
    page.addEventListener(type, listener);
  };
  const remove = (type, listener) => {
    listeners.delete(type);
    page.removeEventListener(type, listener);
  };
  const methods = { addEventListener: add, removeEventListener: remove };
  Object.assign(globalThis, { ...methods, document: { ...methods, baseURI: href }, location: new URL(href) });
  t.after(() => {
    for (const name of ["addEventListener", "removeEventListener", "document", "location"]) delete globalThis[name];
  });
  const { signal } = new AbortController();
  return { page, listeners, signal: Object.assign(signal, methods) };
}

const throwing = (error) => class {
  constructor() {
    throw error;
  }
};

for (const explain of [true, false]) {
  test(`what a browser forbids as mixed content is unreachable, with explain: ${explain}`, async (t) => {
    const { listeners, signal } = pretendPage(t, "https://a.example/");
    t.mock.method(globalThis, "fetch", () => Promise.reject(new TypeError("mixed content")));
    const cause = new DOMException("insecure", "SecurityError");
    const socket = new TCPSocket("ws://b.example/", { WebSocket: throwing(cause), signal, explain });
    assert.deepEqual([...listeners].sort(), ["abort", "pagehide", "securitypolicyviolation"]);
    const isIt = (error) => error instanceof TCPSocketError && error.reason === "unreachable" && error.cause === cause;
    await assert.rejects(socket.opened, isIt);
    await assert.rejects(socket.closed, isIt);
    assert.deepEqual([...listeners], []);
    assert.equal(fetch.mock.callCount(), 0); // which the browser would forbid as well
  });
}

test("an implementation that cannot be used is thrown at once and leaves nothing behind", (t) => {
  const { listeners, signal } = pretendPage(t, "https://a.example/");
  for (const [Implementation, error] of [
    [7, TypeError], [throwing(new TypeError("wrong")), TypeError], [throwing(new RangeError("wrong")), RangeError],
    [throwing(new DOMException("wrong", "SyntaxError")), { name: "SyntaxError" }],
  ]) {
    assert.throws(() => new TCPSocket("wss://b.example/", { WebSocket: Implementation, signal }), error);
    assert.deepEqual([...listeners], []);
  }
});

// The standard of browsers has them fail such a connection. Firefox and WebKitGTK open it.
test("a socket that opens with none of the subprotocols offered is a handshake that failed", async (t) => {
  const { url } = await startServer(t, { answer: problem(426, { status: 426, reason: "upgrade-required" }) });
  const socket = new TCPSocket(url, { WebSocket: ScriptedSocket, protocols: ["chat"] });
  const peer = ScriptedSocket.last.open("");
  peer.receive([1]); // of a service that speaks first
  await assert.rejects(socket.opened, (error) => error instanceof TCPSocketError &&
    error.reason === "upgrade-required" && error.message.includes("chat"));
  assert.deepEqual(peer.closings, [1000]);
  peer.end(1000);
  await assert.rejects(socket.closed, { reason: "upgrade-required" });
});
