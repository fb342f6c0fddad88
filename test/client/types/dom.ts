// SPDX-License-Identifier: Apache-2.0
// With the types of a browser: its own WebSocket can be given.
import { TCPSocket } from "tcpsocket";

export * from "./usage.js";
export const plain = new TCPSocket("irc.xml", { WebSocket });
