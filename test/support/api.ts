/**
 * The HTTP API over a view that tells fixed figures.
 *
 * @module
 */

import { expect } from "vitest";
import type { ServerIdentity } from "../../src/live/server-identity.ts";
import type { HttpContext, HttpResponse } from "../../src/protocols/http/handler.ts";
import { createApi } from "../../src/services/api/api.ts";
import type { Reload } from "../../src/services/api/reload.ts";
import { createRequest } from "./http-text.ts";
import { type ConfigValue, memoryConfig } from "./memory-server.ts";
import { FixedView } from "./reports.ts";

export const SERVICE_ID = "36etwo4s";
export const IDENTITY: ServerIdentity = {
  serverId: "vid-ul2vr26",
  serviceId: SERVICE_ID,
  pid: "28619",
  programKey: "secret",
};
export const ENVELOPE: Readonly<Record<string, unknown>> = {
  code: 0,
  server: "vid-ul2vr26",
  service: SERVICE_ID,
  pid: "28619",
};
export const NOW_MS = 1_795_197_510_578.4;

/** On what the server runs. */
const RUNTIME = {
  name: "bun",
  version: "1.4.5",
  host: {
    platform: "linux",
    architecture: "x64",
    addresses: () => [
      { interfaceName: "eth0", address: "192.0.2.2", family: "ipv4" } as const,
      { interfaceName: "eth1", address: "198.51.100.3", family: "ipv4" } as const,
    ],
  },
};

/** For endless answers, which are tested with a server around the API. */
const NO_CONTEXT = undefined as unknown as HttpContext;

export class TestApi {
  readonly view: FixedView = new FixedView();
  readonly #api: ReturnType<typeof createApi>;

  /** @param config As for `memoryConfig`. */
  constructor(config: ConfigValue | string = {}, reload?: Reload) {
    this.#api = createApi({
      identity: IDENTITY,
      view: this.view,
      clock: { wallMs: () => NOW_MS },
      config: memoryConfig(config),
      runtime: RUNTIME,
      reload,
    });
  }

  async fetch(path: string, method = "GET", fields = ""): Promise<HttpResponse> {
    const request = `${method} ${path} HTTP/1.1\r\nHost: a:1985\r\n${fields}\r\n`;
    const answer = await this.#api(createRequest(request), NO_CONTEXT);
    if ("isTakenOver" in answer) throw new Error("The answer is endless");
    return answer;
  }

  async fetchJson(path: string, method?: string): Promise<Record<string, unknown>> {
    const response = await this.fetch(path, method);
    expect(response.status).toBe(200);
    expect(field(response, "Content-Type")).toBe("application/json");
    return JSON.parse(String(response.body)) as Record<string, unknown>;
  }
}

export function field({ fields = [] }: HttpResponse, name: string): string | undefined {
  return [...fields].find(([one]) => one === name)?.[1];
}
