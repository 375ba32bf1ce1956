/**
 * Private keys that sign, by node:crypto.
 *
 * @module
 */

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { SystemError } from "../../base/errors.ts";
import type { SigningKey, SigningKeyKind } from "../runtime.ts";
import { toPlainBytes } from "./plain-bytes.ts";

const RSA_BITS = 2_048;

export function createSigningKey(kind: SigningKeyKind): SigningKey {
  const { privateKey } =
    kind === "rsa"
      ? generateKeyPairSync("rsa", { modulusLength: RSA_BITS })
      : generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  return toSigningKey(privateKey, kind);
}

export function readSigningKey(pem: string): SigningKey {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw toKeyError(cause);
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  const isP256 = type === "ec" && details?.namedCurve === "prime256v1";
  if (!isP256 && type !== "rsa") {
    throw new SystemError("EINVAL", "Cannot use private key: it is neither P-256 nor RSA");
  }
  return toSigningKey(key, isP256 ? "ecdsa" : "rsa");
}

export function verifySigned(
  publicKey: Uint8Array,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey), format: "der", type: "spki" });
    return verify("sha256", data, key, signature);
  } catch {
    return false; // Each runtime has errors of its own for what is no key.
  }
}

function toKeyError(cause: unknown): SystemError {
  return new SystemError("EINVAL", "Cannot read private key: it is no PEM of one", { cause });
}

function toSigningKey(key: KeyObject, kind: SigningKeyKind): SigningKey {
  return {
    kind,
    publicKey: toPlainBytes(createPublicKey(key).export({ type: "spki", format: "der" })),
    pem: key.export({ type: "pkcs8", format: "pem" }) as string,
    sign: (data) => toPlainBytes(sign("sha256", data, key)),
  };
}
