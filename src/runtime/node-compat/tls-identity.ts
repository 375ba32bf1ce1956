/**
 * Looks at a certificate and its key before they are used: not every runtime does so by itself.
 *
 * @module
 */

import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Server } from "node:net";
import type { Server as TlsServer } from "node:tls";
import { assert } from "../../base/assert.ts";
import type { CertificateFacts } from "../../base/certificate-facts.ts";
import { SystemError } from "../../base/errors.ts";
import type { TlsIdentity } from "../runtime.ts";
import { toSystemError } from "./system-fault.ts";

/** @throws {SystemError} `EINVAL` if one is not PEM, or the key is not the certificate's. */
export function checkIdentity(identity: TlsIdentity): void {
  readCertificate(identity);
}

/** As `Crypto.describeCertificate`. */
export function describeCertificate(identity: TlsIdentity): CertificateFacts {
  const { subject, validFrom, validTo } = readCertificate(identity);
  return {
    subject: subject.replaceAll("\n", ", "),
    validFromMs: Date.parse(validFrom),
    validUntilMs: Date.parse(validTo),
  };
}

function readCertificate(identity: TlsIdentity): X509Certificate {
  const certificate = parse("certificate", () => new X509Certificate(identity.certificate));
  const key = parse("private key", () => createPrivateKey(identity.key));
  if (!certificate.checkPrivateKey(key)) {
    throw new SystemError("EINVAL", "Cannot use the certificate: the key belongs to another one");
  }
  return certificate;
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

/** Replaces the certificate of a listener that has one. */
export function replaceIdentity(server: Server | TlsServer, identity: TlsIdentity): void {
  assert("setSecureContext" in server, "only a TLS listener has an identity");
  checkIdentity(identity);
  try {
    server.setSecureContext({ cert: identity.certificate, key: identity.key });
  } catch (error) {
    throw toSystemError(error, "use the certificate");
  }
}
