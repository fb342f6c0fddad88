// SPDX-License-Identifier: Apache-2.0
// The chat page: what the user does, the connection, the IRC session and the view, tied together.
//
//   idle ──connect──▶ connecting ──opened──▶ connected ──001──▶ online
//     closed ◀──given up, or ended on purpose──┐  any of them ──lost──▶ waiting ──▶ connecting

import { byId } from "../base/elements.js";
import { findPlaces } from "../base/site.js";
import { channelName, commands, parseInput, usageOf } from "./commands.js";
import { Composer } from "./composer.js";
import { connect } from "./connection.js";
import { IrcSession } from "./irc-session.js";
import { mostAttempts, reconnectDelay } from "./reconnect.js";
import { View } from "./view.js";

const endpoint = new URL("irc.xml", document.baseURI); // the policy document beside this page
const byUser = "You disconnected";

const view = new View({ onNick: openConversation });

let connection = null; // null while there is none, and while we wait to dial again
let session = null;
let wanted = { nick: "", channels: [] }; // what the next registration asks for
let attempt = 0; // since the server last took us
let timer = 0;
let ending = ""; // why we end this connection ourselves; then there is no dialling again
const asked = new Set(); // channels, in lower case, to show once we are in; not those that we come back to

function dial() {
  clearTimeout(timer);
  ending = "";
  view.open("");
  view.showState("connecting", attempt === 0 ? "Connecting…"
    : `Connecting, try ${attempt + 1} of ${mostAttempts + 1}…`);
  session = new IrcSession({
    ...wanted,
    send: (line) => own.send(line),
    emit: (event) => eventHandlers[event.type](event),
  });
  const own = connection = connect(endpoint, {
    opened: () => {
      view.showState("connected", "Connected, signing in…");
      session.start();
    },
    received: (line) => session.receive(line),
    closed: (error) => {
      if (connection === own) lost(error); // else the page has dialled again meanwhile
    },
  });
}

function hangUp(why) {
  ending = why;
  connection?.close();
}

// The library's messages begin with the URL, of which there is one here.
function sentence(error) {
  const text = error.message.replace(/^wss?:\S+ /, "");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function lost(error) {
  connection = null;
  const why = ending || (error ? sentence(error) : "The IRC server ended the connection");
  const trouble = ending ? ending !== byUser : error !== null;
  for (const channel of session.channels.values()) view.showChannel(channel.name, channel.topic, null);
  wanted.channels = session.channelsToRejoin;
  view.add("", { kind: trouble ? "problem" : "activity", text: why });
  const delay = ending ? null : reconnectDelay(error, attempt);
  if (delay === null) {
    view.showState("closed", why, { trouble });
    return;
  }
  attempt += 1;
  timer = setTimeout(dial, delay);
  view.showState("waiting", `${why}. Trying again in ${Math.ceil(delay / 1000)} s`);
}

function complain(text, conversation = null) {
  view.add(conversation ?? view.current, { kind: "problem", text });
}

const eventHandlers = {
  registered: ({ nick }) => {
    attempt = 0;
    if (nick !== wanted.nick) complain(`The nick ${wanted.nick} was not to be had; you are ${nick}.`);
    showOnline(nick);
  },
  nick: ({ nick }) => {
    wanted.nick = nick;
    showOnline(nick);
  },
  refused: ({ text }) => {
    complain(text);
    hangUp(`The IRC server refused: ${text}`);
  },
  message: ({ conversation, ...message }) => view.add(conversation, message),
  activity: ({ conversation, text }) => view.add(conversation, { kind: "activity", text }),
  reply: ({ text }) => view.add(view.current, { kind: "reply", text }),
  problem: ({ text, conversation }) => complain(text, conversation),
  joined: ({ conversation }) => {
    if (asked.delete(conversation.toLowerCase())) openConversation(conversation);
    else view.open(conversation);
  },
  parted: ({ conversation }) => view.showChannel(conversation, "", null),
  channel: ({ conversation }) => {
    const channel = session.channel(conversation);
    if (channel) view.showChannel(channel.name, channel.topic, channel.membersInOrder(session.prefixes));
  },
};

function showOnline(nick) {
  view.showState("online", `Connected as ${nick}`);
}

function openConversation(name) {
  view.select(name);
  byId("text").focus();
}

function join(channel) {
  session.join(channel);
  asked.add(channel.toLowerCase());
  if (session.channel(channel)) openConversation(channel); // the server says nothing to who is in already
}

// A channel that we are in is left first; its page stays, to be read.
function leave(target, reason) {
  if (session.channel(target)) session.part(target, reason);
  else view.close(target);
}

const actions = {
  say: ({ target, text }) => {
    session.say(target, text);
    view.select(target);
  },
  act: ({ target, text }) => session.act(target, text),
  notice: ({ target, text }) => session.notify(target, text),
  open: ({ target }) => openConversation(target),
  join: ({ channels }) => channels.forEach(join),
  part: ({ target, reason }) => leave(target, reason),
  close: ({ target }) => {
    if (session.channel(target)) session.part(target);
    view.close(target);
  },
  nick: ({ nick }) => session.changeNick(nick),
  topic: ({ channel, text }) => session.setTopic(channel, text),
  command: ({ words }) => session.command(...words),
  raw: ({ line }) => session.sendRaw(line),
  clear: () => view.clear(view.current),
  quit: ({ reason }) => {
    session.quit(reason);
    hangUp(byUser);
  },
  help: ({ topic }) => {
    const chosen = commands.filter(({ name }) => topic === "" || name === topic);
    if (chosen.length === 0) complain(`There is no command /${topic}. /help lists them.`);
    view.addHelp(chosen.map((command) => [usageOf(command), command.about]));
    if (topic === "") view.addHelp([["//text", "a line that shall begin with a slash"]]);
  },
  error: ({ text }) => complain(text),
};

// Whether it could be said; a TypeError is a name or a text that IRC cannot carry.
function act(command) {
  try {
    actions[command.action](command);
    return true;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    complain(error.message);
    return false;
  }
}

new Composer({
  onLine: (line) => act(parseInput(line, view.current)),
  names: () => [
    ...(session?.channel(view.current)?.membersInOrder(session.prefixes) ?? []).map(({ nick }) => nick),
    ...view.names,
  ].filter((name, index, all) => all.indexOf(name) === index),
});

byId("connect").addEventListener("submit", (event) => {
  event.preventDefault();
  const channel = channelName(byId("channel").value.trim());
  wanted = { nick: byId("nick").value.trim(), channels: [channel] };
  attempt = 0;
  asked.clear();
  asked.add(channel.toLowerCase());
  view.select("");
  dial();
});

byId("disconnect").addEventListener("click", () => {
  if (connection) {
    if (session.registered) session.quit();
    hangUp(byUser);
    return;
  }
  clearTimeout(timer);
  view.showState("closed", "Not connected");
});

byId("retry").addEventListener("click", dial);
byId("leave").addEventListener("click", () => {
  leave(view.current, "");
  byId("text").focus();
});

byId("open-join").addEventListener("click", () => {
  byId("join-channel").value = "";
  byId("join-dialog").showModal();
});
byId("cancel-join").addEventListener("click", () => byId("join-dialog").close());
byId("join").addEventListener("submit", () => {
  act({ action: "join", channels: [channelName(byId("join-channel").value.trim())] });
});

// Alt with an arrow chooses the conversation, Page Up and Down scroll it, wherever one is in the chat.
byId("chat").addEventListener("keydown", (event) => {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  const pages = { PageUp: -1, PageDown: 1 }[event.key];
  if (step && event.altKey) view.selectNeighbour(step);
  else if (pages && event.target === byId("text")) view.scrollPages(pages);
  else return;
  event.preventDefault();
});

// A browser may keep a page that the user has left, its connection included, to show it again when
// the user comes back; the others in the channel should not think that somebody is there.
let leftOnline = false;

window.addEventListener("pagehide", () => {
  clearTimeout(timer);
  leftOnline = session?.registered === true && connection !== null;
  if (leftOnline) session.quit();
  hangUp("You left the page");
});

window.addEventListener("pageshow", ({ persisted }) => {
  if (persisted && leftOnline) dial();
});

byId("endpoint").textContent = endpoint.href;
byId("nick").value = `guest${Math.floor(100 + Math.random() * 900)}`;
view.showState("idle", "Not connected");
findPlaces();
