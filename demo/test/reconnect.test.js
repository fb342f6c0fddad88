// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { mostAttempts, reconnectDelay } from "../htdocs/reconnect.js";

test("a restart and a broken connection are dialled again, an ended one is not", () => {
  for (const code of [1001, 1006, 1012, 1013, 1014]) assert.ok(reconnectDelay(code, 0) > 0);
  for (const code of [1000, 1002, 1008, 1011, 4000]) assert.equal(reconnectDelay(code, 0), null);
});

test("the delay doubles, is half chance, stays below 30 s and ends after the last attempt", () => {
  assert.equal(reconnectDelay(1012, 0, 0), 500);
  assert.equal(reconnectDelay(1012, 0, 1), 1000);
  assert.equal(reconnectDelay(1012, 3, 1), 8000);
  assert.equal(reconnectDelay(1012, mostAttempts - 1, 1), 30000);
  assert.equal(reconnectDelay(1012, mostAttempts, 1), null);
});
