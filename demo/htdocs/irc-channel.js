// SPDX-License-Identifier: Apache-2.0
// A channel that we are in: its topic and who else is there.

export class Channel {
  constructor(name) {
    this.name = name;
    this.topic = "";
    this.members = new Map(); // folded nick -> { nick, prefix }; prefix as in "@" or ""
    this.namesBeingListed = null; // collects 353 replies until 366
  }

  membersInOrder() {
    const rank = ({ prefix }) => (prefix === "" ? Infinity : "~&@%+".indexOf(prefix));
    return [...this.members.values()].sort(
      (a, b) => rank(a) - rank(b) || a.nick.localeCompare(b.nick));
  }
}
