/**
 * Streams that go to other servers as soon as they are published here.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { RefusedError, toError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import type { Admission, SessionRequest } from "../../live/admission.ts";
import type { LiveStream } from "../../live/live-stream.ts";
import type { Publication } from "../../live/publication.ts";
import type { ForwardReport } from "../../live/reports.ts";
import type { HubListener, StreamHub } from "../../live/stream-hub.ts";
import { withoutKey } from "../../programs/program-key.ts";
import type { Crypto, Files, Tcp, TlsConnectOptions } from "../../runtime/runtime.ts";
import { type ForwardDestination, parseDestination } from "./forward-destination.ts";
import { Forwarder } from "./forwarder.ts";

/** Of a vhost. */
export interface ForwardSettings {
  readonly destinations: readonly string[];
  /** Who says where to, instead of `destinations`; empty: nobody. */
  readonly backend: string;
  /** For servers of RTMPS. */
  readonly tls: ForwardTls;
}

export interface ForwardTls {
  readonly isVerified: boolean;
  /** File of further authorities, PEM; empty: none. */
  readonly authoritiesPath: string;
}

export interface ForwardsPorts {
  readonly hub: StreamHub;
  readonly tcp: Pick<Tcp, "connect">;
  readonly files: Pick<Files, "readText">;
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly logger: Logger;
  /** By which other servers know this one. */
  readonly serverId: string;
  /** `undefined` for a vhost whose streams stay here. */
  readonly settingsOf: (vhost: string) => ForwardSettings | undefined;
  /** Asks a backend where to. @throws {RefusedError} If it does not say. */
  readonly askBackend: (request: SessionRequest, backend: string) => Promise<readonly string[]>;
}

/** A stream may be handed on by so many servers. */
const HOPS_MAX = 16;

/** A publisher's session at another server of this kind names so many servers that it came through. */
interface Forwarded {
  readonly publication: Publication;
  readonly forwarders: Map<string, Forwarder>;
}

export class Forwards implements HubListener {
  readonly #ports: ForwardsPorts;
  readonly #streams = new Map<LiveStream, Forwarded>();
  /** What backends have said about those who were let publish. */
  readonly #answers = new WeakMap<SessionRequest, readonly string[]>();

  constructor(ports: ForwardsPorts) {
    this.#ports = ports;
    ports.hub.addListener(this);
  }

  /** Refuses what has been here before, and whom a backend does not let publish, as in SRS. */
  readonly admission: Admission = {
    connect: async ({ via = [] }) => {
      if (via.length < HOPS_MAX && !via.includes(this.#ports.serverId)) return;
      throw new RefusedError("forward_loop", "Cannot publish: the stream comes from this server");
    },
    publish: async (request) => {
      const settings = this.#ports.settingsOf(request.vhost);
      if (settings === undefined || settings.backend === "") return;
      this.#answers.set(request, await this.#ports.askBackend(request, settings.backend));
    },
    play: async () => undefined,
    unpublished: () => undefined,
    stopped: () => undefined,
    closed: () => undefined,
  };

  /** Settings have changed: streams that are published go elsewhere at once. */
  configure(): void {
    for (const [stream, { publication }] of [...this.#streams]) this.#forward(stream, publication);
    for (const stream of this.#ports.hub.streams) {
      const { publication } = stream;
      if (publication === undefined || this.#streams.has(stream)) continue;
      this.#forward(stream, publication);
    }
  }

  /** Call every second or so. */
  sweep(): void {
    for (const stream of [...this.#streams.keys()]) if (!stream.isLive) this.#end(stream);
  }

  /** By stream and destination. */
  report(): readonly ForwardReport[] {
    return [...this.#streams.values()].flatMap(({ forwarders }) =>
      Array.from(forwarders.values(), (forwarder) => forwarder.report()),
    );
  }

  close(): void {
    this.#ports.hub.removeListener(this);
    for (const stream of [...this.#streams.keys()]) this.#end(stream);
  }

  // HubListener -------------------------------------------------------------------------------------

  onStreamCreated(): void {
    // It is published later, if at all.
  }

  onStreamForgotten(stream: LiveStream): void {
    this.#end(stream);
  }

  onPublished(stream: LiveStream, publication: Publication): void {
    this.#forward(stream, publication);
  }

  fail(error: unknown): void {
    this.#ports.logger.error("forwarding failed", { error });
  }

  // -------------------------------------------------------------------------------------------------

  #forward(stream: LiveStream, publication: Publication): void {
    const { request } = publication.publisher;
    if (publication.isRelayed) return; // The process that has the publisher does it.
    const wanted = new Map<string, ForwardDestination>();
    for (const text of this.#destinationsOf(stream, request)) {
      const destination = this.#parse(text, stream, request);
      if (destination !== undefined) wanted.set(text, destination);
    }
    const known = this.#streams.get(stream)?.forwarders ?? new Map<string, Forwarder>();
    for (const [text, forwarder] of [...known]) {
      if (wanted.has(text)) continue;
      forwarder.stop();
      known.delete(text);
    }
    if (wanted.size === 0) return void this.#streams.delete(stream);
    this.#streams.set(stream, { publication, forwarders: known });
    const via = [...(request?.via ?? []), this.#ports.serverId].join(",");
    const ports = { ...this.#ports, via, tlsOptions: () => this.#tlsOptions(stream.name.vhost) };
    for (const [text, destination] of wanted) {
      if (known.has(text)) continue;
      const forwarder = new Forwarder(ports, stream, destination);
      known.set(text, forwarder);
      forwarder.start();
    }
  }

  #destinationsOf(stream: LiveStream, request: SessionRequest | undefined): readonly string[] {
    const settings = this.#ports.settingsOf(stream.name.vhost);
    if (settings === undefined) return [];
    if (settings.backend === "") return settings.destinations;
    // One who was let publish under other settings has not been asked about.
    return (request === undefined ? undefined : this.#answers.get(request)) ?? [];
  }

  /** `undefined`, with a line in the log, for what is none or leads back here. */
  #parse(
    text: string,
    { name, url }: LiveStream,
    request: SessionRequest | undefined,
  ): ForwardDestination | undefined {
    try {
      const param = withoutKey(request?.param ?? ""); // It is this server's own.
      const destination = parseDestination(text, { ...name, param });
      if (!isOwnAddress(destination, request)) return destination;
      throw new RefusedError("forward_loop", "Cannot forward: it would come back to this server");
    } catch (error) {
      this.#ports.logger.warn("forward refused", { url, reason: toError(error).message });
      return undefined;
    }
  }

  /** Read anew for each connection: a file may have been replaced. */
  async #tlsOptions(vhost: string): Promise<TlsConnectOptions> {
    const { isVerified = true, authoritiesPath = "" } = this.#ports.settingsOf(vhost)?.tls ?? {};
    if (authoritiesPath === "") return { isVerified };
    return { isVerified, authorities: await this.#ports.files.readText(authoritiesPath) };
  }

  #end(stream: LiveStream): void {
    const forwarded = this.#streams.get(stream);
    this.#streams.delete(stream);
    for (const forwarder of forwarded?.forwarders.values() ?? []) forwarder.stop();
  }
}

/** Whether it is where the publisher itself connected to, as SRS looks at it. */
function isOwnAddress(
  { target }: ForwardDestination,
  request: SessionRequest | undefined,
): boolean {
  const [, host = "", port = "1935"] =
    /^rtmp:\/\/(\[[^\]]*\]|[^:/]*)(?::(\d+))?/iu.exec(request?.tcUrl ?? "") ?? [];
  return host.replace(/^\[|\]$/gu, "") === target.host && Number(port) === target.port;
}
