// SPDX-License-Identifier: Apache-2.0
// Numbers of bytes for people, in the units that the server's documentation uses (K is 1024).

export function formatBytes(number) {
  if (number < 1024) return `${Math.round(number)} B`;
  const exponent = Math.min(Math.floor(Math.log2(number) / 10), 4);
  const scaled = number / 1024 ** exponent;
  return `${scaled.toFixed(scaled < 10 ? 2 : scaled < 100 ? 1 : 0)} ${["", "KiB", "MiB", "GiB", "TiB"][exponent]}`;
}

export const formatRate = (perSecond) => `${formatBytes(perSecond)}/s`;

// The next number upwards that reads well as the end of an axis: 1, 2 or 5 times a power of two or ten of the unit.
export function axisEnd(number) {
  const unit = number < 1024 ? 1 : 1024 ** Math.min(Math.floor(Math.log2(number) / 10), 4);
  const scaled = Math.max(number / unit, 1);
  const power = 10 ** Math.floor(Math.log10(scaled));
  return unit * power * [1, 2, 5, 10].find((step) => scaled <= step * power);
}
