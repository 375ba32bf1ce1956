/**
 * Whether users, tokens and their secrets can be used.
 *
 * @module
 */

import type { Config, UserConfig } from "./config.ts";
import { parsePasswordHash } from "./password-hash.ts";
import { parsePermission } from "./permission.ts";
import { quote } from "./quote.ts";
import type { TokenConfig } from "./vhost-config.ts";

type Fault = (steps: readonly string[], message: string) => void;

/** RFC 7518, section 3.2: no shorter than the hash. */
const JWT_SECRET_SIZE_MIN = 32;
/** 128 bits, if they are random. */
const SIGN_SECRET_SIZE_MIN = 16;

const TEXT_ENCODER = new TextEncoder();

export function checkAccess(config: Config, fault: Fault): void {
  for (const [name, user] of Object.entries(config.users)) checkUser(name, user, fault);
  const hasUsers = Object.keys(config.users).length > 0;
  for (const [name, vhost] of Object.entries(config.vhosts)) {
    if (vhost.enabled) checkToken(vhost.token, hasUsers, ["vhosts", name, "token"], fault);
  }
}

function checkUser(name: string, user: UserConfig, fault: Fault): void {
  const steps = ["users", name];
  // RFC 7617, section 2: a colon would end the name.
  if (name.includes(":")) fault(steps, "Expected a name without a colon");
  // The value may be a password, so it stays untold.
  if (user.password !== "" && parsePasswordHash(user.password) === undefined) {
    fault([...steps, "password"], "Expected what `sluice hash-password` prints");
  }
  const unknown = user.permissions.find((text) => parsePermission(text) === undefined);
  if (unknown !== undefined) {
    const expected = "Expected publish, play, api:read or api:write, and perhaps :PATH";
    fault([...steps, "permissions"], `${expected}, found ${quote(unknown)}`);
  }
}

function checkToken(
  token: TokenConfig,
  hasUsers: boolean,
  steps: readonly string[],
  fault: Fault,
): void {
  const { publish, play, jwtSecret, jwks, signSecrets } = token;
  if (jwtSecret !== "" && sizeOf(jwtSecret) < JWT_SECRET_SIZE_MIN) {
    fault([...steps, "jwt_secret"], `Expected at least ${JWT_SECRET_SIZE_MIN} bytes`);
  }
  if (signSecrets.some((secret) => sizeOf(secret) < SIGN_SECRET_SIZE_MIN)) {
    fault([...steps, "sign_secrets"], `Expected at least ${SIGN_SECRET_SIZE_MIN} bytes in each`);
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(jwks) && !isTrustedUrl(jwks)) {
    fault([...steps, "jwks"], "Expected an https URL, or http of this machine, or a file");
  }
  const isAnyAccepted = jwtSecret !== "" || jwks !== "" || signSecrets.length > 0 || hasUsers;
  if ((publish || play) && !isAnyAccepted) {
    fault(steps, "Expected a jwt_secret, jwks, sign_secrets or users, else nobody is let in");
  }
}

/** Keys that anybody on the way could replace would be worth nothing. */
function isTrustedUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  if (protocol === "https:") return true;
  return protocol === "http:" && /^(?:127\.\d+\.\d+\.\d+|\[::1\]|localhost)$/.test(hostname);
}

function sizeOf(text: string): number {
  return TEXT_ENCODER.encode(text).length;
}
