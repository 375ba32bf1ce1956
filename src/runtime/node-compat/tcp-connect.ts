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
import { errorCode, toSystemError } from "./system-fault.ts";
import { hasPeer, NodeTcpSocket } from "./tcp-socket.ts";
import type { TlsContexts } from "./tls-contexts.ts";

/** Faults of this machine; every other is the peer's or the network's. */
const LOCAL_FAULTS = new Set(["EACCES", "EADDRNOTAVAIL", "EMFILE", "ENFILE", "ENOBUFS", "EPERM"]);

export function connectTcp(
  options: TcpConnectOptions,
  handler: TcpHandler,
  contexts: TlsContexts,
): Promise<TcpSocket> {
  const isTls = options.tls !== undefined;
  return new Promise((resolve, reject) => {
    const raw = openSocket(options, contexts);
    const timer = setTimeout(() => {
      reject(toTimeoutError(options));
      raw.destroy();
    }, options.timeoutMs);
    const fail = (error: unknown): void => {
      clearTimeout(timer);
      reject(toConnectError(error, options));
      raw.destroy();
    };
    const refuse = (): void => fail(new Error("closed before it was open"));
    raw.on("error", fail);
    raw.on("close", refuse);
    raw.once(isTls ? "secureConnect" : "connect", () => {
      clearTimeout(timer);
      raw.off("close", refuse);
      if (hasPeer(raw)) resolve(new NodeTcpSocket(raw, handler, isTls));
      else refuse();
      raw.off("error", fail);
    });
  });
}

/** What it is to the caller that there was no connection in time. */
export function toTimeoutError(options: TcpConnectOptions): TimeoutError {
  const { host, port, timeoutMs } = options;
  const state = `no answer within ${timeoutMs} ms`;
  return new TimeoutError(`Cannot connect to ${formatEndpoint(host, port)}: ${state}`);
}

/** What a failed attempt is to the caller. */
export function toConnectError(error: unknown, options: TcpConnectOptions): Error {
  const action = `connect to ${formatEndpoint(options.host, options.port)}`;
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
