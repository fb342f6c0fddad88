// SPDX-License-Identifier: Apache-2.0
// What was sent from the input line, to have it again by the arrow keys as in a shell.

const mostLines = 100;

export class History {
  #lines = [];
  #at = 0; // #lines.length: the line being written, which waits in #draft meanwhile
  #draft = "";

  add(line) {
    if (this.#lines.at(-1) !== line) this.#lines.push(line);
    if (this.#lines.length > mostLines) this.#lines.shift();
    this.#at = this.#lines.length;
  }

  // Each takes what stands in the input line now, and returns what shall; null at the end.
  older(current) {
    if (this.#at === 0) return null;
    if (this.#at === this.#lines.length) this.#draft = current;
    this.#at -= 1;
    return this.#lines[this.#at];
  }

  newer() {
    if (this.#at === this.#lines.length) return null;
    this.#at += 1;
    return this.#lines[this.#at] ?? this.#draft;
  }
}
