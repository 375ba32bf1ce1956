/**
 * The HTTP API, as SRS answers it. So far: which server this is.
 *
 * @module
 */

import { Hono } from "hono";
import { VERSION } from "../../base/version.ts";

/** Who answers. Strings as SRS has them, the process id too. */
export interface ServerIdentity {
  /** `vid-` and seven characters; the same after a restart. */
  readonly serverId: string;
  /** Eight characters, new at each start. */
  readonly serviceId: string;
  readonly pid: string;
}

/** Answers web-standard requests. */
export function createApi(identity: ServerIdentity): (request: Request) => Promise<Response> {
  const { serverId: server, serviceId: service, pid } = identity;
  const api = new Hono();
  const [major = 0, minor = 0, revision = 0] = VERSION.split(".").map(Number);
  const data = { major, minor, revision, version: VERSION };
  for (const path of ["/api/v1/versions", "/api/v1/versions/"]) {
    api.get(path, (context) => context.json({ code: 0, server, service, pid, data }));
    api.on(["POST", "PUT", "PATCH", "DELETE"], path, (context) =>
      context.json({ code: 405, message: "Method Not Allowed" }, 405, { Allow: "GET, HEAD" }),
    );
  }
  api.notFound((context) => context.json({ code: 404, message: "Not Found" }, 404));
  return async (request) => api.fetch(request);
}
