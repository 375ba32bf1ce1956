/**
 * DTLS 1.2 with one peer: from its first datagram to the keys of SRTP, and its end.
 *
 * Spec: RFC 6347; RFC 5764 (SRTP); RFC 8827, section 6.5.
 *
 * @module
 */

import type { Clock } from "../../../base/clock.ts";
import { MalformedError, ProtocolError } from "../../../base/errors.ts";
import { parseHandshakeFragments } from "../../../codec/dtls/handshake-message.ts";
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
  readonly #handshake: Handshake;
  readonly #assembler = new MessageAssembler();
  readonly #flights: FlightTimer;
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
      sendFlight: (parts: readonly FlightPart[], isLast: boolean): void =>
        this.#flights.start(() => this.#records.sendFlight(parts), isLast),
    };
    const isServer = options.role === "server";
    const Role = isServer ? ServerHandshake : ClientHandshake;
    this.#handshake = new Role(options, output);
  }

  get isEstablished(): boolean {
    return this.#isEstablished;
  }

  /** The number of the alert that the peer sent before there were keys, if it did. */
  get complaint(): number | undefined {
    return this.#complaint;
  }

  /** A client speaks first. */
  start(): void {
    if (this.#handshake instanceof ClientHandshake) this.#handshake.start();
  }

  /** A datagram of the peer, or of who pretends to be it. */
  receive(datagram: Uint8Array): void {
    if (this.#isClosed) return;
    try {
      for (const record of parseDtlsRecords(datagram)) {
        if (!this.#isClosed) this.#takeRecord(record);
      }
    } catch (error) {
      if (!(error instanceof MalformedError) && !(error instanceof ProtocolError)) throw error;
      this.#fail(error);
    }
  }

  /** Says goodbye, if there is anybody to say it to. */
  close(): void {
    if (this.#isClosed) return;
    if (this.#isEstablished) this.#sendAlert(ALERT_LEVEL_WARNING, AlertDescription.CloseNotify);
    this.#end();
  }

  #takeRecord(record: DtlsRecord): void {
    const bytes = this.#records.open(record);
    if (bytes === undefined) return;
    const isProtected = record.epoch === 1;
    if (record.contentType === DtlsContentType.Alert) this.#takeAlert(bytes, isProtected);
    else if (record.contentType === DtlsContentType.Handshake) {
      this.#takeHandshake(bytes, isProtected);
    }
    // A change of keys needs no word: the epoch says it. Application data has no meaning here.
  }

  #takeHandshake(bytes: Uint8Array, isProtected: boolean): void {
    let isRepeated = false;
    for (const fragment of parseHandshakeFragments(bytes)) {
      isRepeated = this.#assembler.add(fragment) || isRepeated;
    }
    if (this.#isEstablished) {
      // Whoever sends a Finished again has not got ours. Without protection it may be anybody.
      if (isRepeated && isProtected) this.#flights.repeat();
      return;
    }
    let isNew = false;
    for (let next = this.#assembler.take(); next !== undefined; next = this.#assembler.take()) {
      isNew = true;
      this.#handshake.take(next, isProtected);
      if (!this.#handshake.isDone) continue;
      this.#establish();
      return;
    }
    if (isRepeated && !isNew) this.#flights.repeat();
  }

  #establish(): void {
    this.#flights.stop();
    this.#isEstablished = true;
    const keys = this.#handshake.srtpKeys;
    if (keys === undefined) return;
    const isServer = this.#handshake.role === "server";
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
    if (this.#isEstablished) return; // Its keys are made; what comes late changes nothing.
    const isMalformed = error instanceof MalformedError;
    const { DecodeError, HandshakeFailure } = AlertDescription;
    this.#sendAlert(ALERT_LEVEL_FATAL, isMalformed ? DecodeError : HandshakeFailure);
    this.#end(error);
  }

  #end(error?: Error): void {
    this.#isClosed = true;
    this.#flights.stop();
    this.#handler.closed(error);
  }

  #sendAlert(level: number, description: number): void {
    this.#records.sendRecord(DtlsContentType.Alert, Uint8Array.of(level, description));
  }
}
