// SPDX-License-Identifier: Apache-2.0
// Types of tcpsocket.js; README.md explains each.

export interface TCPSocketOptions {
  /** Subprotocols to offer, in order of preference. */
  protocols?: string | Iterable<string>;
  /** Gives up the attempt, and later the connection; both promises reject with its reason. */
  signal?: AbortSignal;
  /** The policy's framing. Left out: `lines` where one of IRCv3's subprotocols is agreed on, else `binary`. */
  framing?: "binary" | "text" | "lines" | "mqtt";
  /** Bytes on their way to the server above which a write waits. 256 KiB. */
  sendBufferSize?: number;
  /** Bytes not read yet above which the server is held back, where the browser can. 256 KiB. */
  receiveBufferSize?: number;
  /** Bytes not read yet above which the socket fails. 64 MiB; `Infinity` is allowed. */
  maxBuffered?: number;
  /** The longest message sent, in bytes; at most the policy's `max-message`. 16 KiB. */
  maxMessage?: number;
  /** Whether a refused handshake is asked about by an ordinary request. `true`. */
  explain?: boolean;
  /** Headers of the handshake, such as Origin. Node only: a page gets NotSupportedError. */
  headers?: Record<string, string>;
  /** An implementation to be used instead of WebSocketStream, WebSocket and the package `ws`. */
  WebSocket?: WebSocketConstructor;
}

/** The constructor of anything that behaves as a browser's WebSocket. */
export type WebSocketConstructor = new (url: string, protocols?: string[]) => WebSocketLike;

/** What is used of a WebSocket. */
export interface WebSocketLike {
  readonly readyState: number;
  readonly bufferedAmount: number;
  readonly protocol: string;
  binaryType: string;
  send(data: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: string, listener: (event: any) => void): void;
}

export interface TCPSocketOpenInfo {
  /** The service's bytes; a byte stream where there are such, so that BYOB readers work. */
  readonly readable: ReadableStream<Uint8Array>;
  /** Takes an ArrayBuffer or a view of one; anything else is a TypeError. */
  readonly writable: WritableStream<ArrayBuffer | ArrayBufferView>;
  /** The subprotocol agreed on, or the empty string. */
  readonly protocol: string;
  /** The WebSocket URL that was used. */
  readonly url: string;
}

export interface TCPSocketCloseInfo {
  readonly closeCode: number;
  readonly closeReason: string;
}

export declare class TCPSocket {
  /** @throws DOMException SyntaxError for a URL or a subprotocol that cannot be used. */
  constructor(url: string | URL, options?: TCPSocketOptions);
  readonly opened: Promise<TCPSocketOpenInfo>;
  /** Resolves at an orderly end, rejects otherwise. */
  readonly closed: Promise<TCPSocketCloseInfo>;
  /** Rejects with InvalidStateError while the socket is not open or a stream of it is locked. */
  close(): Promise<TCPSocketCloseInfo>;
}

/** Why a handshake was refused: the server's reasons. */
export type ServerRefusal = "upgrade-required" | "handshake" | "origin" | "policy" | "target" |
  "consent" | "lookup" | "connect" | "timeout" | "limit" | "internal";

/** Why a handshake failed: seen from here. */
export type LocalRefusal = "not-found" | "unauthorized" | "forbidden" | "not-an-endpoint" | "redirect" |
  "server-error" | "http" | "unreachable" | "unexplained" | "content-security-policy" | "unsupported";

/** Why an open connection ended. */
export type Ending = "going-away" | "protocol" | "unsupported-data" | "lost" | "invalid-data" |
  "policy-violation" | "too-big" | "restart" | "try-later" | "bad-gateway" | "closed" | "overflow" | "left";

/** Later servers may have further reasons. */
export type TCPSocketErrorReason = ServerRefusal | LocalRefusal | Ending | (string & {});

export interface TCPSocketErrorDetails {
  reason?: TCPSocketErrorReason;
  status?: number | null;
  closeCode?: number;
  closeReason?: string;
  cause?: unknown;
}

export declare class TCPSocketError extends DOMException {
  constructor(message: string, name?: string, details?: TCPSocketErrorDetails);
  readonly reason: TCPSocketErrorReason | null;
  /** HTTP status of the refusal, where it is known. */
  readonly status: number | null;
  /** WebSocket close code, where the connection had been open. */
  readonly closeCode: number | null;
  readonly closeReason: string | null;
  readonly cause?: unknown;
}

/** Bytes to lines of text, without their LF or CR LF. */
export declare function lines(options?: {
  /** In bytes; a longer one is a RangeError. 64 KiB. */
  maxLength?: number;
  /** Makes text of a line's bytes. UTF-8, with U+FFFD for what is none. */
  decode?: (bytes: Uint8Array) => string;
}): TransformStream<ArrayBuffer | ArrayBufferView, string>;

/** Lines of text to bytes, each with its end; a line break inside one is a TypeError. */
export declare function encodeLines(options?: {
  /** CR LF. */
  end?: string;
}): TransformStream<string, Uint8Array>;
