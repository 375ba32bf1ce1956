/**
 * Who may connect, publish and play, by the rules of a vhost. The order of the checks is that of SRS,
 * with tokens behind its own:
 *
 * ```text
 * connect          refer.all
 * publish, play    security, refer.publish or refer.play, token
 * ```
 *
 * What is set is looked up at each question, so that a reload is good for the next one.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { type RefusalReason, RefusedError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { formatStreamUrl } from "../../base/stream-name.ts";
import type { VhostConfig } from "../../config/vhost-config.ts";
import type { Admission, ClientType, SessionRequest } from "../../live/admission.ts";
import type { Crypto } from "../../runtime/runtime.ts";
import { type Action, isAddressAllowed } from "./address-rules.ts";
import type { AttemptLimit } from "./attempt-limit.ts";
import { type Credentials, findCredentials } from "./credentials.ts";
import { type JwtPorts, judgeJwt } from "./jwt.ts";
import type { Objection, Wish } from "./objection.ts";
import { isPageAllowed } from "./refer-rules.ts";
import { judgeSignedUrl } from "./signed-url.ts";
import { isPermitted, type Users } from "./users.ts";

/** What is set for a vhost. */
export type AccessConfig = Pick<VhostConfig, "security" | "refer" | "token">;

export interface AccessAdmissionPorts {
  /** `undefined`: the vhost is none, and nothing is said against anybody. */
  readonly accessOf: (vhost: string) => AccessConfig | undefined;
  readonly users: Users;
  readonly limit: AttemptLimit;
  readonly findKeys: JwtPorts["findKeys"];
  readonly crypto: Pick<Crypto, "hmac" | "isEqual" | "verify">;
  readonly clock: Pick<Clock, "wallMs">;
  readonly logger: Logger;
}

/** They ask by HTTP, and may come from no page. */
const HTTP_CLIENTS: readonly ClientType[] = [
  ...(["flv-play", "hls-play", "dash-play"] as const),
  ...(["rtc-play", "rtc-publish"] as const),
];

const REASONS: Readonly<Record<Objection["kind"], RefusalReason>> = {
  wrong: "unauthorized",
  stale: "unauthorized",
  missing: "unauthorized",
  forbidden: "forbidden",
  unknown: "unavailable",
};

const WRONG_PAGE: Objection = { kind: "forbidden", why: "the page is not one of those allowed" };
const WRONG_ADDRESS: Objection = { kind: "forbidden", why: "the address is not allowed" };
const WRONG_PASSWORD: Objection = { kind: "wrong", why: "the name or the password is wrong" };
const NO_PERMISSION: Objection = { kind: "forbidden", why: "the user has no permission for it" };
const NO_CREDENTIALS: Objection = {
  kind: "missing",
  why: "it takes a token, a signed URL, or a name and a password",
};

export class AccessAdmission implements Admission {
  readonly #ports: AccessAdmissionPorts;

  constructor(ports: AccessAdmissionPorts) {
    this.#ports = ports;
  }

  /** HTTP players do not ask this question. */
  async connect(request: SessionRequest): Promise<void> {
    const refer = this.#ports.accessOf(request.vhost)?.refer;
    if (refer === undefined || !refer.enabled) return;
    if (!isPageAllowed(refer.all, request.pageUrl)) this.#refuse("connect", request, WRONG_PAGE);
  }

  publish(request: SessionRequest): Promise<void> {
    return this.#judge("publish", request);
  }

  play(request: SessionRequest): Promise<void> {
    return this.#judge("play", request);
  }

  unpublished(): void {
    // Nothing is kept of who was let in.
  }

  stopped(): void {
    // Likewise.
  }

  closed(): void {
    // Likewise.
  }

  async #judge(action: Action, request: SessionRequest): Promise<void> {
    const access = this.#ports.accessOf(request.vhost);
    if (access === undefined) return;
    if (!isAddressAllowed(access.security, action, request.remoteAddress)) {
      this.#refuse(action, request, WRONG_ADDRESS);
    }
    if (!isRightPage(access.refer, action, request)) this.#refuse(action, request, WRONG_PAGE);
    if (!access.token[action]) return;
    const objection = await this.#judgeCredentials(action, request, access.token);
    if (objection !== undefined) this.#refuse(action, request, objection);
  }

  async #judgeCredentials(
    action: Action,
    request: SessionRequest,
    token: AccessConfig["token"],
  ): Promise<Objection | undefined> {
    const credentials = findCredentials(request.param, request.authorization);
    if (credentials === undefined) return NO_CREDENTIALS;
    const { limit } = this.#ports;
    const { remoteAddress: address } = request;
    if (limit.isHeldOff(address)) throw tooMany(action);
    const objection = await this.#judgeShown(action, request, token, credentials);
    if (credentials.kind === "password") return objection; // It has been counted.
    // Meanwhile others may have failed from there.
    if (limit.isHeldOff(address)) throw tooMany(action);
    if (objection?.kind === "wrong") this.#failed(address);
    return objection;
  }

  #failed(address: string): void {
    const { limit, logger } = this.#ports;
    if (!limit.failed(address)) return;
    logger.warn("address held off", { address, reason: "wrong tokens or passwords" });
  }

  async #judgeShown(
    action: Action,
    request: SessionRequest,
    token: AccessConfig["token"],
    credentials: Credentials,
  ): Promise<Objection | undefined> {
    const { crypto, clock, users, limit, findKeys } = this.#ports;
    const wish: Wish = {
      action,
      streamUrl: formatStreamUrl(request),
      address: request.remoteAddress,
      nowSeconds: clock.wallMs() / 1_000,
    };
    switch (credentials.kind) {
      case "signature":
        return judgeSignedUrl(credentials.parameters, wish, token.signSecrets, crypto);
      case "token":
        return judgeJwt(credentials.token, wish, token, { crypto, findKeys });
      case "password": {
        const user = await users.find(credentials, {
          address: wish.address,
          isHeldOff: () => limit.isHeldOff(wish.address),
          failed: () => this.#failed(wish.address),
        });
        if (user === undefined) return WRONG_PASSWORD;
        return isPermitted(user, action, wish.streamUrl) ? undefined : NO_PERMISSION;
      }
    }
  }

  /** Strangers who show nothing, or come from the wrong place, are too many for the log. */
  #refuse(wish: Action | "connect", request: SessionRequest, { kind, why }: Objection): never {
    const { clientId, clientType, remoteAddress: address } = request;
    const isOfInterest = kind === "wrong" || kind === "stale";
    this.#ports.logger[isOfInterest ? "info" : "debug"]("access refused", {
      clientId,
      type: clientType,
      address,
      url: formatStreamUrl(request),
      action: wish,
      reason: why,
    });
    throw new RefusedError(REASONS[kind], `Cannot ${wish}: ${why}`);
  }
}

/** RTMP clients have been asked for `all` when they connected. */
function isRightPage(
  refer: AccessConfig["refer"],
  action: Action,
  { clientType, pageUrl }: SessionRequest,
): boolean {
  if (!refer.enabled) return true;
  const isHttp = HTTP_CLIENTS.includes(clientType);
  if (isHttp && !refer.http) return true;
  if (isHttp && !isPageAllowed(refer.all, pageUrl)) return false;
  return isPageAllowed(refer[action], pageUrl);
}

function tooMany(action: Action): RefusedError {
  const message = `Cannot ${action}: too many wrong tokens or passwords came from there`;
  return new RefusedError("too_many_attempts", message);
}
