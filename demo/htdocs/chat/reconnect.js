// SPDX-License-Identifier: Apache-2.0
// When to dial again by itself after a connection was lost, and how long to wait before it.

// What speaks of the way to the server and passes, by the `reason` of the client library's errors: a
// stop (close code 1001), no close frame (1006), a restart (1012), overload (1013, or 503 at the
// handshake), a service that has gone (1014, 502, 504). After an orderly end the IRC server hung up on
// purpose, and what was refused once would be refused again.
const passing = new Set(["going-away", "lost", "restart", "try-later", "bad-gateway", "unreachable"]);
const passingStatus = new Set([502, 503, 504]);

const firstDelay = 1000; // ms
const longestDelay = 30000; // ms
export const mostAttempts = 8; // about two minutes; then the user decides

export function mayPass({ reason, status }) {
  return passing.has(reason) || passingStatus.has(status);
}

// Returns the milliseconds to wait before attempt number `attempt` (counted from 0 since the last
// success), or null when there should be none. `error` is null after an orderly end. `random` is in
// [0, 1): half of a delay is chance, so that the pages of a server that comes back do not all return in
// the same instant.
export function reconnectDelay(error, attempt, random = Math.random()) {
  if (!error || !mayPass(error) || attempt >= mostAttempts) return null;
  const full = Math.min(firstDelay * 2 ** attempt, longestDelay);
  return Math.round(full / 2 + (full / 2) * random);
}
