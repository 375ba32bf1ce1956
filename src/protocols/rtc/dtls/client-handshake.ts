/**
 * The client's side of a handshake: for peers that leave it to us (`dtls_role active`), and for clients
 * of our own. See ServerHandshake for the order of messages; HelloVerifyRequest may come first.
 *
 * @module
 */

import { concatBytes } from "../../../base/bytes.ts";
import { ProtocolError } from "../../../base/errors.ts";
import {
  ExtensionType,
  encodeUint16List,
  encodeUseSrtp,
  parseUint16List,
} from "../../../codec/dtls/extension.ts";
import { type HandshakeMessage, HandshakeType } from "../../../codec/dtls/handshake-message.ts";
import {
  encodeClientHello,
  parseHelloVerifyRequest,
  parseServerHello,
  RANDOM_SIZE,
} from "../../../codec/dtls/hello.ts";
import {
  encodeCertificate,
  encodeClientKeyExchange,
  encodeSigned,
  NAMED_CURVE_P256,
  parseCertificate,
  parseServerKeyExchange,
} from "../../../codec/dtls/key-exchange.ts";
import { DTLS_VERSION_1_2 } from "../../../codec/dtls/record.ts";
import type { SigningKeyKind } from "../../../runtime/runtime.ts";
import { SRTP_PROFILE_IDS } from "../srtp/srtp-keys.ts";
import { CIPHER_SUITES, Handshake, SIGNATURE_SCHEMES } from "./handshake.ts";
import type { FlightPart } from "./record-layer.ts";

/** What may come behind each message of the server. */
const FOLLOWERS: Readonly<Record<number, readonly number[]>> = {
  0: [HandshakeType.HelloVerifyRequest, HandshakeType.ServerHello],
  [HandshakeType.HelloVerifyRequest]: [HandshakeType.ServerHello],
  [HandshakeType.ServerHello]: [HandshakeType.Certificate],
  [HandshakeType.Certificate]: [HandshakeType.ServerKeyExchange],
  [HandshakeType.ServerKeyExchange]: [
    HandshakeType.CertificateRequest,
    HandshakeType.ServerHelloDone,
  ],
  [HandshakeType.CertificateRequest]: [HandshakeType.ServerHelloDone],
  [HandshakeType.ServerHelloDone]: [HandshakeType.Finished],
};

export class ClientHandshake extends Handshake {
  readonly role = "client";
  #before = 0;
  #peerPublicKey: Uint8Array | undefined;
  #isAskedForCertificate = false;
  /** What the server signs by, as its cipher suite says. */
  #keyKind: SigningKeyKind | undefined;

  /** Sends the first message. */
  start(): void {
    this.secrets.clientRandom = this.options.crypto.randomBytes(RANDOM_SIZE);
    this.#sendHello(new Uint8Array());
  }

  take(message: HandshakeMessage): void {
    const isNext = FOLLOWERS[this.#before]?.includes(message.type) === true;
    if (!isNext) throw this.unexpected(message);
    this.#before = message.type;
    switch (message.type) {
      case HandshakeType.HelloVerifyRequest:
        this.secrets.forget();
        this.#sendHello(parseHelloVerifyRequest(message.body));
        break;
      case HandshakeType.ServerHello:
        this.#takeHello(message);
        break;
      case HandshakeType.Certificate:
        this.takeCertificate(parseCertificate(message.body));
        this.secrets.add(message);
        break;
      case HandshakeType.ServerKeyExchange:
        this.#takeKeyExchange(message);
        break;
      case HandshakeType.CertificateRequest:
        this.#isAskedForCertificate = true;
        this.secrets.add(message);
        break;
      case HandshakeType.ServerHelloDone:
        this.secrets.add(message);
        this.#answer();
        break;
      default:
        this.takeFinished(message, "server");
        this.isDone = true;
    }
  }

  #sendHello(cookie: Uint8Array): void {
    const { srtpProfiles } = this.options;
    const profileIds = srtpProfiles.map((profile) => SRTP_PROFILE_IDS[profile]);
    const body = encodeClientHello({
      random: this.secrets.clientRandom,
      sessionId: new Uint8Array(),
      cookie,
      cipherSuites: Object.values(CIPHER_SUITES),
      extensions: new Map([
        [ExtensionType.SupportedGroups, encodeUint16List([NAMED_CURVE_P256])],
        [ExtensionType.EcPointFormats, new Uint8Array([1, 0])],
        [ExtensionType.SignatureAlgorithms, encodeUint16List(Object.values(SIGNATURE_SCHEMES))],
        [ExtensionType.UseSrtp, encodeUseSrtp(profileIds)],
        [ExtensionType.ExtendedMasterSecret, new Uint8Array()],
        [ExtensionType.RenegotiationInfo, new Uint8Array([0])],
      ]),
    });
    this.output.sendFlight([this.createPart(HandshakeType.ClientHello, body)], false);
  }

  #takeHello(message: HandshakeMessage): void {
    const { version, random, cipherSuite, extensions } = parseServerHello(message.body);
    if (version !== DTLS_VERSION_1_2) throw new ProtocolError("Cannot speak DTLS other than 1.2");
    const kinds = ["ecdsa", "rsa"] as const;
    this.#keyKind = kinds.find((kind) => CIPHER_SUITES[kind] === cipherSuite);
    if (this.#keyKind === undefined) {
      throw new ProtocolError("Cannot go on: the server chose a cipher suite that was not offered");
    }
    const chosen = extensions.get(ExtensionType.UseSrtp);
    const [id] = chosen === undefined ? [] : parseUint16List(chosen);
    this.profile = this.options.srtpProfiles.find((one) => SRTP_PROFILE_IDS[one] === id);
    if (this.profile === undefined) throw new ProtocolError("Cannot find a common SRTP profile");
    this.secrets.add(message);
    this.secrets.serverRandom = random.slice();
    this.secrets.isExtended = extensions.has(ExtensionType.ExtendedMasterSecret);
  }

  #takeKeyExchange(message: HandshakeMessage): void {
    const { publicKey, parameters, scheme, signature } = parseServerKeyExchange(message.body);
    const { clientRandom, serverRandom } = this.secrets;
    if (this.#keyKind === undefined || scheme !== SIGNATURE_SCHEMES[this.#keyKind]) {
      throw new ProtocolError("Cannot trust peer: its signature is not that of its cipher suite");
    }
    this.verify(concatBytes([clientRandom, serverRandom, parameters]), scheme, signature);
    this.secrets.add(message);
    this.#peerPublicKey = publicKey.slice();
  }

  #answer(): void {
    const { crypto, identity } = this.options;
    const agreement = crypto.createKeyAgreement();
    const secret =
      this.#peerPublicKey === undefined ? undefined : agreement.agree(this.#peerPublicKey);
    if (secret === undefined) throw new ProtocolError("Cannot agree on a key: the point is none");
    const parts: FlightPart[] = [];
    if (this.#isAskedForCertificate) {
      const body = encodeCertificate(identity.certificate);
      parts.push(this.createPart(HandshakeType.Certificate, body));
    }
    const keyExchange = encodeClientKeyExchange(agreement.publicKey);
    parts.push(this.createPart(HandshakeType.ClientKeyExchange, keyExchange));
    const { client, server } = this.secrets.agree(secret);
    if (this.#isAskedForCertificate) {
      const signature = identity.key.sign(this.secrets.transcript);
      const scheme = SIGNATURE_SCHEMES[identity.key.kind];
      const body = encodeSigned(new Uint8Array(), scheme, signature);
      parts.push(this.createPart(HandshakeType.CertificateVerify, body));
    }
    this.output.records.readCipher = server;
    this.output.records.writeCipher = client;
    this.output.sendFlight([...parts, ...this.createFinish()], false);
  }
}
