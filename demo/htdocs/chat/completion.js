// SPDX-License-Identifier: Apache-2.0
// Completes the word before the caret; asked again at once, it offers the next candidate instead.

export class Completion {
  #offered = null; // { candidates, index, before, after, text, caret } of the last answer

  // `words` is { commands, names }: what may begin a line after a slash, and what may stand anywhere.
  // Returns { text, caret }, or null where there is nothing to complete.
  complete(text, caret, words) {
    const last = this.#offered;
    if (last && last.text === text && last.caret === caret) {
      return this.#offer({ ...last, index: (last.index + 1) % last.candidates.length });
    }
    const start = text.lastIndexOf(" ", caret - 1) + 1;
    const stem = text.slice(start, caret);
    const candidates = stem === "" ? [] : candidatesFor(stem, start === 0, words);
    if (candidates.length === 0) {
      this.#offered = null;
      return null;
    }
    return this.#offer({ candidates, index: 0, before: text.slice(0, start), after: text.slice(caret) });
  }

  #offer({ candidates, index, before, after }) {
    const completed = before + candidates[index];
    const text = completed + after;
    this.#offered = { candidates, index, before, after, text, caret: completed.length };
    return { text, caret: completed.length };
  }
}

function candidatesFor(stem, atStart, { commands, names }) {
  if (atStart && stem.startsWith("/")) return beginning(stem.slice(1), commands).map((word) => `/${word} `);
  // Who begins a line with a nick speaks to its owner.
  return beginning(stem, names).map((name) => name + (atStart && !/^[#&+]/.test(name) ? ": " : " "));
}

function beginning(stem, words) {
  return words.filter((word) => word.toLowerCase().startsWith(stem.toLowerCase()));
}
