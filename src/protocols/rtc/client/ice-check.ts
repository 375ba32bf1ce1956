/**
 * Asks a server's address whether it is reached that way, as the controlling side of ICE, until it
 * answers; and again later whether it still wants media (consent).
 *
 * Spec: RFC 8445, sections 7.2.2 to 7.2.5; RFC 7675, section 5.1.
 *
 * @module
 */

import { isSameBytes } from "../../../base/bytes.ts";
import type { Clock, Timer } from "../../../base/clock.ts";
import type { IceCredentials } from "../../../codec/sdp/ice-credentials.ts";
import { StunAttributeType } from "../../../codec/stun/attribute.ts";
import { encodeBindingMessage } from "../../../codec/stun/encode-message.ts";
import {
  encodeIceRole,
  encodePriority,
  encodeUseCandidate,
} from "../../../codec/stun/ice-attribute.ts";
import { isIntegrityValid, type StunIntegrity } from "../../../codec/stun/integrity.ts";
import { StunClass, type StunMessage, TRANSACTION_ID_SIZE } from "../../../codec/stun/message.ts";
import { encodeTextAttribute } from "../../../codec/stun/text-attribute.ts";
import type { Crypto } from "../../../runtime/runtime.ts";
import { iceIntegrity } from "../transport/binding-request.ts";
import type { RtcPath } from "../transport/rtc-path.ts";

/** RFC 8489 begins with 500; who is about to watch does not wait that long for a lost datagram. */
const FIRST_WAIT_MS = 100;
const WAIT_MS_MAX = 1_000;
/** Answers to earlier requests count as well, if they are not much later. */
const TRANSACTIONS_MAX = 8;
/** Of a candidate that the server learns of by the request: type preference 110, component 1. */
const PRIORITY = 110 * 2 ** 24 + 0xffff * 2 ** 8 + 255;

export interface IceCheckOptions {
  readonly crypto: Pick<Crypto, "randomBytes" | "hmac">;
  readonly clock: Pick<Clock, "setTimer">;
  readonly local: IceCredentials;
  readonly remote: IceCredentials;
  readonly tieBreaker: bigint;
}

/** Of one path. */
export class IceCheck {
  readonly path: RtcPath;
  readonly #options: IceCheckOptions;
  readonly #integrity: StunIntegrity;
  #transactionIds: Uint8Array[] = [];
  #sendCount = 0;
  #timer: Timer | undefined;

  constructor(path: RtcPath, options: IceCheckOptions) {
    const { crypto, remote } = options;
    this.path = path;
    this.#options = options;
    this.#integrity = iceIntegrity(remote.pwd, (key, data) => crypto.hmac("sha1", key, data));
  }

  /** Asks until there is an answer, or `stop`. @param isNominating Media are to go this way. */
  ask(isNominating: boolean): void {
    this.stop();
    this.#send(isNominating);
  }

  /** Asks later, unless it asks or stops before. */
  askIn(delayMs: number, isNominating: boolean): void {
    this.stop();
    this.#timer = this.#options.clock.setTimer(delayMs, () => this.ask(isNominating));
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#sendCount = 0;
    this.#transactionIds = [];
  }

  /**
   * Takes a message that came this way.
   *
   * @returns Whether it is the answer: then it asks no more. A refusal is none, since anybody may have
   *   sent it.
   */
  take(message: StunMessage): boolean {
    const isAnswer =
      message.class === StunClass.Success &&
      this.#transactionIds.some((id) => isSameBytes(id, message.transactionId)) &&
      isIntegrityValid(message, this.#integrity);
    if (isAnswer) this.stop();
    return isAnswer;
  }

  #send(isNominating: boolean): void {
    const { crypto, clock, local, remote, tieBreaker } = this.#options;
    const transactionId = crypto.randomBytes(TRANSACTION_ID_SIZE);
    this.#transactionIds.push(transactionId);
    if (this.#transactionIds.length > TRANSACTIONS_MAX) this.#transactionIds.shift();
    const waitMs = Math.min(FIRST_WAIT_MS * 2 ** this.#sendCount, WAIT_MS_MAX);
    this.#sendCount += 1;
    this.#timer = clock.setTimer(waitMs, () => this.#send(isNominating));
    this.path.send(
      encodeBindingMessage({
        class: StunClass.Request,
        transactionId,
        attributes: [
          encodeTextAttribute(StunAttributeType.Username, `${remote.ufrag}:${local.ufrag}`),
          encodePriority(PRIORITY),
          encodeIceRole({ role: "controlling", tieBreaker }),
          ...(isNominating ? [encodeUseCandidate()] : []),
        ],
        integrity: this.#integrity,
      }),
    );
  }
}
