// SPDX-License-Identifier: Apache-2.0
// Finds addresses of the web in a text.

// Cuts a text into [{ text, href }]; `href` is null for what is no address. The texts joined are the text.
export function cutLinks(text) {
  const pieces = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(/\bhttps?:\/\/[^\s<>"]+/gi)) {
    const address = withoutSentenceEnd(found);
    if (!URL.canParse(address)) continue;
    if (index > end) pieces.push({ text: text.slice(end, index), href: null });
    pieces.push({ text: address, href: new URL(address).href });
    end = index + address.length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end), href: null });
  return pieces;
}

// A full stop or a bracket behind an address belongs to the sentence round it.
function withoutSentenceEnd(address) {
  let kept = address.replace(/[.,;:!?'*]+$/, "");
  if (kept.endsWith(")") && !kept.includes("(")) kept = withoutSentenceEnd(kept.slice(0, -1));
  return kept;
}
