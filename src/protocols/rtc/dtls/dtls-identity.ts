/**
 * Who this server is for peers of WebRTC: a certificate, its key, and the fingerprint that session
 * descriptions carry.
 *
 * Spec: RFC 8122, section 5 (fingerprints); RFC 8827, section 6.5.
 *
 * @module
 */

import { decodeBase64 } from "../../../base/base64.ts";
import { isSameBytes } from "../../../base/bytes.ts";
import type { Clock } from "../../../base/clock.ts";
import { SystemError } from "../../../base/errors.ts";
import { findCertificatePublicKey } from "../../../codec/x509/certificate-public-key.ts";
import { createSelfSignedCertificate } from "../../../codec/x509/self-signed.ts";
import type { Crypto, SigningKey, SigningKeyKind } from "../../../runtime/runtime.ts";

const SERIAL_NUMBER_SIZE = 16;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----([\s\S]+?)-----END CERTIFICATE-----/;

export interface DtlsIdentity {
  /** DER. */
  readonly certificate: Uint8Array;
  readonly key: SigningKey;
  /** SHA-256 of the certificate: bytes in upper-case hexadecimal with colons between. */
  readonly fingerprint: string;
}

/** Makes a new one, that nobody has seen before. */
export function createDtlsIdentity(
  crypto: Crypto,
  clock: Pick<Clock, "wallMs">,
  kind: SigningKeyKind,
  commonName: string,
): DtlsIdentity {
  const key = crypto.createSigningKey(kind);
  const certificate = createSelfSignedCertificate({
    commonName,
    algorithm: kind,
    publicKey: key.publicKey,
    serialNumber: crypto.randomBytes(SERIAL_NUMBER_SIZE),
    nowMs: clock.wallMs(),
    sign: (data) => key.sign(data),
  });
  return { certificate, key, fingerprint: formatFingerprint(crypto, certificate) };
}

/**
 * Takes one that the operator has.
 *
 * @param certificatePem The first certificate in it counts.
 * @throws {SystemError} `EINVAL` if one of them is none, or they do not belong together.
 */
export function readDtlsIdentity(
  crypto: Crypto,
  certificatePem: string,
  keyPem: string,
): DtlsIdentity {
  const key = crypto.readSigningKey(keyPem);
  const certificate = decodeBase64(CERTIFICATE.exec(certificatePem)?.[1] ?? "");
  if (certificate === undefined || certificate.length === 0) {
    throw new SystemError("EINVAL", "Cannot read certificate: it is no PEM of one");
  }
  if (!isSameBytes(findCertificatePublicKey(certificate), key.publicKey)) {
    throw new SystemError("EINVAL", "Cannot use certificate: the key is that of another");
  }
  return { certificate, key, fingerprint: formatFingerprint(crypto, certificate) };
}

/** The SHA-256 fingerprint of a certificate as session descriptions write it. */
export function formatFingerprint(crypto: Pick<Crypto, "hash">, certificate: Uint8Array): string {
  const digest = crypto.hash("sha256", certificate);
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0"))
    .join(":")
    .toUpperCase();
}
