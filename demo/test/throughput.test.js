// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { linePath } from "../htdocs/console/plot.js";
import { Throughput, sliceLength, slices } from "../htdocs/console/throughput.js";
import { axisEnd, formatBytes, formatRate } from "../htdocs/console/units.js";

test("bytes are counted in the slice of their time; the slice that is not over is no rate yet", () => {
  const throughput = new Throughput();
  throughput.add(100, 10 * sliceLength);
  throughput.add(50, 10 * sliceLength + 1);
  throughput.add(1, 12 * sliceLength);
  assert.deepEqual(throughput.rates(12 * sliceLength).slice(-3), [0, 150 * 1000 / sliceLength, 0]);
  assert.equal(throughput.rate(12 * sliceLength), 150 * 1000 / sliceLength / 4);
  assert.equal(throughput.total, 151);
});

test("what is older than the plot is forgotten, but for the total", () => {
  const throughput = new Throughput();
  throughput.add(100, 0);
  throughput.add(7, slices * sliceLength * 3);
  assert.deepEqual(throughput.rates(slices * sliceLength * 3).filter((rate) => rate > 0), []);
  assert.equal(throughput.total, 107);
});

test("the ring holds exactly the last slices, oldest first", () => {
  const throughput = new Throughput();
  for (let slice = 0; slice <= slices + 5; slice += 1) throughput.add(slice, slice * sliceLength);
  const rates = throughput.rates((slices + 5) * sliceLength).map((rate) => rate / (1000 / sliceLength));
  assert.equal(rates.length, slices - 1);
  assert.deepEqual([rates[0], rates.at(-1)], [6, slices + 4]);
});

test("numbers of bytes are written with three digits and a unit", () => {
  assert.deepEqual([0, 1023, 1024, 15360, 200 * 1024 ** 2, 5 * 1024 ** 3].map(formatBytes),
    ["0 B", "1023 B", "1.00 KiB", "15.0 KiB", "200 MiB", "5.00 GiB"]);
  assert.equal(formatRate(2048), "2.00 KiB/s");
});

test("an axis ends at 1, 2 or 5 times a power of ten of a unit, above the value", () => {
  assert.deepEqual([0, 1, 3, 700, 1500, 30 * 1024 ** 2].map(axisEnd),
    [1, 1, 5, 1000, 2 * 1024, 50 * 1024 ** 2]);
});

test("a line goes from edge to edge, with zero at the bottom and the top not exceeded", () => {
  assert.equal(linePath([0, 5, 20], 100, 10, 10), "M0.0 10.0L50.0 5.0L100.0 0.0");
});
