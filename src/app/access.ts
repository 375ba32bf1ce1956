/**
 * Access control as a part of the server: who answers the admission's questions and the HTTP API's.
 *
 * @module
 */

import { ProtocolError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import type { Config } from "../config/config.ts";
import { findVhost } from "../config/find-vhost.ts";
import type { Admission } from "../live/admission.ts";
import type { TellEvent } from "../live/server-event.ts";
import { HttpClient } from "../protocols/http/client.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { AccessAdmission } from "../services/access/access-admission.ts";
import { ApiGuard } from "../services/access/api-guard.ts";
import { AttemptLimit } from "../services/access/attempt-limit.ts";
import { JwksCache } from "../services/access/jwks-cache.ts";
import { Users } from "../services/access/users.ts";
import type { ApiUsers } from "../services/api/access.ts";

export interface AccessPorts {
  /** What holds at the moment of the question. */
  readonly config: () => Config;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly tell: TellEvent;
}

export interface Access {
  readonly admission: Admission;
  readonly api: ApiUsers;
  /** Call every second or so. */
  sweep(nowMs: number): void;
  /** What is being asked for is not wanted any more. */
  close(): void;
}

/** Players wait for it. */
const KEYS_MS_MAX = 5_000;
/** Of a set of keys; with certificates each has some kilobytes. */
const KEYS_SIZE_MAX = 256 * 1024;

export function createAccess({ config, runtime, logger, tell }: AccessPorts): Access {
  const { clock, crypto } = runtime;
  const failuresMax = (): number => config().limits.authFailures;
  const onHeldOff = (address: string, waitMs: number): void =>
    tell({ type: "address.held_off", address, waitMs });
  const limit = new AttemptLimit({ clock, failuresMax, onHeldOff });
  const users = new Users({ users: () => config().users, crypto, clock });
  const closing = new AbortController();
  const read = (source: string): Promise<string> => readKeys(source, runtime, closing.signal);
  const keys = new JwksCache({ read, clock, logger });
  const admission = new AccessAdmission({
    accessOf: (vhost) => findVhost(config(), vhost),
    findKeys: (source, algorithm, id) => keys.find(source, algorithm, id),
    users,
    limit,
    crypto,
    clock,
    logger,
  });
  return {
    admission,
    api: new ApiGuard(users, limit),
    sweep: (nowMs) => {
      limit.sweep(nowMs);
      users.sweep(nowMs);
    },
    close: () => closing.abort(),
  };
}

/** From a URL, whose server must be who it says it is, or from a file. */
async function readKeys(
  source: string,
  { tcp, clock, files }: Runtime,
  signal: AbortSignal,
): Promise<string> {
  if (!/^https?:\/\//i.test(source)) return files.readText(source);
  const request = { url: source, timeoutMs: KEYS_MS_MAX, redirectsMax: 0 };
  const limits = { totalMs: KEYS_MS_MAX, signal };
  const { status, body } = await new HttpClient({ tcp, clock }).fetch(
    request,
    KEYS_SIZE_MAX,
    limits,
  );
  if (status !== 200) throw new ProtocolError(`Cannot read keys: the server answers ${status}`);
  return new TextDecoder().decode(body);
}
