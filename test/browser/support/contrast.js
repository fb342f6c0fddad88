// SPDX-License-Identifier: Apache-2.0
// Runs in the page: each visible text, and each control's border, with its contrast to what is behind
// it (WCAG 2.2, 1.4.3 and 1.4.11). Returns those below `required`, as sentences.

const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

// Any colour that CSS can say, laid over `below` ([r, g, b], 0 to 255).
function over(color, below) {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = `rgb(${below.join(" ")})`;
  canvas.fillRect(0, 0, 1, 1);
  canvas.fillStyle = color;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
}

function luminance(color) {
  const [r, g, b] = color.map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one, other) {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function behind(element) {
  const layers = [];
  for (let each = element; each; each = each.parentElement) layers.unshift(getComputedStyle(each).backgroundColor);
  return layers.reduce((below, color) => over(color, below), [255, 255, 255]);
}

// Not what is disabled, which WCAG leaves out, and not what only a screen reader has.
function isSeen(element) {
  const box = element.getBoundingClientRect();
  return box.width > 1 && box.height > 1 && element.checkVisibility({ visibilityProperty: true })
    && !element.closest(":disabled, .visually-hidden, .skip");
}

function hasText(element) {
  return [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== "");
}

function isLarge({ fontSize, fontWeight }) {
  const pixels = parseFloat(fontSize);
  return pixels >= 24 || (pixels >= 18.66 && fontWeight >= 700);
}

const complaints = [];
let judged = 0;
function judge(element, what, color, background, required) {
  judged += 1;
  const found = contrast(over(color, background), background);
  if (found < required) {
    complaints.push(`${what} of ${element.tagName}.${element.className}#${element.id} `
      + `"${element.textContent.trim().slice(0, 30)}": ${found.toFixed(2)} < ${required}`);
  }
}

for (const element of document.body.querySelectorAll("*")) {
  if (!isSeen(element)) continue;
  const style = getComputedStyle(element);
  if (hasText(element)) judge(element, "text", style.color, behind(element), isLarge(style) ? 3 : 4.5);
  if (element.matches("input, textarea")) {
    judge(element, "placeholder", getComputedStyle(element, "::placeholder").color, behind(element), 4.5);
  }
  if (element.matches("input:not([type=radio], [type=checkbox]), textarea, select")) {
    judge(element, "text", style.color, behind(element), 4.5);
    judge(element, "border", style.borderTopColor, behind(element.parentElement), 3);
  }
  if (element.matches("#plot path:not(.grid)")) {
    judge(element, "line", style.stroke, behind(element.parentElement), 3);
  }
}
return { judged, complaints };
