// SPDX-License-Identifier: Apache-2.0
// Bytes of a TCP stream to lines of text. Where the stream is cut into messages means nothing: a
// line, its CR LF and even one character of it may straddle any number of chunks.

const lf = 0x0a;
const cr = 0x0d;

// The longest IRC line: 512 bytes (RFC 2812 2.3) behind 8191 bytes of IRCv3 message tags. Without
// a limit a server that never ends its line would fill the page's memory.
export const longestLine = 8191 + 512;

// UTF-8 where the bytes are UTF-8; if not, Windows-1252, which old IRC clients still send.
export function decodeLine(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

export class LineSplitter {
  #limit;
  #pieces = []; // of the unfinished line; no piece holds an LF
  #pendingLength = 0;

  constructor(limit = longestLine) {
    this.#limit = limit;
  }

  // Takes a chunk (Uint8Array, not kept) and returns the lines that it completes, each without its
  // LF or CR LF. Throws RangeError when a line grows beyond the limit; the stream is then lost.
  feed(bytes) {
    const lines = [];
    let start = 0;
    for (let end = bytes.indexOf(lf); end !== -1; end = bytes.indexOf(lf, start)) {
      this.#keep(bytes.subarray(start, end));
      lines.push(this.#takeLine());
      start = end + 1;
    }
    this.#keep(bytes.slice(start));
    return lines;
  }

  #keep(piece) {
    if (piece.length === 0) return;
    this.#pendingLength += piece.length;
    if (this.#pendingLength > this.#limit) {
      throw new RangeError(`the server sent a line of more than ${this.#limit} bytes`);
    }
    this.#pieces.push(piece);
  }

  #takeLine() {
    const line = new Uint8Array(this.#pendingLength);
    let at = 0;
    for (const piece of this.#pieces) {
      line.set(piece, at);
      at += piece.length;
    }
    this.#pieces = [];
    this.#pendingLength = 0;
    return decodeLine(line.at(-1) === cr ? line.subarray(0, -1) : line);
  }
}
