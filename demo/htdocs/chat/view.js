// SPDX-License-Identifier: Apache-2.0
// What the chat shows: the connection's state, the conversations and the one that is looked at.

import { byId, button, element } from "../base/elements.js";
import { isChannel } from "./commands.js";
import { Log } from "./log.js";
import { People } from "./nicks.js";

const pageTitle = document.title;

export class View {
  // lower-case name -> { name, log, item, button, unread, mentioned, topic, members }
  #conversations = new Map();
  #current = "";
  #people;
  #missed = 0; // said while the page was not in sight

  // `onNick(nick)` is called when somebody in the list of nicks is chosen.
  constructor({ onNick }) {
    this.#people = new People({ onNick });
    byId("to-end").addEventListener("click", () => {
      this.#log.scrollToEnd();
      byId("text").focus();
    });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.#missed = 0;
      this.#drawTitle();
    });
    this.#drawHeading();
  }

  // The conversation that the user looks at; "" is the server's own page.
  get current() {
    return this.#conversations.get(this.#current)?.name ?? "";
  }

  get names() {
    return [...this.#conversations.values()].map(({ name }) => name).filter(Boolean);
  }

  // `trouble` says that the state is not what the user wanted.
  showState(state, text, { trouble = false } = {}) {
    document.body.dataset.state = state;
    document.body.classList.toggle("trouble", trouble);
    byId("state").textContent = text;
    const idle = state === "idle" || state === "closed";
    byId("welcome").hidden = !idle;
    byId("disconnect").hidden = idle;
    byId("disconnect").textContent = state === "waiting" ? "Stop" : "Disconnect";
    byId("retry").hidden = state !== "waiting";
    for (const control of byId("composer").elements) control.disabled = state !== "online";
    byId("open-join").disabled = state !== "online";
    this.#drawHeading();
  }

  open(name) {
    const key = name.toLowerCase();
    const known = this.#conversations.get(key);
    if (known) return known;

    byId("chat").hidden = false;
    document.body.classList.add("has-log");
    const choose = button("", name || "Server", () => {
      this.select(name);
      byId("text").focus();
    });
    const item = element("li", "", choose);
    byId("conversations").append(item);
    const conversation = {
      name, item, button: choose, unread: 0, mentioned: false, topic: "", members: null,
      log: new Log(`Messages: ${name || "server"}`, byId("logs"), () => this.#drawToEnd()),
    };
    this.#conversations.set(key, conversation);
    return conversation;
  }

  select(name) {
    this.open(name);
    const before = this.#current;
    this.#current = name.toLowerCase();
    for (const [key, { log, button: choose }] of this.#conversations) {
      if (key !== this.#current) log.hide();
      choose.setAttribute("aria-current", String(key === this.#current));
    }
    const conversation = this.#conversations.get(this.#current);
    conversation.log.show();
    this.#countUnread(conversation, 0);
    conversation.button.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (before !== this.#current) this.#people.toggle(false);
    this.#drawHeading();
    this.#drawToEnd();
  }

  // The next (1) or the one before (-1), round and round.
  selectNeighbour(step) {
    const keys = [...this.#conversations.keys()];
    if (keys.length === 0) return;
    const next = keys[(keys.indexOf(this.#current) + step + keys.length) % keys.length];
    this.select(this.#conversations.get(next).name);
  }

  close(name) {
    const conversation = this.#conversations.get(name.toLowerCase());
    if (!conversation || name === "") return;
    conversation.log.remove();
    conversation.item.remove();
    this.#conversations.delete(name.toLowerCase());
    if (this.#current === name.toLowerCase()) this.select([...this.#conversations.values()].at(-1).name);
    this.#drawTitle();
  }

  clear(name) {
    this.#conversations.get(name.toLowerCase())?.log.clear();
  }

  // `kind` is say, action, notice, activity, reply or problem; only the first three have a `from`.
  add(name, { kind, from, text, own, mention }) {
    const conversation = this.open(name);
    const counts = (kind === "say" || kind === "action") && !own;
    const isElsewhere = name.toLowerCase() !== this.#current;
    if (counts && isElsewhere) {
      if (conversation.unread === 0) conversation.log.divide();
      this.#countUnread(conversation, conversation.unread + 1, mention);
    } else if (counts && document.hidden) {
      this.#missed += 1;
      this.#drawTitle();
    }
    // Where all is for us alone, nothing needs to stand out.
    conversation.log.add({ kind, from, text, own, mention: mention && isChannel(name) });
    if (!isElsewhere) this.#drawToEnd();
  }

  addHelp(lines) {
    for (const [usage, about] of lines) this.add(this.current, { kind: "help", text: `${usage} — ${about}` });
  }

  scrollPages(pages) {
    this.#log?.scrollPages(pages);
  }

  // `members` in the order to show, each { nick, prefix }; null once we are not in the channel.
  showChannel(name, topic, members) {
    const conversation = this.open(name);
    conversation.topic = topic;
    conversation.members = members;
    conversation.button.toggleAttribute("data-left", members === null);
    if (name.toLowerCase() === this.#current) this.#drawHeading();
  }

  get #log() {
    return this.#conversations.get(this.#current)?.log;
  }

  #countUnread(conversation, unread, mention = false) {
    conversation.unread = unread;
    conversation.mentioned = unread > 0 && (conversation.mentioned || mention);
    conversation.button.querySelector(".unread")?.remove();
    if (unread > 0) {
      const badge = element("span", "unread", String(unread), element("span", "visually-hidden", " unread"));
      badge.classList.toggle("mentioned", conversation.mentioned);
      conversation.button.append(badge);
    }
    this.#drawTitle();
  }

  #drawTitle() {
    const elsewhere = [...this.#conversations.values()].reduce((sum, { unread }) => sum + unread, 0);
    const count = elsewhere + this.#missed;
    document.title = count > 0 ? `(${count}) ${pageTitle}` : pageTitle;
  }

  #drawHeading() {
    const { name = "", topic = "", members = null } = this.#conversations.get(this.#current) ?? {};
    byId("name").textContent = name || "Server";
    byId("topic").textContent = topic;
    byId("topic").title = topic;
    byId("leave").hidden = name === "";
    byId("leave").textContent = members === null ? "Close" : "Leave";
    byId("leave").setAttribute("aria-label", `${members === null ? "Close" : "Leave"} ${name}`);
    byId("text").placeholder = name === "" ? "A command, such as /join #tea or /help"
      : isChannel(name) ? `Message to ${name}, or /help` : `Message to ${name} alone`;
    this.#people.show(members);
  }

  #drawToEnd() {
    byId("to-end").hidden = !this.#log || this.#log.isAtEnd;
  }
}
