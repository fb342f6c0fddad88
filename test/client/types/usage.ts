// SPDX-License-Identifier: Apache-2.0
// What must compile, and what must not.
import { TCPSocket, TCPSocketError, encodeLines, lines } from "tcpsocket";
import type { TCPSocketCloseInfo, TCPSocketOpenInfo, TCPSocketOptions, WebSocketLike } from "tcpsocket";

export async function use(): Promise<number> {
  const controller = new AbortController();
  const options: TCPSocketOptions = {
    protocols: ["text.ircv3.net"], signal: controller.signal, framing: "lines", sendBufferSize: 1,
    receiveBufferSize: 1, maxBuffered: Infinity, maxMessage: 1, explain: false,
    headers: { Origin: "https://example.org" },
  };
  const socket = new TCPSocket(new URL("https://example.org/irc.xml"), options);
  const { readable, writable, protocol, url }: TCPSocketOpenInfo = await socket.opened;
  const writer = writable.getWriter();
  await writer.write(new Uint8Array(1));
  await writer.write(new ArrayBuffer(1));
  await writer.write(new DataView(new ArrayBuffer(1)));
  // @ts-expect-error text is not bytes
  await writer.write("text");
  const view = await readable.getReader({ mode: "byob" }).read(new Uint8Array(8));
  const chunk: Uint8Array | undefined = view.value;

  const { value: line } = await readable.pipeThrough(lines({ maxLength: 512 })).getReader().read();
  const words: string | undefined = line;
  const encoder = encodeLines({ end: "\n" });
  encoder.readable.pipeTo(writable);
  await encoder.writable.getWriter().write("NICK a");
  // @ts-expect-error lines are text
  await encoder.writable.getWriter().write(new Uint8Array(1));

  const end: TCPSocketCloseInfo = await socket.closed;
  const same: TCPSocketCloseInfo = await socket.close();
  return `${protocol}${url}${chunk}${words}${same.closeReason}`.length + end.closeCode;
}

export function explain(error: unknown): string {
  if (!(error instanceof TCPSocketError)) return "";
  const asDomException: DOMException = error;
  switch (error.reason) {
    case "origin": return "another origin";
    case "lost": return "lost";
    case "of-a-later-server": return "unknown";
    case null: return "";
    default: return `${asDomException.name} ${error.status ?? error.closeCode}`;
  }
}

// @ts-expect-error there is no such framing
new TCPSocket("x", { framing: "json" });
// @ts-expect-error there is no such option
new TCPSocket("x", { timeout: 1 });
// @ts-expect-error the URL is needed
new TCPSocket();
// @ts-expect-error attributes are read only
new TCPSocket("x").opened = Promise.reject();

declare class Other implements WebSocketLike {
  constructor(url: string, protocols?: string[]);
  readyState: number;
  bufferedAmount: number;
  protocol: string;
  binaryType: string;
  send(data: string | Uint8Array): void;
  close(code?: number): void;
  addEventListener(type: string, listener: (event: any) => void): void;
}

new TCPSocket("x", { WebSocket: Other });
// @ts-expect-error an Event target is no WebSocket
new TCPSocket("x", { WebSocket: EventTarget });
