// SPDX-License-Identifier: Apache-2.0
// What went over, as text or as a hex dump. A fast service sends far more than anybody can read or a
// page can hold: of each chunk only the beginning is kept, of the chunks only the last, and a frame of the
// screen draws a few.

import { element } from "../base/elements.js";
import { hexRows, visibleText } from "./hex.js";
import { formatBytes } from "./units.js";

const mostEntries = 200;
const mostInFrame = 12;
const mostBytes = 512;
const nearlyAtEnd = 40; // pixels

export class Transcript {
  #list;
  #entries = []; // drawn
  #waiting = [];
  #skipped = { chunks: 0, bytes: 0 };
  #view = "text";
  #isScheduled = false;

  constructor(list) {
    this.#list = list;
  }

  // `direction` is sent or received.
  add(direction, bytes) {
    this.#wait({ direction, length: bytes.length, bytes: bytes.slice(0, mostBytes), time: new Date() });
    if (this.#waiting.length > mostInFrame) {
      const { length } = this.#waiting.shift();
      this.#skipped.chunks += 1;
      this.#skipped.bytes += length;
    }
  }

  note(text) {
    this.#wait({ note: text, length: 0 });
  }

  clear() {
    this.#entries = [];
    this.#waiting = [];
    this.#list.replaceChildren();
  }

  showAs(view) {
    this.#view = view;
    this.#list.replaceChildren(...this.#entries.map((entry) => this.#item(entry)));
    this.#list.scrollTop = this.#list.scrollHeight;
  }

  #wait(entry) {
    this.#waiting.push(entry);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#isScheduled = false;
    const { scrollHeight, scrollTop, clientHeight } = this.#list;
    const wasAtEnd = scrollHeight - scrollTop - clientHeight < nearlyAtEnd;
    // Nobody could listen to a flood being read out.
    this.#list.ariaLive = this.#skipped.chunks > 0 ? "off" : "polite";
    if (this.#skipped.chunks > 0) {
      const { chunks, bytes } = this.#skipped;
      this.#waiting.unshift({ note: `… ${chunks} more chunks, ${formatBytes(bytes)}, not shown` });
      this.#skipped = { chunks: 0, bytes: 0 };
    }
    this.#list.append(...this.#waiting.map((entry) => this.#item(entry)));
    this.#entries = [...this.#entries, ...this.#waiting].slice(-mostEntries);
    this.#waiting = [];
    while (this.#list.childElementCount > mostEntries) this.#list.firstElementChild.remove();
    if (wasAtEnd) this.#list.scrollTop = this.#list.scrollHeight;
  }

  #item({ note, direction, bytes, length, time }) {
    if (note) return element("li", "note", note);
    const item = element("li", `${direction} ${this.#view}`,
      element("div", "head",
        element("span", "direction", direction === "sent" ? "↑ sent" : "↓ received"),
        element("span", "", `${length} byte${length === 1 ? "" : "s"}`),
        element("time", "", time.toTimeString().slice(0, 8))),
      element("pre", "", this.#view === "hex" ? this.#hexDump(bytes) : visibleText(bytes)));
    if (length > bytes.length) item.append(element("p", "note", `… ${formatBytes(length - bytes.length)} more`));
    return item;
  }

  #hexDump(bytes) {
    const width = this.#list.clientWidth > 700 ? 16 : 8;
    return hexRows(bytes, width).map(({ offset, hex, text }) => `${offset}  ${hex}  ${text}`).join("\n");
  }
}
