/**
 * A client of a WebRTC server whose addresses are known: finds the way (ICE, controlling side), agrees
 * on keys (DTLS, either role), and has media both ways (SRTP).
 *
 * Each client has a socket of its own: servers with one port for all know who sends by the address.
 *
 * Spec: RFC 8445, sections 6.1.2 and 8.1.1; RFC 7675; RFC 6544.
 *
 * @module
 */

import type { Clock, Timer } from "../../../base/clock.ts";
import { ProtocolError, toError, unlessMalformed } from "../../../base/errors.ts";
import { formatIpAddress, parseIpAddress } from "../../../base/ip-address.ts";
import { type Candidate, findTcpType } from "../../../codec/sdp/candidate.ts";
import type { IceCredentials } from "../../../codec/sdp/ice-credentials.ts";
import { isStun, parseStunMessage } from "../../../codec/stun/message.ts";
import type { Crypto, Tcp, TcpHandler, Udp, UdpSocket } from "../../../runtime/runtime.ts";
import type { DtlsIdentity } from "../dtls/dtls-identity.ts";
import type { Agreement } from "../negotiation/agreement.ts";
import type { SrtpProfile } from "../srtp/srtp-keys.ts";
import {
  answerBindingRequest,
  iceIntegrity,
  isBindingRequest,
} from "../transport/binding-request.ts";
import { RtcConnection, type RtcEnd } from "../transport/rtc-connection.ts";
import type { RtcPath } from "../transport/rtc-path.ts";
import { TcpPath } from "../transport/tcp-path.ts";
import { UdpPath } from "../transport/udp-path.ts";
import { IceCheck, type IceCheckOptions } from "./ice-check.ts";

/** Spec: RFC 7675, section 5.1: 5 s, of which each is to be 0.8 to 1.2. */
const CONSENT_MS = 5_000;
/** How long UDP alone is tried, if there is TCP too. */
const TCP_DELAY_MS = 500;
const CANDIDATES_MAX = 16;
const DEADLINE_PERIOD_MS = 1_000;

export interface RtcClientPorts {
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly tcp: Pick<Tcp, "connect">;
  readonly udp: Pick<Udp, "bind">;
}

/** What the answer says that a transport needs. */
export type RtcClientAgreement = Pick<
  Agreement,
  "remoteIce" | "remoteFingerprints" | "candidates" | "setup"
>;

export interface RtcClientOptions {
  readonly agreement: RtcClientAgreement;
  readonly identity: DtlsIdentity;
  /** As the offer said them. */
  readonly local: IceCredentials;
  readonly srtpProfiles: readonly SrtpProfile[];
  /** Whether media are protected; default true. */
  readonly isEncrypted?: boolean;
  /**
   * Whether RTP packets that come are decrypted; default true. Else the handler gets them as they came,
   * with a header that can be read: to count them.
   */
  readonly isRtpOpened?: boolean;
  /** Candidates of the other kind are not tried. Default: UDP, and TCP if UDP does not answer. */
  readonly transport?: "udp" | "tcp";
  /** Where the UDP socket is bound; default any address. */
  readonly host?: string;
  /** Bytes that the kernel is asked to hold for the UDP socket. */
  readonly receiveBufferSize?: number;
  /** Until media may flow; default 10 s. */
  readonly setupTimeoutMs?: number;
  /** How long the server may leave checks unanswered then; default 30 s. */
  readonly consentTimeoutMs?: number;
}

export type RtcClientEnd = RtcEnd | "unreachable";

export interface RtcClientHandler {
  /** Media may flow. */
  established(): void;
  /** An RTP packet, decrypted unless `isRtpOpened` is false: then it is valid during the call only. */
  rtp(packet: Uint8Array, nowMs: number): void;
  /** A compound RTCP packet, decrypted. */
  rtcp(packet: Uint8Array, nowMs: number): void;
  /** It is over; called once, and not after `close`. */
  closed(reason: RtcClientEnd, error?: Error): void;
}

export class RtcClient {
  /** What sends: `sendRtp`, `sendRtcp`, and the path with its keys for who sends by himself. */
  readonly connection: RtcConnection;
  /** As in the options; once it is false, it stays so. */
  isRtpOpened: boolean;
  readonly #ports: RtcClientPorts;
  readonly #options: RtcClientOptions;
  readonly #handler: RtcClientHandler;
  readonly #checkOptions: IceCheckOptions;
  readonly #udpChecks = new Map<string, IceCheck>();
  readonly #tcpChecks = new Map<TcpPath, IceCheck>();
  readonly #sockets: UdpSocket[] = [];
  readonly #timers: Timer[] = [];
  /** Ways that may still turn out to be none. */
  #attemptCount = 0;
  #chosen: IceCheck | undefined;
  #isNominated = false;
  #isOver = false;

  /** Begins at once; what comes of it, the handler is told. */
  static connect(
    ports: RtcClientPorts,
    options: RtcClientOptions,
    handler: RtcClientHandler,
  ): RtcClient {
    const client = new RtcClient(ports, options, handler);
    client.#start();
    return client;
  }

  private constructor(ports: RtcClientPorts, options: RtcClientOptions, handler: RtcClientHandler) {
    const { crypto, clock } = ports;
    const { agreement, identity, local, srtpProfiles } = options;
    const { ufrag, pwd } = agreement.remoteIce;
    const remote = { ufrag, pwd };
    this.#ports = ports;
    this.#options = options;
    this.#handler = handler;
    this.isRtpOpened = options.isRtpOpened ?? true;
    const tieBreaker = new DataView(crypto.randomBytes(8).buffer).getBigUint64(0);
    this.#checkOptions = { crypto, clock, local, remote, tieBreaker };
    this.connection = new RtcConnection(
      {
        ...{ crypto, clock, identity, local, remote, srtpProfiles, setup: agreement.setup },
        fingerprints: agreement.remoteFingerprints.map(({ value }) => value),
        isEncrypted: options.isEncrypted ?? true,
        isStunStrict: true,
        setupTimeoutMs: options.setupTimeoutMs ?? 10_000,
        stunTimeoutMs: options.consentTimeoutMs ?? 30_000,
      },
      {
        established: () => handler.established(),
        rtp: (packet, nowMs) => handler.rtp(packet, nowMs),
        rtcp: (packet, nowMs) => handler.rtcp(packet, nowMs),
        closed: (reason, error) => this.#end(reason, error),
      },
    );
  }

  /** Says goodbye and lets go of everything; the handler is told nothing more. */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.connection.close();
    this.#release();
  }

  #start(): void {
    const { clock } = this.#ports;
    const { agreement, transport } = this.#options;
    const candidates = [...agreement.candidates]
      .filter(({ component, address }) => component === 1 && parseIpAddress(address) !== undefined)
      .sort((a, b) => b.priority - a.priority)
      .slice(0, CANDIDATES_MAX);
    const udp = transport === "tcp" ? [] : candidates.filter((one) => one.transport === "udp");
    const tcp = transport === "udp" ? [] : candidates.filter(isPassiveTcp);
    this.#timers.push(
      clock.setInterval(DEADLINE_PERIOD_MS, () =>
        this.connection.checkDeadline(clock.monotonicMs()),
      ),
    );
    const isIpv4 = ({ address }: Candidate): boolean => parseIpAddress(address)?.length === 4;
    this.#try(udp.filter(isIpv4), (group) => this.#openUdp(group, "0.0.0.0"));
    this.#try(
      udp.filter((one) => !isIpv4(one)),
      (group) => this.#openUdp(group, "::"),
    );
    const openTcp = (): void => {
      for (const candidate of tcp) this.#try([candidate], () => this.#openTcp(candidate));
    };
    if (udp.length === 0) openTcp();
    else this.#timers.push(clock.setTimer(TCP_DELAY_MS, openTcp));
    if (udp.length + tcp.length > 0) return;
    const error = new ProtocolError("Cannot connect: the server has no candidate of use");
    this.#timers.push(clock.setTimer(0, () => this.#end("unreachable", error)));
  }

  #try(
    candidates: readonly Candidate[],
    open: (candidates: readonly Candidate[]) => Promise<void>,
  ): void {
    if (candidates.length === 0 || this.#isOver || this.#chosen !== undefined) return;
    this.#attemptCount += 1;
    open(candidates).catch((thrown: unknown) => {
      this.#attemptCount -= 1;
      if (this.#attemptCount === 0) this.#end("unreachable", toError(thrown));
    });
  }

  async #openUdp(candidates: readonly Candidate[], anyHost: string): Promise<void> {
    const { host = anyHost, receiveBufferSize } = this.#options;
    const size = receiveBufferSize === undefined ? {} : { receiveBufferSize };
    const socket = await this.#ports.udp.bind(
      { host, port: 0, ...size },
      {
        datagram: (bytes, address, port) => {
          const check = this.#udpChecks.get(`${port} ${address}`);
          if (check !== undefined) this.#receive(check, bytes);
        },
        error: (error) => this.#end("unreachable", error),
      },
    );
    if (this.#isOver) {
      await socket.close();
      return;
    }
    this.#sockets.push(socket);
    for (const { address, port } of candidates) {
      const check = new IceCheck(new UdpPath(socket, address, port), this.#checkOptions);
      this.#udpChecks.set(keyOf(address, port), check);
      if (this.#chosen === undefined) check.ask(false);
    }
  }

  async #openTcp({ address: host, port }: Candidate): Promise<void> {
    const { setupTimeoutMs: timeoutMs = 10_000 } = this.#options;
    const socket = await this.#ports.tcp.connect({ host, port, timeoutMs }, SILENT);
    if (this.#isOver || this.#chosen !== undefined) {
      socket.destroy();
      return;
    }
    const path = new TcpPath(socket, {
      datagram: (bytes, from) => {
        const check = this.#tcpChecks.get(from);
        if (check !== undefined) this.#receive(check, bytes);
      },
      closed: (from) => this.#lost(from),
    });
    const check = new IceCheck(path, this.#checkOptions);
    this.#tcpChecks.set(path, check);
    check.ask(false);
  }

  /** What came by one of the server's addresses. */
  #receive(check: IceCheck, bytes: Uint8Array): void {
    const nowMs = this.#ports.clock.monotonicMs();
    if (isStun(bytes)) this.#takeStun(check, bytes);
    else if (!this.isRtpOpened && this.connection.isEstablished && isRtp(bytes)) {
      this.connection.receivedSize += bytes.length;
      this.#handler.rtp(bytes, nowMs);
    } else this.connection.receive(bytes, nowMs);
  }

  #takeStun(check: IceCheck, bytes: Uint8Array): void {
    const message = unlessMalformed(() => parseStunMessage(bytes));
    if (message === undefined) return;
    if (check.take(message)) this.#reached(check);
    else if (isBindingRequest(message)) {
      // A server that is no ICE-lite agent asks as well.
      const { crypto, local } = this.#checkOptions;
      const hmac = (key: Uint8Array, data: Uint8Array) => crypto.hmac("sha1", key, data);
      answerBindingRequest(message, check.path, iceIntegrity(local.pwd, hmac));
    }
  }

  /** The first way that works is taken. */
  #reached(check: IceCheck): void {
    this.#chosen ??= check;
    if (check !== this.#chosen || this.#isOver) return;
    const { clock } = this.#ports;
    const { ufrag: localUfrag } = this.#checkOptions.local;
    this.connection.asked(
      check.path,
      { localUfrag, isNominated: true, size: 0 },
      clock.monotonicMs(),
    );
    this.connection.proven(check.path);
    if (!this.#isNominated) {
      this.#isNominated = true;
      for (const other of this.#checks()) if (other !== check) other.stop();
      check.ask(true);
    } else {
      const [random = 0] = this.#ports.crypto.randomBytes(1);
      check.askIn(CONSENT_MS * (0.8 + (0.4 * random) / 255), true);
    }
  }

  /** A TCP connection is no more. */
  #lost(path: TcpPath): void {
    const check = this.#tcpChecks.get(path);
    if (check === undefined) return;
    check.stop();
    this.#tcpChecks.delete(path);
    this.connection.lost(path);
    this.#attemptCount -= 1;
    if (check === this.#chosen) this.#end("peer_closed");
    else if (this.#attemptCount === 0) this.#end("unreachable");
  }

  #end(reason: RtcClientEnd, error?: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.connection.close();
    this.#release();
    this.#handler.closed(reason, error);
  }

  #release(): void {
    for (const timer of this.#timers) timer.cancel();
    for (const check of this.#checks()) check.stop();
    for (const path of this.#tcpChecks.keys()) path.end();
    this.#tcpChecks.clear();
    for (const socket of this.#sockets) void socket.close();
  }

  #checks(): readonly IceCheck[] {
    return [...this.#udpChecks.values(), ...this.#tcpChecks.values()];
  }

  /** The way to the server; `undefined` while there is none. */
  get path(): RtcPath | undefined {
    return this.connection.path;
  }
}

/** Until the path has the socket. */
const SILENT: TcpHandler = {
  data: () => undefined,
  drain: () => undefined,
  close: () => undefined,
};

/** Where the server listens: this side is the one that connects. */
function isPassiveTcp(candidate: Candidate): boolean {
  return candidate.transport === "tcp" && findTcpType(candidate) === "passive";
}

/** Spec: RFC 7983; RFC 5761, section 4: it is RTCP if the packet type is between these. */
function isRtp(bytes: Uint8Array): boolean {
  const [first = 0, second = 0] = bytes;
  return first >= 128 && first <= 191 && !(second >= 192 && second <= 223);
}

/** As the runtimes write where a datagram came from. */
function keyOf(address: string, port: number): string {
  const bytes = parseIpAddress(address);
  return `${port} ${bytes === undefined ? address : formatIpAddress(bytes)}`;
}
