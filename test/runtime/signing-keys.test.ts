/**
 * Goal: keys sign, are read again from their text, and agree on secrets, on every runtime.
 *
 * Method: what one key has signed is verified by its public key, and changed ones are not;
 * both sides of an agreement come to one secret, and points outside of the curve are refused.
 */

import { describe, expect, test } from "vitest";
import { SystemError } from "../../src/base/errors.ts";
import { createRuntime } from "../../src/runtime/detect.ts";
import { createSelfSigned } from "../support/self-signed.ts";

const { crypto, name: runtimeName } = await createRuntime();

const DATA = new TextEncoder().encode("what is signed");

describe.each(["ecdsa", "rsa"] as const)(`signatures of %s on ${runtimeName}`, (kind) => {
  const key = crypto.createSigningKey(kind);

  test("are verified by the public key", () => {
    const signature = key.sign(DATA);
    expect(key.kind).toBe(kind);
    expect(crypto.verifySigned(key.publicKey, DATA, signature)).toBe(true);
    expect(crypto.verifySigned(key.publicKey, DATA.subarray(1), signature)).toBe(false);
    expect(crypto.verifySigned(key.publicKey, DATA, signature.subarray(1))).toBe(false);
    const other = crypto.createSigningKey("ecdsa");
    expect(crypto.verifySigned(other.publicKey, DATA, signature)).toBe(false);
  });

  test("can be made with the key read from its text", () => {
    const again = crypto.readSigningKey(key.pem);
    expect(again.kind).toBe(kind);
    expect(again.publicKey).toEqual(key.publicKey);
    expect(crypto.verifySigned(key.publicKey, DATA, again.sign(DATA))).toBe(true);
  });
});

test("what is no key says so", () => {
  const isRefused = (pem: string): void => {
    expect(() => crypto.readSigningKey(pem)).toThrow(SystemError);
  };
  isRefused("");
  isRefused("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
  expect(crypto.verifySigned(new Uint8Array(9), DATA, new Uint8Array(64))).toBe(false);
});

describe(`agreement on ${runtimeName}`, () => {
  test("gives both sides one secret, and no two the same", () => {
    const [a, b, c] = [1, 2, 3].map(() => crypto.createKeyAgreement());
    if (a === undefined || b === undefined || c === undefined) throw new Error("three were made");
    expect(a.publicKey.length).toBe(65);
    expect(a.publicKey[0]).toBe(4);
    const secret = a.agree(b.publicKey);
    expect(secret?.length).toBe(32);
    expect(b.agree(a.publicKey)).toEqual(secret);
    expect(c.agree(a.publicKey)).not.toEqual(secret);
  });

  test("does not take a point that is none of the curve", () => {
    const agreement = crypto.createKeyAgreement();
    expect(agreement.agree(new Uint8Array())).toBeUndefined();
    expect(agreement.agree(new Uint8Array(65).fill(4))).toBeUndefined();
    // On the curve's twist, but not on it: the secret would give bits of the key away.
    const outside = crypto.createKeyAgreement().publicKey.slice();
    outside[64] = (outside[64] ?? 0) ^ 1;
    expect(agreement.agree(outside)).toBeUndefined();
  });
});

describe(`certificates on ${runtimeName}`, () => {
  const [one, two] = [createSelfSigned("one", []), createSelfSigned("two", [])];
  const DAY_MS = 86_400_000;

  test("say whose they are, and how long they are good", () => {
    const { subject, validFromMs, validUntilMs } = crypto.describeCertificate(one);
    expect(subject).toBe("CN=one");
    expect(Math.abs(validFromMs - (Date.now() - DAY_MS))).toBeLessThan(60_000);
    expect(validUntilMs - validFromMs).toBe(2 * DAY_MS);
  });

  test("of another key, or none at all, are refused", () => {
    expect(() => crypto.describeCertificate({ ...one, key: two.key })).toThrow(SystemError);
    expect(() => crypto.describeCertificate({ certificate: "", key: "" })).toThrow(SystemError);
  });
});
