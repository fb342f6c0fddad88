// SPDX-License-Identifier: Apache-2.0
// The page's elements. Whatever came from the network gets in through textContent only, so that no
// nick, topic or message can become markup.

const mostEntries = 1000; // in a conversation; the oldest go, so that a long day does not fill memory

const byId = (id) => document.getElementById(id);

function element(name, className, text) {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

// Always the same colour for the same nick.
function paintNick(node, nick) {
  let hash = 0;
  for (const character of nick.toLowerCase()) hash = (hash * 31 + character.codePointAt(0)) >>> 0;
  node.classList.add("nick");
  node.style.setProperty("--hue", String((hash * 47) % 360));
}

export class View {
  #conversations = new Map(); // lower-case name -> { name, log, item, button, unread, topic, members }
  #current = "";
  #onNick;

  // `onNick(nick)` is called when somebody in the list of nicks is chosen.
  constructor({ onNick }) {
    this.#onNick = onNick;
    byId("show-people").addEventListener("click", () => this.#openPeople(
      !byId("people").classList.contains("open")));
    byId("people").addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      this.#openPeople(false);
      byId("show-people").focus();
    });
    this.#drawHeading();
  }

  // The conversation that the user looks at; "" is the server's own page.
  get current() {
    return this.#conversations.get(this.#current)?.name ?? "";
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
    byId("text").disabled = byId("composer").querySelector("button").disabled = state !== "online";
  }

  open(name) {
    const key = name.toLowerCase();
    const known = this.#conversations.get(key);
    if (known) return known;

    byId("chat").hidden = false;
    document.body.classList.add("has-log");
    const log = element("ol");
    log.setAttribute("role", "log");
    log.setAttribute("aria-label", `Messages: ${name || "server"}`);
    log.tabIndex = 0; // to scroll by keyboard
    log.hidden = true;
    byId("logs").append(log);

    const button = element("button", "", name || "Server");
    button.type = "button";
    button.addEventListener("click", () => {
      this.select(name);
      byId("text").focus();
    });
    const item = element("li");
    item.append(button);
    byId("conversations").append(item);

    const conversation = { name, log, item, button, unread: 0, topic: "", members: null };
    this.#conversations.set(key, conversation);
    return conversation;
  }

  select(name) {
    this.open(name);
    this.#current = name.toLowerCase();
    for (const [key, { log, button }] of this.#conversations) {
      log.hidden = key !== this.#current;
      button.setAttribute("aria-current", String(key === this.#current));
    }
    const { log } = this.#conversations.get(this.#current);
    this.#countUnread(this.#conversations.get(this.#current), 0);
    log.scrollTop = log.scrollHeight;
    this.#openPeople(false);
    this.#drawHeading();
  }

  close(name) {
    const conversation = this.#conversations.get(name.toLowerCase());
    if (!conversation || name === "") return;
    conversation.log.remove();
    conversation.item.remove();
    this.#conversations.delete(name.toLowerCase());
    if (this.#current === name.toLowerCase()) this.select([...this.#conversations.values()].at(-1).name);
  }

  // `kind` is say, action, notice, activity or problem; only the first three have a `from`.
  add(name, { kind, from = "", text, own = false }) {
    const conversation = this.open(name);
    const { log } = conversation;
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;

    const entry = element("li", own ? `${kind} own` : kind);
    const now = new Date();
    const time = element("time", "", now.toTimeString().slice(0, 5));
    time.dateTime = now.toISOString();
    const body = element("div");
    if (from) {
      const who = element("span", "from", from);
      paintNick(who, from);
      body.append(who);
    }
    body.append(element("span", "words", text));
    entry.append(time, body);
    log.append(entry);
    while (log.childElementCount > mostEntries) log.firstElementChild.remove();

    if (atEnd || own) log.scrollTop = log.scrollHeight;
    const counts = kind === "say" || kind === "action";
    if (counts && name.toLowerCase() !== this.#current) {
      this.#countUnread(conversation, conversation.unread + 1);
    }
  }

  // `members` in the order to show, each { nick, prefix }; null once we are not in the channel.
  showChannel(name, topic, members) {
    const conversation = this.open(name);
    conversation.topic = topic;
    conversation.members = members;
    conversation.button.toggleAttribute("data-left", members === null);
    if (name.toLowerCase() === this.#current) this.#drawHeading();
  }

  #countUnread(conversation, unread) {
    conversation.unread = unread;
    conversation.button.querySelector(".unread")?.remove();
    if (unread === 0) return;
    const badge = element("span", "unread", String(unread));
    badge.append(element("span", "visually-hidden", " unread"));
    conversation.button.append(badge);
  }

  #drawHeading() {
    const { name = "", topic = "", members = null } = this.#conversations.get(this.#current) ?? {};
    byId("name").textContent = name || "Server";
    byId("topic").textContent = topic;
    byId("topic").title = topic;
    byId("show-people").hidden = members === null;
    byId("show-people").textContent = `People (${members?.length ?? 0})`;
    byId("people-count").textContent = members ? `People (${members.length})` : "";
    byId("nicks").replaceChildren(...(members ?? []).map((member) => this.#memberItem(member)));
  }

  #memberItem({ nick, prefix }) {
    const button = element("button");
    button.type = "button";
    button.title = `Talk to ${nick} alone`;
    const label = element("span", "", nick);
    paintNick(label, nick);
    button.append(element("span", "prefix", prefix), label);
    button.addEventListener("click", () => this.#onNick(nick));
    const item = element("li");
    item.append(button);
    return item;
  }

  #openPeople(open) {
    byId("people").classList.toggle("open", open);
    byId("show-people").setAttribute("aria-expanded", String(open));
  }
}
