// SPDX-License-Identifier: Apache-2.0
// The grammar of IRC messages (RFC 2812 2.3.1): a line of text to its parts, and back.

// UTF-8 where the bytes are UTF-8; if not, Windows-1252, which old IRC clients still send.
export function decodeLine(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

// Returns { source, command, params }, or null for a line that holds no command (an empty line is
// to be ignored in silence) or that holds what no message may: NUL or a CR inside. `source` is null or { nick, user, host }; a server's name stands in
// `nick`, with `user` and `host` empty. IRCv3 tags are skipped: this client asks for none.
export function parse(line) {
  if (/[\0\r\n]/.test(line)) return null;
  let rest = line;
  if (rest.startsWith("@")) [, rest] = cutWord(rest);
  let source = null;
  if (rest.startsWith(":")) {
    let prefix;
    [prefix, rest] = cutWord(rest);
    source = parseSource(prefix.slice(1));
  }
  let command;
  [command, rest] = cutWord(rest);
  if (!/^([A-Za-z]+|[0-9]{3})$/.test(command)) return null;

  const params = [];
  while (rest !== "") {
    if (rest.startsWith(":")) {
      params.push(rest.slice(1));
      break;
    }
    let word;
    [word, rest] = cutWord(rest);
    params.push(word);
  }
  return { source, command: command.toUpperCase(), params };
}

function parseSource(text) {
  const [, nick, user = "", host = ""] = /^([^!@]*)(?:!([^@]*))?(?:@(.*))?$/s.exec(text);
  return { nick, user, host };
}

// The first word, and what follows the spaces behind it.
function cutWord(text) {
  const [, word, rest] = /^([^ ]*) *(.*)$/s.exec(text);
  return [word, rest];
}

// One line without its CR LF. Throws TypeError where a parameter cannot be written: what a user
// typed must never become a second message.
export function format(command, ...params) {
  const words = [command];
  params.forEach((param, index) => {
    if (/[\0\r\n]/.test(param)) throw new TypeError("a line break inside an IRC parameter");
    const needsColon = param === "" || param.startsWith(":") || param.includes(" ");
    if (needsColon && index !== params.length - 1) {
      throw new TypeError(`only the last IRC parameter may be empty or hold a space: "${param}"`);
    }
    words.push(needsColon ? `:${param}` : param);
  });
  return words.join(" ");
}

const encoder = new TextEncoder();

export function byteLength(text) {
  return encoder.encode(text).length;
}

// Cuts a long text into pieces of at most `limit` bytes of UTF-8 (at least 4), never inside a
// character, behind a space where one is in the piece's second half. The pieces joined are the text.
export function splitText(text, limit) {
  const pieces = [];
  let characters = Array.from(text);
  while (characters.length > 0) {
    let size = 0;
    let end = 0;
    while (end < characters.length && size + byteLength(characters[end]) <= limit) {
      size += byteLength(characters[end]);
      end += 1;
    }
    if (end < characters.length) {
      const space = characters.lastIndexOf(" ", end - 1);
      if (space >= end / 2) end = space + 1;
    }
    pieces.push(characters.slice(0, end).join(""));
    characters = characters.slice(end);
  }
  return pieces;
}
