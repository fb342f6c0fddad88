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

function showReply(session, { params }, emit) {
  emit({ type: "activity", conversation: "", text: plain(params.slice(1).join(" ")) });
}

function showProblem(session, { params }, emit) {
  const text = plain(params.slice(1).join(" "));
  emit(session.registered ? { type: "problem", text } : { type: "refused", text });
}

function receiveText(session, { source, command, params: [target = "", raw = ""] }, emit) {
  const from = source?.nick ?? "";
  const fromServer = !source?.user;
  const ctcp = /^\x01([A-Z]+) ?([^\x01]*)\x01?$/.exec(raw);
  if (ctcp && ctcp[1] !== "ACTION") return; // a client's version and the like are nobody's business
  const kind = ctcp ? "action" : command === "NOTICE" ? "notice" : "say";
  const conversation = session.channel(target)?.name ?? (fromServer ? "" : from);
  emit({ type: "message", conversation, from, text: plain(ctcp ? ctcp[2] : raw), kind, own: false });
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
  "332": (session, { params }, emit) => setTopic(session, params[1], params[2], emit),
  "333": () => {}, // who set the topic, and when

  "353": (session, { params }) => {
    const channel = session.channel(params[2] ?? "");
    if (!channel) return;
    channel.namesBeingListed ??= new Map();
    for (const word of (params[3] ?? "").split(" ").filter(Boolean)) {
      const [, prefix, nick] = /^([~&@%+]?)[~&@%+]*(.*)$/.exec(word);
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

  ERROR: (session, { params }, emit) => {
    emit({ type: "problem", text: `The server says goodbye: ${plain(params[0] ?? "")}` });
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
