// SPDX-License-Identifier: Apache-2.0
// The demo page: what the user does, the connection, the IRC session and the view, tied together.
//
//   idle ──connect──▶ connecting ──opened──▶ connected ──001──▶ online
//     closed ◀──given up, or ended on purpose──┐  any of them ──lost──▶ waiting ──▶ connecting

import { channelName, help, parseInput } from "./commands.js";
import { connect, websocketUrl } from "./connection.js";
import { IrcSession } from "./irc-session.js";
import { LineSplitter } from "./lines.js";
import { mostAttempts, reconnectDelay } from "./reconnect.js";
import { View } from "./view.js";

const resource = "irc.xml"; // the policy document beside this page
const endpoint = websocketUrl(resource, document.baseURI);
const encoder = new TextEncoder();
const byId = (id) => document.getElementById(id);

const view = new View({
  onNick: (nick) => {
    view.select(nick);
    byId("text").focus();
  },
});

const byUser = "you disconnected";

let connection = null; // null while there is none, and while we wait to dial again
let session = null;
let wanted = { nick: "", channels: [] }; // what the next registration asks for
let attempt = 0; // since the server last took us
let timer = 0;
let ending = ""; // why we end this connection ourselves; then there is no dialling again

function dial() {
  clearTimeout(timer);
  ending = "";
  view.open("");
  view.showState("connecting", attempt === 0 ? "Connecting…"
    : `Connecting, try ${attempt + 1} of ${mostAttempts + 1}…`);
  const lines = new LineSplitter();
  session = new IrcSession({
    ...wanted,
    send: (line) => own.send(encoder.encode(`${line}\r\n`)),
    emit: (event) => eventHandlers[event.type](event),
  });
  const own = connection = connect(endpoint, {
    opened: () => {
      view.showState("connected", "Connected, signing in…");
      session.start();
    },
    received: (bytes) => {
      try {
        for (const line of lines.feed(bytes)) session.receive(line);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        complain(error.message);
        hangUp("the server's lines have no end");
      }
    },
    closed: (close) => {
      if (connection === own) lost(close); // else the page has dialled again meanwhile
    },
  });
}

function hangUp(why) {
  ending = why;
  connection?.close();
}

const meanings = {
  1000: "the IRC server ended the connection",
  1001: "the web server is going away",
  1006: "the connection broke",
  1011: "the web server had an error",
  1012: "the web server restarts",
  1013: "the web server is busy",
  1014: "the IRC server cannot be reached",
};

function describeClose({ code, reason, opened }) {
  // Browsers do not tell a page why a handshake failed.
  const meaning = ending || (opened ? meanings[code]
    : "no connection was made; the web server's error log has the reason");
  return `Closed, code ${code}${reason ? ` “${reason}”` : ""}${meaning ? `: ${meaning}` : ""}`;
}

function lost(close) {
  connection = null;
  const why = describeClose(close);
  for (const channel of session.channels.values()) view.showChannel(channel.name, "", null);
  wanted.channels = session.channelsToRejoin;
  view.add("", { kind: "activity", text: why });
  const delay = ending ? null : reconnectDelay(close.code, attempt);
  if (delay === null) {
    view.showState("closed", why, { trouble: ending !== byUser && close.code !== 1000 });
    return;
  }
  attempt += 1;
  timer = setTimeout(dial, delay);
  view.showState("waiting", `${why}. Trying again in ${Math.ceil(delay / 1000)} s`);
}

function complain(text) {
  view.add(view.current, { kind: "problem", text });
}

const eventHandlers = {
  registered: ({ nick }) => {
    attempt = 0;
    showOnline(nick);
  },
  nick: ({ nick }) => {
    wanted.nick = nick;
    showOnline(nick);
  },
  refused: ({ text }) => {
    complain(text);
    hangUp("the IRC server refused");
  },
  message: ({ conversation, from, text, kind, own }) => {
    view.add(conversation, { kind, from, text, own });
  },
  activity: ({ conversation, text }) => view.add(conversation, { kind: "activity", text }),
  problem: ({ text }) => complain(text),
  joined: ({ conversation }) => {
    view.select(conversation);
    byId("text").focus();
  },
  parted: ({ conversation }) => view.showChannel(conversation, "", null),
  channel: ({ conversation }) => {
    const channel = session.channel(conversation);
    if (channel) view.showChannel(channel.name, channel.topic, channel.membersInOrder());
  },
};

function showOnline(nick) {
  view.showState("online", `Connected as ${nick}`);
}

const actions = {
  say: ({ target, text }) => {
    session.say(target, text);
    view.select(target);
  },
  act: ({ target, text }) => session.act(target, text),
  join: ({ channel }) => session.join(channel),
  // Of a channel that we are not in, or of one nick, "part" only puts the conversation away.
  part: ({ target, reason }) => {
    if (session.channel(target)) session.part(target, reason);
    else view.close(target);
  },
  nick: ({ nick }) => session.changeNick(nick),
  topic: ({ channel, text }) => session.setTopic(channel, text),
  quit: ({ reason }) => {
    session.quit(reason);
    hangUp(byUser);
  },
  help: () => help.forEach((text) => view.add(view.current, { kind: "activity", text })),
  error: ({ text }) => complain(text),
};

byId("connect").addEventListener("submit", (event) => {
  event.preventDefault();
  const channel = channelName(byId("channel").value.trim());
  wanted = { nick: byId("nick").value.trim(), channels: [channel] };
  attempt = 0;
  view.select("");
  dial();
});

byId("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const input = byId("text").value;
  if (!session || input.trim() === "") return;
  const command = parseInput(input, view.current);
  try {
    actions[command.action](command);
    byId("text").value = "";
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // TypeError: a name that IRC cannot carry
    complain(error.message);
  }
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

// A browser may keep a page that the user has left, its connection included, to show it again when
// the user comes back; the others in the channel should not think that somebody is there.
let leftOnline = false;

window.addEventListener("pagehide", () => {
  clearTimeout(timer);
  leftOnline = session?.registered === true && connection !== null;
  if (leftOnline) session.quit();
  hangUp("you left the page");
});

window.addEventListener("pageshow", ({ persisted }) => {
  if (persisted && leftOnline) dial();
});

byId("endpoint").textContent = endpoint.href;
byId("nick").value = `guest${Math.floor(100 + Math.random() * 900)}`;
view.showState("idle", "Not connected");
