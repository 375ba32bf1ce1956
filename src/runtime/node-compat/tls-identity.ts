/**
 * Looks at a certificate and its key before they are used: not every runtime does so by itself.
 *
 * @module
 */

import { createPrivateKey, X509Certificate } from "node:crypto";
import { SystemError } from "../../base/errors.ts";
import type { TlsIdentity } from "../runtime.ts";

/** @throws {SystemError} `EINVAL` if one is not PEM, or the key is not the certificate's. */
export function checkIdentity(identity: TlsIdentity): void {
  const certificate = parse("certificate", () => new X509Certificate(identity.certificate));
  const key = parse("private key", () => createPrivateKey(identity.key));
  if (!certificate.checkPrivateKey(key)) {
    throw new SystemError("EINVAL", "Cannot use the certificate: the key belongs to another one");
  }
}

function parse<Result>(what: string, read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    throw toIdentityError(what, cause);
  }
}

function toIdentityError(what: string, cause: unknown): SystemError {
  return new SystemError("EINVAL", `Cannot use the ${what}: not PEM`, { cause });
}
