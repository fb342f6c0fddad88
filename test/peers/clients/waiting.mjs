// SPDX-License-Identifier: Apache-2.0
// Waiting for what must come, with a limit that only a fault reaches.
const LIMIT = 30_000;

// The arguments of the first `event` of the emitter for which `fits` holds.
export function next(emitter, event, fits = () => true) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      emitter.removeListener(event, look);
    };
    const look = (...values) => {
      if (!fits(...values)) return;
      stop();
      resolve(values);
    };
    const timer = setTimeout(() => {
      stop();
      reject(new Error(`no such event: ${event}, ${fits}`));
    }, LIMIT);
    emitter.on(event, look);
  });
}
