/**
 * A callback as it is sent: SRS's head, to the byte, and behind it our signature.
 *
 * @module
 */

import { encodeLatin1 } from "../../codec/http/latin1.ts";
import { formatField } from "../../codec/http/response-head.ts";
import type { Crypto } from "../../runtime/runtime.ts";

export interface HookRequest {
  readonly method: "POST" | "GET";
  readonly url: URL;
  readonly body: string;
  readonly userAgent: string;
  /** Absent: it is not signed. */
  readonly signature?: string | undefined;
}

const ENCODER = new TextEncoder();

/** What the first line of the request asks for: the address's path and query. */
export function hookTarget({ pathname, search }: URL): string {
  return `${pathname}${search}`;
}

/**
 * Signs what a callback says: `t=SECONDS,v1=HEX`, the second being the HMAC-SHA256 of `SECONDS.TEXT`,
 * so that a backend can refuse what is old, and what it has been sent before.
 *
 * @param text The body; of a GET, which has none, its target.
 */
export function signHook(
  crypto: Pick<Crypto, "hmac">,
  secret: string,
  text: string,
  wallMs: number,
): string {
  const seconds = Math.floor(wallMs / 1_000);
  const signed = ENCODER.encode(`${seconds}.${text}`);
  return `t=${seconds},v1=${toHex(crypto.hmac("sha256", ENCODER.encode(secret), signed))}`;
}

export function encodeHookRequest(request: HookRequest): Uint8Array {
  const { method, url, userAgent, signature } = request;
  const body = ENCODER.encode(request.body);
  let head = `${method} ${hookTarget(url)} HTTP/1.1\r\n`;
  head += formatField("Connection", "Keep-Alive");
  head += formatField("Content-Length", String(body.length));
  head += formatField("Content-Type", "application/json");
  head += formatField("Host", url.host);
  head += formatField("User-Agent", userAgent);
  if (signature !== undefined) head += formatField("X-Sluice-Signature", signature);
  head += "\r\n";
  const bytes = new Uint8Array(head.length + body.length);
  encodeLatin1(head, bytes);
  bytes.set(body, head.length);
  return bytes;
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
