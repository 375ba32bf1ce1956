/**
 * A client of `/api/v2/events` of a real server.
 *
 * @module
 */

import { get, type IncomingMessage } from "node:http";
import { onTestFinished } from "vitest";
import { EventStreamParser } from "./event-stream-parser.ts";
import { waitFor, within } from "./wait.ts";

export type EventValue = Record<string, unknown>;

export class EventClient extends EventStreamParser {
  isClosed = false;
  readonly #response: IncomingMessage;

  private constructor(response: IncomingMessage) {
    super();
    this.#response = response;
    response.setEncoding("utf8");
    response.on("data", (text: string) => this.push(text));
    response.on("error", () => undefined); // `close` follows.
    response.on("close", () => {
      this.isClosed = true;
    });
  }

  /** Asks, on a connection of its own, which ends with the test. */
  static async open(url: string, lastEventId?: string): Promise<EventClient> {
    const headers = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
    const response = await within(
      `events of ${url}`,
      new Promise<IncomingMessage>((resolve, reject) => {
        get(url, { agent: false, headers }, resolve).once("error", reject);
      }),
    );
    const client = new EventClient(response);
    onTestFinished(() => client.close());
    if (response.statusCode !== 200) throw new Error(`The status is ${response.statusCode}`);
    await waitFor("the opening", () => client.lastEventId !== "");
    return client;
  }

  of(type: string): EventValue[] {
    return this.values.filter((value) => value["type"] === type);
  }

  /** Waits for an event of the type with these fields. */
  waitForEvent(type: string, fields: EventValue = {}): Promise<EventValue> {
    const isSo = (value: EventValue): boolean =>
      Object.entries(fields).every(([name, wanted]) => value[name] === wanted);
    return waitFor(`${type} ${JSON.stringify(fields)}`, () => this.of(type).find(isSo));
  }

  close(): void {
    this.#response.destroy();
  }
}
