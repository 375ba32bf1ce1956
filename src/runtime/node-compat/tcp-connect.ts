/**
 * Connects by node:net or node:tls.
 *
 * @module
 */

import { connect, isIP, type Socket } from "node:net";
import { checkServerIdentity, connect as connectTls, type PeerCertificate } from "node:tls";
import { ClosedError, TimeoutError } from "../../base/errors.ts";
import type { TcpConnectOptions, TcpHandler, TcpSocket } from "../runtime.ts";
import { formatEndpoint } from "./address.ts";
import { checkLocalPath } from "./local-path.ts";
import { errorCode, toSystemError } from "./system-fault.ts";
import { hasPeer, NodeTcpSocket, type SocketKind } from "./tcp-socket.ts";
import type { TlsContexts } from "./tls-contexts.ts";

/** Faults of this machine; every other is the peer's or the network's. */
const LOCAL_FAULTS = new Set(["EACCES", "EADDRNOTAVAIL", "EMFILE", "ENFILE", "ENOBUFS", "EPERM"]);

export function connectTcp(
  options: TcpConnectOptions,
  handler: TcpHandler,
  contexts: TlsContexts,
): Promise<TcpSocket> {
  const kind = options.tls === undefined ? "tcp" : "tls";
  const place = formatEndpoint(options.host, options.port);
  return whenOpen(
    openSocket(options, contexts),
    { kind, place, timeoutMs: options.timeoutMs },
    handler,
  );
}

/** Connects to a local socket. */
export async function connectLocally(
  path: string,
  timeoutMs: number,
  handler: TcpHandler,
): Promise<TcpSocket> {
  const place = checkLocalPath(path);
  return whenOpen(connect({ path }), { kind: "local", place, timeoutMs }, handler);
}

/** An attempt to connect: to what, as the user reads it, and how long it may take. */
interface Attempt {
  readonly kind: SocketKind;
  readonly place: string;
  readonly timeoutMs: number;
}

function whenOpen(raw: Socket, attempt: Attempt, handler: TcpHandler): Promise<TcpSocket> {
  const { kind, place, timeoutMs } = attempt;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(toTimeoutError(place, timeoutMs));
      raw.destroy();
    }, timeoutMs);
    const fail = (error: unknown): void => {
      clearTimeout(timer);
      reject(toConnectError(place, error));
      raw.destroy();
    };
    const refuse = (): void => fail(new Error("closed before it was open"));
    raw.on("error", fail);
    raw.on("close", refuse);
    raw.once(kind === "tls" ? "secureConnect" : "connect", () => {
      clearTimeout(timer);
      raw.off("close", refuse);
      if (kind === "local" || hasPeer(raw)) resolve(new NodeTcpSocket(raw, handler, kind));
      else refuse();
      raw.off("error", fail);
    });
  });
}

/** What it is to the caller that there was no connection in time. */
export function toTimeoutError(place: string, timeoutMs: number): TimeoutError {
  return new TimeoutError(`Cannot connect to ${place}: no answer within ${timeoutMs} ms`);
}

/** What a failed attempt is to the caller. */
export function toConnectError(place: string, error: unknown): Error {
  const action = `connect to ${place}`;
  const code = errorCode(error);
  if (code !== undefined && LOCAL_FAULTS.has(code)) return toSystemError(error, action);
  const reason = code ?? (error instanceof Error ? error.message : String(error));
  return new ClosedError(`Cannot ${action}: ${reason}`, { cause: error });
}

function openSocket(options: TcpConnectOptions, contexts: TlsContexts): Socket {
  const { host, port, tls } = options;
  if (tls === undefined) return connect({ host, port, noDelay: true });
  const { serverName = host, authorities, isVerified = true } = tls;
  return connectTls({
    host,
    port,
    // RFC 6066, section 3, keeps addresses out of SNI.
    servername: isIP(serverName) === 0 ? serverName : "",
    rejectUnauthorized: isVerified,
    checkServerIdentity: (_host: string, certificate: PeerCertificate) =>
      checkServerIdentity(serverName, certificate),
    ...(authorities === undefined ? {} : { secureContext: contexts.trusting(authorities) }),
  });
}
