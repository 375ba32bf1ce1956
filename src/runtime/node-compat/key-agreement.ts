/**
 * Agreement on a secret by ECDH on P-256, by node:crypto.
 *
 * @module
 */

import { createECDH } from "node:crypto";
import type { KeyAgreement } from "../runtime.ts";
import { toPlainBytes } from "./plain-bytes.ts";

export function createKeyAgreement(): KeyAgreement {
  const ecdh = createECDH("prime256v1");
  const publicKey = toPlainBytes(ecdh.generateKeys());
  return {
    publicKey,
    agree(peerPublicKey) {
      try {
        return toPlainBytes(ecdh.computeSecret(peerPublicKey));
      } catch {
        return undefined; // No point of the curve.
      }
    },
  };
}
