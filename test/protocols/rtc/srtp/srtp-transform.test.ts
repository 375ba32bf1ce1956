/**
 * Goal: protected packets are those that every other implementation makes, in both profiles.
 *
 * Method: the vectors of RFC 7714, sections 16 and 17, which give session keys; and packets by given
 * master keys from the tests of libsrtp, the implementation that browsers use.
 */

import { describe, expect, test } from "vitest";
import { GaloisModeTransform } from "../../../../src/protocols/rtc/srtp/galois-mode-transform.ts";
import { deriveSessionKeys } from "../../../../src/protocols/rtc/srtp/key-derivation.ts";
import type { SrtpKeys } from "../../../../src/protocols/rtc/srtp/srtp-keys.ts";
import {
  createSrtpTransform,
  type SrtpTransform,
} from "../../../../src/protocols/rtc/srtp/srtp-transform.ts";
import { MemoryRuntime } from "../../../../src/runtime/memory/memory-runtime.ts";
import { fromHex } from "../../../support/hex.ts";

const { crypto } = new MemoryRuntime();

const sessionKeys = {
  encryptionKey: fromHex("000102030405060708090a0b0c0d0e0f"),
  authenticationKey: new Uint8Array(20),
  salt: fromHex("517569642070726f2071756f"),
};

const RFC_7714_RTP = fromHex(`8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973
  20646976 69736120 696e2070 61727465 73207472 6573`);
const RFC_7714_RTCP = fromHex(`81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930
  4c756e61 deadbeef deadbeef deadbeef deadbeef deadbeef`);

describe("RFC 7714", () => {
  const transform = new GaloisModeTransform(crypto, { rtp: sessionKeys, rtcp: sessionKeys });

  test("16.1: RTP", () => {
    const sealed = fromHex(`8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca
      be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce`);
    expect(transform.sealRtp(RFC_7714_RTP, 12, 0xf17b)).toEqual(sealed);
    expect(transform.openRtp(sealed, 12, 0xf17b)).toEqual(RFC_7714_RTP);
    expect(transform.openRtp(sealed, 12, 0x1_f17b)).toBeUndefined();
  });

  test("17.1: RTCP", () => {
    const sealed = fromHex(`81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7
      6c06f32d c676a5f1 730d6fda 4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade
      800005d4`);
    expect(transform.sealRtcp(RFC_7714_RTCP, 0x5d4)).toEqual(sealed);
    expect(transform.openRtcp(sealed)).toEqual(RFC_7714_RTCP);
  });

  test("17.3: RTCP that is authenticated only", () => {
    const sealed = fromHex(`81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930
      4c756e61 deadbeef deadbeef deadbeef deadbeef deadbeef 841dd968 3dd78ec9 2ae58790 125f62b3
      000005d4`);
    expect(transform.openRtcp(sealed)).toEqual(RFC_7714_RTCP);
  });
});

function createTransform(keys: SrtpKeys): SrtpTransform {
  return createSrtpTransform(crypto, keys.profile, deriveSessionKeys(crypto, keys));
}

interface PacketVector {
  readonly transform: SrtpTransform;
  readonly rtp: Uint8Array;
  readonly rtcp: Uint8Array;
}

const VECTORS: Record<string, PacketVector> = {
  "aes128-cm-sha1-80": {
    transform: createTransform({
      profile: "aes128-cm-sha1-80",
      masterKey: fromHex("e1f97a0d3e018be0d64fa32c06de4139"),
      masterSalt: fromHex("0ec675ad498afeebb6960b3aabe6"),
    }),
    rtp: fromHex("800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb"),
    rtcp: fromHex(`81c8000bcafebabe7128035be487b9bdbef89041f977a5a880000001993e08cd54d6c1230798`),
  },
  "aead-aes-128-gcm": {
    transform: createTransform({
      profile: "aead-aes-128-gcm",
      masterKey: fromHex("000102030405060708090a0b0c0d0e0f"),
      masterSalt: fromHex("a0a1a2a3a4a5a6a7a8a9aaab"),
    }),
    rtp: fromHex(`800f1234decafbadcafebabec5002ede04cfdd2eb91159e0880aa06ed2976826
      f796b201df3131a127e8a392`),
    rtcp: fromHex(`81c8000bcafebabec98b8b5df0392a55852b6c21ac8e7025c52c6fbea2b3b446
      ea31123ba88ce61e80000001`),
  },
};

describe.each(Object.entries(VECTORS))("libsrtp's packets of %s", (_profile, vector) => {
  const { transform, rtp, rtcp } = vector;
  const plainRtp = fromHex("800f1234decafbadcafebabeabababababababababababababababab");
  const plainRtcp = fromHex("81c8000bcafebabeabababababababababababababababab");

  test("RTP", () => {
    expect(transform.sealRtp(plainRtp, 12, 0x1234)).toEqual(rtp);
    expect(transform.openRtp(rtp, 12, 0x1234)).toEqual(plainRtp);
  });

  test("RTCP", () => {
    expect(transform.sealRtcp(plainRtcp, 1)).toEqual(rtcp);
    expect(transform.openRtcp(rtcp)).toEqual(plainRtcp);
  });
});
