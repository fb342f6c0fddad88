// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { mostAttempts, reconnectDelay } from "../htdocs/chat/reconnect.js";

const restart = { reason: "restart", status: null };

test("a restart, a broken connection and a service that is down are dialled again", () => {
  for (const reason of ["going-away", "lost", "restart", "try-later", "bad-gateway", "unreachable"]) {
    assert.ok(reconnectDelay({ reason, status: null }, 0) > 0, reason);
  }
  for (const status of [502, 503, 504]) assert.ok(reconnectDelay({ reason: "any", status }, 0) > 0);
});

test("an orderly end and what would be refused again are not", () => {
  assert.equal(reconnectDelay(null, 0), null);
  for (const [reason, status] of [["origin", 401], ["target", 403], ["not-found", 404], ["protocol", null],
    ["internal", null], [undefined, undefined]]) {
    assert.equal(reconnectDelay({ reason, status }, 0), null);
  }
});

test("the delay doubles, is half chance, stays below 30 s and ends after the last attempt", () => {
  assert.equal(reconnectDelay(restart, 0, 0), 500);
  assert.equal(reconnectDelay(restart, 0, 1), 1000);
  assert.equal(reconnectDelay(restart, 3, 1), 8000);
  assert.equal(reconnectDelay(restart, mostAttempts - 1, 1), 30000);
  assert.equal(reconnectDelay(restart, mostAttempts, 1), null);
});
