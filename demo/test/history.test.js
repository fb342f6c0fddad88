// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { History } from "../htdocs/chat/history.js";

test("the arrows go back through what was sent and return to the line that was being written", () => {
  const history = new History();
  ["one", "two"].forEach((line) => history.add(line));
  assert.equal(history.older("draft"), "two");
  assert.equal(history.older("two"), "one");
  assert.equal(history.older("one"), null);
  assert.equal(history.newer(), "two");
  assert.equal(history.newer(), "draft");
  assert.equal(history.newer(), null);
});

test("the same line twice is remembered once, and only the last hundred are", () => {
  const history = new History();
  for (let number = 0; number < 120; number += 1) {
    history.add(`line ${number}`);
    history.add(`line ${number}`);
  }
  const seen = [];
  for (let line = history.older(""); line !== null; line = history.older(line)) seen.push(line);
  assert.equal(seen.length, 100);
  assert.equal(seen.at(-1), "line 20");
});
