/**
 * DTLS 1.2 with one peer: from its first datagram to the keys of SRTP, and its end.
 *
 * Spec: RFC 6347; RFC 5764 (SRTP); RFC 8827, section 6.5.
 *
 * @module
 */

import type { Clock } from "../../../base/clock.ts";
import { MalformedError, ProtocolError, unlessMalformed } from "../../../base/errors.ts";
import {
  type HandshakeFragment,
  HandshakeType,
  parseHandshakeFragments,
} from "../../../codec/dtls/handshake-message.ts";
import { DtlsContentType, type DtlsRecord, parseDtlsRecords } from "../../../codec/dtls/record.ts";
import type { SrtpKeys } from "../srtp/srtp-keys.ts";
import { ClientHandshake } from "./client-handshake.ts";
import { FlightTimer } from "./flight-timer.ts";
import type { Handshake, HandshakeOptions } from "./handshake.ts";
import type { DtlsRole } from "./handshake-secrets.ts";
import { MessageAssembler } from "./message-assembler.ts";
import { type FlightPart, RecordLayer } from "./record-layer.ts";
import { ServerHandshake } from "./server-handshake.ts";

const ALERT_LEVEL_WARNING = 1;
const ALERT_LEVEL_FATAL = 2;

const AlertDescription = {
  CloseNotify: 0,
  HandshakeFailure: 40,
  DecodeError: 50,
} as const;

/**
 * Protected records that have overtaken the message which their keys are made of: a Finished, and
 * perhaps an alert. What is not kept will be sent again.
 */
const EARLY_COUNT_MAX = 4;
const EARLY_SIZE_MAX = 256;

/** Told of what becomes of a session; each at most once, but for `send`. */
export interface DtlsHandler {
  send(datagram: Uint8Array): void;
  established(keys: DtlsKeys): void;
  /** The peer has ended it, or the handshake has failed by `error`. */
  closed(error?: Error): void;
}

export interface DtlsKeys {
  /** What we protect with. */
  readonly local: SrtpKeys;
  /** What the peer does. */
  readonly remote: SrtpKeys;
}

export interface DtlsOptions extends HandshakeOptions {
  readonly clock: Pick<Clock, "setTimer">;
  readonly role: DtlsRole;
}

export class DtlsSession {
  readonly #handler: DtlsHandler;
  readonly #records: RecordLayer;
  readonly #assembler = new MessageAssembler();
  readonly #flights: FlightTimer;
  /** `undefined` once it is done. */
  #handshake: Handshake | undefined;
  #early: DtlsRecord[] = [];
  /** The message of the peer that our latest flight is the answer to. */
  #answeredSequence = -1;
  #isEstablished = false;
  #isClosed = false;
  /** What the peer has complained of without proof that it was the peer. */
  #complaint: number | undefined;

  constructor(options: DtlsOptions, handler: DtlsHandler) {
    this.#handler = handler;
    this.#records = new RecordLayer((datagram) => handler.send(datagram));
    this.#flights = new FlightTimer(options.clock);
    const output = {
      records: this.#records,
      sendFlight: (parts: readonly FlightPart[], isLast: boolean): void => {
        this.#answeredSequence = this.#assembler.next - 1;
        this.#flights.start(() => this.#records.sendFlight(parts), isLast);
      },
    };
    const Role = options.role === "server" ? ServerHandshake : ClientHandshake;
    this.#handshake = new Role(options, output);
  }

  get isEstablished(): boolean {
    return this.#isEstablished;
  }

  /** The number of the alert that the peer sent before there were keys, if it did. */
  get complaint(): number | undefined {
    return this.#complaint;
  }

  /** A client speaks first. Call once. */
  start(): void {
    if (this.#handshake instanceof ClientHandshake) this.#handshake.start();
  }

  /** A datagram of the peer, or of who pretends to be it: a view, of which nothing is kept. */
  receive(datagram: Uint8Array): void {
    try {
      for (const record of parseDtlsRecords(datagram)) {
        if (!this.#isClosed) this.#takeRecord(record);
      }
    } catch (error) {
      if (!(error instanceof MalformedError) && !(error instanceof ProtocolError)) throw error;
      this.#fail(error);
    }
  }

  /** Ends it, and says so to the peer if there is one. `closed` is not called. */
  close(): void {
    if (this.#isClosed) return;
    if (this.#isEstablished) this.#sendAlert(ALERT_LEVEL_WARNING, AlertDescription.CloseNotify);
    this.#stop();
  }

  #takeRecord(record: DtlsRecord): void {
    const isProtected = record.epoch === 1;
    if (isProtected && !this.#records.canReadProtected) {
      this.#keepEarly(record);
      return;
    }
    const bytes = this.#records.open(record);
    if (bytes === undefined) return;
    if (record.contentType === DtlsContentType.Alert) this.#takeAlert(bytes, isProtected);
    else if (record.contentType === DtlsContentType.Handshake) {
      this.#takeHandshake(bytes, isProtected);
    }
    // A change of keys needs no word: the epoch says it. Application data has no meaning here.
    if (this.#early.length > 0 && this.#records.canReadProtected) {
      for (const early of this.#early.splice(0)) if (!this.#isClosed) this.#takeRecord(early);
    }
  }

  #keepEarly(record: DtlsRecord): void {
    const isKept = this.#early.length < EARLY_COUNT_MAX && record.fragment.length <= EARLY_SIZE_MAX;
    if (isKept) this.#early.push({ ...record, fragment: record.fragment.slice() });
  }

  #takeHandshake(bytes: Uint8Array, isProtected: boolean): void {
    // Anybody may have sent what is no handshake message, so that it is dropped and nothing else.
    const fragments = unlessMalformed(() => parseHandshakeFragments(bytes)) ?? [];
    let isRepeated = false;
    for (const fragment of fragments) {
      // The one message that is protected has no forerunner that is not.
      if ((fragment.type === HandshakeType.Finished) !== isProtected) continue;
      isRepeated ||= this.#isAnswered(fragment);
      if (!this.#isEstablished) this.#assembler.add(fragment);
    }
    if (this.#handshake === undefined) {
      // Whoever sends a Finished again has not got ours. Without protection it may be anybody.
      if (isRepeated && isProtected) this.#flights.repeat();
    } else if (!this.#advance(this.#handshake) && isRepeated) {
      this.#flights.repeat();
    }
  }

  /** Takes the messages that are whole. @returns Whether there was one. */
  #advance(handshake: Handshake): boolean {
    let next = this.#assembler.take();
    if (next === undefined) return false;
    for (; next !== undefined; next = this.#assembler.take()) {
      handshake.take(next);
      if (!handshake.isDone) continue;
      this.#establish(handshake);
      break;
    }
    return true;
  }

  /** Whether it is the end of what our latest flight answers, sent again: so has ours been lost. */
  #isAnswered({ messageSequence, fragmentOffset, bytes, length }: HandshakeFragment): boolean {
    return messageSequence === this.#answeredSequence && fragmentOffset + bytes.length === length;
  }

  #establish(handshake: Handshake): void {
    const keys = handshake.srtpKeys;
    if (keys === undefined) throw new ProtocolError("Cannot make keys: no SRTP profile");
    this.#handshake = undefined;
    this.#isEstablished = true;
    const isServer = handshake.role === "server";
    // The server's flight is the last one, for which the client may have to ask again.
    if (isServer) this.#flights.stop();
    else this.#flights.forget();
    const [local, remote] = isServer ? [keys.server, keys.client] : [keys.client, keys.server];
    this.#handler.established({ local, remote });
  }

  /** An alert without protection may be anybody's: it ends nothing. */
  #takeAlert(bytes: Uint8Array, isProtected: boolean): void {
    const [level, description] = bytes;
    if (level === undefined || description === undefined) return;
    if (!isProtected) {
      this.#complaint = description;
      return;
    }
    if (description === AlertDescription.CloseNotify) this.#end();
    else if (level === ALERT_LEVEL_FATAL) {
      this.#end(new ProtocolError(`Cannot go on: the peer sent alert ${description}`));
    }
  }

  #fail(error: Error): void {
    const isMalformed = error instanceof MalformedError;
    const { DecodeError, HandshakeFailure } = AlertDescription;
    this.#sendAlert(ALERT_LEVEL_FATAL, isMalformed ? DecodeError : HandshakeFailure);
    this.#end(error);
  }

  #end(error?: Error): void {
    this.#stop();
    this.#handler.closed(error);
  }

  #stop(): void {
    this.#isClosed = true;
    this.#handshake = undefined;
    this.#early = [];
    this.#flights.forget();
  }

  #sendAlert(level: number, description: number): void {
    this.#records.sendRecord(DtlsContentType.Alert, Uint8Array.of(level, description));
  }
}
