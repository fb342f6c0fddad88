// SPDX-License-Identifier: Apache-2.0
// The console: one connection at a time to any policy, raw bytes both ways, and what became of it.

import { byId, element } from "../base/elements.js";
import { findPlaces } from "../base/site.js";
import { TCPSocket } from "../base/tcpsocket.js";
import { parseHex } from "./hex.js";
import { Plot } from "./plot.js";
import { allPolicies, freeChoice, groups } from "./policies.js";
import { Throughput } from "./throughput.js";
import { Transcript } from "./transcript.js";
import { formatBytes, formatRate } from "./units.js";

const transcript = new Transcript(byId("transcript"));
const plot = new Plot(byId("plot").querySelector("svg"), byId("axis"));
const encoder = new TextEncoder();
const floodChunk = new Uint8Array(64 * 1024).map((_, index) => 32 + (index % 95));
const isMotionReduced = matchMedia("(prefers-reduced-motion: reduce)").matches;

let connection = null; // { attempt, writer, reader, isEnding, byUs } while there is one
let traffic = { sent: new Throughput(), received: new Throughput() };
let resumeReading = () => {};

function showState(state, text, { trouble = false } = {}) {
  document.body.dataset.state = state;
  document.body.classList.toggle("trouble", trouble);
  byId("state").textContent = text;
  byId("disconnect").hidden = state === "idle";
  byId("disconnect").textContent = state === "connecting" ? "Stop" : "Disconnect";
  byId("connect").querySelector("button").disabled = state !== "idle";
  byId("payload").disabled = byId("send").querySelector("button").disabled = state !== "online";
  byId("flood").disabled = state !== "online";
  byId("payload-error").textContent = "";
}

// What an error of the client library, or an orderly end, says of itself.
function showOutcome(text, details, { orderly = false } = {}) {
  const list = element("dl");
  for (const [name, value] of Object.entries(details)) {
    if (value !== null && value !== undefined && value !== "") {
      list.append(element("dt", "", name), element("dd", "mono", String(value)));
    }
  }
  byId("outcome").classList.toggle("orderly", orderly);
  byId("outcome").replaceChildren(element("p", "", text), list);
  byId("outcome").scrollIntoView({ block: "nearest" });
}

function showError(error) {
  showOutcome(error.message, {
    "error": error.name, "reason": error.reason, "HTTP status": error.status,
    "close code": error.closeCode, "close reason": error.closeReason,
  });
  showState("idle", "Not connected", { trouble: true });
}

async function connect() {
  const own = connection = { attempt: new AbortController(), writer: null, reader: null, isEnding: false, byUs: false };
  byId("outcome").replaceChildren();
  traffic = { sent: new Throughput(), received: new Throughput() };
  showState("connecting", "Connecting…");
  try {
    const socket = new TCPSocket(byId("url").value.trim(), {
      protocols: byId("protocols").value.split(/[\s,]+/).filter(Boolean),
      framing: byId("framing").value || undefined,
      signal: own.attempt.signal,
    });
    const { readable, writable, protocol, url } = await socket.opened;
    own.writer = writable.getWriter();
    own.writer.closed.catch(() => {}); // told by `closed`
    own.reader = readable.getReader();
    showState("online", `Connected${protocol ? `, ${protocol}` : ""}`);
    transcript.note(`connected to ${url}${protocol ? `, subprotocol ${protocol}` : ""}`);
    byId("payload").focus();
    await receive(own.reader);
    await end(own);
    const { closeCode, closeReason } = await socket.closed;
    showOutcome(own.byUs ? "You have closed the connection." : "The service has ended the connection.",
      { "close code": closeCode, "close reason": closeReason }, { orderly: true });
    transcript.note("closed");
    showState("idle", "Closed");
  } catch (error) {
    await end(own);
    if (error.name === "AbortError") {
      showState("idle", "Stopped");
    } else {
      transcript.note(error.message);
      showError(error);
    }
  } finally {
    connection = null;
    flood(false);
  }
}

async function receive(reader) {
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    traffic.received.add(value.length, performance.now());
    transcript.add("received", value);
    if (byId("hold").checked) await new Promise((resolve) => { resumeReading = resolve; });
  }
}

// What was sent goes out first.
async function end(own) {
  if (own.isEnding) return;
  own.isEnding = true;
  if (!own.writer) {
    own.attempt.abort();
    return;
  }
  flood(false);
  resumeReading();
  await own.writer.close().catch(() => {});
  await own.reader.cancel().catch(() => {});
}

async function write(bytes) {
  const { writer } = connection;
  try {
    await writer.write(bytes);
    traffic.sent.add(bytes.length, performance.now());
  } catch {
    return false; // `closed` says why
  }
  return true;
}

function payload() {
  const text = byId("payload").value;
  if (byId("send").elements.notation.value === "hex") return parseHex(text);
  return encoder.encode(text + { crlf: "\r\n", lf: "\n", "": "" }[byId("line-end").value]);
}

function send() {
  byId("payload-error").textContent = "";
  let bytes;
  try {
    bytes = payload();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    byId("payload-error").textContent = error.message;
    return;
  }
  if (!connection?.writer || bytes.length === 0) return;
  transcript.add("sent", bytes);
  write(bytes);
  byId("payload").value = "";
}

let isFlooding = false;

async function flood(start) {
  byId("flood").setAttribute("aria-pressed", String(start));
  byId("flood").textContent = start ? "Stop sending" : "Send without pause";
  if (isFlooding === start) return;
  isFlooding = start;
  while (isFlooding && connection?.writer && await write(floodChunk)) transcript.add("sent", floodChunk);
}

function drawTraffic() {
  const now = performance.now();
  plot.draw({ sent: traffic.sent.rates(now), received: traffic.received.rates(now) });
  for (const [name, throughput] of Object.entries(traffic)) {
    byId(`${name}-bytes`).textContent = throughput.total.toLocaleString("en");
    byId(`${name}-total`).textContent = formatBytes(throughput.total);
    byId(`${name}-rate`).textContent = formatRate(throughput.rate(now));
  }
}

function choose(policy) {
  byId("about").textContent = policy.about;
  byId("framing").value = policy.framing ?? "";
  if (policy === freeChoice) {
    byId("url").value = "";
    byId("url").focus();
  } else {
    byId("url").value = new URL(policy.file, document.baseURI).href.replace(/^http/, "ws");
  }
}

function listPolicies() {
  const option = ({ file, name }) => {
    const item = element("option", "", name);
    item.value = file;
    return item;
  };
  for (const { label, policies } of groups) {
    const group = element("optgroup", "", ...policies.map(option));
    group.label = label;
    byId("policy").append(group);
  }
  byId("policy").append(option(freeChoice));
}

listPolicies();
byId("policy").addEventListener("change", () => {
  choose(allPolicies.find(({ file }) => file === byId("policy").value));
});
byId("url").addEventListener("input", () => {
  byId("policy").value = freeChoice.file;
  byId("about").textContent = freeChoice.about;
});
byId("connect").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!connection) connect();
});
byId("disconnect").addEventListener("click", () => {
  if (!connection) return;
  connection.byUs = true;
  end(connection);
});
byId("send").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
byId("payload").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  send();
});
byId("payload").addEventListener("input", () => { byId("payload-error").textContent = ""; });
byId("send").addEventListener("change", () => {
  byId("payload-error").textContent = "";
  const isHex = byId("send").elements.notation.value === "hex";
  byId("line-end").disabled = isHex;
  byId("payload").placeholder = isHex ? "48 65 6c 6c 6f 0d 0a" : "Hello";
});
byId("flood").addEventListener("click", () => flood(!isFlooding));
byId("hold").addEventListener("change", () => {
  if (!byId("hold").checked) resumeReading();
});
byId("clear").addEventListener("click", () => transcript.clear());
byId("view").addEventListener("change", (event) => transcript.showAs(event.target.value));

byId("payload").placeholder = "Hello";
choose(allPolicies[0]);
showState("idle", "Not connected");
setInterval(drawTraffic, isMotionReduced ? 1000 : 250);
findPlaces();
