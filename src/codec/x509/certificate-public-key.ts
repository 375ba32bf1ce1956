/**
 * The public key in a certificate of a peer.
 *
 * Spec: RFC 5280, section 4.1; ITU-T X.690.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import { DerTag } from "./der.ts";

interface DerValue {
  readonly tag: number;
  /** Of the value without tag and length. */
  readonly start: number;
  readonly end: number;
}

/**
 * ```text
 * Certificate { TBSCertificate { [0] version?, serialNumber, signature, issuer, validity, subject,
 *   subjectPublicKeyInfo, ... }, ... }
 * ```
 *
 * @returns The SubjectPublicKeyInfo, DER: a view.
 * @throws {MalformedError} If the certificate is none.
 */
export function findCertificatePublicKey(certificate: Uint8Array): Uint8Array {
  const outer = readSequence(certificate, 0, certificate.length);
  const body = readSequence(certificate, outer.start, outer.end);
  let offset = body.start;
  const first = readValue(certificate, offset, body.end);
  if (first.tag === DerTag.Context0) offset = first.end;
  // The serial number, the algorithm, the issuer, the validity and the subject.
  for (let i = 0; i < 5; i++) offset = readValue(certificate, offset, body.end).end;
  const { end } = readSequence(certificate, offset, body.end);
  return certificate.subarray(offset, end);
}

function readSequence(bytes: Uint8Array, offset: number, limit: number): DerValue {
  const value = readValue(bytes, offset, limit);
  if (value.tag !== DerTag.Sequence) {
    throw new MalformedError("Cannot read certificate: no sequence", offset);
  }
  return value;
}

function readValue(bytes: Uint8Array, offset: number, limit: number): DerValue {
  const tag = bytes[offset];
  const first = bytes[offset + 1];
  if (tag === undefined || first === undefined || offset + 2 > limit) {
    throw new MalformedError("Cannot read certificate: it is cut off", offset);
  }
  let start = offset + 2;
  let length = first;
  if (first >= 0x80) {
    const count = first & 0x7f;
    length = 0;
    for (let i = 0; i < count; i++) length = length * 0x100 + (bytes[start + i] ?? 0);
    start += count;
    if (count === 0 || count > 3) length = Number.POSITIVE_INFINITY;
  }
  if (start + length > limit) {
    throw new MalformedError("Cannot read certificate: it is cut off", offset);
  }
  return { tag, start, end: start + length };
}
