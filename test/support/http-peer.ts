/**
 * A raw client of an HttpServer, connected in memory: says what a test wrote, records what comes back.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { expect } from "vitest";
import type { Logger } from "../../src/base/logger.ts";
import type { HttpHandler } from "../../src/protocols/http/handler.ts";
import { HttpServer } from "../../src/protocols/http/server.ts";
import type { HttpLimits } from "../../src/protocols/http/server-settings.ts";
import { createSocketPair, ManualClock, type MemorySocket } from "../../src/runtime/memory.ts";
import type { Crypto, HashName } from "../../src/runtime/runtime.ts";
import { PATIENCE_MS } from "./wait.ts";

export interface HttpPeerOptions {
  /** How much fits between the two ends. */
  readonly capacity?: number;
  readonly limits?: Partial<HttpLimits>;
}

/** Records errors; a test that expects none checks that it is empty. */
export class RecordingLogger implements Logger {
  readonly errors: unknown[] = [];
  debug(): void {}
  info(): void {}
  warn(): void {}
  error(event: string, fields?: Readonly<Record<string, unknown>>): void {
    this.errors.push(fields?.["error"] ?? event);
  }
  child(): Logger {
    return this;
  }
}

export const CRYPTO: Pick<Crypto, "hash"> = {
  hash: (name: HashName, data: Uint8Array): Uint8Array =>
    new Uint8Array(createHash(name).update(data).digest()),
};

export class HttpPeer {
  readonly clock: ManualClock = new ManualClock();
  readonly logger: RecordingLogger = new RecordingLogger();
  readonly server: HttpServer;
  /** The client's end. */
  readonly socket: MemorySocket;
  /** The server's end. */
  readonly serverSocket: MemorySocket;
  isClosed = false;
  #text = "";

  constructor(handler: HttpHandler, options: HttpPeerOptions = {}) {
    const { clock, logger } = this;
    this.server = new HttpServer({
      handler,
      clock,
      logger,
      crypto: CRYPTO,
      serverName: "Sluice/1.2.3",
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    });
    [this.socket, this.serverSocket] = createSocketPair(options.capacity);
    this.socket.handler = {
      data: (bytes) => {
        for (const byte of bytes) this.#text += String.fromCharCode(byte);
      },
      drain: () => undefined,
      close: () => {
        this.isClosed = true;
      },
    };
    this.server.accept(this.serverSocket);
  }

  /** All that has come back, one character a byte. */
  get text(): string {
    return this.#text;
  }

  /** What has come back, and forgets it. */
  take(): string {
    const text = this.#text;
    this.#text = "";
    return text;
  }

  /** Sends one byte a character. */
  send(text: string): void {
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    expect(this.socket.write(bytes)).toBe(bytes.length);
  }

  /** Waits until `condition` holds, for what the disk does too. */
  async until(condition: () => boolean): Promise<void> {
    const endMs = performance.now() + PATIENCE_MS;
    while (!condition() && performance.now() < endMs) await nextTurn();
    expect(condition(), `condition ${condition}; so far ${JSON.stringify(this.#text)}`).toBe(true);
  }

  /** Waits until as many answers have come as `count`; counts status lines. */
  async untilAnswers(count: number): Promise<void> {
    await this.until(() => this.#text.split("HTTP/1.1 ").length > count);
    await settle();
  }

  /** Lets time pass, in steps in which the server looks at its connections. */
  async advance(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 1_000) {
      this.clock.advance(Math.min(1_000, ms - passed));
      await settleMicrotasks();
    }
    await settle();
  }
}

/** Lets everything happen that needs no more input or time. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await nextTurn();
}

/** The same where nothing is done but in microtasks, and faster. */
export async function settleMicrotasks(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
