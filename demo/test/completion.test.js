// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { Completion } from "../htdocs/chat/completion.js";

const words = { commands: ["join", "me", "msg"], names: ["ann", "Anton", "bob", "#anglers"] };

// The texts that one press of Tab after the other leads to; "|" is the caret.
function presses(start, times) {
  const completion = new Completion();
  let [text, caret] = [start.replace("|", ""), start.indexOf("|")];
  return Array.from({ length: times }, () => {
    const answer = completion.complete(text, caret, words);
    if (!answer) return null;
    ({ text, caret } = answer);
    return `${text.slice(0, caret)}|${text.slice(caret)}`;
  });
}

test("a nick that begins a line is spoken to", () => {
  assert.deepEqual(presses("bo|", 1), ["bob: |"]);
});

test("inside a line it is a word, case does not matter, and what follows stays", () => {
  assert.deepEqual(presses("hello BO|, dear", 1), ["hello bob |, dear"]);
});

test("the next press offers the next candidate, round and round", () => {
  assert.deepEqual(presses("a|", 3), ["ann: |", "Anton: |", "ann: |"]);
});

test("a channel is never spoken to", () => {
  assert.deepEqual(presses("#a|", 1), ["#anglers |"]);
});

test("a slash at the beginning means commands, elsewhere nothing", () => {
  assert.deepEqual(presses("/m|", 2), ["/me |", "/msg |"]);
  assert.deepEqual(presses("say /m|", 1), [null]);
});

test("without a word before the caret, or with an unknown one, there is nothing to complete", () => {
  for (const text of ["|", "bob |", "zoe|"]) assert.deepEqual(presses(text, 1), [null]);
});

test("what was typed in between begins anew", () => {
  const completion = new Completion();
  completion.complete("a", 1, words);
  assert.deepEqual(completion.complete("ann: b", 6, words), { text: "ann: bob ", caret: 9 });
});
