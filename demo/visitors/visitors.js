// SPDX-License-Identifier: Apache-2.0
// A page of another origin, which wants to the demo's echo. Whether it may is the policy's to say; the
// server judges by the Origin header, which the browser sets and no page can change.

import { byId, element } from "./base/elements.js";
import { findPlaces } from "./base/site.js";
import { TCPSocket, encodeLines, lines } from "./base/tcpsocket.js";

const places = await findPlaces();
const endpoint = new URL("/visitors.xml", places.site);
let writer = null;

function showState(state, text, { trouble = false } = {}) {
  document.body.dataset.state = state;
  document.body.classList.toggle("trouble", trouble);
  byId("state").textContent = text;
  byId("text").disabled = byId("say").querySelector("button").disabled = state !== "online";
  byId("again").hidden = state !== "idle";
}

function show(className, text) {
  byId("echo").append(element("li", className, text));
  byId("echo").scrollTop = byId("echo").scrollHeight;
}

async function ask() {
  byId("verdict").textContent = byId("why").textContent = "";
  showState("connecting", "Asking…");
  try {
    const socket = new TCPSocket(endpoint);
    const { readable, writable } = await socket.opened;
    showState("online", "Connected");
    byId("verdict").textContent = "This origin is allowed.";
    const encoder = encodeLines();
    encoder.readable.pipeTo(writable).catch(() => {}); // told by what follows
    writer = encoder.writable.getWriter();
    writer.closed.catch(() => {});
    const reader = readable.pipeThrough(lines()).getReader();
    for (let { value, done } = await reader.read(); !done; { value, done } = await reader.read()) {
      show("received", value);
    }
    writer.close().catch(() => {});
    await socket.closed;
    showState("idle", "Closed");
  } catch (error) {
    byId("verdict").textContent = error.message;
    byId("why").textContent = error.reason === "origin"
      ? "This is meant to happen here: the policy does not name this page's origin." : "";
    showState("idle", error.name === "NotAllowedError" ? "Refused" : "Not connected", { trouble: true });
  }
  writer = null;
}

byId("say").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = byId("text").value;
  if (!writer || text === "") return;
  show("sent", `→ ${text}`);
  writer.write(text).catch(() => {}); // told by ask()
  byId("text").value = "";
});
byId("again").addEventListener("click", ask);

byId("origin").textContent = location.origin;
byId("endpoint").textContent = endpoint.href;
byId("allowed").textContent = places.visitors;
for (const name of document.querySelectorAll("[data-show]")) name.textContent = places[name.dataset.show];
ask();
