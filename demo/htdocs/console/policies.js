// SPDX-License-Identifier: Apache-2.0
// The policies of the demo, and what is to be seen by each (demo/policies has their sources).

export const groups = [
  {
    label: "Services",
    policies: [
      { file: "echo.xml", name: "echo", about: "Sends back what it is sent (RFC 862)." },
      { file: "chargen.xml", name: "chargen", about: "Sends lines of characters without end, as fast as they are read (RFC 864)." },
      { file: "discard.xml", name: "discard", about: "Swallows what it is sent (RFC 863): try “Send without pause”." },
      {
        file: "lines.xml", name: "echo, one message a line", framing: "lines",
        about: "The echo with the framing “lines”. As subprotocols it knows text.ircv3.net and binary.ircv3.net.",
      },
      { file: "irc.xml", name: "irc", about: "The chat's IRC server, by hand: NICK me, then USER me 0 * :me." },
    ],
  },
  {
    label: "Errors to look at",
    policies: [
      { file: "down.xml", name: "the service is down", about: "Nobody listens where this policy leads." },
      {
        file: "forbidden.xml", name: "the target is not allowed",
        about: "This policy names a host that the server's administrator has not allowed.",
      },
      { file: "invalid.xml", name: "the policy is invalid", about: "The document has an error in it." },
      {
        file: "visitors.xml", name: "the policy is for another origin",
        about: "Only pages of the origin that it names may connect, and this is none of them.",
      },
      { file: "nothing.xml", name: "there is no policy", about: "No file is at this URL." },
      { file: "console.html", name: "the URL is a page", about: "An ordinary page of the site, not an endpoint." },
    ],
  },
];

export const freeChoice = { file: "", name: "another URL", about: "Any endpoint: of this server by its path, of another by its whole URL." };

export const allPolicies = [...groups.flatMap(({ policies }) => policies), freeChoice];
