// SPDX-License-Identifier: Apache-2.0
// The line that the user writes in: Enter sends, Tab completes, the arrows bring back what was sent,
// and what begins like a command is explained while it is typed.

import { byId, element } from "../base/elements.js";
import { commands, hintsFor, usageOf } from "./commands.js";
import { Completion } from "./completion.js";
import { History } from "./history.js";

const mostHints = 5;

export class Composer {
  #field = byId("text");
  #history = new History();
  #completion = new Completion();
  #names;
  #completes = true; // until Escape, so that Tab leads out of the field again

  // `onLine(text)` returns whether the line is done with; `names()` are those that can be completed.
  constructor({ onLine, names }) {
    this.#names = names;
    byId("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      const line = this.#field.value;
      if (line.trim() === "" || !onLine(line)) return;
      this.#history.add(line);
      this.#write("");
    });
    this.#field.addEventListener("input", () => {
      this.#completes = true;
      this.#drawHints();
    });
    this.#field.addEventListener("keydown", (event) => this.#pressed(event));
  }

  #pressed(event) {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Tab" && !event.shiftKey && this.#completes && this.#complete()) event.preventDefault();
    else if (event.key === "Escape") {
      this.#completes = false;
      byId("hints").replaceChildren();
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      const line = event.key === "ArrowUp" ? this.#history.older(this.#field.value) : this.#history.newer();
      if (line === null) return;
      event.preventDefault();
      this.#write(line);
    }
  }

  #complete() {
    const completed = this.#completion.complete(this.#field.value, this.#field.selectionStart, {
      commands: commands.map(({ name }) => name), names: this.#names(),
    });
    if (!completed) return false;
    this.#write(completed.text, completed.caret);
    return true;
  }

  #write(text, caret = text.length) {
    this.#field.value = text;
    this.#field.setSelectionRange(caret, caret);
    this.#drawHints();
  }

  #drawHints() {
    const hints = hintsFor(this.#field.value);
    const shown = hints.slice(0, mostHints).map((command) =>
      element("li", "", element("code", "", usageOf(command)), ` ${command.about}`));
    if (hints.length > mostHints) shown.push(element("li", "", `and ${hints.length - mostHints} more: /help`));
    byId("hints").replaceChildren(...shown);
  }
}
