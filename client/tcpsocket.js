// SPDX-License-Identifier: Apache-2.0
// A TCP stream for web pages, in the shape of Direct Sockets: the URL is that of a policy resource of
// mod_websocket, which names the service. README.md beside this file has the interface and its limits.
//
// One file without dependencies, so that it can be copied beside a page. From the bottom up: errors,
// framing (bytes <-> messages), what has come and is not read yet, two transports, the words for a
// refused handshake, TCPSocket, and the helpers for lines.

// --- errors ------------------------------------------------------------------------------------------

// Everything that the network, the server or the service does. `name` is DOMException's, for those who
// know no more than that; `reason` is the token to switch by.
export class TCPSocketError extends DOMException {
  constructor(message, name = "NetworkError", details = {}) {
    super(message, name);
    this.reason = details.reason ?? null;
    this.status = details.status ?? null;
    this.closeCode = details.closeCode ?? null;
    this.closeReason = details.closeReason ?? null;
    if (details.cause !== undefined) {
      // As Error has it; DOMException takes none.
      Object.defineProperty(this, "cause", {
        value: details.cause, writable: true, configurable: true, enumerable: false,
      });
    }
  }
}

// Close codes (RFC 6455 7.4, and the registry behind it) that are no orderly end of the stream.
const closings = new Map([
  [1001, ["going-away", "the server is stopping, or the connection was idle for too long"]],
  [1002, ["protocol", "the server saw a violation of the WebSocket protocol"]],
  [1003, ["unsupported-data", "the policy takes another kind of message: give the option `framing` its value"]],
  [1006, ["lost", "the connection was lost"]],
  [1007, ["invalid-data", "what was sent is not valid for the policy's framing"]],
  [1008, ["policy-violation", "the server has given this client up: it answered no ping, as when it reads nothing for long"]],
  [1009, ["too-big", "a message was longer than the server takes: lower the option `maxMessage`"]],
  [1011, ["internal", "the server met an error of its own"]],
  [1012, ["restart", "the server restarts: connect again"]],
  [1013, ["try-later", "the server is overloaded: connect again later"]],
  [1014, ["bad-gateway", "the service's connection failed, or what it sent does not fit the policy's framing"]],
]);

function closeError(url, closeCode, closeReason, cause) {
  const [reason, words] = closings.get(closeCode) ?? ["closed", "the server has closed the connection"];
  const said = closeReason ? `, "${closeReason}"` : "";
  return new TCPSocketError(`${url}: ${words} (close code ${closeCode}${said})`, "NetworkError",
    { reason, closeCode, closeReason, cause });
}

// --- framing -----------------------------------------------------------------------------------------

const LF = 0x0a;
const CR = 0x0d;
const encoder = new TextEncoder();

function bytesOf(source) {
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  // Not instanceof: a buffer of another realm (a frame, a test's sandbox) is one as well.
  if (Object.prototype.toString.call(source) === "[object ArrayBuffer]") return new Uint8Array(source);
  throw new TypeError("only an ArrayBuffer or a view of one can be written; TextEncoder makes bytes of text");
}

function concatenated(pieces, length) {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

// Bytes, cut anywhere, to lines without their LF or CR LF. Bounded, since a peer that never ends its
// line would fill the page's memory.
class LineSplitter {
  #limit;
  #pieces = []; // of the unfinished line; no piece holds an LF
  #length = 0;

  constructor(limit) {
    this.#limit = limit;
  }

  * feed(bytes) {
    let start = 0;
    for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, start)) {
      this.#keep(bytes.subarray(start, end));
      yield this.#take();
      start = end + 1;
    }
    this.#keep(bytes.slice(start)); // a copy: the owner may overwrite its chunk
  }

  // The line that has no end, if one was begun.
  * finish() {
    if (this.#length > 0) yield this.#take();
  }

  #keep(piece) {
    if (piece.length === 0) return;
    this.#length += piece.length;
    // One more: it may be a CR that belongs to the end.
    if (this.#length > this.#limit + 1) this.#tooLong();
    this.#pieces.push(piece);
  }

  #take() {
    const line = concatenated(this.#pieces, this.#length);
    this.#pieces = [];
    this.#length = 0;
    const content = line.at(-1) === CR ? line.subarray(0, -1) : line;
    if (content.length > this.#limit) this.#tooLong();
    return content;
  }

  #tooLong() {
    throw new RangeError(`a line is longer than ${this.#limit} bytes`);
  }
}

// Fatal: what is not UTF-8 cannot be said in a text message, and must not be altered silently.
const strictDecoder = () => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

// A codec turns what is written into messages and messages into what is read, so that the page has the
// service's own bytes whatever the policy's framing.
class StreamCodec {
  emptyMessage = new Uint8Array(0); // which is nothing to the service; undefined where it would be something
  #limit;

  constructor(limit) {
    this.#limit = limit;
  }

  decode(data) {
    return typeof data === "string" ? encoder.encode(data) : bytesOf(data);
  }

  * encode(bytes) {
    for (let at = 0; at < bytes.length; at += this.#limit) yield bytes.subarray(at, at + this.#limit);
  }

  * finish() {}
}

class TextCodec extends StreamCodec {
  emptyMessage = "";
  #decoder = strictDecoder();

  constructor(limit) {
    super(Math.max(limit - 3, 1)); // up to three bytes of a character are kept from one piece to the next
  }

  * encode(bytes) {
    for (const piece of super.encode(bytes)) {
      const text = this.#decoder.decode(piece, { stream: true });
      if (text) yield text;
    }
  }

  * finish() {
    this.#decoder.decode(); // throws if a character is unfinished
  }
}

class LineCodec extends StreamCodec {
  emptyMessage = undefined;
  #asText;
  #splitter;

  constructor(limit, asText) {
    super(limit);
    this.#asText = asText;
    this.#splitter = new LineSplitter(limit);
  }

  decode(data) {
    const line = super.decode(data);
    return concatenated([line, [CR, LF]], line.length + 2);
  }

  * encode(bytes) {
    for (const line of this.#splitter.feed(bytes)) yield this.#message(line);
  }

  * finish() {
    for (const line of this.#splitter.finish()) yield this.#message(line);
  }

  #message(line) {
    return this.#asText ? strictDecoder().decode(line) : line;
  }
}

function codecFor(framing, protocol, limit) {
  const isText = protocol === "text.ircv3.net";
  // The server chooses the framing by these names as well.
  const chosen = framing ?? (isText || protocol === "binary.ircv3.net" ? "lines" : "binary");
  if (chosen === "lines") return new LineCodec(limit, isText);
  return chosen === "text" ? new TextCodec(limit) : new StreamCodec(limit);
}

// --- what has come and is not read yet ---------------------------------------------------------------

// How often a page that holds the server back says that it lives: well below the server's
// WebSocketPingInterval, 30 s.
const signOfLife = 10000; // ms

class Inbox {
  size = 0;
  #chunks = [];
  #first = 0;
  #end; // { error } once nothing more will come
  #reader; // of take(), while it waits
  #writer; // of below(), while it waits
  #isReleased = false;

  push(bytes) {
    if (this.#end || bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.size += bytes.length;
    this.#reader?.();
  }

  // What has come before is still read.
  end(error) {
    this.#end ??= { error };
    this.#reader?.();
    this.#writer?.();
  }

  discard() {
    this.#chunks = [];
    this.#first = 0;
    this.size = 0;
    this.end();
  }

  // The next chunk; undefined at an orderly end.
  async take() {
    while (this.#first === this.#chunks.length && !this.#end) {
      await new Promise((resolve) => { this.#reader = resolve; });
    }
    if (this.#first === this.#chunks.length) {
      if (this.#end.error) throw this.#end.error;
      return undefined;
    }
    const chunk = this.#chunks[this.#first];
    this.#chunks[this.#first] = undefined;
    this.#first += 1;
    if (this.#first === this.#chunks.length) {
      this.#chunks = [];
      this.#first = 0;
    }
    this.size -= chunk.length;
    this.#writer?.();
    return chunk;
  }

  // Until it holds less than that, or has ended, or release() was called.
  async below(limit) {
    while (this.size >= limit && !this.#end && !this.#isReleased) {
      await new Promise((resolve) => { this.#writer = resolve; });
    }
  }

  release() {
    this.#isReleased = true;
    this.#writer?.();
  }
}

// --- transports --------------------------------------------------------------------------------------
// Each tells `events` opened(protocol), received(data) and, last, closed({ code, reason, wasClean, cause }).
// One that can hold the server back waits for room() before it takes more, until release() says that the
// rest is little. A send() that the end of the connection thwarts fails after closed(), which says how it
// ended: the news that nothing more can be sent comes first, and what was sent to the page in between.

function deferred() {
  const result = {};
  result.promise = new Promise((resolve, reject) => Object.assign(result, { resolve, reject }));
  result.promise.catch(() => {}); // nobody has to listen, as to both `opened` and `closed`
  return result;
}

// No event says that bufferedAmount has fallen, so it is looked at: often while it falls, seldom when not.
const shortestPoll = 4; // ms; browsers make nested timers no shorter
const longestPoll = 64;

// How long a write waits for the end of a connection that is closing. Browsers and ws give such a connection
// up after 2 to 30 s; Node's own WebSocket waits for the server as long as TCP does.
const longestClosing = 40000; // ms

class SocketTransport {
  #socket;
  #limit;
  #wake;
  #over = deferred();
  #lost;
  // The package ws: it can be paused, as no browser's WebSocket can; and what it compresses it looks at
  // later, when who wrote may have the buffer in use again. Browsers copy.
  #isOfPackage;

  constructor(socket, limit, isOffering, events) {
    this.#socket = socket;
    this.#limit = limit;
    this.#isOfPackage = typeof socket.pause === "function";
    let cause;
    let isOpened = false;
    let isClosed = false;
    const closed = ({ code, reason, wasClean }) => {
      this.#wake?.();
      if (!isClosed) events.closed({ code, reason, wasClean, cause });
      isClosed = true;
      this.#over.resolve();
    };
    this.#lost = () => closed({ code: 1006, reason: "", wasClean: false });
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => {
      isOpened = true;
      // The standard has a connection fail where none of the subprotocols offered is taken. Firefox, WebKitGTK and
      // Deno open it, and what it carries would be framed in a way that the page does not speak.
      if (isOffering && socket.protocol === "") {
        socket.close(1000);
        this.#lost();
        return;
      }
      events.opened(socket.protocol);
    });
    socket.addEventListener("message", ({ data }) => {
      if (isClosed) return;
      this.#wake?.();
      events.received(data);
      this.#holdBack(events);
    });
    socket.addEventListener("error", (event) => {
      cause = event.error;
      // Node's own tells of some failed handshakes by nothing else.
      if (!isOpened) this.#lost();
    });
    socket.addEventListener("close", closed);
  }

  async send(data) {
    await this.#drained(this.#limit);
    this.#socket.send(this.#isOfPackage && typeof data !== "string" ? data.slice() : data);
    await this.#drained(this.#limit);
  }

  flush() {
    return this.#drained(0);
  }

  // What was sent goes out first (WHATWG WebSockets, close()).
  close() {
    this.#socket.close(1000);
    this.#over.resolve(); // who closes knows, and a write that waits is of no use
  }

  #holdBack(events) {
    if (!this.#isOfPackage || this.#socket.isPaused || !events.isFull()) return;
    this.#socket.pause();
    events.room().then(() => this.#socket.resume());
  }

  async #drained(limit) {
    let delay = shortestPoll;
    let before = Infinity;
    while (this.#socket.readyState === 1 && this.#socket.bufferedAmount > limit) {
      const amount = this.#socket.bufferedAmount;
      delay = amount < before ? shortestPoll : Math.min(delay * 2, longestPoll);
      before = amount;
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, delay);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    if (this.#socket.readyState === 1) return;
    const timer = setTimeout(this.#lost, longestClosing);
    await this.#over.promise;
    clearTimeout(timer);
    throw new DOMException("the connection is closed", "NetworkError");
  }
}

// WebSocketStream: the browser itself holds back who sends too fast, either way.
class StreamTransport {
  #stream;
  #events;
  #controller = new AbortController(); // of the handshake
  #writer;
  #isClosed = false; // by us
  #over;

  constructor(Implementation, url, protocols, events) {
    this.#events = events;
    this.#stream = new Implementation(url, { protocols, signal: this.#controller.signal });
    this.#stream.closed.catch(() => {}); // heard of in #run
    this.#over = this.#run();
  }

  async #run() {
    let connection;
    try {
      connection = await this.#stream.opened;
    } catch (cause) {
      this.#events.closed({ code: 1006, reason: "", wasClean: false, cause });
      return;
    }
    if (this.#isClosed) { // after the handshake, and before it was heard of
      this.#stream.close({ closeCode: 1000 });
      return;
    }
    this.#writer = connection.writable.getWriter();
    this.#writer.closed.catch(() => {}); // a write will say so
    this.#events.opened(connection.protocol);
    // Once it is closed what is left is little, and is not to hold up the news.
    this.#stream.closed.then(this.#events.release, this.#events.release);
    await this.#pump(connection.readable.getReader());
    try {
      const { closeCode, reason } = await this.#stream.closed;
      this.#events.closed({ code: closeCode ?? 1005, reason: reason ?? "", wasClean: true });
    } catch (cause) {
      this.#events.closed({
        code: cause.closeCode ?? 1006, reason: cause.reason ?? "", wasClean: false, cause,
      });
    }
  }

  async #pump(reader) {
    try {
      for (;;) {
        await this.#events.room();
        const { value, done } = await reader.read();
        if (done) return;
        this.#events.received(value);
      }
    } catch {
      // `closed` says why
    }
  }

  async send(data) {
    try {
      await this.#writer.ready;
      await this.#writer.write(data);
    } catch (error) {
      // A TypeError is about the bytes (of shared memory, say), and nothing ends by it.
      if (!(error instanceof TypeError)) await this.#over;
      throw error;
    }
  }

  async flush() {} // every write has been waited for

  close() {
    this.#isClosed = true;
    // Never both: Chromium 156 crashes the page that close()s a stream whose handshake was aborted.
    if (this.#writer) this.#stream.close({ closeCode: 1000 });
    else this.#controller.abort();
  }
}

// Node's own from version 22; before that the package `ws`. A name that no bundler resolves for a browser.
async function importWebSocket() {
  const name = "ws";
  try {
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)).WebSocket;
  } catch (cause) {
    throw new TCPSocketError("there is no WebSocket here: install the package ws, or take Node 22 or later",
      "NotSupportedError", { reason: "unsupported", cause });
  }
}

const isNode = () => typeof globalThis.process?.versions?.node === "string" &&
  typeof globalThis.document === "undefined";

function newSocket(Implementation, url, protocols, headers) {
  if (!headers) return new Implementation(url, protocols);
  // Node's own takes all in its second argument, ws in its third.
  return Implementation === globalThis.WebSocket ?
    new Implementation(url, { protocols, headers }) : new Implementation(url, protocols, { headers });
}

// --- the words for a refused handshake ---------------------------------------------------------------

// Browsers hide from scripts how a handshake was answered. The same URL without an upgrade is answered
// with the status that the handshake would have had, and RFC 9457 problem details.
const explainTimeout = 10000; // ms
const longestProblem = 16384; // bytes

const notAllowed = new Set(["origin", "target", "consent", "unauthorized", "forbidden"]);

// For answers that are none of mod_websocket's, and of its older versions.
function reasonOfStatus(status) {
  if (status === 426) return "upgrade-required";
  if (status === 404 || status === 410) return "not-found";
  if (status === 401) return "unauthorized";
  if (status === 403) return "forbidden";
  if (status >= 200 && status < 300) return "not-an-endpoint";
  if (status >= 300 && status < 400) return "redirect";
  return status >= 500 ? "server-error" : "http";
}

function wordsOf(reason, protocols) {
  switch (reason) {
    case "upgrade-required":
      return "the server finds everything in order and wants an upgrade, which did not get through: " +
        (protocols.length > 0 ? `the policy knows none of the protocols offered (${protocols.join(", ")}), or ` : "") +
        "something in between (a proxy, a virus scanner) takes it out, or the trouble has passed: then try again";
    case "not-found":
      return "there is nothing at this URL; it must be that of a policy resource";
    case "unauthorized":
      return "the server wants a login, which the handshake did not carry: let the visitor log in at it first";
    case "forbidden":
      return "the server does not let this client have this URL (access rules of the server, not the policy)";
    case "not-an-endpoint":
      return "an ordinary page is at this URL, and no endpoint: the server's configuration lacks `WebSocket On` " +
        "for it, or the module";
    case "redirect":
      return "this URL is redirected, which WebSocket does not follow: use the URL that it leads to";
    case "server-error":
      return "the server failed; its error log says why";
    default:
      return "the server refused; its error log may say why";
  }
}

async function readProblem(response) {
  const type = response.headers.get("content-type") ?? "";
  if (!/^application\/problem\+json\s*(;|$)/i.test(type)) {
    response.body?.cancel().catch(() => {});
    return {};
  }
  try {
    const pieces = [];
    let length = 0;
    const reader = response.body.getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      pieces.push(value);
      length += value.length;
      if (length > longestProblem) {
        reader.cancel().catch(() => {});
        return {};
      }
    }
    return JSON.parse(new TextDecoder().decode(concatenated(pieces, length))) ?? {};
  } catch {
    return {}; // the status remains
  }
}

function describe(url, response, problem, protocols, cause) {
  // A redirect that is not followed is opaque to a browser's scripts: type and no status.
  const status = response.type === "opaqueredirect" ? null : response.status;
  const reason = typeof problem.reason === "string" ? problem.reason : reasonOfStatus(status ?? 302);
  // For upgrade-required the server can only say that an upgrade is wanted; we know that one was tried.
  const detail = reason !== "upgrade-required" && typeof problem.detail === "string" ?
    problem.detail : wordsOf(reason, protocols);
  const number = status === null ? "" : `${status}, `;
  return new TCPSocketError(`${url}: ${detail} (${number}${reason})`,
    notAllowed.has(reason) ? "NotAllowedError" : "NetworkError", { reason, status, cause });
}

function isMixedContent(url) {
  return globalThis.location?.protocol === "https:" && url.protocol === "ws:" &&
    !/^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
}

function unreachable(url, cause) {
  let words = "the server cannot be reached: is it running, is the address right, is its certificate trusted?";
  if (isMixedContent(url)) words = "a page that came by https may only use wss: and https: URLs";
  else if (globalThis.navigator?.onLine === false) words = "this machine is offline";
  return new TCPSocketError(`${url}: ${words}`, "NetworkError", { reason: "unreachable", cause });
}

// A page's own Content-Security-Policy is told to the document (or the worker) and to nobody else.
class SecurityPolicyWatch {
  #scope = globalThis.document ?? globalThis;
  #host;
  #listener = ({ effectiveDirective, blockedURI }) => {
    if (effectiveDirective !== "connect-src" || !URL.canParse(blockedURI)) return;
    if (new URL(blockedURI).host === this.#host) this.#isViolated = true;
  };
  #isViolated = false;

  constructor(url) {
    this.#host = url.host;
    this.#scope.addEventListener?.("securitypolicyviolation", this.#listener);
  }

  // The event may come a task later than the failure.
  async isViolated() {
    await new Promise((resolve) => setTimeout(resolve));
    return this.#isViolated;
  }

  stop() {
    this.#scope.removeEventListener?.("securitypolicyviolation", this.#listener);
  }
}

function forbiddenHere(url, cause) {
  return new TCPSocketError(`${url}: the Content-Security-Policy of this page forbids it: ` +
    `add ${url.origin} to its connect-src`, "NetworkError", { reason: "content-security-policy", cause });
}

function unexplained(url, words, cause) {
  return new TCPSocketError(`${url}: ${words}`, "NetworkError", { reason: "unexplained", cause });
}

async function explainFailure(url, { protocols, headers }, cause, signal) {
  const resource = new URL(url);
  resource.protocol = url.protocol === "wss:" ? "https:" : "http:";
  resource.username = resource.password = ""; // fetch refuses such URLs
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = setTimeout(abort, explainTimeout);
  signal.addEventListener("abort", abort);
  const isOtherSite = !isNode() && resource.origin !== globalThis.location?.origin;
  const request = { cache: "no-store", signal: controller.signal };
  const ask = async (credentials) => {
    const response = await fetch(resource, {
      ...request, credentials, mode: "cors", redirect: "manual",
      // To its own site a page's GET has no Origin; where there is no Sec-Fetch-Site, Referer speaks for it.
      referrerPolicy: "same-origin",
      headers: { ...headers, Accept: "application/problem+json" },
    });
    return describe(url, response, await readProblem(response), protocols, cause);
  };
  try {
    // As the handshake went, with cookies. A page that the policy does not admit may read an answer to a
    // request without them at most.
    for (const credentials of isOtherSite ? ["include", "omit"] : ["include"]) {
      try {
        return await ask(credentials);
      } catch {
        // not reached, or reached and not for this page's eyes
      }
    }
    if (controller.signal.aborted) return unexplained(url, "no connection was made, and no explanation in time", cause);
    if (!isOtherSite) return unreachable(url, cause);
    try {
      await fetch(resource, { ...request, mode: "no-cors" }); // which of the two it is
    } catch {
      return unreachable(url, cause);
    }
    return unexplained(url, "the server is there and refuses, and does not let this page read why: there is no " +
      "endpoint at this URL, or it explains nothing (WebSocketExplain); its error log may say more", cause);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}

// --- the socket --------------------------------------------------------------------------------------

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/; // RFC 9110 5.6.2
const framings = ["binary", "text", "lines", "mqtt"];

function syntaxError(message) {
  return new DOMException(message, "SyntaxError");
}

function socketUrl(given) {
  const base = globalThis.document?.baseURI ?? globalThis.location?.href;
  let url;
  try {
    url = new URL(given, base);
  } catch {
    throw syntaxError(`"${given}" is no URL${base ? "" : "; without a page it must be a whole one"}`);
  }
  if (url.protocol === "http:") url.protocol = "ws:";
  else if (url.protocol === "https:") url.protocol = "wss:";
  if (url.protocol !== "ws:" && url.protocol !== "wss:") {
    throw syntaxError(`"${url}" is none of http:, https:, ws: and wss:`);
  }
  if (url.href.includes("#")) throw syntaxError(`"${url}" has a fragment, which no server would see`);
  return url;
}

function protocolList(given = []) {
  const list = typeof given === "string" ? [given] : [...given].map(String);
  for (const one of list) {
    if (!token.test(one)) throw syntaxError(`"${one}" cannot be the name of a subprotocol`);
  }
  if (new Set(list).size !== list.length) throw syntaxError("a subprotocol is named twice");
  return list;
}

// A number of bytes; Infinity where no bound makes sense.
function byteCount(name, given, standard) {
  if (given === undefined) return standard;
  if (typeof given !== "number" || !(given >= 1)) throw new TypeError(`${name} must be a number above 0`);
  return given;
}

function checked(given) {
  const options = {
    protocols: protocolList(given.protocols),
    signal: given.signal,
    framing: given.framing,
    headers: given.headers,
    explain: given.explain ?? true,
    sendBufferSize: byteCount("sendBufferSize", given.sendBufferSize, 256 * 1024),
    receiveBufferSize: byteCount("receiveBufferSize", given.receiveBufferSize, 256 * 1024),
    maxBuffered: byteCount("maxBuffered", given.maxBuffered, 64 * 1024 * 1024),
    maxMessage: Math.floor(byteCount("maxMessage", given.maxMessage, 16 * 1024)),
    WebSocket: given.WebSocket,
  };
  if (options.framing !== undefined && !framings.includes(options.framing)) {
    throw new TypeError(`framing must be one of ${framings.join(", ")}`);
  }
  if (options.headers !== undefined && !isNode()) {
    throw new DOMException("a page cannot set headers of a handshake; the browser sends Origin and cookies",
      "NotSupportedError");
  }
  return options;
}

// A stream of bytes, for readers with a buffer of their own. WebKitGTK has none, and throws: there it is an ordinary one.
function readableOf(source) {
  try {
    return new ReadableStream({ ...source, type: "bytes" }, { highWaterMark: 0 });
  } catch {
    return new ReadableStream(source, { highWaterMark: 0 });
  }
}

export class TCPSocket {
  #url;
  #options;
  #opened = deferred();
  #closed = deferred();
  #state = "connecting"; // then "open", "closing" (by us) and "closed"; or straight "closed"
  #transport;
  #codec;
  #inbox = new Inbox();
  #readable;
  #writable;
  #readableController;
  #writableController;
  #isReading = true; // whether anybody wants what comes
  #isWriting = true;
  #interrupt; // of the write that is going on
  #endError; // why nothing can be written any more
  #watch;
  #stopListening = () => {};
  #ending = new AbortController(); // of a question that nobody waits for any more

  constructor(url, options = {}) {
    this.#url = socketUrl(url);
    this.#options = checked(options ?? {});
    const { signal } = this.#options;
    if (signal?.aborted) {
      this.#fail(signal.reason);
      return;
    }
    const abort = () => this.#abort(signal.reason);
    // A page that is left may be kept for coming back (bfcache), and its connections with it, with nobody
    // who reads. Without that the browser closes them itself.
    const leave = ({ persisted }) => {
      if (!persisted) return;
      this.#abort(new TCPSocketError(`${this.#url}: the page was left`, "AbortError", { reason: "left" }));
    };
    signal?.addEventListener("abort", abort);
    globalThis.addEventListener?.("pagehide", leave);
    this.#watch = new SecurityPolicyWatch(this.#url);
    this.#stopListening = () => {
      this.#watch.stop();
      signal?.removeEventListener("abort", abort);
      globalThis.removeEventListener?.("pagehide", leave);
    };
    try {
      this.#connect();
    } catch (error) {
      // By this some browsers tell of mixed content. Anything else is a mistake in the program.
      if (error?.name !== "SecurityError") {
        this.#stopListening();
        throw error;
      }
      this.#refused(error);
    }
  }

  get opened() {
    return this.#opened.promise;
  }

  get closed() {
    return this.#closed.promise;
  }

  close() {
    if (!this.#readable) {
      return Promise.reject(new DOMException("the socket is not open yet; an AbortSignal ends the attempt",
        "InvalidStateError"));
    }
    if (this.#readable.locked || this.#writable.locked) {
      return Promise.reject(new DOMException("a stream is locked: release its lock, or end the stream by it",
        "InvalidStateError"));
    }
    // Neither has anything to say to us: errored streams have told their reason by `closed`.
    this.#readable.cancel().catch(() => {});
    this.#writable.abort().catch(() => {});
    return this.closed;
  }

  #connect() {
    const { protocols, headers, sendBufferSize, receiveBufferSize, maxBuffered } = this.#options;
    const limit = Math.min(receiveBufferSize, maxBuffered);
    const events = {
      opened: (protocol) => this.#wasOpened(protocol),
      received: (data) => this.#received(data),
      closed: (how) => this.#wasClosed(how),
      isFull: () => this.#inbox.size >= limit,
      room: () => this.#room(limit),
      release: () => this.#inbox.release(),
    };
    const { WebSocketStream } = globalThis;
    if (!this.#options.WebSocket && typeof WebSocketStream === "function" && !isNode()) {
      this.#transport = new StreamTransport(WebSocketStream, this.#url.href, protocols, events);
      return;
    }
    const dial = (Implementation) => {
      const socket = newSocket(Implementation, this.#url.href, protocols, headers);
      this.#transport = new SocketTransport(socket, sendBufferSize, protocols.length > 0, events);
    };
    const Implementation = this.#options.WebSocket ?? globalThis.WebSocket;
    if (Implementation) {
      dial(Implementation);
      return;
    }
    importWebSocket().then((imported) => {
      if (this.#state === "connecting") dial(imported);
    }).catch((error) => this.#fail(error));
  }

  #wasOpened(protocol) {
    if (this.#state !== "connecting") return;
    this.#watch.stop();
    this.#state = "open";
    this.#codec = codecFor(this.#options.framing, protocol, this.#options.maxMessage);
    // Nothing is taken out of the inbox before it is read: so an error comes behind all that had come.
    this.#readable = readableOf({
      start: (controller) => { this.#readableController = controller; },
      pull: (controller) => this.#pull(controller),
      cancel: () => this.#stopReading(),
    });
    this.#writable = new WritableStream({
      start: (controller) => {
        this.#writableController = controller;
        // Not the sink's abort(), which would come when a write that waits for the server is over.
        controller.signal.addEventListener("abort", () => {
          this.#interrupt?.(controller.signal.reason);
          this.#stopWriting();
        });
      },
      write: (chunk) => this.#interruptible(this.#write(chunk)),
      close: () => this.#interruptible(this.#finishWriting()),
    }, new CountQueuingStrategy({ highWaterMark: 1 }));
    this.#opened.resolve({
      readable: this.#readable, writable: this.#writable, protocol, url: this.#url.href,
    });
  }

  #received(data) {
    if (!this.#isReading || this.#state === "closed") return;
    this.#inbox.push(this.#codec.decode(data));
    if (this.#inbox.size <= this.#options.maxBuffered) return;
    this.#transport.close();
    this.#end(new TCPSocketError(`${this.#url}: more than ${this.#options.maxBuffered} bytes (maxBuffered) ` +
      "came faster than they were read; this browser cannot hold the server back",
    "QuotaExceededError", { reason: "overflow" }));
  }

  // While the server is held back its pings wait as well, and who answers none is given up. A message of
  // nothing says that there is somebody.
  async #room(limit) {
    if (this.#inbox.size < limit) return;
    const message = this.#codec.emptyMessage;
    let isSending = false;
    const timer = message !== undefined && setInterval(async () => {
      if (isSending || this.#state !== "open") return;
      isSending = true;
      await this.#transport.send(message).catch(() => {}); // that it is closed is told by others
      isSending = false;
    }, signOfLife);
    await this.#inbox.below(limit);
    clearInterval(timer);
  }

  async #pull(controller) {
    const chunk = await this.#inbox.take();
    if (!this.#isReading) return;
    if (chunk !== undefined) {
      controller.enqueue(chunk);
      return;
    }
    controller.close();
    controller.byobRequest?.respond(0);
  }

  #interruptible(writing) {
    return new Promise((resolve, reject) => {
      this.#interrupt = reject;
      writing.then(resolve, reject);
    });
  }

  async #write(chunk) {
    try {
      await this.#send(this.#codec.encode(bytesOf(chunk)));
    } catch (error) {
      throw this.#writeError(error);
    }
  }

  async #send(messages) {
    for (const message of messages) {
      if (this.#writableController.signal.aborted) return;
      await this.#transport.send(message);
    }
  }

  async #finishWriting() {
    try {
      await this.#send(this.#codec.finish());
      await this.#transport.flush();
    } catch (error) {
      throw this.#writeError(error);
    }
    this.#stopWriting();
  }

  // A write that failed has errored the stream, so nothing can follow: the connection is of no use.
  #writeError(error) {
    if (this.#writableController.signal.aborted) return error; // by the page, which knows
    if (this.#state !== "closed") {
      this.#transport.close();
      this.#end(error);
    }
    return this.#endError;
  }

  #stopReading() {
    this.#isReading = false;
    this.#inbox.discard();
    this.#closeWhenDone();
  }

  #stopWriting() {
    this.#isWriting = false;
    this.#closeWhenDone();
  }

  // WebSocket knows no half-close: it is closed when both directions are through.
  #closeWhenDone() {
    if (this.#isReading || this.#isWriting || this.#state !== "open") return;
    this.#state = "closing";
    this.#transport.close();
  }

  #wasClosed({ code, reason, wasClean, cause }) {
    if (this.#state === "closed") return;
    if (this.#state === "connecting") {
      this.#refused(cause);
      return;
    }
    const isOrderly = code === 1000 || code === 1005 || (this.#state === "closing" && wasClean);
    this.#end(isOrderly ? undefined : closeError(this.#url, code, reason, cause),
      { closeCode: code, closeReason: reason });
  }

  async #refused(cause) {
    const isForbidden = await this.#watch.isViolated();
    if (this.#state === "closed") return; // it was given up meanwhile
    this.#fail(await this.#refusal(isForbidden, cause));
  }

  async #refusal(isForbidden, cause) {
    if (isForbidden) return forbiddenHere(this.#url, cause);
    // A question would be mixed content as well.
    if (cause?.name === "SecurityError" && isMixedContent(this.#url)) return unreachable(this.#url, cause);
    if (!this.#options.explain) return unexplained(this.#url, "no connection was made", cause);
    return explainFailure(this.#url, this.#options, cause, this.#ending.signal);
  }

  #abort(reason) {
    if (this.#state === "closed") return;
    const wasOpened = this.#state !== "connecting";
    this.#transport?.close();
    if (!wasOpened) {
      this.#fail(reason);
      return;
    }
    this.#end(reason);
    if (this.#isReading) this.#readableController.error(reason); // and does not wait for a reader
    this.#inbox.discard();
  }

  // It was never open.
  #fail(error) {
    if (this.#state === "closed") return;
    this.#opened.reject(error);
    this.#end(error);
  }

  #end(error, how) {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#stopListening();
    this.#ending.abort();
    this.#endError = error ?? new TCPSocketError(`${this.#url}: the service has ended the connection`,
      "NetworkError", { reason: "closed", ...how });
    this.#inbox.end(error);
    if (this.#isWriting) this.#writableController?.error(this.#endError);
    this.#interrupt?.(this.#endError); // a write may wait for what will never come
    if (error === undefined) this.#closed.resolve(how);
    else this.#closed.reject(error);
  }
}

// --- lines -------------------------------------------------------------------------------------------

const plainDecoder = new TextDecoder("utf-8", { ignoreBOM: true });

// Bytes to lines of text without their LF or CR LF: a TransformStream for `readable.pipeThrough()`. A
// line without an end is the last one. `decode` makes text of a line's bytes.
export function lines({ maxLength = 65536, decode = (bytes) => plainDecoder.decode(bytes) } = {}) {
  const splitter = new LineSplitter(byteCount("maxLength", maxLength));
  const pass = (found, controller) => {
    for (const line of found) controller.enqueue(decode(line));
  };
  return new TransformStream({
    transform: (chunk, controller) => pass(splitter.feed(bytesOf(chunk)), controller),
    flush: (controller) => pass(splitter.finish(), controller),
  });
}

// Lines of text to bytes, each with its end. A line break inside a line would be a second command.
export function encodeLines({ end = "\r\n" } = {}) {
  return new TransformStream({
    transform: (line, controller) => {
      const text = String(line);
      if (/[\r\n]/.test(text)) throw new TypeError("a line must not hold a line break");
      controller.enqueue(encoder.encode(text + end));
    },
  });
}
