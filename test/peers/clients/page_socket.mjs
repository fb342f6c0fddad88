// SPDX-License-Identifier: Apache-2.0
// A WebSocket as a page of the endpoint's own origin opens it: ws, with the Origin that a browser would
// send. httpd listens on IPv4 alone.
import WebSocket from "ws";

export class PageSocket extends WebSocket {
  constructor(url, protocols, options = {}) {
    const { origin } = new URL(url.replace(/^ws/, "http"));
    super(url, protocols, { origin, family: 4, ...options });
  }
}
