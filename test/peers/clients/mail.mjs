// SPDX-License-Identifier: Apache-2.0
// Nodemailer, whose connection is a stream over a WebSocket.
import nodemailer from "nodemailer";
import { createWebSocketStream } from "ws";
import { next } from "./waiting.mjs";
import { PageSocket } from "./page_socket.mjs";

// What Nodemailer asks of a socket and a stream does not have.
function asSocket(stream) {
  return Object.assign(stream, { setTimeout() {}, setKeepAlive() {} });
}

export async function deliver({ url, from, to, message, localAddress, headers }) {
  const socket = new PageSocket(url, [], { localAddress, headers });
  const stream = asSocket(createWebSocketStream(socket));
  const [response] = await next(socket, "upgrade");
  const { localPort } = response.socket;
  const closed = next(socket, "close");
  const transport = nodemailer.createTransport({ name: "client.test.example", ignoreTLS: true });
  transport.getSocket = (_, done) => done(null, { connection: stream });
  const info = await transport.sendMail({
    envelope: { from, to }, raw: Buffer.from(message, "base64"),
  });
  await closed;
  return { localPort, response: info.response };
}
