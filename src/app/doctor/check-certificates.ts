/**
 * Whether certificates can be read, belong to their keys, and are good for a while.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { TlsFiles } from "../http-ports.ts";
import {
  type DoctorContext,
  type DoctorFinding,
  type Findings,
  findingsOf,
  reasonOf,
} from "./finding.ts";

const DAY_MS = 86_400_000;
/** By then whoever renews it has done so: Let's Encrypt's clients do it 30 days before. */
const RENEWED_DAYS = 14;

export async function checkCertificates(context: DoctorContext): Promise<DoctorFinding[]> {
  const { config, runtime } = context;
  const findings = findingsOf("certificates");
  const pairs = [...collect(config).values()];
  const trusted = [...collectTrusted(config)];
  const found = await Promise.all([
    ...pairs.map((pair) => checkPair(pair, runtime, findings)),
    ...trusted.map(([path, setting]) => checkTrusted(path, setting, runtime, findings)),
  ]);
  return found.filter((finding) => finding !== undefined);
}

/** Files of authorities and of public keys, each with the first setting that names it. */
function collectTrusted({ vhosts }: Config): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const add = (path: string, setting: string): void => {
    if (path !== "" && !files.has(path)) files.set(path, setting);
  };
  for (const [name, vhost] of Object.entries(vhosts)) {
    if (!vhost.enabled) continue;
    const { httpHooks, forward, pull, token } = vhost;
    if (httpHooks.enabled) add(httpHooks.tlsCa, `${name} http_hooks.tls_ca`);
    if (forward.enabled) add(forward.tlsCa, `${name} forward.tls_ca`);
    for (const [id, one] of Object.entries(pull)) {
      if (one.enabled) add(one.tlsCa, `${name} pull ${id}`);
    }
    if (!/^https?:/.test(token.jwks)) add(token.jwks, `${name} token.jwks`);
  }
  return files;
}

async function checkTrusted(
  path: string,
  setting: string,
  { files }: Runtime,
  { problem }: Findings,
): Promise<DoctorFinding | undefined> {
  try {
    await files.readText(path);
    return undefined;
  } catch (error) {
    return problem(`${path} (${setting}) cannot be used: ${reasonOf(error)}`);
  }
}

interface NamedPair extends TlsFiles {
  readonly settings: readonly string[];
}

/** Each pair of files once. */
function collect({ rtmps, httpServer, httpApi, rtcServer }: Config): Map<string, NamedPair> {
  const pairs = new Map<string, NamedPair>();
  const add = (setting: string, { key, cert }: TlsFiles): void => {
    const id = `${cert}\n${key}`;
    const settings = [...(pairs.get(id)?.settings ?? []), setting];
    pairs.set(id, { key, cert, settings });
  };
  if (rtmps.enabled) add("rtmps", rtmps);
  if (httpServer.enabled && httpServer.https.enabled) add("http_server.https", httpServer.https);
  if (httpApi.enabled && httpApi.https.enabled) add("http_api.https", httpApi.https);
  if (rtcServer.enabled && rtcServer.cert !== "") add("rtc_server", rtcServer);
  return pairs;
}

async function checkPair(
  { cert, key, settings }: NamedPair,
  { files, crypto, clock }: Runtime,
  { ok, warning, problem }: Findings,
): Promise<DoctorFinding> {
  const name = `${cert} (${settings.join(", ")})`;
  try {
    const identity = { certificate: await files.readText(cert), key: await files.readText(key) };
    const { subject, validFromMs, validUntilMs } = crypto.describeCertificate(identity);
    const nowMs = clock.wallMs();
    const until = new Date(validUntilMs).toISOString().slice(0, 10);
    if (nowMs < validFromMs) {
      const from = new Date(validFromMs).toISOString();
      return problem(`${name} is not good before ${from}: is the clock right?`);
    }
    if (nowMs > validUntilMs) return problem(`${name} expired on ${until}: renew it`);
    const days = Math.floor((validUntilMs - nowMs) / DAY_MS);
    const told = `${name} for ${subject} is good until ${until}`;
    return days < RENEWED_DAYS ? warning(`${told}, ${days} more days: renew it`) : ok(told);
  } catch (error) {
    return problem(`${name} cannot be used: ${reasonOf(error)}`);
  }
}
