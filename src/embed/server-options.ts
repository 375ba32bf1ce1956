/**
 * What a program says of the server that it has inside, and what it is asked.
 *
 * @module
 */

import type { ConfigInput } from "../config/config-input.ts";
import type { ClientType } from "../live/admission.ts";
import type { RecordedEvent, ServerEventType } from "../live/server-event.ts";

/** Something that has happened: its `type`, when, and what is said of it; docs/events.md has all. */
export type SluiceEvent = RecordedEvent;

/** Such as `stream.published`. */
export type SluiceEventType = ServerEventType;

export interface ServerOptions {
  /** The configuration, in the shape of the YAML. Absent, and no `configFile`: the defaults. */
  readonly config?: ConfigInput | undefined;
  /** A file with the configuration, as YAML or in SRS's format, in place of `config`. */
  readonly configFile?: string | undefined;
  /**
   * Where `$NAME` in settings, and variables such as `SLUICE_LISTEN`, are looked up; `process.env` for
   * those of the program. Absent: nowhere.
   */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** Told what the log would have. `console` will do. Absent: nobody is told. */
  readonly logger?: ServerLogger | undefined;
  /** Asked whether somebody may publish, behind access rules and HTTP callbacks. Absent: yes. */
  readonly onPublish?: SessionHook | undefined;
  /** Asked whether somebody may play, likewise, whatever the protocol. Absent: yes. */
  readonly onPlay?: SessionHook | undefined;
  /** Told of each event at once, in their order. What it throws is logged. */
  readonly onEvent?: ((event: SluiceEvent) => void) | undefined;
}

/**
 * Answers within `http_hooks.timeout` seconds, or the session is refused; likewise if it throws.
 */
export type SessionHook = (request: HookRequest) => HookAnswer | Promise<HookAnswer>;

/** `true`: the session may begin. Anything but the answers here refuses it. */
export type HookAnswer = boolean | Refusal;

export interface Refusal {
  /** Why not: for the log, and for clients whose protocol can tell it. */
  readonly refuse: string;
  /** What clients take it for; in HTTP the status 403, 401 or 404. Default: `forbidden`. */
  readonly as?: "forbidden" | "unauthorized" | "not_found" | undefined;
}

/** Who asks for what. What the peer has said is as it said it; what it has not said is empty. */
export interface HookRequest {
  /** As in events and in `sessions()`. */
  readonly clientId: string;
  readonly clientType: ClientType;
  /** The peer's IP address. */
  readonly address: string;
  readonly vhost: string;
  readonly app: string;
  readonly stream: string;
  /** Behind the `?` of the stream's URL, such as `token=abc`. */
  readonly query: string;
  /** The URL that an RTMP client connected to. */
  readonly tcUrl: string;
  /** The page that a player is in. */
  readonly pageUrl: string;
  /** The field `Authorization` of an HTTP client. */
  readonly authorization: string;
}

/** A line of the log is an event with fields. What it throws is of no consequence. */
export interface ServerLogger {
  debug(event: string, fields: LogLineFields): void;
  info(event: string, fields: LogLineFields): void;
  warn(event: string, fields: LogLineFields): void;
  error(event: string, fields: LogLineFields): void;
}

/** Such as `clientId` or `url`; an Error in `error`. */
export type LogLineFields = Readonly<Record<string, unknown>>;
