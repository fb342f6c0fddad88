// SPDX-License-Identifier: Apache-2.0
// How many bytes moved when: one direction, in slices of time, of which only the last ones are kept.
// Times are milliseconds of one clock, such as performance.now().

export const sliceLength = 250; // ms
export const slices = 120; // half a minute

export class Throughput {
  total = 0;
  #bytes = new Float64Array(slices); // a ring; slice number n is at n % slices
  #newest = 0; // the number of the slice that `#bytes` reaches to

  add(count, now) {
    this.#advance(now);
    this.total += count;
    this.#bytes[this.#newest % slices] += count;
  }

  // Bytes a second in each slice that is complete, oldest first.
  rates(now) {
    this.#advance(now);
    return Array.from({ length: slices - 1 }, (_, index) =>
      this.#bytes[(this.#newest + 1 + index) % slices] * (1000 / sliceLength));
  }

  // Bytes a second over the last complete second.
  rate(now) {
    const last = this.rates(now).slice(-1000 / sliceLength);
    return last.reduce((sum, each) => sum + each, 0) / last.length;
  }

  #advance(now) {
    const current = Math.floor(now / sliceLength);
    const missing = Math.min(current - this.#newest, slices);
    for (let back = 0; back < missing; back += 1) this.#bytes[(current - back) % slices] = 0;
    this.#newest = Math.max(this.#newest, current);
  }
}
