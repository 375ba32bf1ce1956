/**
 * One peer of WebRTC: how it is reached, by which keys, and what comes from it, from the answer to its
 * offer to its end. One transport carries all of its media.
 *
 * Spec: RFC 8445, section 2.5 (ICE-lite); RFC 7675 (consent); RFC 5764 (DTLS-SRTP); RFC 7983
 * (what is what).
 *
 * @module
 */

import type { Clock } from "../../../base/clock.ts";
import type { IceCredentials } from "../../../codec/sdp/ice-credentials.ts";
import type { Crypto } from "../../../runtime/runtime.ts";
import { type DtlsIdentity, formatFingerprint } from "../dtls/dtls-identity.ts";
import { type DtlsKeys, DtlsSession } from "../dtls/dtls-session.ts";
import type { SrtpProfile } from "../srtp/srtp-keys.ts";
import { SrtpReceiver } from "../srtp/srtp-receiver.ts";
import { SrtpSender } from "../srtp/srtp-sender.ts";
import { PeerPaths } from "./peer-paths.ts";
import type { RtcPath } from "./rtc-path.ts";

/** Spec: RFC 9000, section 8.1: so much more than came goes to where the peer is not proven to be. */
const UNPROVEN_FACTOR = 3;
/** A flight of DTLS has some datagrams. */
const HELD_MAX = 8;
/** How much of a new measurement counts, as in RFC 6298. */
const ROUND_TRIP_SHARE = 1 / 8;

/** Told of what becomes of a connection. */
export interface RtcConnectionHandler {
  /** Media may flow. */
  established(): void;
  /** They go another way from now on. */
  moved?(): void;
  /** An RTP packet, authentic and decrypted. Its bytes are the receiver's. */
  rtp(packet: Uint8Array, nowMs: number): void;
  /** A compound RTCP packet, likewise. */
  rtcp(packet: Uint8Array, nowMs: number): void;
  /** It is over; called once. `reason` is a name. */
  closed(reason: RtcEnd, error?: Error): void;
}

/** Why a connection ends by itself. */
export type RtcEnd = "setup_timeout" | "consent_expired" | "dtls_failed" | "peer_closed";

export interface RtcConnectionOptions {
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly identity: DtlsIdentity;
  readonly local: IceCredentials;
  readonly remote: IceCredentials;
  /** SHA-256 of certificates, one of which the peer has, as session descriptions write them. */
  readonly fingerprints: readonly string[];
  /** Our role in DTLS: `active` is the client. */
  readonly setup: "active" | "passive";
  readonly srtpProfiles: readonly SrtpProfile[];
  /** Whether media are protected. Keys are agreed on in any case. */
  readonly isEncrypted: boolean;
  /** The name of the peer in STUN has to be right, as well as the password. */
  readonly isStunStrict: boolean;
  /** How long it may take until media may flow. */
  readonly setupTimeoutMs: number;
  /** How long it may be silent then. */
  readonly stunTimeoutMs: number;
}

interface IcePair {
  readonly local: IceCredentials;
  readonly remote: IceCredentials;
}

/** What a request has said. */
export interface AskedPath {
  /** The name of ours that it used. */
  readonly localUfrag: string;
  /** It wants media that way (USE-CANDIDATE). */
  readonly isNominated: boolean;
  /** Of the request, in bytes. */
  readonly size: number;
}

export class RtcConnection {
  readonly #options: RtcConnectionOptions;
  readonly #handler: RtcConnectionHandler;
  readonly #startedMs: number;
  readonly #dtls: DtlsSession;
  #local: IceCredentials;
  #remote: IceCredentials;
  /** Of before an ICE restart, until the peer uses the new ones. */
  #former: IcePair | undefined;
  readonly #paths = new PeerPaths();
  #lastStunMs: number | undefined;
  #isDtlsStarted = false;
  #receiver: SrtpReceiver | undefined;
  #sender: SrtpSender | undefined;
  #keys: DtlsKeys | undefined;
  #isEstablished = false;
  #isClosed = false;
  /** What waits for the peer to be proven to be there, as it would be too much for another. */
  #held: Uint8Array[] = [];
  #unprovenSize = 0;
  /** Where DTLS was sent to. */
  readonly #handshakePaths = new Set<RtcPath>();
  #roundTripMs: number | undefined;
  receivedSize = 0;
  sentSize = 0;

  constructor(options: RtcConnectionOptions, handler: RtcConnectionHandler) {
    const { crypto, clock, identity, srtpProfiles } = options;
    this.#options = options;
    this.#handler = handler;
    this.#local = options.local;
    this.#remote = options.remote;
    this.#startedMs = clock.monotonicMs();
    const role = options.setup === "active" ? "client" : "server";
    this.#dtls = new DtlsSession(
      {
        ...{ crypto, clock, identity, role, srtpProfiles },
        isTrusted: (certificate) =>
          options.fingerprints.includes(formatFingerprint(crypto, certificate)),
      },
      {
        send: (datagram) => this.#sendHandshake(datagram),
        established: (keys) => this.#establish(keys),
        closed: (error) => this.#end(error === undefined ? "peer_closed" : "dtls_failed", error),
      },
    );
  }

  /** The names by which STUN asks for this connection. */
  get localUfrags(): readonly string[] {
    const former = this.#former === undefined ? [] : [this.#former.local.ufrag];
    return [this.#local.ufrag, ...former];
  }

  get local(): IceCredentials {
    return this.#local;
  }

  get remote(): IceCredentials {
    return this.#remote;
  }

  get isEstablished(): boolean {
    return this.#isEstablished;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The way to the peer; `undefined` while there is none. */
  get path(): RtcPath | undefined {
    return this.#paths.current;
  }

  get paths(): Iterable<RtcPath> {
    return this.#paths.all;
  }

  /** Between a check and its answer; `undefined` while none was answered. */
  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  /** What we protect media with; `undefined` before there are keys, or if media are not protected. */
  get sender(): SrtpSender | undefined {
    return this.#sender;
  }

  /** Packets that were not taken. */
  get drops(): SrtpReceiver["drops"] | undefined {
    return this.#receiver?.drops;
  }

  /** The password that a request for `localUfrag` is to be signed with; `undefined` if not ours. */
  passwordOf(localUfrag: string, remoteUfrag: string): string | undefined {
    const pair = this.#pairOf(localUfrag);
    if (pair === undefined) return undefined;
    const isRight = !this.#options.isStunStrict || remoteUfrag === pair.remote.ufrag;
    return isRight ? pair.local.pwd : undefined;
  }

  /** Whom to ask who asks for `localUfrag`; `undefined` if it is not ours. */
  remoteOf(localUfrag: string): IceCredentials | undefined {
    return this.#pairOf(localUfrag)?.remote;
  }

  /**
   * The peer begins ICE anew: it will ask by new names. DTLS and SRTP go on as they are.
   *
   * Spec: RFC 8445, section 9; RFC 9725, section 4.3.3.
   */
  restartIce(local: IceCredentials, remote: IceCredentials): void {
    this.#former = { local: this.#local, remote: this.#remote };
    this.#local = local;
    this.#remote = remote;
  }

  /**
   * The peer, or who knows its password, has asked by a path.
   *
   * @returns A path that has been given up for it, if any.
   */
  asked(path: RtcPath, asked: AskedPath, nowMs: number): RtcPath | undefined {
    const { localUfrag, isNominated, size } = asked;
    this.#lastStunMs = nowMs;
    this.receivedSize += size;
    if (localUfrag === this.#local.ufrag) this.#former = undefined;
    const before = this.#paths.current;
    const mayBeUnproven = !this.#isEstablished;
    const left = this.#paths.seen(path, { isNominated, mayBeUnproven }, nowMs);
    this.#follow(before);
    if (!this.#isDtlsStarted) {
      this.#isDtlsStarted = true;
      this.#dtls.start();
    }
    return left;
  }

  /** Whether the peer is to be asked by a path now; if so, that is taken as done. */
  mayAsk(path: RtcPath, nowMs: number): boolean {
    return this.#paths.mayAsk(path, nowMs);
  }

  /** The peer has answered what it was asked by a path, so many milliseconds after. */
  proven(path: RtcPath, roundTripMs?: number): void {
    const before = this.#paths.current;
    this.#paths.proven(path);
    if (path === this.#paths.current && roundTripMs !== undefined) this.#measured(roundTripMs);
    this.#follow(before);
  }

  /** A way is no more, as a TCP connection that was closed. */
  lost(path: RtcPath): void {
    const before = this.#paths.current;
    this.#paths.lost(path);
    this.#follow(before);
  }

  /** What came by a proven way and is not STUN. Must not change afterwards unless it is copied. */
  receive(datagram: Uint8Array, nowMs: number): void {
    if (this.#isClosed) return;
    this.receivedSize += datagram.length;
    const first = datagram[0] ?? 0;
    if (first >= 128 && first <= 191) this.#receiveMedia(datagram, nowMs);
    else if (first >= 20 && first <= 63) this.#dtls.receive(datagram);
  }

  /** Sends a compound RTCP packet, if it can be sent. */
  sendRtcp(packet: Uint8Array): void {
    if (!this.#isEstablished) return;
    this.#send(this.#sender === undefined ? packet : this.#sender.protectRtcp(packet));
  }

  /** Sends one RTP packet: see SrtpSender. What goes to many is sent by others. */
  sendRtp(packet: Uint8Array, index: number): void {
    if (!this.#isEstablished) return;
    this.#send(this.#sender === undefined ? packet : this.#sender.protectRtp(packet, index));
  }

  /** Call every second or so. */
  checkDeadline(nowMs: number): void {
    if (this.#isClosed) return;
    const { setupTimeoutMs, stunTimeoutMs } = this.#options;
    if (!this.isEstablished) {
      if (nowMs - this.#startedMs < setupTimeoutMs) return;
      const { complaint } = this.#dtls;
      if (complaint === undefined) this.#end("setup_timeout");
      else this.#end("dtls_failed", new Error(`The peer sent alert ${complaint}`));
    } else if (nowMs - (this.#lastStunMs ?? this.#startedMs) >= stunTimeoutMs) {
      this.#end("consent_expired");
    }
  }

  /** Ends it; `closed` is not called. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#dtls.close();
  }

  #establish(keys: DtlsKeys): void {
    const { crypto, isEncrypted } = this.#options;
    this.#keys = keys;
    if (isEncrypted) {
      this.#receiver = new SrtpReceiver(crypto, keys.remote);
      this.#sender = new SrtpSender(crypto, keys.local);
    }
    // Who has finished the handshake has read what was sent, which went to one address alone.
    const [path] = this.#handshakePaths;
    if (path !== undefined && this.#handshakePaths.size === 1) this.#paths.proven(path);
    this.#follow(this.#paths.current);
  }

  #receiveMedia(datagram: Uint8Array, nowMs: number): void {
    if (!this.#isEstablished) return;
    const receiver = this.#receiver;
    // Spec: RFC 5761, section 4: packet types of RTCP are these, with the marker bit in front.
    const second = datagram[1] ?? 0;
    const isRtcp = second >= 192 && second <= 223;
    if (isRtcp) {
      const packet = receiver === undefined ? datagram.slice() : receiver.unprotectRtcp(datagram);
      if (packet !== undefined) this.#handler.rtcp(packet, nowMs);
    } else {
      const packet = receiver === undefined ? datagram.slice() : receiver.unprotectRtp(datagram);
      if (packet !== undefined) this.#handler.rtp(packet, nowMs);
    }
  }

  #pairOf(localUfrag: string): IcePair | undefined {
    const current = { local: this.#local, remote: this.#remote };
    return [current, this.#former].find((pair) => pair?.local.ufrag === localUfrag);
  }

  /** The way to the peer may have changed, or it may have been proven. */
  #follow(before: RtcPath | undefined): void {
    const { current, isProven } = this.#paths;
    if (isProven) for (const datagram of this.#held.splice(0)) this.#send(datagram);
    if (this.#isEstablished) {
      if (current !== before) this.#handler.moved?.();
    } else if (isProven && this.#keys !== undefined && !this.#isClosed) {
      this.#isEstablished = true;
      this.#handler.established();
    }
  }

  #measured(roundTripMs: number): void {
    const before = this.#roundTripMs ?? roundTripMs;
    this.#roundTripMs = before + (roundTripMs - before) * ROUND_TRIP_SHARE;
  }

  #sendHandshake(datagram: Uint8Array): void {
    const { current, isProven } = this.#paths;
    if (!isProven && this.#unprovenSize + datagram.length > UNPROVEN_FACTOR * this.receivedSize) {
      this.#held.push(datagram);
      if (this.#held.length > HELD_MAX) this.#held.shift();
      return;
    }
    if (!isProven) this.#unprovenSize += datagram.length;
    if (current !== undefined) this.#handshakePaths.add(current);
    this.#send(datagram);
  }

  #send(datagram: Uint8Array): void {
    const path = this.#paths.current;
    if (path === undefined) return;
    this.sentSize += datagram.length;
    path.send(datagram);
  }

  #end(reason: RtcEnd, error?: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#dtls.close();
    this.#handler.closed(reason, error);
  }
}
