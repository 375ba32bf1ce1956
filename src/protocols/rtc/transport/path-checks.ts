/**
 * Asks peers whether they are where their requests came from. The address of a datagram can be forged
 * by who knows a session's password, as everybody does of his own: nothing large goes to an address
 * before its owner has answered a question with a random number that was sent there.
 *
 * Peers are asked when they ask, so that nothing is sent to who is silent, and no more than comes.
 *
 * Spec: RFC 8445, section 7.2 (checks); section 19.1 (attacks on connectivity checks).
 *
 * @module
 */

import { encodeBase64 } from "../../../base/base64.ts";
import { StunAttributeType } from "../../../codec/stun/attribute.ts";
import { encodeBindingMessage } from "../../../codec/stun/encode-message.ts";
import { encodeIceRole, encodePriority } from "../../../codec/stun/ice-attribute.ts";
import { isIntegrityValid, type StunIntegrity } from "../../../codec/stun/integrity.ts";
import { StunClass, type StunMessage, TRANSACTION_ID_SIZE } from "../../../codec/stun/message.ts";
import { encodeTextAttribute } from "../../../codec/stun/text-attribute.ts";
import type { Crypto } from "../../../runtime/runtime.ts";
import { iceIntegrity } from "./binding-request.ts";
import type { AskedPath, RtcConnection } from "./rtc-connection.ts";
import type { RtcPath } from "./rtc-path.ts";

/** Of a host's own address by UDP, component 1. */
const PRIORITY = 126 * 2 ** 24 + 0xffff * 2 ** 8 + 255;
/** An answer later than this is none. */
const ANSWER_MS_MAX = 10_000;
/** Questions of one connection that may be open: ways are many when it begins. */
const OPEN_MAX = 32;

/** What a request has said, which counts once its sender is proven to be there. */
export interface PathClaim {
  readonly connection: RtcConnection;
  readonly path: RtcPath;
  readonly asked: AskedPath;
}

/** A claim that has turned out to be true. */
export interface ProvenClaim extends PathClaim {
  readonly roundTripMs: number;
}

interface Question extends PathClaim {
  readonly askedMs: number;
  readonly integrity: StunIntegrity;
}

export class PathChecks {
  readonly #crypto: Pick<Crypto, "hmac" | "randomBytes">;
  readonly #tieBreaker: bigint;
  /** Of each connection by transaction id, oldest first. */
  readonly #open = new Map<RtcConnection, Map<string, Question>>();
  /** Whose a transaction is. */
  readonly #owners = new Map<string, RtcConnection>();

  constructor(crypto: Pick<Crypto, "hmac" | "randomBytes">) {
    this.#crypto = crypto;
    this.#tieBreaker = new DataView(crypto.randomBytes(8).buffer).getBigUint64(0);
  }

  /** Asks by the claimed path. */
  ask(claim: PathClaim, nowMs: number): void {
    const { connection, path } = claim;
    const { localUfrag } = claim.asked;
    const remote = connection.remoteOf(localUfrag);
    if (remote === undefined) return;
    const integrity = iceIntegrity(remote.pwd, (key, data) => this.#crypto.hmac("sha1", key, data));
    const transactionId = this.#crypto.randomBytes(TRANSACTION_ID_SIZE);
    this.#keep(keyOf(transactionId), { ...claim, askedMs: nowMs, integrity });
    path.send(
      encodeBindingMessage({
        class: StunClass.Request,
        transactionId,
        attributes: [
          encodeTextAttribute(StunAttributeType.Username, `${remote.ufrag}:${localUfrag}`),
          encodePriority(PRIORITY),
          encodeIceRole({ role: "controlled", tieBreaker: this.#tieBreaker }),
        ],
        integrity,
      }),
    );
  }

  /**
   * Takes what may be an answer.
   *
   * @param from Where it came from.
   * @returns What it proves, if it does.
   */
  take(message: StunMessage, from: RtcPath, nowMs: number): ProvenClaim | undefined {
    if (message.class !== StunClass.Success) return undefined;
    const key = keyOf(message.transactionId);
    const owner = this.#owners.get(key);
    const question = owner && this.#open.get(owner)?.get(key);
    if (question === undefined) return undefined;
    const { path, integrity, askedMs } = question;
    const isFromThere =
      path === from ||
      (path.protocol === from.protocol && path.address === from.address && path.port === from.port);
    if (!isFromThere || !isIntegrityValid(message, integrity)) return undefined;
    this.#forget(question.connection, key);
    const roundTripMs = nowMs - askedMs;
    return roundTripMs > ANSWER_MS_MAX ? undefined : { ...question, roundTripMs };
  }

  /** The connection is over: no answer counts. */
  forget(connection: RtcConnection): void {
    for (const key of this.#open.get(connection)?.keys() ?? []) this.#owners.delete(key);
    this.#open.delete(connection);
  }

  #keep(key: string, question: Question): void {
    const { connection } = question;
    const open = this.#open.get(connection) ?? new Map<string, Question>();
    this.#open.set(connection, open);
    open.set(key, question);
    this.#owners.set(key, connection);
    const [oldest] = open.keys();
    if (oldest !== undefined && open.size > OPEN_MAX) this.#forget(connection, oldest);
  }

  #forget(connection: RtcConnection, key: string): void {
    this.#open.get(connection)?.delete(key);
    this.#owners.delete(key);
  }
}

function keyOf(transactionId: Uint8Array): string {
  return encodeBase64(transactionId);
}
