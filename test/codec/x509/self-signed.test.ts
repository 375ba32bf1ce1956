/**
 * Goal: the certificates that we show to peers of WebRTC are ones, for RSA and for ECDSA, and the keys
 * in those of others are found.
 *
 * Method: Node's own reader of certificates reads and verifies ours; certificates made by OpenSSL, and
 * every truncation of one.
 */

import { X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { findCertificatePublicKey } from "../../../src/codec/x509/certificate-public-key.ts";
import { derObjectIdentifier, encodeDer } from "../../../src/codec/x509/der.ts";
import { createSelfSignedCertificate } from "../../../src/codec/x509/self-signed.ts";
import { NodeCrypto } from "../../../src/runtime/node-compat/crypto.ts";
import { fromHex } from "../../support/hex.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { createSelfSigned } from "../../support/self-signed.ts";

const crypto = new NodeCrypto({ wrapsKeys: false });
const NOW_MS = Date.UTC(2026, 10, 28);

describe.each(["ecdsa", "rsa"] as const)("%s", (algorithm) => {
  const key = crypto.createSigningKey(algorithm);
  const certificate = createSelfSignedCertificate({
    commonName: "sluice",
    algorithm,
    publicKey: key.publicKey,
    serialNumber: new Uint8Array(16).fill(0xff),
    nowMs: NOW_MS,
    sign: (data) => key.sign(data),
  });

  test("is a certificate that vouches for itself", () => {
    const read = new X509Certificate(certificate);
    expect(read.subject).toBe("CN=sluice");
    expect(read.issuer).toBe("CN=sluice");
    expect(Date.parse(read.validFrom)).toBeLessThan(NOW_MS);
    expect(Date.parse(read.validTo)).toBeGreaterThan(NOW_MS + 366 * 86_400_000);
    expect(read.serialNumber).toBe(`7F${"FF".repeat(15)}`);
    expect(read.verify(read.publicKey)).toBe(true);
  });

  test("holds the key", () => {
    expect(findCertificatePublicKey(certificate)).toEqual(key.publicKey);
  });
});

test("the key of another's certificate is found, and none in what is cut off", () => {
  const { certificate } = createSelfSigned("example", ["example.com"]);
  const read = new X509Certificate(certificate);
  const expected = read.publicKey.export({ type: "spki", format: "der" });
  const bytes = new Uint8Array(read.raw);
  expect(findCertificatePublicKey(bytes)).toEqual(new Uint8Array(expected));
  for (let size = 0; size < bytes.length; size++) {
    const cut = bytes.subarray(0, size);
    expect(unlessMalformed(() => findCertificatePublicKey(cut))).toBeUndefined();
  }
});

test("lengths are as short as can be", () => {
  // ITU-T X.690, sections 8.1.3.4 and 8.1.3.5.
  expect(encodeDer(0x04, new Uint8Array(0x7f)).subarray(0, 2)).toEqual(fromHex("047f"));
  expect(encodeDer(0x04, new Uint8Array(0x80)).subarray(0, 3)).toEqual(fromHex("048180"));
  expect(encodeDer(0x04, new Uint8Array(0x100)).subarray(0, 4)).toEqual(fromHex("04820100"));
});

test("object identifiers", () => {
  // ITU-T X.690, section 8.19.5.
  expect(derObjectIdentifier("2.100.3")).toEqual(fromHex("0603813403"));
});
