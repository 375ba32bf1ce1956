/**
 * A certificate that vouches for itself, as peers of WebRTC show one another: whose it is, its
 * fingerprint in the session description says.
 *
 * Spec: RFC 5280, section 4.1; RFC 5758, section 3.2 (ECDSA); RFC 8827, section 6.5.
 *
 * @module
 */

import {
  DerTag,
  derBitString,
  derInteger,
  derObjectIdentifier,
  derSequence,
  derText,
  derUtcTime,
  encodeDer,
} from "./der.ts";

export type SignatureAlgorithm = "ecdsa" | "rsa";

/** `ecdsa-with-SHA256`; `sha256WithRSAEncryption`, which has parameters: none. */
const SIGNATURE_OIDS: Readonly<Record<SignatureAlgorithm, string>> = {
  ecdsa: "1.2.840.10045.4.3.2",
  rsa: "1.2.840.113549.1.1.11",
};

const COMMON_NAME = "2.5.4.3";
const NULL = new Uint8Array([0x05, 0x00]);
const DAY_MS = 86_400_000;
/** The clocks of peers may be wrong by so much. */
const EARLY_MS = 30 * DAY_MS;
/** Longer than a server runs. */
const VALID_MS = 10 * 365 * DAY_MS;

export interface SelfSignedOptions {
  readonly commonName: string;
  readonly algorithm: SignatureAlgorithm;
  /** The SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** 8 to 20 bytes that no other certificate has. */
  readonly serialNumber: Uint8Array;
  readonly nowMs: number;
  /** Signs with SHA-256: for ECDSA a DER-encoded signature. */
  sign(data: Uint8Array): Uint8Array;
}

/** The certificate, DER. */
export function createSelfSignedCertificate(options: SelfSignedOptions): Uint8Array {
  const { commonName, algorithm: kind, publicKey, serialNumber, nowMs } = options;
  const oid = derObjectIdentifier(SIGNATURE_OIDS[kind]);
  const algorithm = kind === "rsa" ? derSequence(oid, NULL) : derSequence(oid);
  const attribute = derSequence(derObjectIdentifier(COMMON_NAME), derText(commonName));
  const name = derSequence(encodeDer(DerTag.Set, attribute));
  const version3 = encodeDer(DerTag.Context0, derInteger(new Uint8Array([2])));
  const validity = derSequence(derUtcTime(nowMs - EARLY_MS), derUtcTime(nowMs + VALID_MS));
  const positive = serialNumber.slice();
  positive[0] = ((positive[0] ?? 0) & 0x7f) | 0x01; // Neither negative nor with zeros in front.
  const body = derSequence(
    version3,
    derInteger(positive),
    algorithm,
    name,
    validity,
    name,
    publicKey,
  );
  return derSequence(body, algorithm, derBitString(options.sign(body)));
}
