// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { hexRows, parseHex, visibleText } from "../htdocs/console/hex.js";

const hello = [0x68, 0x65, 0x0d, 0x0a];

for (const text of ["68 65 0d 0a", "68650D0A", "0x68, 0x65, 0x0d, 0x0a", "\\x68\\x65\\x0d\\x0a", "68:65\n0d 0a"]) {
  test(`${JSON.stringify(text)} is four bytes`, () => assert.deepEqual([...parseHex(text)], hello));
}

test("nothing is no bytes", () => assert.equal(parseHex(" \n").length, 0));

test("half a byte and a stranger are named", () => {
  assert.throws(() => parseHex("68 6"), { name: "SyntaxError", message: /“6”.*pairs/ });
  assert.throws(() => parseHex("68 6g"), { name: "SyntaxError", message: /“g”/ });
});

test("rows have their offset, their bytes and what can be printed of them, the last one filled up", () => {
  assert.deepEqual(hexRows(Uint8Array.from([...hello, 0x7e, 0xff]), 4), [
    { offset: "0000", hex: "68 65 0d 0a", text: "he··" },
    { offset: "0004", hex: "7e ff      ", text: "~·" },
  ]);
});

test("a text shows its control characters, and what is no UTF-8", () => {
  assert.equal(visibleText(Uint8Array.from([0x68, 0, 0x1b, 0x0d, 0x0a, 0x69, 0x7f, 0xff])), "h␀␛␍␊\ni␡�");
  assert.equal(visibleText(Uint8Array.from([0x68, 0x0a])), "h␊");
});
