/**
 * What a server says of itself at /metrics.
 *
 * Specification: Prometheus, text exposition format 0.0.4.
 *
 * @module
 */

import { encodeBase64 } from "../base/base64.ts";
import { ProtocolError } from "../base/errors.ts";
import { HttpClient, type HttpClientPorts } from "../protocols/http/client.ts";
import type { TlsConnectOptions } from "../runtime/runtime.ts";

/** A server with a thousand streams may have some megabytes to say. */
const METRICS_SIZE_MAX = 16 * 1_024 * 1_024;
const TIMEOUT_MS = 5_000;

export interface ServerSample {
  /** Seconds of processor time since its start. */
  readonly cpuSeconds: number;
  /** Bytes. */
  readonly residentSize: number;
}

/**
 * Asks a server.
 *
 * @throws {ProtocolError} If it has no such metrics; or as HttpClient fails.
 */
export async function sampleServer(
  ports: HttpClientPorts,
  server: string,
  tls: TlsConnectOptions,
): Promise<ServerSample> {
  const url = `${withoutSecret(server).replace(/\/+$/, "")}/metrics`;
  const fields = authorizationOf(server);
  const request = { url, timeoutMs: TIMEOUT_MS, tls, fields };
  const { status, body } = await new HttpClient(ports).fetch(request, METRICS_SIZE_MAX);
  if (status !== 200) throw new ProtocolError(`Cannot read ${url}: the server answered ${status}`);
  const text = new TextDecoder().decode(body);
  const cpuSeconds = sumOf(text, "process_cpu_seconds_total");
  const residentSize = sumOf(text, "process_resident_memory_bytes");
  if (cpuSeconds === undefined || residentSize === undefined) {
    throw new ProtocolError(`Cannot use ${url}: it names neither processor time nor memory`);
  }
  return { cpuSeconds, residentSize };
}

/** The address as it may be shown: without user and password. */
export function withoutSecret(server: string): string {
  return server.replace(/^(https?:\/\/)[^/?#]*@/iu, "$1");
}

/** What a user and password in the address are sent as (RFC 7617). */
function authorizationOf(server: string): [string, string][] {
  const { username = "", password = "" } = URL.parse(server) ?? {};
  if (username === "" && password === "") return [];
  const text = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return [["Authorization", `Basic ${encodeBase64(new TextEncoder().encode(text))}`]];
}

/** The sum of a family's samples, as of several processes; `undefined` if there is none. */
export function sumOf(text: string, family: string): number | undefined {
  let sum: number | undefined;
  for (const line of text.split("\n")) {
    if (!line.startsWith(family)) continue;
    const match = /^(?:\{.*\})?[ \t]+(\S+)/.exec(line.slice(family.length));
    const value = Number(match?.[1]);
    if (match !== null && Number.isFinite(value)) sum = (sum ?? 0) + value;
  }
  return sum;
}
