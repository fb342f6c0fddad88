// SPDX-License-Identifier: Apache-2.0
// What was said in one conversation: a list that stays at its end while the reader is there.

import { element } from "../base/elements.js";
import { cutLinks } from "./links.js";
import { paintNick } from "./nicks.js";

const mostEntries = 1000; // the oldest go, so that a long day does not fill memory
const nearlyAtEnd = 40; // pixels

export class Log {
  #list = element("ol");
  #divider = null; // above what came while the reader was elsewhere
  #day = "";
  #isAtEnd = true;
  #top = 0; // where it was scrolled to

  // `onScroll()` is called when isAtEnd may have changed.
  constructor(label, parent, onScroll) {
    this.#list.setAttribute("role", "log");
    this.#list.setAttribute("aria-label", label);
    this.#list.tabIndex = 0; // to scroll by keyboard
    this.#list.hidden = true;
    this.#list.addEventListener("scroll", () => {
      const { scrollHeight, scrollTop, clientHeight } = this.#list;
      // Only who goes up leaves the end: more text, or less room, comes before we could follow it.
      if (scrollHeight - scrollTop - clientHeight < nearlyAtEnd) this.#isAtEnd = true;
      else if (scrollTop < this.#top) this.#isAtEnd = false;
      this.#top = scrollTop;
      onScroll();
    });
    // A keyboard that slides in, a window made smaller: the end stays in sight.
    new ResizeObserver(() => this.#followEnd()).observe(this.#list);
    parent.append(this.#list);
  }

  get isAtEnd() {
    return this.#isAtEnd;
  }

  show() {
    this.#list.hidden = false;
    this.scrollToEnd();
  }

  hide() {
    this.#list.hidden = true;
    this.#divider?.remove();
    this.#divider = null;
  }

  remove() {
    this.#list.remove();
  }

  clear() {
    this.#list.replaceChildren();
    this.#divider = null;
    this.#day = "";
  }

  scrollToEnd() {
    this.#isAtEnd = true;
    this.#followEnd();
  }

  scrollPages(pages) {
    this.#list.scrollBy({ top: pages * this.#list.clientHeight * 0.8 });
  }

  // Once, until the log is hidden again.
  divide() {
    if (this.#divider) return;
    this.#divider = element("li", "divider", element("span", "words", "New"));
    this.#append(this.#divider);
  }

  add({ kind, from = "", text, own = false, mention = false }) {
    const now = new Date();
    this.#beginDay(now);
    const entry = element("li", [kind, own && "own", mention && "mention"].filter(Boolean).join(" "));
    const time = element("time", "", `${twoDigits(now.getHours())}:${twoDigits(now.getMinutes())}`);
    time.dateTime = now.toISOString();
    time.title = now.toLocaleString();
    const body = element("div");
    if (from) {
      const who = element("span", "from", from);
      paintNick(who, from);
      body.append(who, "\u2002");
    }
    body.append(element("span", "words", ...cutLinks(text).map(linkOrText)));
    entry.append(time, body);
    this.#append(entry);
    if (own) this.scrollToEnd();
  }

  #append(entry) {
    this.#list.append(entry);
    while (this.#list.childElementCount > mostEntries) this.#list.firstElementChild.remove();
    this.#followEnd();
  }

  #beginDay(now) {
    const day = now.toDateString();
    if (this.#day !== "" && this.#day !== day) {
      this.#append(element("li", "divider", element("span", "words",
        now.toLocaleDateString(undefined, { weekday: "long", day: "numeric", month: "long" }))));
    }
    this.#day = day;
  }

  #followEnd() {
    if (this.#isAtEnd) this.#list.scrollTop = this.#list.scrollHeight;
  }
}

const twoDigits = (number) => String(number).padStart(2, "0");

function linkOrText({ text, href }) {
  if (!href) return text;
  const link = element("a", "", text);
  link.href = href;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  return link;
}
