/**
 * The HTTP API, as SRS answers it: thin endpoints over a ServerView. Who may ask is judged before, see
 * ApiAccess.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { Config } from "../../config/config.ts";
import type { ServerIdentity } from "../../live/server-identity.ts";
import type { ServerView } from "../../live/server-view.ts";
import type { HttpAnswer, HttpContext } from "../../protocols/http/handler.ts";
import { createNotFoundResponse } from "../../protocols/http/http-error.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
import type { Host } from "../../runtime/runtime.ts";
import { callbackOf, methodOf, toResponse } from "./answers.ts";
import { addClients } from "./clients.ts";
import { addClusters } from "./clusters.ts";
import { addDvrs } from "./dvrs.ts";
import { addEvents, type EventAnswers } from "./events.ts";
import { addExchange } from "./exchange.ts";
import { addIndexes } from "./indexes.ts";
import { addMachine } from "./machine.ts";
import { addProgram } from "./program.ts";
import { addPrograms } from "./programs.ts";
import { addRaw } from "./raw.ts";
import { addRecordings, type RecordingStore } from "./recordings.ts";
import type { Reload } from "./reload.ts";
import { Router } from "./router.ts";
import { SrsEntries } from "./srs-entries.ts";
import { addStreams } from "./streams.ts";
import { addTests } from "./tests.ts";
import { addVhosts } from "./vhosts.ts";

export interface ApiPorts {
  readonly identity: ServerIdentity;
  readonly view: ServerView;
  readonly clock: Pick<Clock, "wallMs">;
  readonly config: Config;
  /** On what the server runs. */
  readonly runtime: {
    readonly name: string;
    readonly version: string;
    readonly host: Pick<Host, "platform" | "architecture" | "addresses">;
  };
  /** Absent: the configuration cannot be reloaded. */
  readonly reload?: Reload | undefined;
  /** Absent: nobody is told of events. */
  readonly events?: EventAnswers | undefined;
  /** Absent: nothing is told of recordings. */
  readonly recordings?: RecordingStore | undefined;
}

/** Answers a request of which ApiAccess has nothing to say. */
export type ApiHandler = (
  request: HttpRequest,
  context: HttpContext,
) => Promise<Exclude<HttpAnswer, Response>>;

/** What endpoints share. */
export interface ApiParts extends ApiPorts {
  readonly entries: SrsEntries;
}

export function createApi(ports: ApiPorts): ApiHandler {
  const parts: ApiParts = { ...ports, entries: new SrsEntries(ports.identity.serviceId) };
  const router = new Router();
  addIndexes(router, parts);
  addProgram(router, parts);
  addMachine(router, parts);
  addVhosts(router, parts);
  addStreams(router, parts);
  addClients(router, parts);
  addRaw(router, parts);
  addClusters(router, parts);
  addExchange(router, parts);
  addPrograms(router, parts);
  addDvrs(router, parts);
  addRecordings(router, parts);
  addTests(router, parts);
  addEvents(router, parts);
  return async (request, context) => {
    const callback = callbackOf(request);
    const answer = await router.route(request, methodOf(request).toUpperCase(), context);
    return answer === undefined
      ? createNotFoundResponse(`Cannot find "${request.path}"`)
      : toResponse(answer, callback);
  };
}
