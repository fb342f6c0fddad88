// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { commands, hintsFor, parseInput, usageOf } from "../htdocs/chat/commands.js";

const samples = [
  ["hello", { action: "say", target: "#demo", text: "hello" }],
  ["//etc", { action: "say", target: "#demo", text: "/etc" }],
  ["/join tea", { action: "join", channels: ["#tea"] }],
  ["/JOIN &tea", { action: "join", channels: ["&tea"] }],
  ["/join tea,#coffee &milk", { action: "join", channels: ["#tea", "#coffee", "&milk"] }],
  ["/part", { action: "part", target: "#demo", reason: "" }],
  ["/part so long", { action: "part", target: "#demo", reason: "so long" }],
  ["/part #tea so long", { action: "part", target: "#tea", reason: "so long" }],
  ["/nick bob", { action: "nick", nick: "bob" }],
  ["/msg bob  two  words", { action: "say", target: "bob", text: "two  words" }],
  ["/me waves", { action: "act", target: "#demo", text: "waves" }],
  ["/topic About tea", { action: "topic", channel: "#demo", text: "About tea" }],
  ["/quit", { action: "quit", reason: "" }],
  ["/help", { action: "help", topic: "" }],
  ["/help /KICK", { action: "help", topic: "kick" }],
  ["/query bob", { action: "open", target: "bob" }],
  ["/notice bob two words", { action: "notice", target: "bob", text: "two words" }],
  ["/topic", { action: "command", words: ["TOPIC", "#demo"] }],
  ["/names", { action: "command", words: ["NAMES", "#demo"] }],
  ["/whois bob", { action: "command", words: ["WHOIS", "bob", "bob"] }],
  ["/invite bob", { action: "command", words: ["INVITE", "bob", "#demo"] }],
  ["/kick bob", { action: "command", words: ["KICK", "#demo", "bob"] }],
  ["/kick bob too loud", { action: "command", words: ["KICK", "#demo", "bob", "too loud"] }],
  ["/op bob", { action: "command", words: ["MODE", "#demo", "+o", "bob"] }],
  ["/deop bob", { action: "command", words: ["MODE", "#demo", "-o", "bob"] }],
  ["/voice bob", { action: "command", words: ["MODE", "#demo", "+v", "bob"] }],
  ["/mode +k key", { action: "command", words: ["MODE", "#demo", "+k", "key"] }],
  ["/away for tea", { action: "command", words: ["AWAY", "for tea"] }],
  ["/away", { action: "command", words: ["AWAY"] }],
  ["/list", { action: "command", words: ["LIST"] }],
  ["/raw LUSERS", { action: "raw", line: "LUSERS" }],
  ["/clear", { action: "clear" }],
  ["/close", { action: "close", target: "#demo" }],
];
for (const [input, wanted] of samples) {
  test(`"${input}" means ${wanted.action}`, () => assert.deepEqual(parseInput(input, "#demo"), wanted));
}

for (const input of ["/join", "/nick", "/nick two words", "/msg bob", "/query", "/query a b", "/me", "/notice bob",
  "/whois", "/invite", "/kick", "/op", "/deop a b", "/voice", "/raw", "/dance"]) {
  test(`"${input}" is answered with what to type instead`, () => {
    const { action, text } = parseInput(input, "#demo");
    assert.equal(action, "error");
    assert.match(text, input === "/dance" ? /\/help/ : new RegExp(`^Usage: ${input.split(" ")[0]} `));
  });
}

test("on the server's own page there is nobody to talk to", () => {
  for (const input of ["hello", "/me waves", "/part", "/topic x", "/kick bob", "/names", "/mode", "/close"]) {
    assert.equal(parseInput(input, "").action, "error");
  }
});

test("what belongs to a channel makes no sense with one person", () => {
  for (const input of ["/topic x", "/kick ann", "/invite ann", "/op ann"]) {
    assert.equal(parseInput(input, "bob").action, "error");
  }
});

test("every command of the list is understood, and explains itself", () => {
  for (const command of commands) {
    const { action, text } = parseInput(`/${command.name}`, "#demo");
    if (action === "error") assert.equal(text, `Usage: ${usageOf(command)}`);
    assert.ok(command.about);
  }
});

test("hints follow what is typed: commands that begin so, then the one", () => {
  const names = (input) => hintsFor(input).map(({ name }) => name);
  assert.deepEqual(names("/m"), ["msg", "me", "mode"]);
  assert.deepEqual(names("/ME wa"), ["me"]);
  assert.deepEqual([names("me"), names("//m"), names("/dance"), names("")], [[], [], [], []]);
  assert.equal(names("/").length, commands.length);
});
