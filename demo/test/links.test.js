// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { cutLinks } from "../htdocs/chat/links.js";

const linksIn = (text) => cutLinks(text).filter(({ href }) => href).map((piece) => piece.text);

test("addresses are found, and the end of a sentence is no part of them", () => {
  assert.deepEqual(linksIn("see http://a.example/x?y=1#z, (https://b.example/) or https://c.example/(d)."),
    ["http://a.example/x?y=1#z", "https://b.example/", "https://c.example/(d)"]);
});

test("the pieces joined are the text", () => {
  for (const text of ["", "no address", "http://a.example", "x http://a.example. y http://b.example!", "http://"]) {
    assert.equal(cutLinks(text).map((piece) => piece.text).join(""), text);
  }
});

test("nothing but the web's schemes becomes a link", () => {
  assert.deepEqual(linksIn("javascript:alert(1) data:text/html,x file:///etc/passwd http://[ http://<b>"), []);
});
