// SPDX-License-Identifier: Apache-2.0
// A channel that we are in: its topic and who else is there.

// The prefixes that servers know, highest first, where one does not say its own (005 PREFIX).
export const usualPrefixes = "~&@%+";

export class Channel {
  constructor(name) {
    this.name = name;
    this.topic = "";
    this.members = new Map(); // folded nick -> { nick, prefix }; prefix as in "@" or ""
    this.namesBeingListed = null; // collects 353 replies until 366
  }

  // By rank, then by name. `prefixes` are the server's, highest first.
  membersInOrder(prefixes = usualPrefixes) {
    const rank = ({ prefix }) => (prefix === "" ? Infinity : prefixes.indexOf(prefix));
    return [...this.members.values()].sort(
      (a, b) => rank(a) - rank(b) || a.nick.localeCompare(b.nick));
  }
}
