// SPDX-License-Identifier: Apache-2.0
// ws with permessage-deflate, before an echo; counts what goes over its connection.
import { next } from "./waiting.mjs";
import { PageSocket } from "./page_socket.mjs";

// Sends each message when the one before has come back. Says what was negotiated, how many came back
// as they were, and how many bytes went each way since the handshake.
export async function exchange({ url, offer, messages, binary }) {
  const socket = new PageSocket(url, [], { perMessageDeflate: offer });
  const open = next(socket, "open");
  const [{ socket: connection }] = await next(socket, "upgrade");
  await open;
  const sent = connection.bytesWritten;
  const received = connection.bytesRead;
  let same = 0;
  for (const message of messages) {
    const payload = Buffer.from(message, "base64");
    const back = next(socket, "message");
    socket.send(payload, { binary });
    const [answer, isBinary] = await back;
    same += isBinary === binary && payload.equals(answer);
  }
  const result = {
    extensions: socket.extensions, same,
    sent: connection.bytesWritten - sent, received: connection.bytesRead - received,
  };
  const closed = next(socket, "close");
  socket.close(1000);
  return { ...result, code: (await closed)[0] };
}
