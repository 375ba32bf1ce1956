/**
 * How TLS 1.2 makes keys of secrets.
 *
 * Spec: RFC 5246, section 5 (PRF), 6.3 (key block), 8.1 (master secret); RFC 7627, section 4; RFC 5705.
 *
 * @module
 */

import { concatBytes } from "../../../base/bytes.ts";
import type { Crypto } from "../../../runtime/runtime.ts";

const MASTER_SECRET_SIZE = 48;
const TEXT_ENCODER = new TextEncoder();

type Hmac = Pick<Crypto, "hmac">;

/** What is expanded, beside the secret. */
interface Expansion {
  readonly label: string;
  readonly seed: Uint8Array;
  /** Bytes wanted. */
  readonly size: number;
}

/** `P_SHA256(secret, label + seed)`. */
export function expandSecret(
  crypto: Hmac,
  secret: Uint8Array,
  { label, seed, size }: Expansion,
): Uint8Array {
  const labelled = concatBytes([TEXT_ENCODER.encode(label), seed]);
  const result = new Uint8Array(size);
  let chained = labelled;
  for (let offset = 0; offset < size; ) {
    chained = crypto.hmac("sha256", secret, chained);
    const block = crypto.hmac("sha256", secret, concatBytes([chained, labelled]));
    result.set(block.subarray(0, size - offset), offset);
    offset += block.length;
  }
  return result;
}

export function deriveMasterSecret(
  crypto: Hmac,
  preMasterSecret: Uint8Array,
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
): Uint8Array {
  const seed = concatBytes([clientRandom, serverRandom]);
  const size = MASTER_SECRET_SIZE;
  return expandSecret(crypto, preMasterSecret, { label: "master secret", seed, size });
}

/** @param sessionHash Of all handshake messages up to the client's key exchange. */
export function deriveExtendedMasterSecret(
  crypto: Hmac,
  preMasterSecret: Uint8Array,
  sessionHash: Uint8Array,
): Uint8Array {
  const label = "extended master secret";
  const size = MASTER_SECRET_SIZE;
  return expandSecret(crypto, preMasterSecret, { label, seed: sessionHash, size });
}
