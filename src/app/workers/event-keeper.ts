/**
 * The events of all workers and of the supervisor: put in order and kept by the supervisor, and read by
 * workers for their clients.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import type { EventFeed } from "../../live/event-feed.ts";
import { type RecordedEvent, recordEvent, type TellEvent } from "../../live/server-event.ts";
import type { HttpHandler } from "../../protocols/http/handler.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { EventResponses } from "../../services/events/event-responses.ts";
import { createEventFeed, feedLimits } from "../events.ts";
import { ServerNews } from "../server-news.ts";

export class EventKeeper {
  /** Takes what the supervisor has to tell. */
  readonly tell: TellEvent;
  /** Answers workers. */
  readonly handler: HttpHandler;
  readonly #feed: EventFeed;
  readonly #responses: EventResponses;
  readonly #server: ServerNews;

  /** @param config As it is at the moment. */
  constructor(runtime: Runtime, config: () => Config) {
    const { clock } = runtime;
    this.#feed = createEventFeed(runtime, config());
    this.tell = (event) => this.happened(recordEvent(event, clock.wallMs(), null));
    this.#server = new ServerNews(runtime, this.tell);
    this.#responses = new EventResponses({
      source: this.#feed,
      clock,
      countMax: () => config().httpApi.events.clients,
    });
    this.handler = (request, context) => this.#responses.open(request, context);
  }

  /** Something has happened at a worker. */
  happened(event: RecordedEvent): void {
    this.#feed.publish(event);
  }

  started(workers: number): void {
    this.#server.started(workers);
  }

  /** Whoever reads has it before any worker is ended. */
  stopping(isGraceful: boolean): void {
    this.#server.stopping(isGraceful);
    this.#feed.flush();
  }

  configure(config: Config): void {
    this.#feed.configure(feedLimits(config));
  }

  /** Call every second or so. */
  sweep(nowMs: number): void {
    this.#responses.sweep(nowMs);
  }

  /** Ends all who read, behind the last event. */
  close(): void {
    this.#feed.flush();
    this.#responses.close();
  }
}
