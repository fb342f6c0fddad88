// SPDX-License-Identifier: Apache-2.0
// Two users of irc-framework, by its transport for browsers and IRCv3's subprotocol.
import IRC from "irc-framework";
import WebSocketTransport from "irc-framework/src/transports/websocket.js";
import { next } from "./waiting.mjs";
import { PageSocket } from "./page_socket.mjs";

const CHANNEL = "#peers";
const PROTOCOL = "text.ircv3.net";

// The transport takes what a browser has by this name.
const sockets = [];
globalThis.WebSocket = class extends PageSocket {
  constructor(...given) {
    super(...given);
    sockets.push(this);
  }
};

async function register(url, nick) {
  const { hostname, port, pathname, protocol } = new URL(url);
  const user = new IRC.Client();
  const registered = next(user, "registered");
  user.connect({
    host: hostname, port, path: pathname, tls: protocol === "wss:", nick,
    transport: WebSocketTransport, websocket_protocol: PROTOCOL,
    auto_reconnect: false, ping_interval: 0,
  });
  await registered;
  return { user, socket: sockets.at(-1) };
}

async function join(user) {
  const joined = next(user, "userlist", ({ channel }) => channel === CHANNEL);
  user.join(CHANNEL);
  const [{ users }] = await joined;
  return users.map(({ nick }) => nick).sort();
}

// The texts of `count` messages that a user gets.
async function hear(user, count) {
  const texts = [];
  await next(user, "privmsg", ({ nick, target, message }) =>
    texts.push({ nick, target, message }) === count);
  return texts;
}

export async function talk({ url, greeting, many, long }) {
  const ann = await register(url, "ann");
  const bob = await register(url, "bob");
  await join(ann.user);
  const names = await join(bob.user);

  let heard = hear(bob.user, 1);
  ann.user.say(CHANNEL, greeting);
  const greetings = await heard;

  heard = hear(ann.user, many);
  for (let number = 0; number < many; ++number) bob.user.say("ann", `number ${number}`);
  const numbers = await heard;

  const pieces = [];
  heard = next(bob.user, "privmsg", ({ message }) =>
    pieces.push(message) && pieces.join("").length >= long.length);
  ann.user.say("bob", long);
  await heard;

  // One user's farewell is a line, upon which the IRC server closes; after the other's the library
  // closes the WebSocket.
  const told = next(ann.user, "quit", ({ nick }) => nick === "bob");
  let closed = next(bob.socket, "close");
  bob.user.raw("QUIT", "good night");
  const [{ message: farewell }] = await told;
  const [bobs_code] = await closed;
  closed = next(ann.socket, "close");
  ann.user.quit("me too");
  const [anns_code] = await closed;

  return {
    protocols: [ann.socket.protocol, bob.socket.protocol], names, greetings, numbers, pieces,
    farewell, codes: [anns_code, bobs_code], connections: sockets.length,
  };
}
