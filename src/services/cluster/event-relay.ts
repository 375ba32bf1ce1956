/**
 * Events of the whole server for clients of this process: the supervisor puts those of all processes
 * in order, and each client here is a reader there, over a connection of its own.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { ProtocolError, RefusedError } from "../../base/errors.ts";
import type { ResponseHead } from "../../codec/http/response-head.ts";
import type {
  EventOutput,
  EventRequest,
  EventSource,
  OpenedEvents,
} from "../../live/event-source.ts";
import {
  HttpClient,
  type HttpClientExchange,
  type ResponseReceiver,
} from "../../protocols/http/client.ts";
import { HttpError } from "../../protocols/http/http-error.ts";
import type { Tcp } from "../../runtime/runtime.ts";
import { connectorTo, type Peer, peerUrl } from "./peer.ts";
import { EVENTS_PATH } from "./peer-server.ts";

/** The feed gives a sign of life every 15 s. */
const SILENCE_MS_MAX = 40_000;

export interface EventRelayPorts {
  /** Who has the feed. */
  readonly owner: () => Peer | undefined;
  readonly tcp: Tcp;
  readonly clock: Clock;
}

export class EventRelay implements EventSource {
  readonly #ports: EventRelayPorts;

  constructor(ports: EventRelayPorts) {
    this.#ports = ports;
  }

  async open(request: EventRequest, output: EventOutput): Promise<OpenedEvents> {
    const { owner, tcp, clock } = this.#ports;
    const peer = owner();
    if (peer === undefined) throw unheard(undefined);
    const reader = new RelayedEvents(output);
    const client = new HttpClient({ tcp: connectorTo(tcp, peer), clock });
    const url = peerUrl(EVENTS_PATH, toParameters(request));
    try {
      await reader.open((receiver) =>
        client.request({ url, timeoutMs: SILENCE_MS_MAX, redirectsMax: 0 }, receiver),
      );
    } catch (error) {
      throw error instanceof RefusedError ? error : unheard(error);
    }
    return reader;
  }
}

function unheard(cause: unknown): HttpError {
  return new HttpError(503, "Cannot send events: the supervisor does not answer", [], { cause });
}

function toParameters({ filter, lastEventId }: EventRequest): Readonly<Record<string, string>> {
  const entries = Object.entries({ ...filter.wish, last_event_id: lastEventId });
  return Object.fromEntries(entries.flatMap(([name, value]) => (value ? [[name, value]] : [])));
}

/** One reader of the supervisor's feed. */
class RelayedEvents implements OpenedEvents, ResponseReceiver {
  readonly #output: EventOutput;
  readonly #opened = Promise.withResolvers<void>();
  #exchange: HttpClientExchange | undefined;
  /** What came before the start. */
  #early: Uint8Array[] = [];
  #isStarted = false;
  #isOver = false;

  constructor(output: EventOutput) {
    this.#output = output;
  }

  /** Resolves when the feed's owner lets it read. */
  async open(request: (receiver: ResponseReceiver) => HttpClientExchange): Promise<void> {
    this.#exchange = request(this);
    await this.#opened.promise;
  }

  // ResponseReceiver --------------------------------------------------------------------------------

  head({ status }: ResponseHead): void {
    if (status === 200) {
      this.#opened.resolve();
      return;
    }
    this.close();
    this.#opened.reject(
      status === 503
        ? new RefusedError(
            "too_many_connections",
            "Cannot send events: so many clients get them already (http_api.events.clients)",
          )
        : new ProtocolError(`Cannot send events: the supervisor answers ${status}`),
    );
  }

  data(bytes: Uint8Array): void {
    if (this.#isOver) return;
    if (!this.#isStarted) this.#early.push(bytes);
    else if (!this.#output.write(bytes)) this.#exchange?.pause();
  }

  end(): void {
    this.#finish();
  }

  fail(error: Error): void {
    this.#opened.reject(error);
    this.#finish();
  }

  // OpenedEvents ------------------------------------------------------------------------------------

  start(): void {
    this.#isStarted = true;
    for (const bytes of this.#early.splice(0)) this.data(bytes);
    if (this.#isOver) this.#output.end();
  }

  more(): void {
    this.#exchange?.resume();
  }

  sweep(): void {
    // Signs of life come with the rest.
  }

  close(): void {
    this.#isOver = true;
    this.#early = [];
    this.#exchange?.abort();
  }

  #finish(): void {
    this.#isOver = true;
    if (this.#isStarted) this.#output.end();
  }
}
