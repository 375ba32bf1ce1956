/**
 * Goal: whatever is asked, the API answers: by JSON, a redirect to itself, or one of HTTP's errors; it
 * kicks nobody it was not told to, and takes no time over it.
 *
 * Method: requests put together by chance, always the same, of pieces of good ones and of noise, to the
 * API with the server's own reading of requests before it; and to a whole server, by its port.
 */

import { expect, test } from "vitest";
import { HttpMalformedError } from "../../../src/codec/http/http-malformed-error.ts";
import type { HttpResponse } from "../../../src/protocols/http/handler.ts";
import { HttpError } from "../../../src/protocols/http/http-error.ts";
import { field, TestApi } from "../../support/api.ts";
import { MemoryServer } from "../../support/memory-server.ts";
import { noise } from "../../support/noise.ts";
import { createRandom } from "../../support/seeded-random.ts";

const ROUNDS = 3_000;

const METHODS = ["GET", "GET", "GET", "DELETE", "POST", "PUT", "HEAD", "PATCH", "get", "X-Y"];
const PATHS = [
  ...["/", "/api", "/api/", "/api/v1", "/api/v1/", "/api/v1/versions", "/api/v1/streams/"],
  ...["/api/v1/clients/", "/api/v1/vhosts/", "/api/v1/raw", "/api/v1/clusters", "/metrics"],
  ...["/api/v1/tests/requests", "/api/v1/summaries", "/api/v1/features", "/api/v1/self_proc_stats"],
];
const NAMES = [
  ...["callback", "method", "start", "count", "rpc", "ip", "vhost", "app", "stream", "coworker"],
  ...["", "__proto__", "constructor"],
];
const VALUES = [
  ...["cb", "DELETE", "0", "-1", "9999999999999999999999", "1e9", "NaN", "raw", "reload", "x"],
  ...["", "%00", "%", "%C0%80", "%2e%2e%2f", "../../etc/passwd", "<script>", "__defaultVhost__"],
  ...["::1", "[::1]:1985", "a:b:c", "constructor", "__proto__", "'\"`", "%0d%0aX:%20y"],
];

/** A request of no sense, but for the character set of a head. */
function* requests(): Generator<{ method: string; target: string }> {
  const random = createRandom(7);
  const pick = (from: readonly string[]): string => from[random(from.length)] ?? "";
  for (const bytes of noise(ROUNDS, 24)) {
    const printable = String.fromCharCode(...bytes.map((byte) => 0x21 + (byte % 0x5e)));
    const rest = random(2) === 0 ? pick(VALUES) : printable;
    const parameters = Array.from({ length: random(4) }, () => {
      const value = random(4) === 0 ? printable : pick(VALUES);
      return `${pick(NAMES)}=${value}`;
    });
    const query = parameters.length === 0 ? "" : `?${parameters.join("&")}`;
    const target = `${pick(PATHS)}${random(2) === 0 ? "" : rest}${query}`.replaceAll("#", "");
    yield { method: pick(METHODS), target };
  }
}

test("the API", async () => {
  const api = new TestApi({ http_api: { enabled: true, raw_api: { enabled: true } } });
  const statuses = new Set<number>();
  for (const { method, target } of requests()) {
    const answer = await fetchOrRefusal(api, target, method);
    statuses.add(answer.status);
    expect([200, 301, 302, 400, 405], `${method} ${target}`).toContain(answer.status);
    if (answer.status !== 200) continue;
    const text = String(answer.body);
    const isScript = field(answer, "Content-Type") === "text/javascript";
    const json = isScript ? text.replace(/^[\w.-]+\((.*)\)$/s, "$1") : text;
    expect(JSON.parse(json), `${method} ${target}`).toMatchObject({ code: expect.any(Number) });
  }
  expect(statuses.size).toBeGreaterThan(3);
  expect(api.view.kicked).toEqual([]);
});

async function fetchOrRefusal(api: TestApi, target: string, method: string): Promise<HttpResponse> {
  try {
    return await api.fetch(target, method);
  } catch (error) {
    const isAnswer = error instanceof HttpError || error instanceof HttpMalformedError;
    if (!isAnswer) throw error;
    return { status: error.status };
  }
}

test("header fields and ids of any length", async () => {
  const api = new TestApi();
  for (const bytes of noise(300, 60)) {
    const value = String.fromCharCode(...bytes.map((byte) => 0x20 + (byte % 0x5f))).trim();
    for (const name of ["Authorization", "Origin", "Accept", "X-Forwarded-For", "Cookie"]) {
      const { status } = await api.fetch("/api/v1/clients/", "GET", `${name}: ${value}\r\n`);
      expect(status).toBe(200);
    }
  }
  for (const length of [1, 100, 5_000]) {
    const id = "a".repeat(length);
    expect(await api.fetchJson(`/api/v1/clients/${id}`)).toEqual({ code: 2049 });
    expect(await api.fetchJson(`/api/v1/streams/${id}`)).toEqual({ code: 2048 });
    expect(await api.fetchJson(`/api/v1/vhosts/${id}`)).toEqual({ code: 2014 });
  }
});

test("the server, which goes on and has no error in its log", async () => {
  const server = await MemoryServer.start();
  let count = 0;
  for (const { method, target } of requests()) {
    if (++count > 300) break;
    const wire = await server.open(1985);
    await wire.send(`${method} ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    expect(wire.text, `${method} ${target}`).toMatch(/^HTTP\/1\.1 [1-4]\d\d /);
  }
  const { status } = await server.fetch("/api/v1/streams/", { port: 1985 });
  expect(status).toBe(200);
  expect(server.events().filter(({ level }) => level === "error")).toEqual([]);
});
