/**
 * Goal: our certificates are such that other implementations read and verify them, and of theirs we
 * find the key; whatever comes, nothing but MalformedError is thrown.
 *
 * Method: node:crypto reads ours; one of OpenSSL's; every truncation, and noise.
 */

import { X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { parseCertificate } from "../../../src/codec/dtls/key-exchange.ts";
import { findCertificatePublicKey } from "../../../src/codec/x509/certificate-public-key.ts";
import { createSelfSignedCertificate } from "../../../src/codec/x509/self-signed.ts";
import { MemoryCrypto } from "../../../src/runtime/memory/memory-crypto.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { noise } from "../../support/noise.ts";
import { DATAGRAMS } from "../dtls/openssl-handshake.ts";
import { readMessages } from "../dtls/read-messages.ts";

const crypto = new MemoryCrypto();
const NOW_MS = Date.UTC(2026, 10, 28, 12, 0, 0);

describe.each(["ecdsa", "rsa"] as const)("a certificate of our own, by %s", (algorithm) => {
  const key = crypto.createSigningKey(algorithm);
  const create = (serialNumber: Uint8Array, commonName = "sluice.example"): Uint8Array => {
    const sign = (data: Uint8Array) => key.sign(data);
    const { publicKey } = key;
    const nowMs = NOW_MS;
    return createSelfSignedCertificate({
      ...{ commonName, algorithm, publicKey, serialNumber, nowMs, sign },
    });
  };

  test("is read and verified by others", () => {
    const certificate = create(Uint8Array.of(0xff, 2, 3, 4, 5, 6, 7, 8));
    const read = new X509Certificate(certificate);
    expect(read.subject).toBe("CN=sluice.example");
    expect(read.issuer).toBe(read.subject);
    expect(read.serialNumber).toBe("7F02030405060708");
    expect(read.verify(read.publicKey)).toBe(true);
    expect(Date.parse(read.validFrom)).toBe(NOW_MS - 30 * 86_400_000);
    expect(Date.parse(read.validTo)).toBe(NOW_MS + 3_650 * 86_400_000);
  });

  test("has a positive serial number, whatever was drawn", () => {
    for (const first of [0, 1, 0x7f, 0x80, 0xff]) {
      const read = new X509Certificate(create(Uint8Array.of(first, 0, 0, 0, 0, 0, 0, 9)));
      expect(read.serialNumber.padStart(16, "0")).toMatch(/^[0-7][13579BDF]0{12}09$/);
    }
  });

  test("shows its key", () => {
    expect(findCertificatePublicKey(create(new Uint8Array(8)))).toEqual(key.publicKey);
    const long = create(new Uint8Array(8), "x".repeat(200));
    expect(findCertificatePublicKey(long)).toEqual(key.publicKey);
  });

  test("cut off anywhere or changed, it is no certificate, or one of another key", () => {
    const certificate = create(new Uint8Array(8));
    for (let size = 0; size < certificate.length; size++) {
      const cut = certificate.subarray(0, size);
      expect(unlessMalformed(() => findCertificatePublicKey(cut))).toBeUndefined();
    }
    for (let offset = 0; offset < certificate.length; offset++) {
      const changed = certificate.slice();
      changed[offset] = (changed[offset] ?? 0) ^ 0xff;
      const found = unlessMalformed(() => findCertificatePublicKey(changed));
      if (found !== undefined) expect(found.length).toBeLessThanOrEqual(certificate.length);
    }
  });
});

test("the key in a certificate of OpenSSL's", () => {
  const [message] = readMessages(DATAGRAMS).filter(({ type }) => type === 11);
  const certificate = parseCertificate(message?.body ?? new Uint8Array());
  const read = new X509Certificate(certificate);
  const expected = new Uint8Array(read.publicKey.export({ type: "spki", format: "der" }));
  expect(findCertificatePublicKey(certificate)).toEqual(expected);
});

test("noise is no certificate", () => {
  for (const bytes of noise(5_000, 80)) {
    expect(unlessMalformed(() => findCertificatePublicKey(bytes))).toBeUndefined();
  }
});
