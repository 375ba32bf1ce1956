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
import type { RtcPath } from "./rtc-path.ts";

/** A client has some interfaces, and comes by both families; more than this is no client. */
const PATHS_MAX = 16;
/** Another way is taken if the peer checks it, and not this one for so long. */
const PATH_SILENT_MS = 5_000;

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

export class RtcConnection {
  readonly #options: RtcConnectionOptions;
  readonly #handler: RtcConnectionHandler;
  readonly #startedMs: number;
  readonly #dtls: DtlsSession;
  #local: IceCredentials;
  #remote: IceCredentials;
  /** Of before an ICE restart, until the peer uses the new ones. */
  #former: { readonly local: IceCredentials; readonly remote: IceCredentials } | undefined;
  /** Ways that the peer has proven, and when it last did. */
  readonly #paths = new Map<RtcPath, number>();
  #path: RtcPath | undefined;
  #lastStunMs: number | undefined;
  #isDtlsStarted = false;
  #receiver: SrtpReceiver | undefined;
  #sender: SrtpSender | undefined;
  #keys: DtlsKeys | undefined;
  #isClosed = false;
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
        send: (datagram) => this.#send(datagram),
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
    return this.#keys !== undefined;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The way to the peer; `undefined` while there is none. */
  get path(): RtcPath | undefined {
    return this.#path;
  }

  get paths(): Iterable<RtcPath> {
    return this.#paths.keys();
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
    const isCurrent = localUfrag === this.#local.ufrag;
    const pair = isCurrent ? { local: this.#local, remote: this.#remote } : this.#former;
    if (pair?.local.ufrag !== localUfrag) return undefined;
    const isRight = !this.#options.isStunStrict || remoteUfrag === pair.remote.ufrag;
    return isRight ? pair.local.pwd : undefined;
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
   * The peer has proven by STUN that it is at the other end of `path`.
   *
   * @param isNominated It wants media that way (USE-CANDIDATE).
   * @returns A path that has been given up for it, if any.
   */
  bound(path: RtcPath, localUfrag: string, isNominated: boolean): RtcPath | undefined {
    const nowMs = this.#options.clock.monotonicMs();
    this.#lastStunMs = nowMs;
    this.#paths.delete(path);
    this.#paths.set(path, nowMs);
    if (localUfrag === this.#local.ufrag) this.#former = undefined;
    const isFirst = this.#path === undefined;
    const isOtherSilent =
      this.#path !== undefined && nowMs - (this.#paths.get(this.#path) ?? 0) > PATH_SILENT_MS;
    if (isNominated || isFirst || isOtherSilent) this.#move(path);
    if (!this.#isDtlsStarted) {
      this.#isDtlsStarted = true;
      this.#dtls.start();
    }
    if (this.#paths.size <= PATHS_MAX) return undefined;
    for (const old of this.#paths.keys()) {
      if (old === this.#path) continue;
      this.#paths.delete(old);
      return old;
    }
    return undefined;
  }

  /** A way is no more, as a TCP connection that was closed. */
  lost(path: RtcPath): void {
    this.#paths.delete(path);
    if (this.#path === path) this.#move([...this.#paths.keys()].at(-1));
  }

  #move(path: RtcPath | undefined): void {
    if (path === this.#path) return;
    this.#path = path;
    if (this.isEstablished) this.#handler.moved?.();
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
    if (this.#keys === undefined) return;
    this.#send(this.#sender === undefined ? packet : this.#sender.protectRtcp(packet));
  }

  /** Sends one RTP packet: see SrtpSender. What goes to many is sent by others. */
  sendRtp(packet: Uint8Array, index: number): void {
    if (this.#keys === undefined) return;
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
    this.#handler.established();
  }

  #receiveMedia(datagram: Uint8Array, nowMs: number): void {
    if (this.#keys === undefined) return;
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

  #send(datagram: Uint8Array): void {
    const path = this.#path;
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
