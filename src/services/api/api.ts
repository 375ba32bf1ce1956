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
import type { HttpResponse } from "../../protocols/http/handler.ts";
import { createNotFoundResponse } from "../../protocols/http/http-error.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
import type { Host } from "../../runtime/runtime.ts";
import { callbackOf, methodOf, toResponse } from "./answers.ts";
import { addClients } from "./clients.ts";
import { addClusters } from "./clusters.ts";
import { addForwards } from "./forwards.ts";
import { addIndexes } from "./indexes.ts";
import { addMachine } from "./machine.ts";
import { addProgram } from "./program.ts";
import { addRaw } from "./raw.ts";
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
}

/** What endpoints share. */
export interface ApiParts extends ApiPorts {
  readonly entries: SrsEntries;
}

/** Answers requests of which ApiAccess has nothing to say. */
export function createApi(ports: ApiPorts): (request: HttpRequest) => Promise<HttpResponse> {
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
  addForwards(router, parts);
  addTests(router, parts);
  return async (request) => {
    const callback = callbackOf(request);
    const answer = await router.route(request, methodOf(request).toUpperCase());
    return answer === undefined
      ? createNotFoundResponse(`Cannot find "${request.path}"`)
      : toResponse(answer, callback);
  };
}
