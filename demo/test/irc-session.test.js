// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { byteLength } from "../htdocs/chat/irc-message.js";
import { IrcSession } from "../htdocs/chat/irc-session.js";

function start({ nick = "ann", channels = ["#demo"] } = {}) {
  const sent = [];
  const events = [];
  const session = new IrcSession({
    nick, channels, send: (line) => sent.push(line), emit: (event) => events.push(event),
  });
  session.start();
  return { session, sent, events, ofType: (type) => events.filter((event) => event.type === type) };
}

function inChannel() {
  const all = start();
  [":irc.test 001 ann :Welcome", ":irc.test 005 ann CASEMAPPING=ascii :are supported",
    ":ann!~a@h JOIN :#Demo", ":irc.test 332 ann #demo :A topic",
    ":irc.test 353 ann = #demo :ann @bob", ":irc.test 353 ann = #demo :+cid",
    ":irc.test 366 ann #demo :End"].forEach((line) => all.session.receive(line));
  return all;
}

const nicks = (session) => session.channel("#demo").membersInOrder()
  .map(({ nick, prefix }) => prefix + nick);

test("registration sends nick and user, and joins once the server took us", () => {
  const { session, sent, ofType } = start();
  assert.deepEqual(sent, ["NICK ann", "USER ann 0 * ann"]);
  session.receive(":irc.test 001 ann2 :Welcome");
  assert.equal(sent.at(-1), "JOIN #demo");
  assert.deepEqual(ofType("registered"), [{ type: "registered", nick: "ann2" }]);
  assert.equal(session.nick, "ann2");
});

test("a PING is answered with its last parameter, before registration too", () => {
  const { session, sent } = start();
  session.receive("PING :a token");
  assert.equal(sent.at(-1), "PONG :a token");
});

test("a nick in use is varied a few times, then the session is refused", () => {
  const { session, sent, ofType } = start();
  session.receive(":irc.test 433 * ann :Nickname already in use");
  assert.equal(sent.at(-1), "NICK ann_");
  for (let i = 0; i < 4; i += 1) session.receive(":irc.test 433 * ann :Nickname already in use");
  assert.equal(sent.at(-1), "NICK ann____");
  assert.equal(ofType("refused").length, 1);
});

test("an erroneous nick is refused, with the server's words", () => {
  const { session, ofType } = start();
  session.receive(":irc.test 432 * ann :Erroneous nickname");
  assert.equal(ofType("refused")[0].text, "ann Erroneous nickname");
});

test("a channel has its topic and its members by rank", () => {
  const { session } = inChannel();
  assert.equal(session.channel("#DEMO").topic, "A topic");
  assert.deepEqual(nicks(session), ["@bob", "+cid", "ann"]);
});

test("joining, leaving, renaming, quitting and being kicked change the members", () => {
  const { session } = inChannel();
  session.receive(":dan!d@h JOIN #demo");
  session.receive(":BOB!b@h NICK :rob");
  session.receive(":cid!c@h PART #demo :bye");
  assert.deepEqual(nicks(session), ["@rob", "ann", "dan"]);
  session.receive(":rob!b@h QUIT :gone");
  session.receive(":x!x@h KICK #demo dan :out");
  assert.deepEqual(nicks(session), ["ann"]);
});

test("a mode asks for the names anew", () => {
  const { session, sent } = inChannel();
  session.receive(":bob!b@h MODE #demo +v ann");
  assert.equal(sent.at(-1), "NAMES #Demo");
});

test("what a lost connection's successor joins follows joins, parts and kicks", () => {
  const { session } = inChannel();
  session.join("#other");
  assert.deepEqual(session.channelsToRejoin, ["#demo", "#other"]);
  session.receive(":bob!b@h KICK #demo ann");
  assert.deepEqual(session.channelsToRejoin, ["#other"]);
});

test("messages go to their channel, to their sender's page or to the server's", () => {
  const { session, ofType } = inChannel();
  session.receive(":bob!b@h PRIVMSG #DEMO :to all");
  session.receive(":bob!b@h PRIVMSG ann :to you");
  session.receive(":irc.test NOTICE ann :maintenance");
  session.receive(":bob!b@h PRIVMSG #demo :\x01ACTION waves\x01");
  session.receive(":bob!b@h PRIVMSG ann :\x01VERSION\x01");
  assert.deepEqual(ofType("message").map(({ conversation, text, kind }) => [conversation, kind, text]), [
    ["#Demo", "say", "to all"], ["bob", "say", "to you"], ["", "notice", "maintenance"],
    ["#Demo", "action", "waves"],
  ]);
});

test("colour and style codes are taken out", () => {
  const { session, ofType } = inChannel();
  session.receive(":bob!b@h PRIVMSG #demo :\x02bold\x02 \x034,12red\x03 \x1fline\x0f");
  assert.equal(ofType("message")[0].text, "bold red line");
});

test("own words are shown as they leave, in pieces that a server can relay whole", () => {
  const { session, sent, ofType } = inChannel();
  const text = "Wörter ".repeat(200);
  const before = sent.length;
  session.say("#demo", text);
  const pieces = ofType("message").map((event) => event.text);
  assert.equal(pieces.join(""), text);
  assert.equal(sent.length - before, pieces.length);
  const relayed = (line) => byteLength(`:ann!~${"u".repeat(10)}@${"h".repeat(63)} ${line}\r\n`);
  for (const line of sent.slice(before)) assert.ok(relayed(line) <= 512, `${relayed(line)} bytes`);
});

test("a name that IRC cannot carry is a TypeError, and nothing is sent", () => {
  const { session, sent } = inChannel();
  const before = sent.length;
  assert.throws(() => session.say("two words", "x"), TypeError);
  assert.throws(() => session.changeNick("a\r\nQUIT"), TypeError);
  assert.equal(sent.length, before);
});

test("lines of a hostile or strange server are survived", () => {
  const { session } = inChannel();
  for (const command of ["JOIN", "PART", "KICK", "QUIT", "NICK", "TOPIC", "MODE", "PRIVMSG", "NOTICE",
    "001", "005", "331", "332", "353", "366", "433", "404", "ERROR", "PING", "CONSTRUCTOR"]) {
    for (const source of ["", ":", ":x ", ":x!y@z ", ":ann!~a@h "]) {
      for (const params of ["", " ", " :", " a", " #demo", " #demo :", " a b c d"]) {
        session.receive(source + command + params);
      }
    }
  }
  assert.equal(typeof session.nick, "string");
});

test("a nick that is in use is told, before the next is tried", () => {
  const { session, ofType } = start();
  session.receive(":irc.test 433 * ann :Nickname already in use");
  assert.deepEqual(ofType("activity").map(({ text }) => text), ["The nick ann is in use, trying ann_"]);
});

test("the server's own prefixes rank the members, the highest of several counts", () => {
  const { session, ofType } = start();
  [":irc.test 001 ann :Welcome", ":irc.test 005 ann PREFIX=(Yov)!@+ :are supported", ":ann!~a@h JOIN #demo",
    ":irc.test 353 ann = #demo :ann +cid @+bob !zoe", ":irc.test 366 ann #demo :End"]
    .forEach((line) => session.receive(line));
  assert.deepEqual(session.channel("#demo").membersInOrder(session.prefixes).map(({ nick, prefix }) => prefix + nick),
    ["!zoe", "@bob", "+cid", "ann"]);
  assert.equal(ofType("problem").length, 0);
});

test("our nick as a word of a text is a mention, and so is what is said to us alone", () => {
  const { session, ofType } = inChannel();
  for (const text of ["ann: tea?", "is ANN here", "annual", "nothing"]) {
    session.receive(`:bob!b@h PRIVMSG #demo :${text}`);
  }
  session.receive(":bob!b@h PRIVMSG ann :psst");
  assert.deepEqual(ofType("message").map(({ mention }) => mention), [true, true, false, false, true]);
});

test("an error about a channel is told there, another where the user looks", () => {
  const { session, ofType } = inChannel();
  session.receive(":irc.test 482 ann #demo :You are not channel operator");
  session.receive(":irc.test 401 ann zoe :No such nick");
  assert.deepEqual(ofType("problem").map(({ conversation, text }) => [conversation, text]), [
    ["#Demo", "#demo You are not channel operator"], [null, "zoe No such nick"],
  ]);
});

test("a channel whose door is closed is not tried again after a reconnection", () => {
  const { session, ofType } = inChannel();
  session.join("#locked");
  session.receive(":irc.test 475 ann #locked :Cannot join channel (+k)");
  assert.deepEqual(session.channelsToRejoin, ["#demo"]);
  assert.equal(ofType("problem").length, 1);
});

test("answers to what was asked come where the user looks, the welcome on the server's page", () => {
  const { session, ofType } = inChannel();
  session.receive(":irc.test 311 ann bob b host * :Bob");
  session.receive(":irc.test 322 ann #tea 3 :Darjeeling");
  session.receive(":irc.test 372 ann :- Welcome");
  session.receive(":bob!b@h INVITE ann #tea");
  assert.deepEqual(ofType("reply").map(({ text }) => text),
    ["bob b host * Bob", "#tea (3): Darjeeling", "bob invites you: /join #tea"]);
  assert.equal(ofType("activity").at(-1).conversation, "");
});

test("a raw line goes as it stands, and never as two", () => {
  const { session, sent } = inChannel();
  session.sendRaw("VERSION");
  assert.equal(sent.at(-1), "VERSION");
  assert.throws(() => session.sendRaw("A\r\nQUIT"), TypeError);
});
