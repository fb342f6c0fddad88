// SPDX-License-Identifier: Apache-2.0
// What each message of an IRC server does to a session (RFC 2812 sections 3 and 5; the events are
// listed in irc-session.js).

import { Channel } from "./irc-channel.js";

// mIRC's colour and style codes, which this client does not paint.
function plain(text) {
  return text.replace(/\x03(\d{1,2}(,\d{1,2})?)?|[\x02\x0f\x11\x16\x1d\x1e\x1f]/g, "");
}

function because(reason) {
  return reason ? ` (${plain(reason)})` : "";
}

// Handles one parsed message of the server: changes the session, asks or answers through it, and
// emits events. A command that nobody here knows is passed over.
export function handleMessage(session, message, emit) {
  const handle = handlers[message.command] ?? (/^[45]/.test(message.command) ? showProblem
    : /^[0-9]/.test(message.command) ? showReply : () => {});
  handle(session, message, emit);
}

// The welcome, the server's figures and its message of the day come unasked; they are the server's page.
const unasked = /^(00\d|2[56]\d|37\d|422)$/;

function showReply(session, { command, params }, emit) {
  const text = plain(params.slice(1).join(" "));
  emit(unasked.test(command) ? { type: "activity", conversation: "", text } : { type: "reply", text });
}

function showProblem(session, { params }, emit) {
  const text = plain(params.slice(1).join(" "));
  if (!session.registered) emit({ type: "refused", text });
  else emit({ type: "problem", text, conversation: session.channel(params[1] ?? "")?.name ?? null });
}

// A channel that we may not enter: asking again after each reconnection would be refused again.
function showClosedDoor(session, message, emit) {
  showProblem(session, message, emit);
  if (session.registered && !session.channel(message.params[1] ?? "")) {
    session.forgetChannel(message.params[1] ?? "");
  }
}

function receiveText(session, { source, command, params: [target = "", raw = ""] }, emit) {
  const from = source?.nick ?? "";
  const fromServer = !source?.user;
  const ctcp = /^\x01([A-Z]+) ?([^\x01]*)\x01?$/.exec(raw);
  if (ctcp && ctcp[1] !== "ACTION") return; // a client's version and the like are nobody's business
  const kind = ctcp ? "action" : command === "NOTICE" ? "notice" : "say";
  const conversation = session.channel(target)?.name ?? (fromServer ? "" : from);
  const text = plain(ctcp ? ctcp[2] : raw);
  const mention = !fromServer && (session.isMe(target) || session.isMentionedIn(text));
  emit({ type: "message", conversation, from, text, kind, own: false, mention });
}

// By command or numeric reply; each takes (session, message, emit).
const handlers = {
  PING: (session, { params }) => session.answerPing(params),

  "001": (session, message, emit) => {
    session.becomeRegistered(message.params[0] || session.nick);
    showReply(session, message, emit);
  },

  "005": (session, { params }) => session.readSupport(params.slice(1, -1)),

  // Nick in use, or held back for a while (RFC 2812 5.2).
  "433": (session, message, emit) => {
    if (session.registered) showProblem(session, message, emit);
    else session.tryAnotherNick();
  },

  "331": (session, { params }, emit) => setTopic(session, params[1], "", emit),
  "332": (session, { params }, emit) => {
    if (setTopic(session, params[1], params[2], emit)) {
      emit({
        type: "activity", conversation: session.channel(params[1]).name,
        text: `The topic is: ${plain(params[2] ?? "")}`,
      });
    }
  },
  "333": () => {}, // who set the topic, and when
  "318": () => {}, // the end of what is known of somebody
  "321": () => {}, // the head of the list of channels
  "323": () => {}, // and its end

  "322": (session, { params }, emit) => emit({
    type: "reply", text: `${params[1]} (${params[2]})${params[3] ? `: ${plain(params[3])}` : ""}`,
  }),

  // Erroneous channel, too many channels, full, by invitation only, banned, with a key.
  "403": showClosedDoor, "405": showClosedDoor, "471": showClosedDoor, "473": showClosedDoor,
  "474": showClosedDoor, "475": showClosedDoor, "476": showClosedDoor,

  "353": (session, { params }) => {
    const channel = session.channel(params[2] ?? "");
    if (!channel) return;
    channel.namesBeingListed ??= new Map();
    for (const word of (params[3] ?? "").split(" ").filter(Boolean)) {
      let start = 0; // a server may tell several prefixes, the highest first
      while (session.prefixes.includes(word.charAt(start) || " ")) start += 1;
      const [prefix, nick] = [word.slice(0, Math.min(start, 1)), word.slice(start)];
      channel.namesBeingListed.set(session.fold(nick), { nick, prefix });
    }
  },

  "366": (session, { params }, emit) => {
    const channel = session.channel(params[1] ?? "");
    if (!channel) return;
    channel.members = channel.namesBeingListed ?? new Map();
    channel.namesBeingListed = null;
    emit({ type: "channel", conversation: channel.name });
  },

  PRIVMSG: receiveText,
  NOTICE: receiveText,

  JOIN: (session, { source, params: [name] }, emit) => {
    if (!source || !name) return;
    if (session.isMe(source.nick)) {
      session.channels.set(session.fold(name), new Channel(name));
      emit({ type: "joined", conversation: name });
    }
    const channel = session.channel(name);
    if (!channel) return;
    channel.members.set(session.fold(source.nick), { nick: source.nick, prefix: "" });
    emit({ type: "activity", conversation: channel.name, text: `${source.nick} joined` });
    emit({ type: "channel", conversation: channel.name });
  },

  PART: (session, { source, params: [name, reason] }, emit) => {
    if (source) leave(session, name, source.nick, `left${because(reason)}`, emit);
  },

  KICK: (session, { source, params: [name, nick, reason] }, emit) => {
    const by = source?.nick ?? "the server";
    leave(session, name, nick, `was put out by ${by}${because(reason)}`, emit);
  },

  QUIT: (session, { source, params: [reason] }, emit) => {
    if (!source) return;
    for (const channel of session.channelsOf(source.nick)) {
      leave(session, channel.name, source.nick, `quit${because(reason)}`, emit);
    }
  },

  NICK: (session, { source, params: [nick] }, emit) => {
    if (!source || !nick) return;
    const mine = session.isMe(source.nick);
    for (const channel of session.channelsOf(source.nick)) {
      const member = channel.members.get(session.fold(source.nick));
      channel.members.delete(session.fold(source.nick));
      channel.members.set(session.fold(nick), { ...member, nick });
      emit({
        type: "activity", conversation: channel.name,
        text: `${source.nick} is now known as ${nick}`,
      });
      emit({ type: "channel", conversation: channel.name });
    }
    if (!mine) return;
    session.nick = nick;
    emit({ type: "nick", nick });
  },

  TOPIC: (session, { source, params: [name, text] }, emit) => {
    if (!setTopic(session, name, text, emit)) return;
    emit({
      type: "activity", conversation: session.channel(name).name,
      text: `${source?.nick ?? "The server"} set the topic: ${plain(text ?? "")}`,
    });
  },

  // Whose prefix a mode changes depends on the server's tables; asking for the names does not.
  MODE: (session, { source, params: [name, ...modes] }, emit) => {
    const channel = session.channel(name ?? "");
    if (!channel) return;
    emit({
      type: "activity", conversation: channel.name,
      text: `${source?.nick ?? "The server"} set mode ${modes.join(" ")}`,
    });
    session.refreshMembers(channel);
  },

  INVITE: (session, { source, params: [, channel] }, emit) => {
    if (channel) emit({ type: "reply", text: `${source?.nick ?? "The server"} invites you: /join ${channel}` });
  },

  ERROR: (session, { params }, emit) => {
    emit({ type: "problem", conversation: "", text: `The server says goodbye: ${plain(params[0] ?? "")}` });
  },
};

function setTopic(session, name, text, emit) {
  const channel = session.channel(name ?? "");
  if (!channel) return false;
  channel.topic = plain(text ?? "");
  emit({ type: "channel", conversation: channel.name });
  return true;
}

function leave(session, name, nick, how, emit) {
  const channel = session.channel(name ?? "");
  if (!channel || !nick) return;
  channel.members.delete(session.fold(nick));
  emit({ type: "activity", conversation: channel.name, text: `${nick} ${how}` });
  if (session.isMe(nick)) {
    session.forgetChannel(name);
    emit({ type: "parted", conversation: channel.name });
  } else {
    emit({ type: "channel", conversation: channel.name });
  }
}
