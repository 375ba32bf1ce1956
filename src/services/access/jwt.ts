/**
 * JSON Web Tokens with a signature, and what they let somebody do.
 *
 * ```json
 * { "exp": 1767229200, "action": "play", "stream": ["/live/*", "media.example/live/show"] }
 * ```
 *
 * Spec: RFC 7519 (JSON Web Token); RFC 7515, sections 3.1, 4 and 5.2 (JSON Web Signature);
 * RFC 8725 (best current practices: the algorithm belongs to the key, not to the token).
 *
 * @module
 */

import { decodeBase64Url } from "../../base/base64.ts";
import type { TokenConfig } from "../../config/vhost-config.ts";
import type { Crypto } from "../../runtime/runtime.ts";
import type { VerificationKey } from "./jwk-set.ts";
import type { Objection, Wish } from "./objection.ts";
import { matchesPattern } from "./path-pattern.ts";

/** Where keys come from, and what they are tried with. */
export interface JwtPorts {
  readonly crypto: Pick<Crypto, "hmac" | "isEqual" | "verify">;
  /** Public keys out of a set, see JwksCache. */
  readonly findKeys: (
    source: string,
    algorithm: VerificationKey["algorithm"],
    id: string | undefined,
  ) => Promise<readonly VerificationKey[] | undefined>;
}

export type Claims = Readonly<Record<string, unknown>>;

export type JwtRules = Pick<TokenConfig, "jwtSecret" | "jwks" | "issuer" | "audience">;

/** Which keys are ours. */
export interface JwtKeys {
  /** For HS256. Empty: there is none. */
  readonly secret: Uint8Array;
  /** Where the others are. Empty: there are none. */
  readonly jwks: string;
}

/** What queries may have, and more than header fields do. */
const TOKEN_SIZE_MAX = 8192;
/** How far the clock of whoever issues tokens may be off. */
const LEEWAY_SECONDS = 30;
/** Patterns in one token. */
const PATTERNS_MAX = 64;

const TEXT_ENCODER = new TextEncoder();
const TEXT_DECODER = new TextDecoder("utf-8", { fatal: true });

const WRONG: Objection = { kind: "wrong", why: "the token is not valid" };
const UNKNOWN: Objection = {
  kind: "unknown",
  why: "the keys of the token's issuer cannot be had at present",
};

/** What is said against `wish` by one who shows `token`. */
export async function judgeJwt(
  token: string,
  wish: Wish,
  rules: JwtRules,
  ports: JwtPorts,
): Promise<Objection | undefined> {
  const keys = { secret: TEXT_ENCODER.encode(rules.jwtSecret), jwks: rules.jwks };
  const claims = await verifyJwt(token, keys, ports);
  if (claims === "unknown") return UNKNOWN;
  return claims === undefined ? WRONG : judgeClaims(claims, wish, rules);
}

/**
 * The claims of a token that is signed by a key of ours; `undefined` for any other text, and `unknown` for
 * a token whose key may be one of ours.
 */
export async function verifyJwt(
  token: string,
  keys: JwtKeys,
  ports: JwtPorts,
): Promise<Claims | "unknown" | undefined> {
  if (token.length > TOKEN_SIZE_MAX) return undefined;
  const parts = token.split(".");
  if (parts.length !== 3) return undefined;
  const [headerText = "", payloadText = "", signatureText = ""] = parts;
  const header = decodeJson(headerText);
  const signature = decodeBase64Url(signatureText);
  // What `crit` lists must be understood, and nothing of it is.
  if (header === undefined || signature === undefined || "crit" in header) return undefined;
  const data = TEXT_ENCODER.encode(`${headerText}.${payloadText}`);
  const isSigned = await isSignedByUs({ header, data, signature }, keys, ports);
  if (isSigned === "unknown") return "unknown";
  return isSigned ? decodeJson(payloadText) : undefined;
}

interface Signed {
  readonly header: Claims;
  readonly data: Uint8Array;
  readonly signature: Uint8Array;
}

async function isSignedByUs(
  { header, data, signature }: Signed,
  { secret, jwks }: JwtKeys,
  { crypto, findKeys }: JwtPorts,
): Promise<boolean | "unknown"> {
  const { alg, kid } = header;
  switch (alg) {
    case "HS256": {
      if (secret.length === 0) return false;
      const wanted = crypto.hmac("sha256", secret, data);
      return crypto.isEqual(wanted, signature);
    }
    case "RS256":
    case "ES256": {
      if (jwks === "" || (kid !== undefined && typeof kid !== "string")) return false;
      const found = await findKeys(jwks, alg, kid);
      if (found === undefined) return "unknown";
      for (const { key } of found) {
        if (await crypto.verify(key, data, signature)) return true;
      }
      return false;
    }
    default:
      return false;
  }
}

function judgeClaims(
  claims: Claims,
  { action, streamUrl, nowSeconds }: Wish,
  { issuer, audience }: Pick<JwtRules, "issuer" | "audience">,
): Objection | undefined {
  const { exp, nbf, iss, aud } = claims;
  if (typeof exp !== "number") return forbidden("the token has no time at which it expires");
  if (nowSeconds >= exp + LEEWAY_SECONDS) return stale("the token has expired");
  if (nbf !== undefined && !(typeof nbf === "number" && nowSeconds >= nbf - LEEWAY_SECONDS)) {
    return stale("the token is not valid yet");
  }
  if (issuer !== "" && iss !== issuer) return forbidden("the token is of another issuer");
  if (audience !== "" && !textsOf(aud).includes(audience)) {
    return forbidden("the token is for another audience");
  }
  if (!textsOf(claims["action"]).includes(action)) {
    return forbidden("the token is for something else");
  }
  const patterns = textsOf(claims["stream"]).slice(0, PATTERNS_MAX);
  if (!patterns.some((pattern) => matchesPattern(pattern, streamUrl))) {
    return forbidden("the token is for another stream");
  }
  return undefined;
}

function forbidden(why: string): Objection {
  return { kind: "forbidden", why };
}

function stale(why: string): Objection {
  return { kind: "stale", why };
}

/** One text, or a list of them. */
function textsOf(value: unknown): string[] {
  return [value].flat().filter((one) => typeof one === "string");
}

function decodeJson(text: string): Claims | undefined {
  const bytes = decodeBase64Url(text);
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(TEXT_DECODER.decode(bytes));
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Claims) : undefined;
  } catch {
    return undefined;
  }
}
