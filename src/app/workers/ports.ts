/**
 * The ports of a server that is several processes: each process listens on all of them and the system
 * shares out the connections, or, where a system cannot, the supervisor accepts and hands them on.
 *
 * @module
 */

import { ClosedError } from "../../base/errors.ts";
import type { Config } from "../../config/config.ts";
import type { Endpoint } from "../../config/endpoint.ts";
import type {
  ChildProcess,
  Host,
  Tcp,
  TcpListener,
  TcpListenOptions,
  TcpSocket,
  Udp,
} from "../../runtime/runtime.ts";
import { httpPorts } from "../http-ports.ts";
import { openExplained } from "../process/explain-port.ts";
import { webRtcEndpoints } from "../server-ports.ts";
import type { PortSharing } from "./messages.ts";

/** Every TCP port that the configuration opens. */
export function tcpEndpoints(config: Config): Endpoint[] {
  const { listen, rtmps } = config;
  const http = httpPorts(config).map(({ endpoint }) => endpoint);
  const rtc = webRtcEndpoints(config).tcp;
  return [...listen, ...(rtmps.enabled ? rtmps.listen : []), ...http, ...rtc];
}

/** How workers can share ports here; `undefined`: not at all. */
export function portSharing({ canSharePort, canHandOver }: Tcp): PortSharing | undefined {
  if (canSharePort) return "reusePort";
  return canHandOver ? "handOver" : undefined;
}

// In a worker -------------------------------------------------------------------------------------

/** Listens on ports on which the other workers listen as well. */
export class SharedPorts implements Pick<Tcp, "listen"> {
  readonly #tcp: Tcp;

  constructor(tcp: Tcp) {
    this.#tcp = tcp;
  }

  listen(options: TcpListenOptions, accept: (socket: TcpSocket) => void): Promise<TcpListener> {
    return this.#tcp.listen({ ...options, reusePort: true }, accept);
  }
}

/** Takes what the supervisor hands over as if it had been accepted here. */
export class HandedOverPorts implements Pick<Tcp, "listen"> {
  readonly #tcp: Tcp;
  readonly #listeners = new Map<string, TcpListener>();

  constructor(tcp: Tcp, host: Host) {
    this.#tcp = tcp;
    host.onHandedOver((socket, tag) => {
      const listener = this.#listeners.get(tag);
      if (listener === undefined) socket.destroy();
      else listener.take(socket);
    });
  }

  async listen(
    options: TcpListenOptions,
    accept: (socket: TcpSocket) => void,
  ): Promise<TcpListener> {
    const listener = await this.#tcp.listen({ ...options, role: "take" }, accept);
    const tag = tagOf(options);
    this.#listeners.set(tag, listener);
    return {
      host: options.host,
      port: options.port,
      setTlsIdentity: (identity) => listener.setTlsIdentity(identity),
      take: (socket) => listener.take(socket),
      close: async () => {
        this.#listeners.delete(tag);
        await listener.close();
      },
    };
  }
}

// In the supervisor -------------------------------------------------------------------------------

/**
 * Makes sure that nobody else has the ports: workers that share them could not tell another server's
 * from their own.
 *
 * @throws {SystemError} `EADDRINUSE`, ...
 */
export async function checkPorts(tcp: Tcp, endpoints: readonly Endpoint[]): Promise<void> {
  for (const { host, port } of endpoints) {
    const opening = tcp.listen({ host, port }, (socket) => socket.destroy());
    await (await openExplained(opening, { host, port }, "tcp")).close();
  }
}

/** Likewise for ports of UDP. @throws {SystemError} `EADDRINUSE`, ... */
export async function checkUdpPorts(udp: Udp, endpoints: readonly Endpoint[]): Promise<void> {
  const handler = { datagram: () => undefined, error: () => undefined };
  for (const { host, port } of endpoints) {
    const opening = udp.bind({ host, port }, handler);
    await (await openExplained(opening, { host, port }, "udp")).close();
  }
}

/** Accepts, and hands each connection to the next worker. */
export class PortHandOver {
  readonly #tcp: Tcp;
  readonly #workers: () => readonly ChildProcess[];
  readonly #listeners = new Map<string, TcpListener>();
  #turn = 0;
  #isClosed = false;

  /** @param workers Those that are ready. */
  constructor(tcp: Tcp, workers: () => readonly ChildProcess[]) {
    this.#tcp = tcp;
    this.#workers = workers;
  }

  /**
   * @throws {SystemError} If a port cannot be had; then none of them is open.
   * @throws {ClosedError} If it has been closed, or is so meanwhile; likewise.
   */
  async listen(endpoints: readonly Endpoint[]): Promise<void> {
    const opened: Endpoint[] = [];
    try {
      for (const endpoint of endpoints) {
        const { host, port } = endpoint;
        const options: TcpListenOptions = { host, port, role: "handOn" };
        const accept = (socket: TcpSocket): void => this.#handOn(socket, endpoint);
        const opening = this.#tcp.listen(options, accept);
        this.#listeners.set(tagOf(endpoint), await openExplained(opening, endpoint, "tcp"));
        opened.push(endpoint);
        if (this.#isClosed) throw new ClosedError("Cannot listen: the server is stopping");
      }
    } catch (error) {
      await this.closeOnly(opened);
      throw error;
    }
  }

  /** Accepts nobody there any more. */
  async closeOnly(endpoints: readonly Endpoint[]): Promise<void> {
    for (const endpoint of endpoints) {
      const listener = this.#listeners.get(tagOf(endpoint));
      this.#listeners.delete(tagOf(endpoint));
      await listener?.close();
    }
  }

  /** Accepts nobody any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const listeners = [...this.#listeners.values()];
    this.#listeners.clear();
    await Promise.all(listeners.map((listener) => listener.close()));
  }

  #handOn(socket: TcpSocket, endpoint: Endpoint): void {
    const workers = this.#workers();
    this.#turn = (this.#turn + 1) % Math.max(1, workers.length);
    const worker = workers[this.#turn];
    if (worker === undefined) socket.destroy();
    else worker.handOver(socket, tagOf(endpoint));
  }
}

function tagOf({ host, port }: Endpoint): string {
  return `${host}:${port}`;
}
