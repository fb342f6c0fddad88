// SPDX-License-Identifier: Apache-2.0
// When to dial again by itself after a connection was lost, and how long to wait before it.

// The close codes that speak of the way to the server, not of the conversation: going away (1001),
// no close frame (1006), restart (1012), try later (1013), bad gateway (1014). After 1000 the IRC
// server hung up on purpose, and after a protocol error the next try would fail alike.
const passingCodes = new Set([1001, 1006, 1012, 1013, 1014]);

const firstDelay = 1000; // ms
const longestDelay = 30000; // ms
export const mostAttempts = 8; // about two minutes; then the user decides

// Returns the milliseconds to wait before attempt number `attempt` (counted from 0 since the last
// success), or null when there should be none. `random` is in [0, 1): half of a delay is chance, so
// that the pages of a server that comes back do not all return in the same instant.
export function reconnectDelay(closeCode, attempt, random = Math.random()) {
  if (!passingCodes.has(closeCode) || attempt >= mostAttempts) return null;
  const full = Math.min(firstDelay * 2 ** attempt, longestDelay);
  return Math.round(full / 2 + (full / 2) * random);
}
