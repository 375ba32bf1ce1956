/**
 * Cryptography by node:crypto, which all three runtimes have.
 *
 * @module
 */

import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  type KeyObject,
  pbkdf2Sync,
  randomFillSync,
  scrypt,
  timingSafeEqual,
  webcrypto,
} from "node:crypto";
import { assert } from "../../base/assert.ts";
import { concatBytes } from "../../base/bytes.ts";
import type { CertificateFacts } from "../../base/certificate-facts.ts";
import { MalformedError } from "../../base/errors.ts";
import type {
  AesEncryptor,
  AesGcm,
  AesMode,
  Crypto,
  HashName,
  Hmac,
  KeyAgreement,
  PublicKey,
  ScryptCost,
  SigningKey,
  SigningKeyKind,
  TlsIdentity,
} from "../runtime.ts";
import { NodeAesGcm } from "./aes-gcm.ts";
import { createKeyAgreement } from "./key-agreement.ts";
import { toPlainBytes } from "./plain-bytes.ts";
import { createSigningKey, readSigningKey, verifySigned } from "./signing-key.ts";
import { describeCertificate } from "./tls-identity.ts";

const AES_BLOCK_SIZE = 16;

/** What Web Cryptography is told to import a key and to verify by it. */
const SIGNATURE_ALGORITHMS = {
  RSA: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  EC: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
} as const;

export interface CryptoOptions {
  /**
   * Whether keys are wrapped in a KeyObject before use: on Node that is three times as fast as bare
   * bytes (4 and 13 us for a packet of AES-CTR), on Deno half as fast, on Bun the same.
   */
  readonly wrapsKeys: boolean;
}

export class NodeCrypto implements Crypto {
  #wrapsKeys: boolean;

  constructor(options: CryptoOptions) {
    this.#wrapsKeys = options.wrapsKeys;
  }

  randomBytes(size: number): Uint8Array {
    return randomFillSync(new Uint8Array(size));
  }

  hash(name: HashName, data: Uint8Array): Uint8Array {
    return toPlainBytes(createHash(name).update(data).digest());
  }

  hmac(name: HashName, key: Uint8Array, data: Uint8Array): Uint8Array {
    return toPlainBytes(createHmac(name, this.#wrap(key)).update(data).digest());
  }

  isEqual(a: Uint8Array, b: Uint8Array): boolean {
    return a.length === b.length && timingSafeEqual(a, b);
  }

  encryptAes(mode: AesMode, key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array {
    const cipher = createCipheriv(
      algorithm(mode, key),
      this.#wrap(key),
      mode === "ecb" ? null : iv,
    );
    if (mode !== "cbc") {
      assert(mode !== "ecb" || data.length % AES_BLOCK_SIZE === 0, "AES-ECB takes whole blocks");
      cipher.setAutoPadding(false);
      return toPlainBytes(cipher.update(data));
    }
    return concatBytes([cipher.update(data), cipher.final()]);
  }

  decryptAes(mode: AesMode, key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array {
    if (mode === "ctr") return this.encryptAes(mode, key, iv, data);
    const hasPadding = mode === "cbc";
    if (data.length % AES_BLOCK_SIZE !== 0 || (hasPadding && data.length === 0)) {
      throw new MalformedError("Cannot decrypt AES: not whole blocks", 0);
    }
    const decipher = createDecipheriv(
      algorithm(mode, key),
      this.#wrap(key),
      mode === "ecb" ? null : iv,
    );
    decipher.setAutoPadding(hasPadding);
    try {
      return concatBytes([decipher.update(data), decipher.final()]);
    } catch (cause) {
      throw toPaddingError(cause);
    }
  }

  createHmac(name: HashName, key: Uint8Array): Hmac {
    const wrapped = this.#wrap(key.slice());
    return { digest: (data) => toPlainBytes(createHmac(name, wrapped).update(data).digest()) };
  }

  createAesEncryptor(key: Uint8Array): AesEncryptor {
    const cipher = createCipheriv(algorithm("ecb", key), this.#wrap(key), null);
    cipher.setAutoPadding(false);
    return {
      encrypt: (blocks) => {
        assert(blocks.length % AES_BLOCK_SIZE === 0, "AES-ECB takes whole blocks");
        return toPlainBytes(cipher.update(blocks));
      },
    };
  }

  createAesGcm(key: Uint8Array): AesGcm {
    return new NodeAesGcm(algorithm("gcm", key), this.#wrap(key.slice()));
  }

  deriveKey(password: Uint8Array, salt: Uint8Array, rounds: number, size: number): Uint8Array {
    return toPlainBytes(pbkdf2Sync(password, salt, rounds, size, "sha1"));
  }

  scrypt(
    password: Uint8Array,
    salt: Uint8Array,
    { logCost, blockSize, parallelization }: ScryptCost,
    size: number,
  ): Promise<Uint8Array> {
    const cost = 2 ** logCost;
    // What is needed, with room for what implementations add to it.
    const maxmem = 256 * blockSize * (cost + parallelization);
    const options = { cost, blockSize, parallelization, maxmem };
    return new Promise((resolve, reject) => {
      scrypt(password, salt, size, options, (error, key) => {
        // Bun says `undefined` where the others say `null`.
        if (error instanceof Error) reject(error);
        else resolve(toPlainBytes(key));
      });
    });
  }

  async verify(key: PublicKey, data: Uint8Array, signature: Uint8Array): Promise<boolean> {
    const { subtle } = webcrypto;
    const algorithm = SIGNATURE_ALGORITHMS[key.kty];
    try {
      const imported = await subtle.importKey("jwk", { ...key }, algorithm, false, ["verify"]);
      return await subtle.verify(algorithm, imported, copyOf(signature), copyOf(data));
    } catch {
      return false; // Each runtime has errors of its own for what is no key.
    }
  }

  createSigningKey(kind: SigningKeyKind): SigningKey {
    return createSigningKey(kind);
  }

  readSigningKey(pem: string): SigningKey {
    return readSigningKey(pem);
  }

  verifySigned(publicKey: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean {
    return verifySigned(publicKey, data, signature);
  }

  describeCertificate(identity: TlsIdentity): CertificateFacts {
    return describeCertificate(identity);
  }

  createKeyAgreement(): KeyAgreement {
    return createKeyAgreement();
  }

  #wrap(key: Uint8Array): KeyObject | Uint8Array {
    return this.#wrapsKeys ? createSecretKey(key) : key;
  }
}

function toPaddingError(cause: unknown): MalformedError {
  return new MalformedError("Cannot decrypt AES: wrong padding", 0, { cause });
}

function algorithm<Mode extends AesMode | "gcm">(mode: Mode, key: Uint8Array) {
  const { length } = key;
  assert(length === 16 || length === 24 || length === 32, "AES key of 16, 24 or 32");
  return `aes-${length === 16 ? 128 : length === 24 ? 192 : 256}-${mode}` as const;
}

/** In a buffer that is no SharedArrayBuffer, which Web Cryptography does not take. */
function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
