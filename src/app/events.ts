/**
 * Events as a part of the server: where they come from, where they are put in order, and who may read
 * them.
 *
 * @module
 */

import { createClientId } from "../base/client-id.ts";
import { sleep } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import type { Config } from "../config/config.ts";
import { type Admission, combineAdmissions } from "../live/admission.ts";
import type { ConnectionLimit } from "../live/connection-limit.ts";
import { EventFeed, type EventFeedLimits } from "../live/event-feed.ts";
import type { EventSource } from "../live/event-source.ts";
import { type RecordedEvent, recordEvent, type TellEvent } from "../live/server-event.ts";
import type { SessionRegistry } from "../live/session-registry.ts";
import type { StreamHub } from "../live/stream-hub.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { corsFields } from "../servers/http/cors.ts";
import { EventRelay } from "../services/cluster/event-relay.ts";
import { EventResponses } from "../services/events/event-responses.ts";
import { RefusedConnections } from "../services/events/refused-connections.ts";
import { SessionEvents } from "../services/events/session-events.ts";
import { StreamEvents } from "../services/events/stream-events.ts";
import { ServerNews } from "./server-news.ts";
import type { Membership } from "./workers/membership.ts";
import { SUPERVISOR_NAME } from "./workers/messages.ts";

/** As for other answers: who takes nothing for so long is not there any more. SRS's limit. */
const WRITE_MS_MAX = 30_000;
/** For a worker's last events to come back from the supervisor, who puts them in order. */
const LAST_EVENTS_MS = 100;

export interface EventsOptions {
  readonly runtime: Runtime;
  readonly logger: Logger;
  /** As it is now. */
  readonly config: () => Config;
  /** Absent: the server is this process alone. */
  readonly membership: Membership | undefined;
  readonly sessions: SessionRegistry;
  readonly connections: ConnectionLimit;
  /** Told of each in the order of the feed; of this process alone. */
  readonly onEvent?: ((event: RecordedEvent) => void) | undefined;
}

/** Who are asked about sessions. */
export interface Admissions {
  readonly access: Admission;
  readonly hooks: Admission;
  readonly forwards: Admission;
}

export class Events {
  readonly tell: TellEvent;
  readonly responses: EventResponses;
  readonly #options: EventsOptions;
  /** Absent: another process puts events in order. */
  readonly #feed: EventFeed | undefined;
  readonly #sessions: SessionEvents;
  readonly #refused: RefusedConnections;
  /** Absent for a worker, of whose server the supervisor tells. */
  readonly #server: ServerNews | undefined;

  constructor(options: EventsOptions) {
    const { runtime, logger, config, membership, connections, sessions } = options;
    const { clock } = runtime;
    this.#options = options;
    this.#feed = membership === undefined ? createEventFeed(runtime, config()) : undefined;
    const record = membership?.tellEvent ?? ((event) => this.#publish(event));
    const worker = membership?.worker ?? null;
    this.tell = (event) => record(recordEvent(event, clock.wallMs(), worker));
    if (membership === undefined) this.#server = new ServerNews(runtime, this.tell);
    this.responses = new EventResponses({
      source: this.#feed ?? createRelay(runtime, membership),
      clock,
      connections,
      writeMsMax: WRITE_MS_MAX,
      logger,
      countMax: () => config().httpApi.events.clients,
      corsFields: (request) => (config().httpServer.crossdomain ? corsFields(request) : []),
    });
    this.#sessions = new SessionEvents({ sessions, clock, tell: this.tell });
    this.#refused = new RefusedConnections(this.tell);
    connections.refused = (address) => this.#refused.refused(address);
  }

  #publish(event: RecordedEvent): void {
    this.#feed?.publish(event);
    this.#options.onEvent?.(event);
  }

  /** This process serves. */
  started(): void {
    this.#server?.started(1);
  }

  stopping(isGraceful: boolean): void {
    this.#server?.stopping(isGraceful);
  }

  /** Tells from now on what becomes of streams. */
  watchStreams(hub: StreamHub): void {
    const { runtime, logger, membership, sessions } = this.#options;
    const isElsewhere = (url: string): boolean => membership?.directory.owner(url) !== undefined;
    const { tell } = this;
    const { clock } = runtime;
    hub.addListener(new StreamEvents({ sessions, clock, logger, tell, isElsewhere }));
  }

  /** Puts them one after the other, and tells what they decide. */
  combine({ access, hooks, forwards }: Admissions): Admission {
    const sessions = this.#sessions;
    return combineAdmissions([
      sessions.watchRefusals(access, "access"),
      // Nobody's backend is asked about those who may not anyway.
      sessions.watchRefusals(hooks, "hook"),
      sessions.watchRefusals(forwards, "forward"),
    ]);
  }

  /** The same admission, once it is all there is to ask. */
  watch(admission: Admission): Admission {
    return this.#sessions.watch(admission);
  }

  /** The configuration has changed. */
  configure(): void {
    this.#feed?.configure(feedLimits(this.#options.config()));
  }

  /** Call every second or so. */
  sweep(nowMs: number): void {
    this.#refused.sweep(nowMs);
    this.responses.sweep(nowMs);
  }

  /** Ends all who read, behind the last event. */
  async close(): Promise<void> {
    const { clock } = this.#options.runtime;
    if (this.#feed !== undefined) this.#feed.flush();
    else if (this.responses.size > 0) await sleep(clock, LAST_EVENTS_MS);
    this.responses.close();
  }
}

/** What puts the events of a whole server in order. */
export function createEventFeed({ clock, crypto }: Runtime, config: Config): EventFeed {
  const epoch = createClientId((size) => crypto.randomBytes(size));
  return new EventFeed({ clock, epoch, limits: feedLimits(config) });
}

export function feedLimits({ httpApi: { events } }: Config): EventFeedLimits {
  return { lengthMax: events.history, sizeMax: events.historyBytes };
}

function createRelay({ tcp, clock }: Runtime, membership: Membership | undefined): EventSource {
  const owner = () => membership?.directory.list().find(({ name }) => name === SUPERVISOR_NAME);
  return new EventRelay({ owner, tcp, clock });
}
