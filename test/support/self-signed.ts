/**
 * Self-signed certificates for tests of TLS, made anew each time.
 *
 * Spec: RFC 5280 (the fields), ITU-T X.690 (their encoding, DER), RFC 5480 and RFC 5758 (ECDSA).
 *
 * @module
 */

import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { isIPv4 } from "node:net";
import type { TlsIdentity } from "../../src/runtime/runtime.ts";

const DerTag = {
  Boolean: 0x01,
  Integer: 0x02,
  BitString: 0x03,
  OctetString: 0x04,
  ObjectIdentifier: 0x06,
  Utf8String: 0x0c,
  UtcTime: 0x17,
  Sequence: 0x30,
  Set: 0x31,
  /** The version in a TBSCertificate, `[0]`; its extensions, `[3]`. */
  Version: 0xa0,
  Extensions: 0xa3,
  /** In a GeneralName. */
  DnsName: 0x82,
  IpAddress: 0x87,
} as const;

// Object identifiers as they stand in DER.
const OID_ECDSA_WITH_SHA256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]; // 1.2.840.10045.4.3.2
const OID_COMMON_NAME = [0x55, 0x04, 0x03]; // 2.5.4.3
const OID_SUBJECT_ALT_NAME = [0x55, 0x1d, 0x11]; // 2.5.29.17
const OID_BASIC_CONSTRAINTS = [0x55, 0x1d, 0x13]; // 2.5.29.19

const DAY_MS = 86_400_000;

/** A certificate, its own authority, for host names and IPv4 addresses; valid now. */
export function createSelfSigned(commonName: string, hosts: readonly string[]): TlsIdentity {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const algorithm = sequence(der(DerTag.ObjectIdentifier, OID_ECDSA_WITH_SHA256));
  const name = sequence(
    der(
      DerTag.Set,
      sequence(
        der(DerTag.ObjectIdentifier, OID_COMMON_NAME),
        der(DerTag.Utf8String, Buffer.from(commonName)),
      ),
    ),
  );
  const body = sequence(
    der(DerTag.Version, der(DerTag.Integer, [2])), // v3
    der(DerTag.Integer, [0x01, ...randomBytes(8)]),
    algorithm,
    name,
    sequence(utcTime(Date.now() - DAY_MS), utcTime(Date.now() + DAY_MS)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(DerTag.Extensions, sequence(basicConstraints(), subjectAltName(hosts))),
  );
  const signature = sign("sha256", body, privateKey);
  const certificate = sequence(body, algorithm, der(DerTag.BitString, [0], signature));
  return {
    certificate: toPem(certificate),
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
  };
}

/** RFC 5280, section 4.2.1.9: critical, and this one is an authority. */
function basicConstraints(): Uint8Array {
  return sequence(
    der(DerTag.ObjectIdentifier, OID_BASIC_CONSTRAINTS),
    der(DerTag.Boolean, [0xff]),
    der(DerTag.OctetString, sequence(der(DerTag.Boolean, [0xff]))),
  );
}

/** RFC 5280, section 4.2.1.6. */
function subjectAltName(hosts: readonly string[]): Uint8Array {
  const names = hosts.map((host) =>
    isIPv4(host)
      ? der(DerTag.IpAddress, host.split(".").map(Number))
      : der(DerTag.DnsName, Buffer.from(host)),
  );
  return sequence(
    der(DerTag.ObjectIdentifier, OID_SUBJECT_ALT_NAME),
    der(DerTag.OctetString, sequence(...names)),
  );
}

/** `YYMMDDHHMMSSZ`. */
function utcTime(timeMs: number): Uint8Array {
  const digits = new Date(timeMs).toISOString().replace(/\D/g, "");
  return der(DerTag.UtcTime, Buffer.from(`${digits.slice(2, 14)}Z`));
}

function sequence(...parts: ArrayLike<number>[]): Uint8Array {
  return der(DerTag.Sequence, ...parts);
}

/** Tag, length, value. */
function der(tag: number, ...parts: ArrayLike<number>[]): Uint8Array {
  const value = parts.flatMap((part) => Array.from(part));
  const size = value.length;
  let length = [size];
  if (size >= 0x100) length = [0x82, size >> 8, size & 0xff];
  else if (size >= 0x80) length = [0x81, size];
  return Uint8Array.of(tag, ...length, ...value);
}

function toPem(bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}
