/**
 * Goal: keys are made of secrets as TLS 1.2 does it.
 *
 * Method: the test vector for the PRF with SHA-256 that has gone round since 2008 (IETF TLS mailing
 * list, "Test vectors for TLS 1.2 PRF"), and sizes of which each is the start of the next.
 */

import { expect, test } from "vitest";
import {
  deriveExtendedMasterSecret,
  deriveMasterSecret,
  expandSecret,
} from "../../../../src/protocols/rtc/dtls/prf.ts";
import { MemoryCrypto } from "../../../../src/runtime/memory/memory-crypto.ts";
import { fromHex, joinBytes } from "../../../support/hex.ts";

const crypto = new MemoryCrypto();
const SECRET = fromHex("9bbe436ba940f017b17652849a71db35");
const SEED = fromHex("a0ba9f936cda311827a6f796ffd5198c");
const OUTPUT = fromHex(`
  e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a
  6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab
  4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701
  87347b66`);

test("the PRF with SHA-256", () => {
  const label = "test label";
  const size = OUTPUT.length;
  expect(size).toBe(100);
  expect(expandSecret(crypto, SECRET, { label, seed: SEED, size })).toEqual(OUTPUT);
});

test.each([0, 1, 31, 32, 33, 64, 99])("%i bytes are the start of more", (size) => {
  const label = "test label";
  expect(expandSecret(crypto, SECRET, { label, seed: SEED, size })).toEqual(
    OUTPUT.subarray(0, size),
  );
});

test("master secrets have 48 bytes and labels of their own", () => {
  const [client, server] = [SEED.subarray(0, 8), SEED.subarray(8)];
  const plain = deriveMasterSecret(crypto, SECRET, client, server);
  const seed = joinBytes(client, server);
  expect(plain).toEqual(expandSecret(crypto, SECRET, { label: "master secret", seed, size: 48 }));
  const extended = deriveExtendedMasterSecret(crypto, SECRET, SEED);
  const label = "extended master secret";
  expect(extended).toEqual(expandSecret(crypto, SECRET, { label, seed: SEED, size: 48 }));
});
