/**
 * The server's side of a handshake. The peer's address has been proven by STUN, so that there is no
 * need for the cookies that RFC 6347, section 4.2.1, has for that.
 *
 * ```text
 * ClientHello                                       ->
 *                                                  <-  ServerHello, Certificate, ServerKeyExchange,
 *                                                      CertificateRequest, ServerHelloDone
 * Certificate, ClientKeyExchange,
 * CertificateVerify, [ChangeCipherSpec], Finished   ->
 *                                                  <-  [ChangeCipherSpec], Finished
 * ```
 *
 * @module
 */

import { concatBytes } from "../../../base/bytes.ts";
import { ProtocolError } from "../../../base/errors.ts";
import {
  ExtensionType,
  encodeUseSrtp,
  type HelloExtensions,
  parseUint16List,
} from "../../../codec/dtls/extension.ts";
import { type HandshakeMessage, HandshakeType } from "../../../codec/dtls/handshake-message.ts";
import {
  type ClientHello,
  encodeServerHello,
  parseClientHello,
  RANDOM_SIZE,
} from "../../../codec/dtls/hello.ts";
import {
  encodeCertificate,
  encodeCertificateRequest,
  encodeServerParameters,
  encodeSigned,
  NAMED_CURVE_P256,
  parseCertificate,
  parseCertificateVerify,
  parseClientKeyExchange,
} from "../../../codec/dtls/key-exchange.ts";
import { DTLS_VERSION_1_2 } from "../../../codec/dtls/record.ts";
import type { KeyAgreement } from "../../../runtime/runtime.ts";
import { SRTP_PROFILE_IDS, type SrtpProfile } from "../srtp/srtp-keys.ts";
import { CIPHER_SUITES, Handshake, SIGNATURE_SCHEMES } from "./handshake.ts";
import type { RecordCipher } from "./record-cipher.ts";

/** What has to come next. */
const ORDER = [
  HandshakeType.ClientHello,
  HandshakeType.Certificate,
  HandshakeType.ClientKeyExchange,
  HandshakeType.CertificateVerify,
  HandshakeType.Finished,
] as const;

/** TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746, section 3.3). */
const EMPTY_RENEGOTIATION_INFO = 0x00ff;

export class ServerHandshake extends Handshake {
  readonly role = "server";
  #step = 0;
  #agreement: KeyAgreement | undefined;
  #writeCipher: RecordCipher | undefined;

  take(message: HandshakeMessage): void {
    if (message.type !== ORDER[this.#step]) throw this.unexpected(message);
    this.#step += 1;
    switch (message.type) {
      case HandshakeType.ClientHello:
        this.#takeHello(message);
        break;
      case HandshakeType.Certificate:
        this.takeCertificate(parseCertificate(message.body));
        this.secrets.add(message);
        break;
      case HandshakeType.ClientKeyExchange:
        this.#takeKeyExchange(message);
        break;
      case HandshakeType.CertificateVerify: {
        const { scheme, signature } = parseCertificateVerify(message.body);
        this.verify(this.secrets.transcript, scheme, signature);
        this.secrets.add(message);
        break;
      }
      default:
        this.takeFinished(message, "client");
        // Not before: until its last message the peer takes what is not protected alone.
        this.output.records.writeCipher = this.#writeCipher;
        this.output.sendFlight(this.createFinish(), true);
        this.isDone = true;
    }
  }

  #takeHello(message: HandshakeMessage): void {
    const hello = parseClientHello(message.body);
    const { crypto, identity } = this.options;
    const { kind } = identity.key;
    this.#expectSupported(hello);
    this.profile = this.#chooseProfile(hello.extensions);
    const { secrets } = this;
    secrets.add(message);
    secrets.isExtended = hello.extensions.has(ExtensionType.ExtendedMasterSecret);
    secrets.clientRandom = hello.random.slice();
    secrets.serverRandom = crypto.randomBytes(RANDOM_SIZE);
    const agreement = crypto.createKeyAgreement();
    this.#agreement = agreement;
    const parameters = encodeServerParameters(agreement.publicKey);
    const randoms = [secrets.clientRandom, secrets.serverRandom];
    const signature = identity.key.sign(concatBytes([...randoms, parameters]));
    const keyExchange = encodeSigned(parameters, SIGNATURE_SCHEMES[kind], signature);
    const serverHello = encodeServerHello({
      random: secrets.serverRandom,
      sessionId: new Uint8Array(),
      cipherSuite: CIPHER_SUITES[kind],
      extensions: answerExtensions(hello, this.profile),
    });
    const schemes = Object.values(SIGNATURE_SCHEMES);
    this.output.sendFlight(
      [
        this.createPart(HandshakeType.ServerHello, serverHello),
        this.createPart(HandshakeType.Certificate, encodeCertificate(identity.certificate)),
        this.createPart(HandshakeType.ServerKeyExchange, keyExchange),
        this.createPart(HandshakeType.CertificateRequest, encodeCertificateRequest(schemes)),
        this.createPart(HandshakeType.ServerHelloDone, new Uint8Array()),
      ],
      false,
    );
  }

  #takeKeyExchange(message: HandshakeMessage): void {
    const secret = this.#agreement?.agree(parseClientKeyExchange(message.body));
    if (secret === undefined) throw new ProtocolError("Cannot agree on a key: the point is none");
    this.secrets.add(message);
    const { client, server } = this.secrets.agree(secret);
    this.output.records.readCipher = client;
    this.#writeCipher = server;
  }

  #expectSupported({ version, cipherSuites, extensions }: ClientHello): void {
    const { kind } = this.options.identity.key;
    // Versions count downwards; who can do more says so in an extension and speaks 1.2 here.
    if (version > DTLS_VERSION_1_2) throw new ProtocolError("Cannot speak DTLS below 1.2");
    if (!cipherSuites.includes(CIPHER_SUITES[kind])) {
      throw new ProtocolError(
        `Cannot find a common cipher suite: AES-128-GCM with ${kind} is none`,
      );
    }
    const groups = extensions.get(ExtensionType.SupportedGroups);
    if (groups !== undefined && !parseUint16List(groups).includes(NAMED_CURVE_P256)) {
      throw new ProtocolError("Cannot find a common curve: P-256 is none");
    }
    const schemes = extensions.get(ExtensionType.SignatureAlgorithms);
    if (schemes !== undefined && !parseUint16List(schemes).includes(SIGNATURE_SCHEMES[kind])) {
      throw new ProtocolError(`Cannot find a common signature: ${kind} with SHA-256 is none`);
    }
  }

  #chooseProfile(extensions: HelloExtensions): SrtpProfile {
    const offered = extensions.get(ExtensionType.UseSrtp);
    const ids = offered === undefined ? [] : parseUint16List(offered);
    const profile = this.options.srtpProfiles.find((one) => ids.includes(SRTP_PROFILE_IDS[one]));
    if (profile !== undefined) return profile;
    throw new ProtocolError("Cannot find a common SRTP profile");
  }
}

/** Nothing may be answered that was not asked for. */
function answerExtensions(
  { extensions, cipherSuites }: ClientHello,
  profile: SrtpProfile,
): HelloExtensions {
  const answers = new Map<number, Uint8Array>();
  answers.set(ExtensionType.UseSrtp, encodeUseSrtp([SRTP_PROFILE_IDS[profile]]));
  if (extensions.has(ExtensionType.ExtendedMasterSecret)) {
    answers.set(ExtensionType.ExtendedMasterSecret, new Uint8Array());
  }
  if (extensions.has(ExtensionType.EcPointFormats)) {
    answers.set(ExtensionType.EcPointFormats, new Uint8Array([1, 0])); // Uncompressed alone.
  }
  const isRenegotiationTold =
    extensions.has(ExtensionType.RenegotiationInfo) ||
    cipherSuites.includes(EMPTY_RENEGOTIATION_INFO);
  if (isRenegotiationTold) answers.set(ExtensionType.RenegotiationInfo, new Uint8Array([0]));
  return answers;
}
