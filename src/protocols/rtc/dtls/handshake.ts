/**
 * What the handshakes of both roles have in common.
 *
 * Spec: RFC 5246, section 7.4; RFC 6347, section 4.2; RFC 5764, section 4.1 (SRTP); RFC 8827, section
 * 6.5 (cipher suites and curves that every peer of WebRTC has).
 *
 * @module
 */

import { ProtocolError } from "../../../base/errors.ts";
import { type HandshakeMessage, HandshakeType } from "../../../codec/dtls/handshake-message.ts";
import { SignatureScheme } from "../../../codec/dtls/key-exchange.ts";
import { findCertificatePublicKey } from "../../../codec/x509/certificate-public-key.ts";
import type { Crypto, SigningKeyKind } from "../../../runtime/runtime.ts";
import type { SrtpProfile } from "../srtp/srtp-keys.ts";
import type { DtlsIdentity } from "./dtls-identity.ts";
import { type DtlsRole, HandshakeSecrets } from "./handshake-secrets.ts";
import type { FlightPart, RecordLayer } from "./record-layer.ts";

/** TLS_ECDHE_ECDSA_ and TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, by the key of the server. */
export const CIPHER_SUITES: Readonly<Record<SigningKeyKind, number>> = {
  ecdsa: 0xc02b,
  rsa: 0xc02f,
};

export const SIGNATURE_SCHEMES: Readonly<Record<SigningKeyKind, number>> = {
  ecdsa: SignatureScheme.EcdsaSha256,
  rsa: SignatureScheme.RsaPkcs1Sha256,
};

export interface HandshakeOptions {
  readonly crypto: Crypto;
  readonly identity: DtlsIdentity;
  /** In order of preference. */
  readonly srtpProfiles: readonly SrtpProfile[];
  /** Whether the peer is who its session description says. */
  isTrusted(certificate: Uint8Array): boolean;
}

/** Where a handshake sends. */
export interface HandshakeOutput {
  readonly records: RecordLayer;
  /** Sends the parts, and again until the peer answers, unless it is the last flight. */
  sendFlight(parts: readonly FlightPart[], isLast: boolean): void;
}

export abstract class Handshake {
  protected readonly options: HandshakeOptions;
  protected readonly output: HandshakeOutput;
  protected readonly secrets: HandshakeSecrets;
  /** That was agreed on. */
  profile: SrtpProfile | undefined;
  /** Both sides have proven all they had to. */
  isDone = false;
  #messageSequence = 0;
  #peerCertificate: Uint8Array | undefined;

  constructor(options: HandshakeOptions, output: HandshakeOutput) {
    this.options = options;
    this.output = output;
    this.secrets = new HandshakeSecrets(options.crypto);
  }

  abstract readonly role: DtlsRole;

  /**
   * Takes the peer's next message.
   *
   * @throws {MalformedError}
   * @throws {ProtocolError} If it is not the one that has to come, or proves the wrong thing.
   */
  abstract take(message: HandshakeMessage): void;

  get srtpKeys(): ReturnType<HandshakeSecrets["srtpKeys"]> | undefined {
    return this.profile === undefined ? undefined : this.secrets.srtpKeys(this.profile);
  }

  /** A message of ours, which goes into the hash of the handshake. */
  protected createPart(type: number, body: Uint8Array, epoch: 0 | 1 = 0): FlightPart {
    const message = { type, messageSequence: this.#messageSequence, body };
    this.#messageSequence += 1;
    this.secrets.add(message);
    return { kind: "message", epoch, message };
  }

  /** Change of keys and Finished, with which both sides end. */
  protected createFinish(): FlightPart[] {
    const verifyData = this.secrets.verifyData(this.role);
    return [{ kind: "change-cipher-spec" }, this.createPart(HandshakeType.Finished, verifyData, 1)];
  }

  protected takeCertificate(certificate: Uint8Array): void {
    if (!this.options.isTrusted(certificate)) {
      throw new ProtocolError("Cannot trust peer: its certificate has another fingerprint");
    }
    this.#peerCertificate = certificate.slice();
  }

  /** @param signed What the peer has signed with the key of its certificate. */
  protected verify(signed: Uint8Array, scheme: number, signature: Uint8Array): void {
    const certificate = this.#peerCertificate;
    const isKnown = Object.values(SIGNATURE_SCHEMES).includes(scheme);
    const isRight =
      certificate !== undefined &&
      isKnown &&
      this.options.crypto.verifySigned(findCertificatePublicKey(certificate), signed, signature);
    if (!isRight) throw new ProtocolError("Cannot trust peer: its signature is wrong");
  }

  /** The peer's last message, which proves that both have seen the same handshake. */
  protected takeFinished(message: HandshakeMessage, from: DtlsRole): void {
    if (!this.options.crypto.isEqual(this.secrets.verifyData(from), message.body)) {
      throw new ProtocolError("Cannot finish handshake: the peer has seen another one");
    }
    this.secrets.add(message);
  }

  protected unexpected({ type }: HandshakeMessage): ProtocolError {
    return new ProtocolError(`Cannot go on: handshake message ${type} was not to come`);
  }
}
