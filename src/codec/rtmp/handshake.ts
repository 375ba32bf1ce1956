/**
 * The RTMP handshake, from either end: the simple one of the specification, and the one with digests
 * by which Flash Player and Flash Media Server know each other.
 *
 * ```text
 * client                          server
 *    | C0 version, C1 1536 bytes --> |
 *    | <-- S0, S1, S2 (answers C1)   |
 *    | C2 (answers S1) ------------> |   then chunks, in both directions
 * ```
 *
 * Spec: Adobe RTMP 1.0, section 5.2. Digests are Adobe's own and unpublished; their places and keys
 * have been known since 2009, and FFmpeg, librtmp and SRS all use them.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import {
  CLIENT_KEY,
  type DigestSchema,
  findDigest,
  type HandshakeCrypto,
  SERVER_KEY,
  signAnswer,
  writeDigest,
} from "./handshake-digest.ts";

const VERSION = 3;
const PACKET_SIZE = 1536;
const EMPTY: Uint8Array = new Uint8Array(0);

/** Versions of RTMPE, which encrypts: 6 by Diffie-Hellman and RC4, 8 and 9 with further ciphers. */
const ENCRYPTED_VERSIONS: readonly number[] = [6, 8, 9];
/** From here on C0 is a printable character: the peer speaks some other protocol (5.2.2). */
const VERSION_LIMIT = 32;

/** A proxy may put the peer's address in front of C0: this byte, a size of two bytes, the address. */
const PROXY_MARK = 0xf3;
/** What SRS takes; an address needs four. */
const PROXY_SIZE_MAX = 1024;

/** What a server says its version is in S1: other than 0 tells a client to look for a digest. */
const SERVER_VERSION = 0x0405_0001;
/** The same in C1: Flash Player 10.0.45.2. */
const CLIENT_VERSION = 0x0a00_2d02;

/** The server's end. Feed it with `receive` until `isDone`; what is left then belongs to the chunks. */
export class ServerHandshake {
  readonly #crypto: HandshakeCrypto;
  readonly #timeSeconds: number;
  #input: Uint8Array = EMPTY;
  #hasAnswered = false;
  /** True when C2 has arrived. */
  isDone = false;
  /** True if the client signed C1. */
  isDigest = false;
  /** The address that a proxy says the peer has. Anybody can say so: trust it only behind a proxy. */
  proxiedAddress: string | undefined;

  /** @param timeSeconds What S1 carries as the time. */
  constructor(crypto: HandshakeCrypto, timeSeconds: number) {
    this.#crypto = crypto;
    this.#timeSeconds = timeSeconds;
  }

  /**
   * Takes what arrived.
   *
   * @returns What to send, if there is something.
   * @throws {MalformedError} If this is not RTMP, or is RTMPE.
   */
  receive(bytes: Uint8Array): Uint8Array | undefined {
    this.#input = concat(this.#input, bytes);
    let answer: Uint8Array | undefined;
    if (!this.#hasAnswered) {
      if (!this.#readProxyHeader()) return undefined;
      checkVersion(this.#input[0]);
      if (this.#input.length < 1 + PACKET_SIZE) return undefined;
      answer = this.#answer(this.#input.subarray(1, 1 + PACKET_SIZE));
      this.#input = this.#input.subarray(1 + PACKET_SIZE);
      this.#hasAnswered = true;
    }
    // C2 goes unchecked: by now it proves nothing, and simple clients send all sorts of things.
    this.isDone = this.#input.length >= PACKET_SIZE;
    return answer;
  }

  /** What arrived behind the handshake. */
  takeRest(): Uint8Array {
    const rest = this.#input.subarray(PACKET_SIZE);
    this.#input = EMPTY;
    return rest;
  }

  /** @returns False if more input is needed. */
  #readProxyHeader(): boolean {
    const input = this.#input;
    if (input.length === 0) return false;
    if (input[0] !== PROXY_MARK) return true;
    if (input.length < 3) return false;
    const size = ((input[1] ?? 0) << 8) | (input[2] ?? 0);
    if (size > PROXY_SIZE_MAX) {
      throw new MalformedError(`Cannot read proxy header of ${size} bytes`, 1);
    }
    if (input.length < 3 + size) return false;
    if (size >= 4) this.proxiedAddress = input.subarray(3, 7).join(".");
    this.#input = input.subarray(3 + size);
    return this.#input.length > 0;
  }

  #answer(c1: Uint8Array): Uint8Array {
    const answer = new Uint8Array(1 + 2 * PACKET_SIZE);
    const s1 = answer.subarray(1, 1 + PACKET_SIZE);
    const s2 = answer.subarray(1 + PACKET_SIZE);
    answer[0] = VERSION;
    s1.set(this.#crypto.randomBytes(PACKET_SIZE));
    const found = findDigest(this.#crypto, c1, CLIENT_KEY);
    this.isDigest = found !== undefined;
    if (found === undefined) {
      writeHead(s1, this.#timeSeconds, 0);
      s2.set(c1);
      return answer;
    }
    writeHead(s1, this.#timeSeconds, SERVER_VERSION);
    writeDigest(this.#crypto, s1, SERVER_KEY, found.schema);
    s2.set(this.#crypto.randomBytes(PACKET_SIZE));
    signAnswer(this.#crypto, s2, SERVER_KEY, found.digest);
    return answer;
  }
}

/** The client's end. Send `start()`, then feed it with `receive` until `isDone`. */
export class ClientHandshake {
  readonly #crypto: HandshakeCrypto;
  #input: Uint8Array = EMPTY;
  #hasAnswered = false;
  /** True when S2 has arrived. */
  isDone = false;
  /** True if the server signed S1. */
  isDigest = false;

  constructor(crypto: HandshakeCrypto) {
    this.#crypto = crypto;
  }

  /** C0 and C1, with a digest in the place where Flash Player has had it since version 10. */
  start(): Uint8Array {
    const start = new Uint8Array(1 + PACKET_SIZE);
    const c1 = start.subarray(1);
    start[0] = VERSION;
    c1.set(this.#crypto.randomBytes(PACKET_SIZE));
    writeHead(c1, 0, CLIENT_VERSION);
    const schema: DigestSchema = 1;
    writeDigest(this.#crypto, c1, CLIENT_KEY, schema);
    return start;
  }

  /**
   * Takes what arrived.
   *
   * @returns What to send, if there is something.
   * @throws {MalformedError} If the server speaks another version.
   */
  receive(bytes: Uint8Array): Uint8Array | undefined {
    this.#input = concat(this.#input, bytes);
    let answer: Uint8Array | undefined;
    if (!this.#hasAnswered) {
      if (this.#input.length === 0) return undefined;
      checkVersion(this.#input[0]);
      if (this.#input.length < 1 + PACKET_SIZE) return undefined;
      answer = this.#answer(this.#input.subarray(1, 1 + PACKET_SIZE));
      this.#input = this.#input.subarray(1 + PACKET_SIZE);
      this.#hasAnswered = true;
    }
    // S2 goes unchecked, for the same reasons as C2.
    this.isDone = this.#input.length >= PACKET_SIZE;
    return answer;
  }

  /** What arrived behind the handshake. */
  takeRest(): Uint8Array {
    const rest = this.#input.subarray(PACKET_SIZE);
    this.#input = EMPTY;
    return rest;
  }

  #answer(s1: Uint8Array): Uint8Array {
    const found = findDigest(this.#crypto, s1, SERVER_KEY);
    this.isDigest = found !== undefined;
    if (found === undefined) return s1.slice();
    const c2 = new Uint8Array(PACKET_SIZE);
    c2.set(this.#crypto.randomBytes(PACKET_SIZE));
    signAnswer(this.#crypto, c2, CLIENT_KEY, found.digest);
    return c2;
  }
}

function checkVersion(version: number | undefined): void {
  if (version === undefined) return;
  if (ENCRYPTED_VERSIONS.includes(version)) {
    throw new MalformedError(`Cannot speak RTMPE: version ${version} is encrypted`, 0);
  }
  if (version < VERSION || version >= VERSION_LIMIT) {
    throw new MalformedError(`Cannot speak RTMP version ${version}`, 0);
  }
}

/** Writes the time and version in front of C1 and S1. */
function writeHead(packet: Uint8Array, time: number, version: number): void {
  const view = new DataView(packet.buffer, packet.byteOffset, 8);
  view.setUint32(0, time);
  view.setUint32(4, version);
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}
