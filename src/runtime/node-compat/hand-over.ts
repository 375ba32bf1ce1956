/**
 * Connections that one process accepts and another serves: node:child_process passes their descriptors
 * over its channel. For systems on which processes cannot share a port. Only Node can do it.
 *
 * @module
 */

import type { ChildProcess as NodeChild } from "node:child_process";
import { Socket } from "node:net";
import process from "node:process";
import { SystemError } from "../../base/errors.ts";
import type { TcpSocket } from "../runtime.ts";
import { IGNORE, NodeTcpSocket } from "./tcp-socket.ts";

/** Whether this runtime passes descriptors. */
export const CAN_HAND_OVER: boolean = !("Bun" in globalThis || "Deno" in globalThis);

/**
 * Connections on their way to one child. It takes thousands in a second, so this many waiting mean
 * that it stands still; those that come then are reset.
 */
const WAITING_COUNT_MAX = 4096;

/** The message that goes with a connection. */
interface HandOverMessage {
  readonly sluiceTag: string;
}

/** The child's answer. */
const TAKEN = "sluice-taken";

/** The connections on their way to one child. */
export class HandOver {
  #child: NodeChild;
  /**
   * In the order sent, which is that of the answers. Each stays open here until the child has it: not
   * every kernel keeps a descriptor alive that is on its way. Node would close them by itself, but
   * forgets to when the child dies.
   */
  #waiting = new Set<Socket>();

  constructor(child: NodeChild) {
    this.#child = child;
    child.on("message", (message) => {
      if (message === TAKEN) this.#dropFirst();
    });
    child.once("exit", () => {
      for (const raw of this.#waiting) raw.destroy();
      this.#waiting.clear();
    });
  }

  give(socket: TcpSocket, tag: string): void {
    const raw = detach(socket);
    if (!this.#child.connected || this.#waiting.size >= WAITING_COUNT_MAX) {
      raw.resetAndDestroy();
      return;
    }
    const message: HandOverMessage = { sluiceTag: tag };
    this.#waiting.add(raw);
    this.#child.send(message, raw, { keepOpen: true }, (error) => {
      // There will be no answer.
      if (error !== null && this.#waiting.delete(raw)) raw.resetAndDestroy();
    });
  }

  /** Closes this process's end of the one that the child has taken. */
  #dropFirst(): void {
    for (const raw of this.#waiting) {
      this.#waiting.delete(raw);
      raw.destroy();
      return;
    }
  }
}

/** Calls `handler` with what the parent hands over. */
export function receiveHandedOver(handler: (socket: TcpSocket, tag: string) => void): void {
  checkHandOver(process.channel !== undefined);
  process.on("message", (message, handle) => {
    if (!isHandOver(message)) return;
    process.send?.(TAKEN);
    // It is none if the connection broke on the way.
    if (!(handle instanceof Socket)) return;
    handle.pause();
    handler(new NodeTcpSocket(handle, IGNORE, "tcp"), message.sluiceTag);
  });
}

/** Throws if this runtime cannot do it, or not here. */
export function checkHandOver(isPossible = true): void {
  if (CAN_HAND_OVER && isPossible) return;
  const state = CAN_HAND_OVER ? "not between these processes" : "this runtime cannot";
  throw new SystemError("ENOTSUP", `Cannot hand over a connection: ${state}`);
}

/** The connection beneath a socket that nothing was read from and that serves no one any more. */
export function detach(socket: TcpSocket): Socket {
  checkHandOver(socket instanceof NodeTcpSocket && !socket.isTls);
  return (socket as NodeTcpSocket).detach();
}

function isHandOver(message: unknown): message is HandOverMessage {
  return typeof message === "object" && message !== null && "sluiceTag" in message;
}
