// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { parseInput } from "../htdocs/commands.js";

const samples = [
  ["hello", { action: "say", target: "#demo", text: "hello" }],
  ["//etc", { action: "say", target: "#demo", text: "/etc" }],
  ["/join tea", { action: "join", channel: "#tea" }],
  ["/JOIN &tea", { action: "join", channel: "&tea" }],
  ["/part", { action: "part", target: "#demo", reason: "" }],
  ["/part so long", { action: "part", target: "#demo", reason: "so long" }],
  ["/part #tea so long", { action: "part", target: "#tea", reason: "so long" }],
  ["/nick bob", { action: "nick", nick: "bob" }],
  ["/msg bob  two  words", { action: "say", target: "bob", text: "two  words" }],
  ["/me waves", { action: "act", target: "#demo", text: "waves" }],
  ["/topic About tea", { action: "topic", channel: "#demo", text: "About tea" }],
  ["/quit", { action: "quit", reason: "" }],
  ["/help", { action: "help" }],
];
for (const [input, wanted] of samples) {
  test(`"${input}" means ${wanted.action}`, () => assert.deepEqual(parseInput(input, "#demo"), wanted));
}

for (const input of ["/join", "/nick", "/nick two words", "/msg bob", "/me", "/topic", "/dance"]) {
  test(`"${input}" is answered with what to type instead`, () => {
    const { action, text } = parseInput(input, "#demo");
    assert.equal(action, "error");
    assert.match(text, /\/(join|nick|msg|me|topic|help)/);
  });
}

test("on the server's own page there is nobody to talk to", () => {
  for (const input of ["hello", "/me waves", "/part", "/topic x"]) {
    assert.equal(parseInput(input, "").action, "error");
  }
});
