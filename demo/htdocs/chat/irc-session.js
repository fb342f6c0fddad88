// SPDX-License-Identifier: Apache-2.0
// One conversation with an IRC server, without I/O: lines in, lines and events out. It knows
// neither sockets nor the page.
//
//   new ──start──▶ registering ──001──▶ registered      (the connection's end ends the session)
//
// Events, each an object with a `type`:
//   registered { nick }                    the server took us; channels are being joined
//   refused    { text }                    the nick is not possible; the user has to choose another
//   message    { conversation, from, text, kind, own, mention }   kind: say, action or notice;
//                                          `mention` if our nick is in it, or if it is for us alone
//   activity   { conversation, text }      a sentence to show; conversation "" is the server's page
//   reply      { text }                    an answer to what the user asked, to show where they look
//   problem    { text, conversation }      an error reply; conversation null is where the user looks
//   joined, parted { conversation }        it was we
//   channel    { conversation }            its topic or its members changed
//   nick       { nick }                    our own

import { usualPrefixes } from "./irc-channel.js";
import { handleMessage } from "./irc-handlers.js";
import { byteLength, format, parse, splitText } from "./irc-message.js";

const longestMessage = 510; // bytes, without CR LF (RFC 2812 2.3)
const longestUserAndHost = 11 + 63; // what servers prepend when they relay, at most
const nickAttempts = 5;

export class IrcSession {
  channels = new Map(); // folded name -> Channel, those that we are in
  registered = false;
  prefixes = usualPrefixes; // of nicks, highest first
  #wanted = new Set(); // channels to be in: those joined, and those asked for
  #send;
  #emit;
  #nicksTried = 0;
  #caseMapping = "rfc1459";

  // `send` takes a line without CR LF, `emit` an event.
  constructor({ nick, channels = [], send, emit }) {
    this.nick = nick;
    channels.forEach((channel) => this.#wanted.add(channel));
    this.#send = send;
    this.#emit = emit;
  }

  start() {
    this.#command("NICK", this.nick);
    this.#command("USER", this.nick.replace(/[^A-Za-z0-9]/g, "").slice(0, 9) || "guest", "0", "*",
      this.nick);
  }

  // What the next session should join, after this one's connection was lost.
  get channelsToRejoin() {
    return [...this.#wanted];
  }

  receive(line) {
    const message = parse(line);
    if (message) handleMessage(this, message, this.#emit);
  }

  // ---- what the user wants. Each throws TypeError for a name that IRC cannot carry.

  join(channel) {
    this.#command("JOIN", channel);
    this.#wanted.add(channel);
  }

  part(channel, reason = "") {
    this.#command("PART", channel, ...(reason ? [reason] : []));
  }

  changeNick(nick) {
    this.#command("NICK", nick);
  }

  setTopic(channel, text) {
    this.#command("TOPIC", channel, text);
  }

  // A command that needs nothing of us but to be sent.
  command(...words) {
    this.#command(...words);
  }

  // A line as the user wrote it.
  sendRaw(line) {
    if (/[\0\r\n]/.test(line)) throw new TypeError("a line break inside an IRC message");
    this.#send(line);
  }

  quit(reason = "") {
    this.#command("QUIT", reason || "Leaving");
  }

  say(target, text) {
    this.#speak("PRIVMSG", target, text, "say", (piece) => piece);
  }

  act(target, text) {
    this.#speak("PRIVMSG", target, text, "action", (piece) => `\x01ACTION ${piece}\x01`);
  }

  notify(target, text) {
    this.#speak("NOTICE", target, text, "notice", (piece) => piece);
  }

  // IRC does not send our own words back to us, so they are shown as they leave.
  #speak(verb, target, text, kind, wrap) {
    const overhead = 3 + this.nick.length + longestUserAndHost
      + byteLength(`${verb} ${target} :${wrap("")}`);
    for (const line of text.split(/[\r\n]+/)) {
      for (const piece of splitText(line, Math.max(longestMessage - overhead, 4))) {
        this.#command(verb, target, wrap(piece));
        this.#emit({
          type: "message", conversation: this.channel(target)?.name ?? target, from: this.nick,
          text: piece, kind, own: true, mention: false,
        });
      }
    }
  }

  // ---- for the handlers (irc-handlers.js)

  answerPing(params) {
    this.#send(format("PONG", ...params.slice(-1)));
  }

  becomeRegistered(nick) {
    this.registered = true;
    this.nick = nick;
    this.#emit({ type: "registered", nick });
    for (const channel of this.#wanted) this.#command("JOIN", channel);
  }

  // We are not in it, and do not come back to it by ourselves.
  forgetChannel(channel) {
    this.channels.delete(this.fold(channel));
    this.#wanted.forEach((name) => {
      if (this.fold(name) === this.fold(channel)) this.#wanted.delete(name);
    });
  }

  tryAnotherNick() {
    this.#nicksTried += 1;
    if (this.#nicksTried >= nickAttempts) {
      this.#emit({ type: "refused", text: "That nick and its variants are all in use." });
      return;
    }
    this.#emit({
      type: "activity", conversation: "", text: `The nick ${this.nick} is in use, trying ${this.nick}_`,
    });
    this.nick += "_";
    this.#command("NICK", this.nick);
  }

  refreshMembers(channel) {
    this.#command("NAMES", channel.name);
  }

  readSupport(tokens) {
    for (const token of tokens) {
      if (token.startsWith("CASEMAPPING=")) this.#caseMapping = token.slice(12).toLowerCase();
      if (token.startsWith("PREFIX=(")) this.prefixes = token.slice(token.indexOf(")") + 1);
    }
  }

  // Names compare without case; {}|~ are the lower case of []\^ where the server says so.
  fold(name) {
    const lower = name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
    if (this.#caseMapping === "ascii") return lower;
    return lower.replace(/[[\]\\^]/g, (letter) => "{}|~"["[]\\^".indexOf(letter)]);
  }

  isMe(nick) {
    return this.fold(nick) === this.fold(this.nick);
  }

  // Whether our nick is a word of the text.
  isMentionedIn(text) {
    return text.split(/[^\p{L}\p{N}_[\]\\^{}|`-]+/u).some((word) => word !== "" && this.isMe(word));
  }

  channel(name) {
    return this.channels.get(this.fold(name));
  }

  channelsOf(nick) {
    return [...this.channels.values()].filter(({ members }) => members.has(this.fold(nick)));
  }

  #command(...words) {
    this.#send(format(...words));
  }
}
