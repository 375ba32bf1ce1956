/**
 * Whether the servers that the configuration names can be reached. They are connected to, by TLS where
 * that is spoken, and sent nothing.
 *
 * @module
 */

import { isIpv4, isIpv6 } from "../../base/ip-address.ts";
import type { Runtime, TlsConnectOptions } from "../../runtime/runtime.ts";
import {
  type DoctorContext,
  type DoctorFinding,
  type Findings,
  findingsOf,
  reasonOf,
} from "./finding.ts";
import { type NamedBackend, NamedBackends } from "./named-backends.ts";

const CONNECT_MS_MAX = 5_000;
/** At the same time. */
const CONNECTIONS_MAX = 8;
/** A farm names some hundreds; past that it would take minutes. */
const BACKENDS_MAX = 256;

export async function checkBackends(context: DoctorContext): Promise<DoctorFinding[]> {
  const { config, runtime } = context;
  const findings = findingsOf("backends");
  const { all, unreadable } = new NamedBackends(config);
  const found = unreadable.map(({ setting, text }) => findings.problem(`${setting}: ${text}`));
  const waiting = all.slice(0, BACKENDS_MAX);
  const results: DoctorFinding[] = [];
  for (let at = 0; at < waiting.length; at += CONNECTIONS_MAX) {
    const some = waiting.slice(at, at + CONNECTIONS_MAX);
    results.push(...(await Promise.all(some.map((one) => checkOne(one, runtime, findings)))));
  }
  if (all.length > BACKENDS_MAX) {
    found.push(findings.warning(`Only ${BACKENDS_MAX} of ${all.length} servers were looked at`));
  }
  return [...results, ...found];
}

async function checkOne(
  backend: NamedBackend,
  runtime: Runtime,
  findings: Findings,
): Promise<DoctorFinding> {
  const { host, port, setting, level } = backend;
  const place = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  const name = `${place} (${setting})`;
  const fail = level === "problem" ? findings.problem : findings.warning;
  try {
    if (!isIpv4(host) && !isIpv6(host) && (await resolve(host, runtime)).length === 0) {
      return fail(`${name} cannot be found: the name has no address`);
    }
    const tls = await tlsOptions(backend, runtime);
    const handler = { data: () => undefined, drain: () => undefined, close: () => undefined };
    const options = { host, port, timeoutMs: CONNECT_MS_MAX, ...(tls !== undefined && { tls }) };
    const socket = await runtime.tcp.connect(options, handler);
    socket.destroy();
    return findings.ok(`${name} can be reached${tls === undefined ? "" : " by TLS"}`);
  } catch (error) {
    return fail(`${name} cannot be reached: ${reasonOf(error)}`);
  }
}

/** Within time: a system without a name server may take minutes to say so. */
function resolve(name: string, { host, clock }: Runtime): Promise<readonly string[]> {
  return new Promise((settle) => {
    const timer = clock.setTimer(CONNECT_MS_MAX, () => settle([]));
    void host.resolve(name).then((addresses) => {
      timer.cancel();
      settle(addresses);
    });
  });
}

async function tlsOptions(
  { tls }: NamedBackend,
  { files }: Runtime,
): Promise<TlsConnectOptions | undefined> {
  if (tls === undefined) return undefined;
  const { isVerified, authoritiesPath } = tls;
  if (authoritiesPath === "") return { isVerified };
  return { isVerified, authorities: await files.readText(authoritiesPath) };
}
