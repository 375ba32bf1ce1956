/**
 * Goal: session keys are those that every other implementation derives, and DTLS's keying material is
 * cut as it is by them.
 *
 * Method: the vectors of RFC 3711, appendices B.2 and B.3.
 */

import { describe, expect, test } from "vitest";
import { CounterModeKeystream } from "../../../../src/protocols/rtc/srtp/counter-mode-keystream.ts";
import { deriveKey, deriveSessionKeys } from "../../../../src/protocols/rtc/srtp/key-derivation.ts";
import {
  keyingMaterialSize,
  splitKeyingMaterial,
} from "../../../../src/protocols/rtc/srtp/srtp-keys.ts";
import { MemoryRuntime } from "../../../../src/runtime/memory/memory-runtime.ts";
import { fromHex } from "../../../support/hex.ts";

const { crypto } = new MemoryRuntime();

describe("deriveSessionKeys()", () => {
  const keys = {
    profile: "aes128-cm-sha1-80",
    masterKey: fromHex("E1F97A0D3E018BE0D64FA32C06DE4139"),
    masterSalt: fromHex("0EC675AD498AFEEBB6960B3AABE6"),
  } as const;

  // RFC 3711, appendix B.3.
  const authenticationKey = fromHex(`
    CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA48F0A0ACF3C34E2359E6CDBCE
    E049646C43D9327AD175578EF7227098 6371C10C9A369AC2F94A8C5FBCDDDC25
    6D6E919A48B610EF17C2041E47403576 6B68642C59BBFC2F34DB60DBDFB2`);

  test("derives the keys for RTP", () => {
    const { rtp } = deriveSessionKeys(crypto, keys);
    expect(rtp.encryptionKey).toEqual(fromHex("C61E7A93744F39EE10734AFE3FF7A087"));
    expect(rtp.salt).toEqual(fromHex("30CBBC08863D8C85D49DB34A9AE1"));
    expect(rtp.authenticationKey).toEqual(authenticationKey.subarray(0, 20));
  });

  test("derives keys of several blocks", () => {
    expect(deriveKey(crypto, keys, 1, 94)).toEqual(authenticationKey);
  });

  test("derives others for RTCP", () => {
    const { rtcp } = deriveSessionKeys(crypto, keys);
    expect(rtcp.encryptionKey).toEqual(deriveKey(crypto, keys, 3, 16));
    expect(rtcp.authenticationKey).toEqual(deriveKey(crypto, keys, 4, 20));
    expect(rtcp.salt).toEqual(deriveKey(crypto, keys, 5, 14));
  });
});

test("the keystream of a packet is that of RFC 3711, appendix B.2", () => {
  const keystream = new CounterModeKeystream(crypto, {
    encryptionKey: fromHex("2B7E151628AED2A6ABF7158809CF4F3C"),
    authenticationKey: new Uint8Array(20),
    salt: fromHex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD"),
  });
  const body = new Uint8Array(0xff02 * 16);
  keystream.apply(body, 0, 0);
  const block = (index: number): Uint8Array => body.subarray(index * 16, (index + 1) * 16);
  expect(block(0)).toEqual(fromHex("E03EAD0935C95E80E166B16DD92B4EB4"));
  expect(block(1)).toEqual(fromHex("D23513162B02D0F72A43A2FE4A5F97AB"));
  expect(block(2)).toEqual(fromHex("41E95B3BB0A2E8DD477901E4FCA894C0"));
  expect(block(0xfeff)).toEqual(fromHex("EC8CDF7398607CB0F2D21675EA9EA1E4"));
  expect(block(0xff00)).toEqual(fromHex("362B7C3C6773516318A077D7FC5073AE"));
  expect(block(0xff01)).toEqual(fromHex("6A2CC3787889374FBEB4C81B17BA6C44"));
});

describe("splitKeyingMaterial()", () => {
  // RFC 5764, section 4.2: both keys, then both salts, the client's first.
  test.each([
    { profile: "aes128-cm-sha1-80", saltSize: 14 },
    { profile: "aead-aes-128-gcm", saltSize: 12 },
  ] as const)("for $profile", ({ profile, saltSize }) => {
    const size = keyingMaterialSize(profile);
    expect(size).toBe(32 + 2 * saltSize);
    const material = Uint8Array.from({ length: size }, (_, index) => index);
    const { client, server } = splitKeyingMaterial(profile, material);
    const saltsEnd = 32 + saltSize;
    expect(client).toEqual({
      profile,
      masterKey: material.slice(0, 16),
      masterSalt: material.slice(32, saltsEnd),
    });
    expect(server).toEqual({
      profile,
      masterKey: material.slice(16, 32),
      masterSalt: material.slice(saltsEnd),
    });
    material.fill(0xff);
    expect(client.masterKey[1]).toBe(1);
    expect(() => splitKeyingMaterial(profile, material.subarray(1))).toThrow("Assertion failed");
  });
});
