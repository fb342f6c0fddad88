// SPDX-License-Identifier: Apache-2.0
// The throughput of both directions as two lines.

import { axisEnd, formatRate } from "./units.js";

// An SVG path through the values, spread over the width; 0 is at the bottom, `top` is the value at the top.
export function linePath(values, width, height, top) {
  const step = width / Math.max(values.length - 1, 1);
  return values.map((value, index) => {
    const x = (index * step).toFixed(1);
    const y = (height - Math.min(value / top, 1) * height).toFixed(1);
    return `${index === 0 ? "M" : "L"}${x} ${y}`;
  }).join("");
}

export class Plot {
  #svg;
  #axis;

  constructor(svg, axis) {
    this.#svg = svg;
    this.#axis = axis;
  }

  // Bytes a second, oldest first.
  draw(series) {
    const { width, height } = this.#svg.viewBox.baseVal;
    const highest = { sent: Math.max(...series.sent), received: Math.max(...series.received) };
    const top = axisEnd(Math.max(highest.sent, highest.received) * 1.05);
    for (const [name, values] of Object.entries(series)) {
      this.#svg.querySelector(`.${name}`).setAttribute("d", linePath(values, width, height, top));
    }
    this.#axis.textContent = formatRate(top);
    this.#svg.setAttribute("aria-label", "Throughput of the last 30 seconds: "
      + `at most ${formatRate(highest.sent)} sent, ${formatRate(highest.received)} received`);
  }
}
