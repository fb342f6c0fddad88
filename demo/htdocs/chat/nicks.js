// SPDX-License-Identifier: Apache-2.0
// How nicks look, and the list of those in a channel.

import { byId, button, element } from "../base/elements.js";

// Always the same colour for the same nick.
export function paintNick(node, nick) {
  let hash = 0;
  for (const character of nick.toLowerCase()) hash = (hash * 31 + character.codePointAt(0)) >>> 0;
  node.classList.add("nick");
  node.style.setProperty("--hue", String((hash * 47) % 360));
}

const ranks = new Map([
  ["~", "owner"], ["&", "admin"], ["@", "operator"], ["%", "half-operator"], ["+", "may speak"],
]);

// Beside the conversation on a desk, behind a button on a phone.
export class People {
  #onNick;

  // `onNick(nick)` is called when somebody is chosen.
  constructor({ onNick }) {
    this.#onNick = onNick;
    byId("show-people").addEventListener("click", () => this.toggle(!byId("people").classList.contains("open")));
    byId("people").addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      this.toggle(false);
      byId("show-people").focus();
    });
  }

  toggle(open) {
    byId("people").classList.toggle("open", open);
    byId("show-people").setAttribute("aria-expanded", String(open));
  }

  // `members` in the order to show, each { nick, prefix }; null where there is no channel.
  show(members) {
    byId("people").hidden = members === null;
    byId("show-people").hidden = members === null;
    byId("show-people").textContent = `People (${members?.length ?? 0})`;
    byId("people-count").textContent = members ? `People (${members.length})` : "";
    const focused = document.activeElement?.closest("#nicks button")?.dataset.nick;
    byId("nicks").replaceChildren(...(members ?? []).map((member) => this.#item(member)));
    // The list is made anew; who was in it by keyboard stays there.
    if (focused) [...byId("nicks").querySelectorAll("button")].find(({ dataset }) => dataset.nick === focused)?.focus();
  }

  #item({ nick, prefix }) {
    const choose = button("", "", () => this.#onNick(nick));
    choose.dataset.nick = nick;
    choose.title = `Talk to ${nick} alone`;
    const rank = ranks.get(prefix);
    const sign = element("span", "prefix", prefix);
    sign.ariaHidden = "true";
    const label = element("span", "", nick);
    paintNick(label, nick);
    choose.append(sign, label);
    if (rank) {
      choose.title += ` (${rank})`;
      choose.append(element("span", "visually-hidden", rank));
    }
    return element("li", "", choose);
  }
}
