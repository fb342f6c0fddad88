// SPDX-License-Identifier: Apache-2.0
// Bytes as people write and read them.

// "0d 0a", "0D0A", "0x0d, 0x0a", "\x0d\x0a", "0d:0a": hexadecimal digits in pairs, with anything
// between the pairs that is usual there. Throws SyntaxError where that is not what the text is.
export function parseHex(text) {
  const bytes = [];
  for (const word of text.split(/[\s,:;]+|\\x|0x/i).filter(Boolean)) {
    const stranger = /[^0-9a-f]/i.exec(word);
    if (stranger) throw new SyntaxError(`“${stranger[0]}” is no hexadecimal digit`);
    if (word.length % 2 !== 0) throw new SyntaxError(`“${word}” has half a byte too much: digits come in pairs`);
    for (let at = 0; at < word.length; at += 2) bytes.push(parseInt(word.slice(at, at + 2), 16));
  }
  return Uint8Array.from(bytes);
}

const hexOf = (number, digits) => number.toString(16).padStart(digits, "0");

// Rows as a hex dump has them: { offset, hex, text }, `width` bytes each.
export function hexRows(bytes, width) {
  const rows = [];
  for (let start = 0; start < bytes.length; start += width) {
    const row = [...bytes.subarray(start, start + width)];
    rows.push({
      offset: hexOf(start, 4),
      hex: row.map((byte) => hexOf(byte, 2)).join(" ").padEnd(width * 3 - 1),
      text: row.map((byte) => (byte > 0x1f && byte < 0x7f ? String.fromCharCode(byte) : "·")).join(""),
    });
  }
  return rows;
}

// As text, with what cannot be seen made visible: ␍, ␊ (and a new line after it), ␀, � for what is no UTF-8.
export function visibleText(bytes) {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)
    .replace(/[\0-\x1f]/g, (control) => String.fromCharCode(0x2400 + control.charCodeAt(0))
      + (control === "\n" ? "\n" : ""))
    .replace(/\x7f/g, "␡")
    .replace(/\n$/, "");
}
