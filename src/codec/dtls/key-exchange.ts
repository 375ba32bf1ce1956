/**
 * The messages by which both sides show their certificates and agree on a secret.
 *
 * Spec: RFC 5246, sections 7.4.2 (Certificate), 7.4.4 (CertificateRequest), 7.4.8 (CertificateVerify);
 * RFC 8422, sections 5.4 and 5.7 (key exchange).
 *
 * @module
 */

import { ByteReader } from "../../base/byte-reader.ts";
import { ByteWriter } from "../../base/byte-writer.ts";
import { MalformedError } from "../../base/errors.ts";

/** A hash and a signature algorithm. */
export const SignatureScheme = {
  RsaPkcs1Sha256: 0x0401,
  EcdsaSha256: 0x0403,
} as const;

/** `secp256r1`. */
export const NAMED_CURVE_P256 = 23;

const NAMED_CURVE = 3;
const CERTIFICATE_TYPE_RSA = 1;
const CERTIFICATE_TYPE_ECDSA = 64;

/** A point on a curve, and who vouches for it. */
export interface ServerKeyExchange {
  readonly publicKey: Uint8Array;
  /** What of the message is signed, behind both random values. */
  readonly parameters: Uint8Array;
  readonly scheme: number;
  readonly signature: Uint8Array;
}

/** @returns The peer's own certificate, DER. @throws {MalformedError} If there is none. */
export function parseCertificate(body: Uint8Array): Uint8Array {
  const reader = new ByteReader(body);
  const list = new ByteReader(reader.readBytes(reader.readUint24()));
  if (list.remaining === 0) throw new MalformedError("Cannot take certificate: there is none", 0);
  return list.readBytes(list.readUint24());
}

export function encodeCertificate(certificate: Uint8Array): Uint8Array {
  const writer = new ByteWriter(6 + certificate.length);
  writer.writeUint24(3 + certificate.length);
  writer.writeUint24(certificate.length);
  writer.writeBytes(certificate);
  return writer.take();
}

/** @throws {MalformedError} If it is for another curve than P-256. */
export function parseServerKeyExchange(body: Uint8Array): ServerKeyExchange {
  const reader = new ByteReader(body);
  const curveType = reader.readUint8();
  const curve = reader.readUint16();
  if (curveType !== NAMED_CURVE || curve !== NAMED_CURVE_P256) {
    throw new MalformedError("Cannot exchange keys: the curve is not P-256", 0);
  }
  const publicKey = reader.readBytes(reader.readUint8());
  const parameters = body.subarray(0, reader.offset);
  const scheme = reader.readUint16();
  return { publicKey, parameters, scheme, signature: reader.readBytes(reader.readUint16()) };
}

/** What of a ServerKeyExchange is signed. */
export function encodeServerParameters(publicKey: Uint8Array): Uint8Array {
  const writer = new ByteWriter(4 + publicKey.length);
  writer.writeUint8(NAMED_CURVE);
  writer.writeUint16(NAMED_CURVE_P256);
  writer.writeUint8(publicKey.length);
  writer.writeBytes(publicKey);
  return writer.take();
}

/** @param parameters From `encodeServerParameters`; empty for a CertificateVerify. */
export function encodeSigned(
  parameters: Uint8Array,
  scheme: number,
  signature: Uint8Array,
): Uint8Array {
  const writer = new ByteWriter(parameters.length + 4 + signature.length);
  writer.writeBytes(parameters);
  writer.writeUint16(scheme);
  writer.writeUint16(signature.length);
  writer.writeBytes(signature);
  return writer.take();
}

/** @throws {MalformedError} */
export function parseCertificateVerify(body: Uint8Array): {
  readonly scheme: number;
  readonly signature: Uint8Array;
} {
  const reader = new ByteReader(body);
  const scheme = reader.readUint16();
  return { scheme, signature: reader.readBytes(reader.readUint16()) };
}

/** @returns The client's point. @throws {MalformedError} */
export function parseClientKeyExchange(body: Uint8Array): Uint8Array {
  const reader = new ByteReader(body);
  return reader.readBytes(reader.readUint8());
}

export function encodeClientKeyExchange(publicKey: Uint8Array): Uint8Array {
  return Uint8Array.of(publicKey.length, ...publicKey);
}

/** Asks for any certificate of ECDSA or RSA: its fingerprint says whose it is, and no authority. */
export function encodeCertificateRequest(schemes: readonly number[]): Uint8Array {
  const writer = new ByteWriter(16);
  writer.writeUint8(2);
  writer.writeUint8(CERTIFICATE_TYPE_ECDSA);
  writer.writeUint8(CERTIFICATE_TYPE_RSA);
  writer.writeUint16(2 * schemes.length);
  for (const scheme of schemes) writer.writeUint16(scheme);
  writer.writeUint16(0); // No authorities.
  return writer.take();
}
