// SPDX-License-Identifier: Apache-2.0
// MQTT.js over WebSockets.
import mqtt from "mqtt";
import { next } from "./waiting.mjs";
import { PageSocket } from "./page_socket.mjs";

const sockets = [];

function createWebsocket(url, protocols) {
  sockets.push(new PageSocket(url, protocols));
  return sockets.at(-1);
}

function connect(url, options = {}) {
  return mqtt.connectAsync(url, { createWebsocket, reconnectPeriod: 0, ...options });
}

// Subscribes; collects messages until there are so many. It listens before that: what was retained may come in one
// piece with the answer, and is then told before the promise of the answer is.
async function collect(client, topic, count, qos = 2) {
  const messages = [];
  const all = next(client, "message", (name, payload, { qos, retain }) =>
    messages.push({ topic: name, payload: payload.toString("base64"), qos, retain }) === count);
  await client.subscribeAsync(topic, { qos });
  return { wait: () => all.then(() => messages) };
}

async function end(...clients) {
  for (const client of clients) {
    const closed = next(client, "close");
    await client.endAsync();
    await closed;
  }
}

// A message of each quality of service.
export async function publish({ url, version, topic, payloads }) {
  // What MQTT 3.1 was called.
  const protocol = { protocolVersion: version, protocolId: version === 3 ? "MQIsdp" : "MQTT" };
  const publisher = await connect(url, protocol);
  const subscriber = await connect(url, protocol);
  const arriving = await collect(subscriber, `${topic}/#`, payloads.length);
  for (const [qos, payload] of payloads.entries()) {
    await publisher.publishAsync(`${topic}/${qos}`, Buffer.from(payload, "base64"), { qos });
  }
  const messages = await arriving.wait();
  await end(publisher, subscriber);
  return { protocols: sockets.map(({ protocol }) => protocol), messages };
}

// What was retained comes to one who subscribes later, and is gone when it is taken back.
export async function retain({ url, topic, payload }) {
  const publisher = await connect(url);
  await publisher.publishAsync(topic, Buffer.from(payload, "base64"), { qos: 1, retain: true });
  await end(publisher);
  const late = await connect(url);
  const messages = await (await collect(late, topic, 1)).wait();
  await late.publishAsync(topic, "", { qos: 1, retain: true });
  await end(late);
  return messages;
}

// A client that vanishes has its will done.
export async function vanish({ url, topic, payload }) {
  const heir = await connect(url);
  const arriving = await collect(heir, topic, 1);
  const mortal = await connect(url, {
    will: { topic, payload: Buffer.from(payload, "base64"), qos: 1, retain: false },
  });
  const gone = next(mortal, "close");
  mortal.stream.destroy();
  await gone;
  const messages = await arriving.wait();
  await end(heir);
  return messages;
}
