/**
 * What the supervisor and its workers say to one another: a JSON object a line, told apart by `type`.
 *
 * ```text
 * worker                         supervisor
 *   hello  ------------------------>
 *          <------------------------  welcome, peer..., owner..., elsewhere
 *   listening (for peers) --------->                               peer to the others
 *   ready, or failed -------------->
 *   claim  ------------------------>
 *          <------------------------  claimed, or busy             owner to the others
 *   release ----------------------->                               owner to the others
 *   counts ------------------------>                               elsewhere to the others
 *   totals ------------------------>
 *          <------------------------  prepare
 *   configured -------------------->
 *          <------------------------  commit, or giveUp
 *   configured -------------------->
 *   reload ------------------------>
 *          <------------------------  reloaded
 *          <------------------------  ping
 *   pong -------------------------->
 *   event ------------------------->
 *          <------------------------  drain
 *   drained ----------------------->
 *          <------------------------  stop
 * ```
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import type { Config } from "../../config/config.ts";
import type { RecordedEvent } from "../../live/server-event.ts";
import type { ServerIdentity } from "../../live/server-identity.ts";
import type { TotalsReport } from "../../live/totals.ts";
import type { ReloadReport } from "../reload/reloader.ts";

/** The longest line is the welcome: a configuration of a mebibyte, most of which is defaults. */
export const MESSAGE_SIZE_MAX: number = 64 << 20;

/** How the workers share the server's ports: each listens itself, or the supervisor does for them. */
export type PortSharing = "reusePort" | "handOver";

/** Counts of connections are told together so often: a limit need not be more exact. */
export const COUNTS_MS = 100;

/** Addresses told at once, so that a message stays small. */
export const ADDRESSES_MAX = 1_000;

/** What the supervisor is called among its peers. */
export const SUPERVISOR_NAME = "supervisor";

/** Numbers by address. */
export type AddressCounts = Readonly<Record<string, number>>;

export type WorkerMessage =
  /** The first message: who this is. */
  | { readonly type: "hello"; readonly worker: number; readonly pid: number }
  /** Peers can come to the local socket of that path. */
  | { readonly type: "listening"; readonly path: string }
  /** The server's ports are open. */
  | { readonly type: "ready" }
  /** It cannot start, and why. */
  | { readonly type: "failed"; readonly message: string }
  /** Somebody wants to publish. `request` comes back with the answer. */
  | { readonly type: "claim"; readonly request: number; readonly url: string }
  | { readonly type: "release"; readonly claim: number }
  /** Connections in all, and from each address where that has changed and matters. */
  | { readonly type: "counts"; readonly connections: number; readonly addresses: AddressCounts }
  /** What this process has come to so far; every second. */
  | { readonly type: "totals"; readonly totals: TotalsReport }
  /** What was asked about a configuration is done, or why it could not be. */
  | { readonly type: "configured"; readonly request: number; readonly problem: string | null }
  /** Somebody asks by its API to reload, or with an empty cause how the latest reload went. */
  | { readonly type: "reload"; readonly request: number; readonly cause: string }
  /** The answer to a ping: it has not hung. */
  | { readonly type: "pong" }
  /** Something has happened, to be put in order with what happens elsewhere. */
  | { readonly type: "event"; readonly event: RecordedEvent }
  /** Nobody is connected any more, and nobody new is let in. */
  | { readonly type: "drained" };

export type SupervisorMessage =
  | {
      readonly type: "welcome";
      readonly config: Config;
      readonly identity: ServerIdentity;
      readonly sharing: PortSharing;
      /** How many workers there are. */
      readonly workers: number;
    }
  /** Where another process can be reached; `null`: it cannot any more. */
  | { readonly type: "peer"; readonly name: string; readonly path: string | null }
  /** Which other process has the stream's publisher; `null`: none. */
  | {
      readonly type: "owner";
      readonly url: string;
      readonly peer: string | null;
      readonly claim: number;
    }
  | { readonly type: "claimed"; readonly request: number; readonly claim: number }
  | { readonly type: "busy"; readonly request: number }
  /** Connections of the other workers, and from each address where that has changed. */
  | { readonly type: "elsewhere"; readonly connections: number; readonly addresses: AddressCounts }
  /** Get ready for another configuration, to answer with "configured". */
  | { readonly type: "prepare"; readonly request: number; readonly config: Config }
  /** Take it on, and answer likewise. */
  | { readonly type: "commit"; readonly request: number }
  /** Stay with the one before, as not all workers are ready for it; to be answered likewise. */
  | { readonly type: "giveUp"; readonly request: number }
  | { readonly type: "reloaded"; readonly request: number; readonly report: ReloadReport }
  /** To be answered at once. */
  | { readonly type: "ping" }
  /** Take nobody new, and tell when the last one has left. */
  | { readonly type: "drain" }
  | { readonly type: "stop" }
  /** Open the log file anew. */
  | { readonly type: "reopen" };

/** What a field holds. What is `trusted` was made by this same program from what it had checked. */
type FieldKind = "count" | "text" | "text or null" | "counts" | "trusted";

type Shapes<Message extends { readonly type: string }> = {
  readonly [Type in Message["type"]]: {
    readonly [Field in Exclude<keyof Extract<Message, { readonly type: Type }>, "type">]: FieldKind;
  };
};

const WORKER_SHAPES: Shapes<WorkerMessage> = {
  hello: { worker: "count", pid: "count" },
  listening: { path: "text" },
  ready: {},
  failed: { message: "text" },
  claim: { request: "count", url: "text" },
  release: { claim: "count" },
  counts: { connections: "count", addresses: "counts" },
  totals: { totals: "counts" },
  configured: { request: "count", problem: "text or null" },
  reload: { request: "count", cause: "text" },
  pong: {},
  event: { event: "trusted" },
  drained: {},
};

const SUPERVISOR_SHAPES: Shapes<SupervisorMessage> = {
  welcome: { config: "trusted", identity: "trusted", sharing: "text", workers: "count" },
  peer: { name: "text", path: "text or null" },
  owner: { url: "text", peer: "text or null", claim: "count" },
  claimed: { request: "count", claim: "count" },
  busy: { request: "count" },
  elsewhere: { connections: "count", addresses: "counts" },
  prepare: { request: "count", config: "trusted" },
  commit: { request: "count" },
  giveUp: { request: "count" },
  reloaded: { request: "count", report: "trusted" },
  ping: {},
  drain: {},
  stop: {},
  reopen: {},
};

export function encodeMessage(message: WorkerMessage | SupervisorMessage): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(message)}\n`);
}

/** @throws {MalformedError} */
export function decodeWorkerMessage(line: string): WorkerMessage {
  return decode(line, WORKER_SHAPES) as unknown as WorkerMessage;
}

/** @throws {MalformedError} */
export function decodeSupervisorMessage(line: string): SupervisorMessage {
  return decode(line, SUPERVISOR_SHAPES) as unknown as SupervisorMessage;
}

type Fields = Readonly<Record<string, unknown>>;

function decode(line: string, shapes: Readonly<Record<string, object>>): Fields {
  const value = parse(line);
  const type = isObject(value) ? value["type"] : undefined;
  if (!isObject(value) || typeof type !== "string" || !Object.hasOwn(shapes, type)) {
    throw new MalformedError("Cannot decode message: it is of no known type", 0);
  }
  for (const [field, kind] of Object.entries(shapes[type] ?? {})) {
    if (!isOfKind(value[field], kind as FieldKind)) {
      throw new MalformedError(`Cannot decode message "${type}": "${field}" is no ${kind}`, 0);
    }
  }
  return value;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw noJson(cause);
  }
}

function noJson(cause: unknown): MalformedError {
  return new MalformedError("Cannot decode message: no JSON", 0, { cause });
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isOfKind(value: unknown, kind: FieldKind): boolean {
  switch (kind) {
    case "count":
      return isCount(value);
    case "text":
      return typeof value === "string";
    case "text or null":
      return value === null || typeof value === "string";
    case "counts":
      return isObject(value) && Object.values(value).every(isCount);
    case "trusted":
      return isObject(value);
  }
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
