/**
 * Tells apart what comes for whom on the ports that all WebRTC sessions share, and answers the peers'
 * questions whether they reach this server (ICE-lite).
 *
 * A peer is known by the name that it calls this server by in STUN, once it has shown the password of
 * that name, and from then on by its address. Nobody who has not is answered, or costs more than a
 * look. Media go to an address once a peer has answered from there: none can be made to receive what
 * it did not ask for.
 *
 * Spec: RFC 8445, sections 2.5 and 7.3; RFC 7983 (what is what); RFC 6544 (TCP).
 *
 * @module
 */

import type { Clock, Timer } from "../../../base/clock.ts";
import { MalformedError } from "../../../base/errors.ts";
import { hasUseCandidate } from "../../../codec/stun/ice-attribute.ts";
import type { StunIntegrity } from "../../../codec/stun/integrity.ts";
import { isStun, parseStunMessage, type StunMessage } from "../../../codec/stun/message.ts";
import { findUsername } from "../../../codec/stun/text-attribute.ts";
import type { Crypto, TcpSocket, UdpSocket } from "../../../runtime/runtime.ts";
import { answerBindingRequest, iceIntegrity, isBindingRequest } from "./binding-request.ts";
import { PathChecks } from "./path-checks.ts";
import type { AskedPath, RtcConnection } from "./rtc-connection.ts";
import type { RtcPath } from "./rtc-path.ts";
import { TcpPath, type TcpPathHandler } from "./tcp-path.ts";
import { UdpPort } from "./udp-port.ts";

/** Who connects by TCP and does not say by STUN for whom is sent away. */
const TCP_SILENT_MS = 10_000;
/** Connections by TCP of which it is not known for whom they are. */
const TCP_STRANGERS_MAX = 1_024;
/** Of one address: behind it may be a company, of which all come at once. */
const TCP_STRANGERS_OF_ADDRESS_MAX = 64;

export interface RtcMuxPorts {
  readonly crypto: Pick<Crypto, "hmac" | "randomBytes">;
  readonly clock: Pick<Clock, "monotonicMs" | "setTimer">;
}

export class RtcMux implements TcpPathHandler {
  readonly #ports: RtcMuxPorts;
  readonly #hmac: StunIntegrity["hmac"];
  readonly #checks: PathChecks;
  readonly #byUfrag = new Map<string, RtcConnection>();
  readonly #ofConnections = new Map<RtcConnection, readonly string[]>();
  readonly #udpPorts = new Map<UdpSocket, UdpPort>();
  readonly #tcpPaths = new Map<TcpPath, RtcConnection>();
  readonly #strangers = new Map<TcpPath, Timer>();
  /** Datagrams that were nobody's. */
  strayCount = 0;

  constructor(ports: RtcMuxPorts) {
    this.#ports = ports;
    this.#checks = new PathChecks(ports.crypto);
    this.#hmac = (key, data) => ports.crypto.hmac("sha1", key, data);
  }

  /**
   * What the socket is bound with, and what is to be told once it is.
   *
   * @param broken Called if the socket broke; then `closeUdp` has to be.
   */
  openUdp(broken: (error: Error) => void): {
    readonly handler: UdpPort;
    opened(socket: UdpSocket): void;
  } {
    const port = new UdpPort({
      stun: (bytes, path, holder) => this.#takeStun(bytes, path, holder),
      broken,
      stray: () => {
        this.strayCount += 1;
      },
      nowMs: () => this.#ports.clock.monotonicMs(),
    });
    return {
      handler: port,
      opened: (socket) => {
        port.open(socket);
        this.#udpPorts.set(socket, port);
      },
    };
  }

  /** The socket is no more: those who came by it have to find another way. */
  closeUdp(socket: UdpSocket): void {
    this.#udpPorts.get(socket)?.close();
    this.#udpPorts.delete(socket);
  }

  /** Takes a connection by TCP, of which it is not known yet for whom it is. */
  acceptTcp(socket: TcpSocket): void {
    // The oldest has had the most time to say for whom it is: so nobody can keep others out by waiting.
    const strangers = [...this.#strangers.keys()];
    const same = strangers.filter(({ address }) => address === socket.remoteAddress);
    const isTooMany = same.length >= TCP_STRANGERS_OF_ADDRESS_MAX;
    const oldest =
      isTooMany || strangers.length >= TCP_STRANGERS_MAX ? (same[0] ?? strangers[0]) : undefined;
    if (oldest !== undefined) this.#dismiss(oldest);
    const path = new TcpPath(socket, this);
    const timer = this.#ports.clock.setTimer(TCP_SILENT_MS, () => this.#dismiss(path));
    this.#strangers.set(path, timer);
  }

  /** Whether a name is taken. */
  hasUfrag(ufrag: string): boolean {
    return this.#byUfrag.has(ufrag);
  }

  /** The peer may ask for the connection from now on. Call again after an ICE restart. */
  add(connection: RtcConnection): void {
    this.#forget(connection);
    if (connection.isClosed) return;
    const ufrags = connection.localUfrags;
    this.#ofConnections.set(connection, ufrags);
    for (const ufrag of ufrags) this.#byUfrag.set(ufrag, connection);
  }

  /** It is over. */
  remove(connection: RtcConnection): void {
    this.#forget(connection);
    this.#checks.forget(connection);
    for (const path of [...connection.paths]) this.#drop(path);
  }

  // TcpPathHandler ----------------------------------------------------------------------------------

  datagram(bytes: Uint8Array, path: TcpPath): void {
    const connection = this.#tcpPaths.get(path);
    if (isStun(bytes)) this.#takeStun(bytes, path, connection);
    else if (connection === undefined) this.#dismiss(path);
    else connection.receive(bytes, this.#ports.clock.monotonicMs());
  }

  closed(path: TcpPath): void {
    this.#strangers.get(path)?.cancel();
    this.#strangers.delete(path);
    this.#tcpPaths.get(path)?.lost(path);
    this.#tcpPaths.delete(path);
  }

  // -------------------------------------------------------------------------------------------------

  /**
   * @param holder Whose the path is known to be.
   * @returns Whose it is from now on, and by which path.
   */
  #takeStun(
    bytes: Uint8Array,
    path: RtcPath,
    holder: RtcConnection | undefined,
  ): RtcConnection | undefined {
    try {
      const message = parseStunMessage(bytes);
      return isBindingRequest(message)
        ? this.#answer(message, path, holder)
        : this.#takeAnswer(message, path, holder);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.strayCount += 1;
      return undefined;
    }
  }

  #answer(
    message: StunMessage,
    path: RtcPath,
    holder: RtcConnection | undefined,
  ): RtcConnection | undefined {
    const [localUfrag = "", remoteUfrag = ""] = findUsername(message)?.split(":", 2) ?? [];
    const connection = this.#byUfrag.get(localUfrag);
    const password = connection?.passwordOf(localUfrag, remoteUfrag);
    const isAnswered =
      password !== undefined &&
      answerBindingRequest(message, path, iceIntegrity(password, this.#hmac));
    if (connection === undefined || !isAnswered) {
      this.strayCount += 1;
      return undefined;
    }
    const isNominated = hasUseCandidate(message);
    const asked = { localUfrag, isNominated, size: message.bytes.length };
    const nowMs = this.#ports.clock.monotonicMs();
    if (path instanceof TcpPath) this.#adopt(path, connection);
    else if (holder !== undefined && holder !== connection) {
      // One translator may give an address to another client. Or the address of a client is forged.
      this.#checks.ask({ connection, path, asked }, nowMs);
      return undefined;
    }
    this.#bind(connection, path, asked, nowMs);
    if (connection.mayAsk(path, nowMs)) this.#checks.ask({ connection, path, asked }, nowMs);
    return connection;
  }

  #takeAnswer(
    message: StunMessage,
    from: RtcPath,
    holder: RtcConnection | undefined,
  ): RtcConnection | undefined {
    const nowMs = this.#ports.clock.monotonicMs();
    const proven = this.#checks.take(message, from, nowMs);
    if (proven === undefined) {
      this.strayCount += 1;
      return undefined;
    }
    const { connection, roundTripMs } = proven;
    // Its address has been another's until now, or it has been given up meanwhile.
    if (holder !== connection) this.#bind(connection, from, proven.asked, nowMs);
    connection.proven(from, roundTripMs);
    return connection;
  }

  #bind(connection: RtcConnection, path: RtcPath, asked: AskedPath, nowMs: number): void {
    const left = connection.asked(path, asked, nowMs);
    if (left !== undefined) this.#drop(left);
  }

  #dismiss(stranger: TcpPath): void {
    this.#strangers.get(stranger)?.cancel();
    this.#strangers.delete(stranger);
    stranger.destroy();
  }

  #adopt(path: TcpPath, connection: RtcConnection): void {
    this.#strangers.get(path)?.cancel();
    this.#strangers.delete(path);
    const before = this.#tcpPaths.get(path);
    if (before !== undefined && before !== connection) before.lost(path);
    this.#tcpPaths.set(path, connection);
  }

  #drop(path: RtcPath): void {
    if (path instanceof TcpPath) {
      this.#tcpPaths.delete(path);
      path.destroy();
    } else if (path.udp !== undefined) {
      this.#udpPorts.get(path.udp)?.forget(path);
    }
  }

  #forget(connection: RtcConnection): void {
    for (const ufrag of this.#ofConnections.get(connection) ?? []) {
      if (this.#byUfrag.get(ufrag) === connection) this.#byUfrag.delete(ufrag);
    }
    this.#ofConnections.delete(connection);
  }
}
