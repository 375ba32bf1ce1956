/**
 * TCP and UDP as the runtime has them, but for ports that are open already.
 *
 * @module
 */

import { SystemError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import type {
  LocalListener,
  Runtime,
  Tcp,
  TcpConnectOptions,
  TcpHandler,
  TcpListener,
  TcpListenOptions,
  TcpSocket,
  Udp,
  UdpHandler,
  UdpOptions,
  UdpSocket,
} from "../../runtime/runtime.ts";
import type { InheritedSockets } from "./inherited-sockets.ts";

/** A runtime whose listeners take the sockets that were inherited. */
export function inheritPorts(runtime: Runtime, sockets: InheritedSockets, logger: Logger): Runtime {
  if (sockets.isEmpty) return runtime;
  return {
    ...runtime,
    tcp: new InheritingTcp(runtime.tcp, sockets, logger),
    udp: new InheritingUdp(runtime, sockets, logger),
  };
}

class InheritingTcp implements Tcp {
  readonly canSharePort: boolean;
  readonly canHandOver: boolean;
  readonly #tcp: Tcp;
  readonly #sockets: InheritedSockets;
  readonly #logger: Logger;

  constructor(tcp: Tcp, sockets: InheritedSockets, logger: Logger) {
    this.canSharePort = tcp.canSharePort;
    this.canHandOver = tcp.canHandOver;
    this.#tcp = tcp;
    this.#sockets = sockets;
    this.#logger = logger;
  }

  async listen(
    options: TcpListenOptions,
    accept: (socket: TcpSocket) => void,
  ): Promise<TcpListener> {
    const socket = options.role === "take" ? undefined : this.#sockets.take("tcp", options);
    if (socket === undefined) {
      return explainHeld(this.#tcp.listen(options, accept), this.#sockets.has("tcp", options));
    }
    const { descriptor, host, port } = socket;
    this.#logger.info("socket inherited", { transport: "tcp", address: host, port });
    return this.#tcp.listen({ ...options, descriptor, host, port }, accept);
  }

  connect(options: TcpConnectOptions, handler: TcpHandler): Promise<TcpSocket> {
    return this.#tcp.connect(options, handler);
  }

  listenLocal(path: string, accept: (socket: TcpSocket) => void): Promise<LocalListener> {
    return this.#tcp.listenLocal(path, accept);
  }

  connectLocal(path: string, timeoutMs: number, handler: TcpHandler): Promise<TcpSocket> {
    return this.#tcp.connectLocal(path, timeoutMs, handler);
  }
}

class InheritingUdp implements Udp {
  readonly canSharePort: boolean;
  readonly canInherit: boolean;
  readonly #runtime: Pick<Runtime, "udp" | "name">;
  readonly #sockets: InheritedSockets;
  readonly #logger: Logger;

  constructor(runtime: Pick<Runtime, "udp" | "name">, sockets: InheritedSockets, logger: Logger) {
    const { canSharePort, canInherit } = runtime.udp;
    this.canSharePort = canSharePort;
    this.canInherit = canInherit;
    this.#runtime = runtime;
    this.#sockets = sockets;
    this.#logger = logger;
  }

  async bind(options: UdpOptions, handler: UdpHandler): Promise<UdpSocket> {
    const { udp, name } = this.#runtime;
    const socket = this.#sockets.take("udp", options);
    if (socket === undefined) {
      return explainHeld(udp.bind(options, handler), this.#sockets.has("udp", options));
    }
    const { descriptor, host, port } = socket;
    const place = { transport: "udp", address: host, port };
    if (udp.canInherit) this.#logger.info("socket inherited", place);
    else {
      const reason = `${name} cannot take a socket of UDP: what comes during a restart is lost`;
      this.#logger.warn("inherited socket not used, port bound beside it", { ...place, reason });
    }
    return udp.bind({ ...options, descriptor, host, port }, handler);
  }
}

/** A port that was closed once is held by who has opened it for us, until we are started again. */
async function explainHeld<Socket>(opening: Promise<Socket>, isHeld: boolean): Promise<Socket> {
  try {
    return await opening;
  } catch (error) {
    throw isHeld ? addReason(error) : error;
  }
}

function addReason(cause: unknown): unknown {
  if (!(cause instanceof SystemError) || cause.code !== "EADDRINUSE") return cause;
  const why = "the service manager holds it, restart to have it again";
  return new SystemError(cause.code, `${cause.message} (${why})`, { cause });
}
