// SPDX-License-Identifier: Apache-2.0
// What a user typed, to what is meant by it.

export const help = [
  "/join #channel", "/part [#channel] [reason]", "/nick name", "/msg nick text", "/me text",
  "/topic text", "/quit [reason]", "A line that shall begin with a slash: //text",
];

// Returns { action, ... } for the conversation `here` (a channel or a nick; "" is the server's own
// page), or { action: "error", text } that tells what to type instead.
export function parseInput(input, here) {
  const command = /^\/([a-z]+)(?: +(.*))?$/is.exec(input);
  if (!command) return say(input.startsWith("//") ? input.slice(1) : input, here);

  const rest = (command[2] ?? "").trim();
  const [first = "", ...others] = rest.split(/ +/);
  const [, afterFirst = ""] = /^[^ ]+ +(.*)$/s.exec(rest) ?? [];
  switch (command[1].toLowerCase()) {
    case "join":
      return first ? { action: "join", channel: channelName(first) } : usage("/join #channel");
    case "part":
      if (/^[#&+]/.test(first)) return { action: "part", target: first, reason: afterFirst };
      return here ? { action: "part", target: here, reason: rest } : usage("/part #channel");
    case "nick":
      return first && others.length === 0 ? { action: "nick", nick: first } : usage("/nick name");
    case "msg":
      return afterFirst ? { action: "say", target: first, text: afterFirst }
        : usage("/msg nick text");
    case "me":
      return here && rest ? { action: "act", target: here, text: rest } : usage("/me text");
    case "topic":
      return here && rest ? { action: "topic", channel: here, text: rest } : usage("/topic text");
    case "quit":
      return { action: "quit", reason: rest };
    case "help":
      return { action: "help" };
    default:
      return { action: "error", text: `There is no command /${command[1]}. /help lists them.` };
  }
}

export function channelName(text) {
  return /^[#&+]/.test(text) ? text : `#${text}`;
}

function say(text, here) {
  if (here) return { action: "say", target: here, text };
  return { action: "error", text: "Nobody reads this page. Join a channel first: /join #channel" };
}

function usage(form) {
  return { action: "error", text: `Usage: ${form}` };
}
