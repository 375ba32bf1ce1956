/**
 * Signed URLs: whoever has one may do one thing with one stream until a time.
 *
 * ```text
 * rtmp://a.example/live/show?expires=1767229200&sign=SIGNATURE
 * http://a.example:8080/live/show.flv?expires=1767229200&bound=1&sign=SIGNATURE
 *
 * SIGNATURE = base64url without padding of HMAC-SHA256(secret, text)
 * text      = "play" LF "/live/show" LF "1767229200" LF address
 * ```
 *
 * The address is that of the client with `bound=1`, as RFC 5952 writes it, and empty without.
 *
 * @module
 */

import { encodeBase64Url } from "../../base/base64.ts";
import { formatIpAddress, parseIpAddress } from "../../base/ip-address.ts";
import type { Crypto } from "../../runtime/runtime.ts";
import type { Objection, Wish } from "./objection.ts";

export interface Grant extends Pick<Wish, "action" | "streamUrl"> {
  /** Seconds since the Unix epoch. */
  readonly expires: number;
  /** The only address it is good for. */
  readonly address?: string | undefined;
}

type SigningCrypto = Pick<Crypto, "hmac" | "isEqual">;

const WRONG: Objection = { kind: "wrong", why: "the signature is not valid" };
const EXPIRED: Objection = { kind: "stale", why: "the signed URL has expired" };

/** Until the year 2286. */
const EXPIRES = /^\d{1,10}$/;
const TEXT_ENCODER = new TextEncoder();

/** The parameters to put behind a stream's URL. */
export function signedParameters(
  grant: Grant,
  secret: string,
  crypto: Pick<Crypto, "hmac">,
): string {
  const bound = grant.address === undefined ? "" : "&bound=1";
  return `expires=${grant.expires}${bound}&sign=${signatureOf(grant, secret, crypto)}`;
}

/** What is said against `wish` by one whose URL has those parameters. */
export function judgeSignedUrl(
  parameters: URLSearchParams,
  wish: Wish,
  secrets: readonly string[],
  crypto: SigningCrypto,
): Objection | undefined {
  const expiresText = parameters.get("expires") ?? "";
  if (!EXPIRES.test(expiresText)) return WRONG;
  const { action, streamUrl, nowSeconds } = wish;
  const bound = parameters.get("bound");
  if (bound !== null && bound !== "1") return WRONG;
  const address = bound === null ? undefined : wish.address;
  const grant = { action, streamUrl, expires: Number(expiresText), address };
  const given = TEXT_ENCODER.encode(parameters.get("sign") ?? "");
  const isSigned = secrets.some((secret) =>
    crypto.isEqual(TEXT_ENCODER.encode(signatureOf(grant, secret, crypto)), given),
  );
  if (!isSigned) return WRONG;
  return nowSeconds >= grant.expires ? EXPIRED : undefined;
}

function signatureOf(grant: Grant, secret: string, crypto: Pick<Crypto, "hmac">): string {
  const text = textToSign(grant);
  const key = TEXT_ENCODER.encode(secret);
  return encodeBase64Url(crypto.hmac("sha256", key, TEXT_ENCODER.encode(text)));
}

/** Names of streams have no line ends. */
function textToSign({ action, streamUrl, expires, address }: Grant): string {
  const bytes = address === undefined ? undefined : parseIpAddress(address);
  const written = bytes === undefined ? (address ?? "") : formatIpAddress(bytes);
  return [action, streamUrl, expires, written].join("\n");
}
