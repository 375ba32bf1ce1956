/**
 * Asks a server on this machine whether it does its work, as those do who start it again if not:
 * container engines, and scripts.
 *
 * @module
 */

import { toError } from "../base/errors.ts";
import type { Config } from "../config/config.ts";
import type { Endpoint } from "../config/endpoint.ts";
import { HttpClient } from "../protocols/http/client.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { HEALTH_PATH, VERSIONS_PATH } from "./http-handler.ts";
import { httpPorts } from "./http-ports.ts";

/** A server that takes longer keeps its viewers waiting, too. */
const ANSWER_MS_MAX = 3_000;
/** An answer is a line. */
const ANSWER_SIZE_MAX = 16_384;
/** What is only known for a server that serves files: that it asks for a password is a good sign. */
const WELL_STATUS_MAX = 499;

export interface Health {
  readonly isWell: boolean;
  /** In a line. */
  readonly text: string;
}

type Ports = Pick<Runtime, "tcp" | "clock">;

/** Asks by HTTP where the server speaks it, else sees whether it takes connections. */
export async function checkHealth(config: Config, ports: Ports): Promise<Health> {
  const plain = httpPorts(config).filter(
    ({ tls, endpoint }) => tls === undefined && isKnown(endpoint),
  );
  const telling = plain.find(({ roles }) => roles.has("api") || roles.has("exporter"));
  if (telling !== undefined) return ask(`${origin(telling.endpoint)}${HEALTH_PATH}`, 200, ports);
  const [first] = plain;
  if (first !== undefined) {
    return ask(`${origin(first.endpoint)}${VERSIONS_PATH}`, WELL_STATUS_MAX, ports);
  }
  const listening = [
    ...config.listen,
    ...(config.rtmps.enabled ? config.rtmps.listen : []),
    ...httpPorts(config).map(({ endpoint }) => endpoint),
  ].find(isKnown);
  if (listening !== undefined) return connect(listening, ports);
  return { isWell: false, text: "There is no port to ask at: the configuration names none" };
}

async function ask(url: string, statusMax: number, ports: Ports): Promise<Health> {
  try {
    const { status } = await new HttpClient(ports).fetch(
      { url, method: "GET", fields: [], timeoutMs: ANSWER_MS_MAX },
      ANSWER_SIZE_MAX,
      { totalMs: ANSWER_MS_MAX },
    );
    return { isWell: status <= statusMax, text: `${url} answers with ${status}` };
  } catch (error) {
    return { isWell: false, text: `${url} does not answer: ${toError(error).message}` };
  }
}

async function connect(endpoint: Endpoint, { tcp }: Ports): Promise<Health> {
  const host = reachableHost(endpoint);
  const place = `Port ${endpoint.port} of ${host}`;
  const handler = { data: () => undefined, drain: () => undefined, close: () => undefined };
  try {
    const options = { host, port: endpoint.port, timeoutMs: ANSWER_MS_MAX };
    (await tcp.connect(options, handler)).destroy();
    return { isWell: true, text: `${place} takes connections` };
  } catch (error) {
    return { isWell: false, text: `${place} takes no connections: ${toError(error).message}` };
  }
}

/** One that the system chooses is known to the server alone. */
function isKnown({ port }: Endpoint): boolean {
  return port !== 0;
}

function origin(endpoint: Endpoint): string {
  const host = reachableHost(endpoint);
  return `http://${host.includes(":") ? `[${host}]` : host}:${endpoint.port}`;
}

/** `::` takes connections of IPv4 as well, which every machine has. */
function reachableHost({ host }: Endpoint): string {
  return host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
}
