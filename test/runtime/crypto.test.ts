/**
 * Goal: hashes, HMAC, AES and PBKDF2 give what their specifications say, on every runtime.
 *
 * Method: the vectors that the specifications publish.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../src/base/errors.ts";
import { createRuntime } from "../../src/runtime/detect.ts";
import { MemoryRuntime } from "../../src/runtime/memory/memory-runtime.ts";
import type { AesMode, HashName } from "../../src/runtime/runtime.ts";
import { noise } from "../support/noise.ts";

const { crypto, name: runtimeName } = await createRuntime();

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const hex = (digits: string): Uint8Array =>
  Uint8Array.from(digits.replace(/\s/g, "").match(/../g) ?? [], (pair) =>
    Number.parseInt(pair, 16),
  );

const NOTHING = new Uint8Array();

const joined = (a: Uint8Array, b: Uint8Array): Uint8Array => Uint8Array.of(...a, ...b);

describe(`hashes on ${runtimeName}`, () => {
  test.each<{ name: HashName; text: string; digest: string }>([
    // RFC 1321, appendix A.5.
    { name: "md5", text: "", digest: "d41d8cd98f00b204e9800998ecf8427e" },
    { name: "md5", text: "message digest", digest: "f96b697d7cb7938d525a2f31aaf161d0" },
    // RFC 3174, section 7.3.
    { name: "sha1", text: "abc", digest: "a9993e364706816aba3e25717850c26c9cd0d89d" },
    // FIPS 180-2, appendix B.1.
    {
      name: "sha256",
      text: "abc",
      digest: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    },
  ])("$name of '$text'", ({ name, text, digest }) => {
    expect(crypto.hash(name, encode(text))).toEqual(hex(digest));
  });

  const RFC_2202_6 = encode("Test Using Larger Than Block-Size Key - Hash Key First");

  test.each<{ name: HashName; key: Uint8Array; data: Uint8Array; digest: string }>([
    // RFC 2202, section 2, cases 1 and 2; section 3, cases 1, 2 and 6.
    {
      name: "md5",
      key: new Uint8Array(16).fill(0x0b),
      data: encode("Hi There"),
      digest: "9294727a3638bb1c13f48ef8158bfc9d",
    },
    {
      name: "md5",
      key: encode("Jefe"),
      data: encode("what do ya want for nothing?"),
      digest: "750c783e6ab0b503eaa86e310a5db738",
    },
    {
      name: "sha1",
      key: new Uint8Array(20).fill(0x0b),
      data: encode("Hi There"),
      digest: "b617318655057264e28bc0b6fb378c8ef146be00",
    },
    {
      name: "sha1",
      key: encode("Jefe"),
      data: encode("what do ya want for nothing?"),
      digest: "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
    },
    {
      name: "sha1",
      key: new Uint8Array(80).fill(0xaa),
      data: RFC_2202_6,
      digest: "aa4ae5e15272d00e95705637ce8a3b55ed402112",
    },
    // RFC 4231, sections 4.2, 4.3 and 4.7.
    {
      name: "sha256",
      key: new Uint8Array(20).fill(0x0b),
      data: encode("Hi There"),
      digest: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    },
    {
      name: "sha256",
      key: encode("Jefe"),
      data: encode("what do ya want for nothing?"),
      digest: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    },
    {
      name: "sha256",
      key: new Uint8Array(131).fill(0xaa),
      data: RFC_2202_6,
      digest: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    },
    // RFC 2104: an empty key is one of zeros. The value is that of RFC 2104's definition.
    {
      name: "sha256",
      key: NOTHING,
      data: NOTHING,
      digest: "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad",
    },
  ])("HMAC-$name by a key of $key.length bytes", ({ name, key, data, digest }) => {
    expect(crypto.hmac(name, key, data)).toEqual(hex(digest));
  });
});

// NIST SP 800-38A, appendix F: one plaintext and one initial block for all.
const PLAIN = hex(`
  6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51
  30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710`);
const IV = hex("000102030405060708090a0b0c0d0e0f");
const COUNTER = hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
const KEY_128 = hex("2b7e151628aed2a6abf7158809cf4f3c");
const KEY_192 = hex("8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b");
const KEY_256 = hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");

interface AesCase {
  readonly name: string;
  readonly mode: AesMode;
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
  readonly encrypted: string;
}

const AES_CASES: AesCase[] = [
  {
    name: "F.1.1 ECB-AES128",
    mode: "ecb",
    key: KEY_128,
    iv: NOTHING,
    encrypted: `3ad77bb40d7a3660a89ecaf32466ef97 f5d3d58503b9699de785895a96fdbaaf
      43b1cd7f598ece23881b00e3ed030688 7b0c785e27e8ad3f8223207104725dd4`,
  },
  {
    name: "F.1.5 ECB-AES256",
    mode: "ecb",
    key: KEY_256,
    iv: NOTHING,
    encrypted: `f3eed1bdb5d2a03c064b5a7e3db181f8 591ccb10d410ed26dc5ba74a31362870
      b6ed21b99ca6f4f9f153e7b1beafed1d 23304b7a39f9f3ff067d8d8f9e24ecc7`,
  },
  {
    name: "F.2.1 CBC-AES128",
    mode: "cbc",
    key: KEY_128,
    iv: IV,
    encrypted: `7649abac8119b246cee98e9b12e9197d 5086cb9b507219ee95db113a917678b2
      73bed6b8e3c1743b7116e69e22229516 3ff1caa1681fac09120eca307586e1a7`,
  },
  {
    name: "F.5.1 CTR-AES128",
    mode: "ctr",
    key: KEY_128,
    iv: COUNTER,
    encrypted: `874d6191b620e3261bef6864990db6ce 9806f66b7970fdff8617187bb9fffdff
      5ae4df3edbd5d35e5b4f09020db03eab 1e031dda2fbe03d1792170a0f3009cee`,
  },
  {
    name: "F.5.3 CTR-AES192",
    mode: "ctr",
    key: KEY_192,
    iv: COUNTER,
    encrypted: `1abc932417521ca24f2b0459fe7e6e0b 090339ec0aa6faefd5ccc2c6f4ce8e94
      1e36b26bd1ebc670d1bd1d665620abf7 4f78a7f6d29809585a97daec58c6b050`,
  },
  {
    name: "F.5.5 CTR-AES256",
    mode: "ctr",
    key: KEY_256,
    iv: COUNTER,
    encrypted: `601ec313775789a5b7a7f504bbf3d228 f443e3ca4d62b59aca84e990cacaf5c5
      2b0930daa23de94ce87017ba2d84988d dfc9c58db67aada613c2dd08457941a6`,
  },
];

describe(`AES on ${runtimeName}`, () => {
  test.each(AES_CASES)("$name", ({ mode, key, iv, encrypted }) => {
    const expected = hex(encrypted);
    const actual = crypto.encryptAes(mode, key, iv, PLAIN);
    // CBC adds a block of padding to whole blocks (PKCS #7; RFC 5652, section 6.3).
    expect(actual.length).toBe(mode === "cbc" ? expected.length + 16 : expected.length);
    expect(actual.subarray(0, expected.length)).toEqual(expected);
    expect(crypto.decryptAes(mode, key, iv, actual)).toEqual(PLAIN);
    expect(actual.constructor).toBe(Uint8Array);
  });

  test("FIPS 197, appendices C.1 to C.3", () => {
    const plain = hex("00112233445566778899aabbccddeeff");
    const key = Uint8Array.from({ length: 32 }, (_, index) => index);
    const block = (size: number): Uint8Array =>
      crypto.encryptAes("ecb", key.subarray(0, size), NOTHING, plain);
    expect(block(16)).toEqual(hex("69c4e0d86a7b0430d8cdb78070b4c55a"));
    expect(block(24)).toEqual(hex("dda97ca4864cdfe06eaf70a0ec0d7191"));
    expect(block(32)).toEqual(hex("8ea2b7ca516745bfeafc49904b496089"));
  });

  test("takes messages of any length but in ECB", () => {
    for (let length = 0; length < 50; length++) {
      const message = PLAIN.subarray(0, length);
      for (const mode of ["cbc", "ctr"] as const) {
        const encrypted = crypto.encryptAes(mode, KEY_128, IV, message);
        expect(encrypted.length).toBe(mode === "ctr" ? length : length + 16 - (length % 16));
        expect(crypto.decryptAes(mode, KEY_128, IV, encrypted)).toEqual(message);
      }
    }
    expect(() => crypto.encryptAes("ecb", KEY_128, NOTHING, PLAIN.subarray(1))).toThrow(
      "Assertion failed",
    );
  });

  test("throws MalformedError on wrong padding and on part of a block", () => {
    const encrypted = crypto.encryptAes("cbc", KEY_128, IV, PLAIN);
    expect(() => crypto.decryptAes("cbc", KEY_128, IV, PLAIN)).toThrow(MalformedError);
    for (const mode of ["cbc", "ecb"] as const) {
      expect(() => crypto.decryptAes(mode, KEY_128, IV, encrypted.subarray(1))).toThrow(
        MalformedError,
      );
    }
    expect(() => crypto.decryptAes("cbc", KEY_128, IV, NOTHING)).toThrow(MalformedError);
  });

  test("throws nothing but MalformedError on noise", () => {
    for (const bytes of noise(300, 100)) {
      for (const mode of ["cbc", "ctr", "ecb"] as const) {
        try {
          crypto.decryptAes(mode, KEY_256, IV, bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }
    }
  });
});

describe(`keys kept ready on ${runtimeName}`, () => {
  test("HMAC gives what the one for a single message gives, time and again", () => {
    const key = encode("Jefe");
    const hmac = crypto.createHmac("sha1", key);
    const expected = crypto.hmac("sha1", key, PLAIN);
    key.fill(0);
    expect(hmac.digest(PLAIN)).toEqual(expected);
    expect(hmac.digest(encode("what do ya want for nothing?"))).toEqual(
      hex("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
    );
    expect(hmac.digest(PLAIN)).toEqual(expected);
    expect(hmac.digest(PLAIN).constructor).toBe(Uint8Array);
  });

  test("AES encrypts blocks each by itself, time and again", () => {
    const [one] = AES_CASES;
    const key = KEY_128.slice();
    const encryptor = crypto.createAesEncryptor(key);
    key.fill(0);
    const expected = hex(one?.encrypted ?? "");
    expect(encryptor.encrypt(PLAIN)).toEqual(expected);
    expect(encryptor.encrypt(PLAIN.subarray(16, 32))).toEqual(expected.subarray(16, 32));
    expect(encryptor.encrypt(NOTHING)).toEqual(NOTHING);
    const kept = encryptor.encrypt(PLAIN);
    encryptor.encrypt(new Uint8Array(10_000));
    expect(kept).toEqual(expected);
    expect(kept.constructor).toBe(Uint8Array);
    expect(() => encryptor.encrypt(PLAIN.subarray(1))).toThrow("Assertion failed");
  });

  test("AES encrypts blocks by keys of every size", () => {
    const block = PLAIN.subarray(0, 16);
    for (const key of [KEY_128, KEY_192, KEY_256]) {
      const expected = crypto.encryptAes("ecb", key, NOTHING, block);
      expect(crypto.createAesEncryptor(key).encrypt(block)).toEqual(expected);
    }
  });

  // The Galois/Counter Mode of Operation (McGrew and Viega), appendix B, test cases 1, 2, 4 and 16.
  const message = hex(`d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72
    1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39`);
  const associatedData = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  const key = hex("feffe9928665731c6d6a8f9467308308");
  const nonce = hex("cafebabefacedbaddecaf888");
  const zeros = (size: number): Uint8Array => new Uint8Array(size);

  test.each([
    {
      ...{ name: "1", key: zeros(16), nonce: zeros(12), message: NOTHING, associatedData: NOTHING },
      sealed: "58e2fccefa7e3061367f1d57a4e7455a",
    },
    {
      ...{ name: "2", key: zeros(16), nonce: zeros(12), message: zeros(16) },
      associatedData: NOTHING,
      sealed: "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf",
    },
    {
      ...{ name: "4", key, nonce, message, associatedData },
      sealed: `42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e
        21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091
        5bc94fbc3221a5db94fae95ae7121a47`,
    },
    {
      ...{ name: "16", key: joined(key, key), nonce, message, associatedData },
      sealed: `522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa
        8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662
        76fc6ece0f4e1768cddf8853bb2d551b`,
    },
  ])("AES-GCM, test case $name", ({ key, nonce, message, associatedData, sealed }) => {
    const gcm = crypto.createAesGcm(key);
    const expected = hex(sealed);
    for (let round = 0; round < 2; round++) {
      expect(gcm.seal(nonce, associatedData, message)).toEqual(expected);
      expect(gcm.open(nonce, associatedData, expected)).toEqual(message);
    }
  });

  test("AES-GCM opens nothing that was changed or cut", () => {
    const gcm = crypto.createAesGcm(key);
    const sealed = gcm.seal(nonce, associatedData, message);
    for (let size = 0; size < sealed.length; size++) {
      expect(gcm.open(nonce, associatedData, sealed.subarray(0, size))).toBeUndefined();
    }
    for (let i = 0; i < sealed.length; i++) {
      const changed = sealed.slice();
      changed[i] = (changed[i] ?? 0) ^ 1;
      expect(gcm.open(nonce, associatedData, changed)).toBeUndefined();
    }
    expect(gcm.open(nonce, NOTHING, sealed)).toBeUndefined();
    expect(gcm.open(zeros(12), associatedData, sealed)).toBeUndefined();
    for (const bytes of noise(100, 100)) {
      expect(gcm.open(nonce, associatedData, bytes)).toBeUndefined();
    }
  });
});

describe(`keys and chance on ${runtimeName}`, () => {
  // RFC 6070, section 2.
  test.each([
    {
      password: "password",
      salt: "salt",
      rounds: 1,
      key: "0c60c80f961f0e71f3a9b524af6012062fe037a6",
    },
    {
      password: "password",
      salt: "salt",
      rounds: 2,
      key: "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957",
    },
    {
      password: "password",
      salt: "salt",
      rounds: 4096,
      key: "4b007901b765489abead49d926f721d065a429c1",
    },
    {
      password: "passwordPASSWORDpassword",
      salt: "saltSALTsaltSALTsaltSALTsaltSALTsalt",
      rounds: 4096,
      key: "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038",
    },
    {
      password: "pass\0word",
      salt: "sa\0lt",
      rounds: 4096,
      key: "56fa6aa75548099dcc37d7f03425e0c3",
    },
  ])("PBKDF2 of $rounds rounds to $key", ({ password, salt, rounds, key }) => {
    const size = key.length / 2;
    expect(crypto.deriveKey(encode(password), encode(salt), rounds, size)).toEqual(hex(key));
  });

  test("compares bytes", () => {
    expect(crypto.isEqual(encode("secret"), encode("secret"))).toBe(true);
    expect(crypto.isEqual(encode("secret"), encode("secreT"))).toBe(false);
    expect(crypto.isEqual(encode("secret"), encode("secret!"))).toBe(false);
    expect(crypto.isEqual(NOTHING, NOTHING)).toBe(true);
  });

  test("gives random bytes, as many as asked for and never the same", () => {
    expect(crypto.randomBytes(0)).toEqual(NOTHING);
    const a = crypto.randomBytes(32);
    expect(a.constructor).toBe(Uint8Array);
    expect(a.length).toBe(32);
    expect(crypto.randomBytes(32)).not.toEqual(a);
    const many = crypto.randomBytes(200_000);
    expect(many.length).toBe(200_000);
    expect(new Set(many).size).toBe(256);
  });

  test("gives in memory the same random bytes on every run", () => {
    const [one, other] = [new MemoryRuntime().crypto, new MemoryRuntime().crypto];
    const first = one.randomBytes(16);
    expect(other.randomBytes(16)).toEqual(first);
    expect(one.randomBytes(16)).not.toEqual(first);
    expect(new Set(other.randomBytes(10_000)).size).toBe(256);
  });
});

describe(`scrypt on ${runtimeName}`, () => {
  // RFC 7914, section 12; the last of them, which takes 1 GiB, is left out.
  test.each([
    {
      ...{ password: "", salt: "", logCost: 4, blockSize: 1, parallelization: 1 },
      key: `77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442
        fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906`,
    },
    {
      ...{ password: "password", salt: "NaCl", logCost: 10, blockSize: 8, parallelization: 16 },
      key: `fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162
        2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640`,
    },
    {
      ...{ password: "pleaseletmein", salt: "SodiumChloride" },
      ...{ logCost: 14, blockSize: 8, parallelization: 1 },
      key: `7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2
        d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887`,
    },
  ])("$password, $salt", async ({ password, salt, key, ...cost }) => {
    expect(await crypto.scrypt(encode(password), encode(salt), cost, 64)).toEqual(hex(key));
  });

  test("lets others go on meanwhile", async () => {
    let turns = 0;
    let isDone = false;
    const cost = { logCost: 15, blockSize: 8, parallelization: 3 };
    const done = crypto.scrypt(encode("a"), encode("b"), cost, 32).then(() => {
      isDone = true;
    });
    while (!isDone) {
      turns += 1;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await done;
    expect(turns).toBeGreaterThan(5);
  });
});

describe(`signatures on ${runtimeName}`, () => {
  // RFC 7515, appendix A.3.
  const key = {
    kty: "EC",
    crv: "P-256",
    x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
  } as const;
  const data = encode(
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
  );
  const signature = hex(
    `0ed1215379636c483c2f7f155807d402a3b228033af97c7e17819ac3169ea665
      c50a07d38c3c70e5d8f12daf084a5480a66590c5f293509a8f3f7f8a83a354d5`,
  );

  test("of ECDSA", async () => {
    expect(await crypto.verify(key, data, signature)).toBe(true);
    expect(await crypto.verify(key, encode("another"), signature)).toBe(false);
    expect(await crypto.verify(key, data, signature.subarray(1))).toBe(false);
    expect(await crypto.verify(key, data, NOTHING)).toBe(false);
  });

  test("by what is no key are none", async () => {
    expect(await crypto.verify({ ...key, x: key.y }, data, signature)).toBe(false);
    expect(await crypto.verify({ ...key, x: "!" }, data, signature)).toBe(false);
    expect(await crypto.verify({ kty: "RSA", n: "AA", e: "AQAB" }, data, signature)).toBe(false);
  });
});
