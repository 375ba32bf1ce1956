/**
 * The HTTP API, as SRS answers it: thin handlers over a ServerView. Who may ask is judged before, see
 * ApiAccess.
 *
 * @module
 */

import { type Context, Hono } from "hono";
import type { Clock } from "../../base/clock.ts";
import { VERSION } from "../../base/version.ts";
import type { ServerView } from "../../live/server-view.ts";
import { createStreamId } from "../../live/stream-id.ts";
import { readPage, takePage } from "./paging.ts";
import { isClient, isListed, toClientEntry, toStreamEntry } from "./srs-entries.ts";
import { toSummary } from "./summaries.ts";

/** Who answers. Strings as SRS has them, the process id too. */
export interface ServerIdentity {
  /** `vid-` and seven characters; the same after a restart. */
  readonly serverId: string;
  /** Eight characters, new at each start. */
  readonly serviceId: string;
  readonly pid: string;
}

export interface ApiPorts {
  readonly identity: ServerIdentity;
  readonly view: ServerView;
  readonly clock: Pick<Clock, "wallMs">;
}

/** SRS's numbers for errors, which come with status 200. */
const ErrorCode = {
  StreamNotFound: 2048,
  ClientNotFound: 2049,
} as const;

type Handler = (context: Context) => Promise<Response>;

/** Answers web-standard requests. */
export function createApi(ports: ApiPorts): (request: Request) => Promise<Response> {
  const api = new Hono();
  addVersions(api, ports);
  addSummaries(api, ports);
  addStreams(api, ports);
  addClients(api, ports);
  api.notFound((context) => context.json({ code: 404, message: "Not Found" }, 404));
  return async (request) => api.fetch(request);
}

function addVersions(api: Hono, { identity }: ApiPorts): void {
  const [major = 0, minor = 0, revision = 0] = VERSION.split(".").map(Number);
  const data = { major, minor, revision, version: VERSION };
  const answer: Handler = async (context) => context.json({ ...envelope(identity), data });
  addRoute(api, "/api/v1/versions", { get: answer });
  addRoute(api, "/api/v1/versions/", { get: answer });
}

function addSummaries(api: Hono, { identity, view, clock }: ApiPorts): void {
  const answer: Handler = async (context) => {
    const data = toSummary(await view.processes(), Number(identity.pid), clock.wallMs());
    return context.json({ ...envelope(identity), data });
  };
  addRoute(api, "/api/v1/summaries", { get: answer });
  addRoute(api, "/api/v1/summaries/", { get: answer });
}

function addStreams(api: Hono, { identity, view, clock }: ApiPorts): void {
  const { serviceId } = identity;
  const idOf = ({ url }: { readonly url: string }): string => createStreamId(serviceId, url);
  addRoute(api, "/api/v1/streams", { get: redirect });
  addRoute(api, "/api/v1/streams/", {
    get: async (context) => {
      const listed = (await view.streams()).filter(isListed);
      const page = takePage(listed, idOf, readPage(context.req.query()));
      const nowMs = clock.wallMs();
      const streams = page.map((report) => toStreamEntry(report, serviceId, nowMs));
      return context.json({ ...envelope(identity), streams });
    },
  });
  addRoute(api, "/api/v1/streams/:id", {
    get: async (context) => {
      const id = context.req.param("id");
      const report = (await view.streams()).find((one) => idOf(one) === id && isListed(one));
      if (report === undefined) return context.json({ code: ErrorCode.StreamNotFound });
      const stream = toStreamEntry(report, serviceId, clock.wallMs());
      return context.json({ ...envelope(identity), stream });
    },
  });
  // As in SRS, no stream is found by an id with a slash behind it.
  addRoute(api, "/api/v1/streams/:id/", {
    get: async (context) => context.json({ code: ErrorCode.StreamNotFound }),
  });
}

function addClients(api: Hono, { identity, view }: ApiPorts): void {
  const { serviceId } = identity;
  const idOf = ({ clientId }: { readonly clientId: string }): string => clientId;
  const noClient: Handler = async (context) => context.json({ code: ErrorCode.ClientNotFound });
  addRoute(api, "/api/v1/clients", { get: redirect });
  addRoute(api, "/api/v1/clients/", {
    get: async (context) => {
      const listed = (await view.sessions()).filter(isClient);
      const page = takePage(listed, idOf, readPage(context.req.query()));
      const clients = page.map((report) => toClientEntry(report, serviceId));
      return context.json({ ...envelope(identity), clients });
    },
    delete: noClient,
  });
  addRoute(api, "/api/v1/clients/:id", {
    get: async (context) => {
      const id = context.req.param("id");
      const report = (await view.sessions()).find((one) => one.clientId === id && isClient(one));
      if (report === undefined) return context.json({ code: ErrorCode.ClientNotFound });
      return context.json({ ...envelope(identity), client: toClientEntry(report, serviceId) });
    },
    delete: async (context) => {
      const isKicked = await view.kick(context.req.param("id") ?? "", "kicked_by_api");
      return context.json(isKicked ? envelope(identity) : { code: ErrorCode.ClientNotFound });
    },
  });
  addRoute(api, "/api/v1/clients/:id/", { get: noClient, delete: noClient });
}

/** What every answer that is no error begins with. */
function envelope({ serverId: server, serviceId: service, pid }: ServerIdentity): {
  readonly code: 0;
  readonly server: string;
  readonly service: string;
  readonly pid: string;
} {
  return { code: 0, server, service, pid };
}

/** To the same with a slash. */
const redirect: Handler = async (context) => {
  const { pathname, search } = new URL(context.req.url);
  return context.redirect(`${pathname}/${search}`, 302);
};

/** Answers the methods given, and any other with 405. */
function addRoute(
  api: Hono,
  path: string,
  handlers: { readonly get: Handler; readonly delete?: Handler },
): void {
  const { get, delete: remove } = handlers;
  api.get(path, get);
  if (remove !== undefined) api.delete(path, remove);
  const allow = remove === undefined ? "GET, HEAD" : "GET, HEAD, DELETE";
  api.all(path, (context) =>
    context.json({ code: 405, message: "Method Not Allowed" }, 405, { Allow: allow }),
  );
}
