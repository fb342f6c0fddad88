// SPDX-License-Identifier: Apache-2.0
// What a user typed, to what is meant by it.

// In the order that /help lists them.
export const commands = [
  { name: "join", form: "#channel …", about: "enter one or several channels" },
  { name: "part", form: "[#channel] [reason]", about: "leave a channel" },
  { name: "msg", form: "nick text", about: "say something to one person alone" },
  { name: "query", form: "nick", about: "open a conversation with one person" },
  { name: "me", form: "text", about: "say what you do" },
  { name: "notice", form: "nick text", about: "say something that no program answers" },
  { name: "nick", form: "name", about: "take another name" },
  { name: "topic", form: "[text]", about: "read or set the topic" },
  { name: "names", form: "", about: "ask anew who is here" },
  { name: "whois", form: "nick", about: "ask who somebody is" },
  { name: "invite", form: "nick", about: "ask somebody into this channel" },
  { name: "kick", form: "nick [reason]", about: "put somebody out of this channel" },
  { name: "op", form: "nick", about: "make somebody an operator here" },
  { name: "deop", form: "nick", about: "take that back" },
  { name: "voice", form: "nick", about: "let somebody speak in a moderated channel" },
  { name: "mode", form: "[changes]", about: "read or change this channel's modes" },
  { name: "away", form: "[text]", about: "say that you are away; without text, back" },
  { name: "list", form: "", about: "ask which channels there are" },
  { name: "raw", form: "line", about: "send a line to the server as it stands" },
  { name: "clear", form: "", about: "empty this page" },
  { name: "close", form: "", about: "put this conversation away" },
  { name: "quit", form: "[reason]", about: "say good-bye and disconnect" },
  { name: "help", form: "[command]", about: "this list" },
];

export const usageOf = ({ name, form }) => (form ? `/${name} ${form}` : `/${name}`);

// What could be meant by a line that is being typed; empty unless it begins like a command.
export function hintsFor(input) {
  const typed = /^\/([a-z]*)( ?)/i.exec(input);
  if (!typed || input.startsWith("//")) return [];
  const [, name, space] = typed;
  return commands.filter((command) => (space ? command.name === name.toLowerCase()
    : command.name.startsWith(name.toLowerCase())));
}

// Returns { action, ... } for the conversation `here` (a channel or a nick; "" is the server's own
// page), or { action: "error", text } that tells what to type instead.
export function parseInput(input, here) {
  const typed = /^\/([a-z]+)(?: +(.*))?$/is.exec(input);
  if (!typed) return say(input.startsWith("//") ? input.slice(1) : input, here);

  const name = typed[1].toLowerCase();
  const command = commands.find((each) => each.name === name);
  if (!command) return error(`There is no command /${name}. /help lists them.`);
  const rest = (typed[2] ?? "").trim();
  const words = rest === "" ? [] : rest.split(/ +/);
  const [, afterFirst = ""] = /^[^ ]+ +(.*)$/s.exec(rest) ?? [];
  return parsers[name]({ rest, words, afterFirst, here }) || usage(command);
}

export function isChannel(name) {
  return /^[#&+]/.test(name);
}

export function channelName(text) {
  return isChannel(text) ? text : `#${text}`;
}

// Each returns what is meant, or nothing where that is not how the command is used.
const parsers = {
  join: ({ words }) => words.length > 0
    && { action: "join", channels: words.flatMap((word) => word.split(",")).filter(Boolean).map(channelName) },
  part: ({ rest, words, afterFirst, here }) => (isChannel(words[0] ?? "")
    ? { action: "part", target: words[0], reason: afterFirst }
    : here && { action: "part", target: here, reason: rest }),
  msg: ({ words, afterFirst }) => afterFirst && { action: "say", target: words[0], text: afterFirst },
  query: ({ words }) => words.length === 1 && { action: "open", target: words[0] },
  me: ({ rest, here }) => here && rest && { action: "act", target: here, text: rest },
  notice: ({ words, afterFirst }) => afterFirst && { action: "notice", target: words[0], text: afterFirst },
  nick: ({ words }) => words.length === 1 && { action: "nick", nick: words[0] },
  topic: ({ rest, here }) => inChannel(here)
    && (rest ? { action: "topic", channel: here, text: rest } : send("TOPIC", here)),
  names: ({ here }) => inChannel(here) && send("NAMES", here),
  // The nick twice asks the server that its owner is on, which alone knows how long they were silent.
  whois: ({ words }) => words.length === 1 && send("WHOIS", words[0], words[0]),
  invite: ({ words, here }) => inChannel(here) && words.length === 1 && send("INVITE", words[0], here),
  kick: ({ words, afterFirst, here }) => inChannel(here) && words.length > 0
    && send("KICK", here, words[0], ...(afterFirst ? [afterFirst] : [])),
  op: (input) => modeOf("+o", input),
  deop: (input) => modeOf("-o", input),
  voice: (input) => modeOf("+v", input),
  mode: ({ words, here }) => here && send("MODE", here, ...words),
  away: ({ rest }) => send("AWAY", ...(rest ? [rest] : [])),
  list: () => send("LIST"),
  raw: ({ rest }) => rest && { action: "raw", line: rest },
  clear: () => ({ action: "clear" }),
  close: ({ here }) => here && { action: "close", target: here },
  quit: ({ rest }) => ({ action: "quit", reason: rest }),
  help: ({ words }) => ({ action: "help", topic: (words[0] ?? "").replace(/^\//, "").toLowerCase() }),
};

const inChannel = (here) => isChannel(here);

const send = (...words) => ({ action: "command", words });

function modeOf(change, { words, here }) {
  return inChannel(here) && words.length === 1 && send("MODE", here, change, words[0]);
}

function say(text, here) {
  if (here) return { action: "say", target: here, text };
  return error("Nobody reads this page. Join a channel first: /join #channel");
}

const error = (text) => ({ action: "error", text });

const usage = (command) => error(`Usage: ${usageOf(command)}`);
