/**
 * Sockets that somebody has opened for the server: a service manager, so that nobody is refused while
 * the server is started anew, or the supervisor for its workers.
 *
 * Spec: sd_listen_fds(3), systemd.socket(5)
 *
 * @module
 */

import type { Logger } from "../../base/logger.ts";
import type { Config } from "../../config/config.ts";
import { type Endpoint, formatEndpoint } from "../../config/endpoint.ts";
import type { Host, InheritedSocket, Runtime } from "../../runtime/runtime.ts";
import { planPorts, transportOf } from "../server-ports.ts";

/** The first of a manager's. */
const DESCRIPTOR_MIN = 3;
/** More than any server has ports; a wrong number must not keep it busy. */
const COUNT_MAX = 1_024;

const WILDCARDS = ["::", "0.0.0.0"];

export type Transport = InheritedSocket["transport"];

interface NamedSocket extends InheritedSocket {
  /** What the manager calls it, to help people. */
  readonly name: string;
}

export class InheritedSockets {
  readonly #host: Pick<Host, "closeInherited">;
  readonly #logger: Logger;
  #sockets: readonly NamedSocket[];
  /** Descriptors that a listener has: it closes them. */
  readonly #taken = new Set<number>();

  constructor(host: Pick<Host, "closeInherited">, logger: Logger, sockets: readonly NamedSocket[]) {
    this.#host = host;
    this.#logger = logger;
    this.#sockets = sockets;
  }

  get isEmpty(): boolean {
    return this.#sockets.length === 0;
  }

  /** Of all that are kept, for children. */
  get descriptors(): readonly number[] {
    return this.#sockets.map(({ descriptor }) => descriptor);
  }

  /** Of those of one kind. */
  descriptorsOf(transport: Transport): readonly number[] {
    const sockets = this.#sockets.filter((one) => one.transport === transport);
    return sockets.map(({ descriptor }) => descriptor);
  }

  /** Ports that are not open already. */
  without(transport: Transport, endpoints: readonly Endpoint[]): Endpoint[] {
    return endpoints.filter((endpoint) => !this.has(transport, endpoint));
  }

  /** Whether a port is open already. */
  has(transport: Transport, endpoint: Endpoint): boolean {
    return this.#find(transport, endpoint, () => true) !== undefined;
  }

  /** The socket for a port, which belongs to the caller from now on; once. */
  take(transport: Transport, endpoint: Endpoint): InheritedSocket | undefined {
    const socket = this.#find(
      transport,
      endpoint,
      ({ descriptor }) => !this.#taken.has(descriptor),
    );
    if (socket !== undefined) this.#taken.add(socket.descriptor);
    return socket;
  }

  /** Closes what the configuration has no use for, and says so. */
  async closeUnknown(config: Config): Promise<void> {
    const used = new Set(
      planPorts(config).map(
        (plan) => this.#find(transportOf(plan), plan.endpoint, () => true)?.descriptor,
      ),
    );
    for (const { descriptor, transport, name, ...endpoint } of this.#sockets) {
      if (used.has(descriptor)) continue;
      const reason = "no port of the configuration has its address";
      const address = formatEndpoint(endpoint);
      this.#logger.warn("inherited socket not used", { name, transport, address, reason });
      await this.#host.closeInherited(descriptor);
    }
    this.#sockets = this.#sockets.filter(({ descriptor }) => used.has(descriptor));
  }

  /** One of the very address; else of every address for every address, as managers open `[::]`. */
  #find(
    transport: Transport,
    { host, port }: Endpoint,
    isWanted: (socket: NamedSocket) => boolean,
  ): NamedSocket | undefined {
    const fit = this.#sockets.filter((one) => one.transport === transport && one.port === port);
    const isWild = (address: string): boolean => WILDCARDS.includes(address);
    const socket =
      fit.find((one) => one.host === host) ?? fit.find((one) => isWild(one.host) && isWild(host));
    return socket !== undefined && isWanted(socket) ? socket : undefined;
  }
}

/**
 * Takes what a service manager has opened. The variables that tell of it are taken out of the
 * environment.
 */
export function takeManagersSockets(
  runtime: Pick<Runtime, "host">,
  logger: Logger,
): Promise<InheritedSockets> {
  const { host } = runtime;
  const pid = host.takeVariable("LISTEN_PID");
  const count = Number(host.takeVariable("LISTEN_FDS") ?? "");
  const names = (host.takeVariable("LISTEN_FDNAMES") ?? "").split(":");
  // They were meant for another process, such as one that has started this one.
  const isOurs = pid === String(host.pid) && Number.isInteger(count) && count > 0;
  const numbers = Array.from(
    { length: isOurs ? Math.min(count, COUNT_MAX) : 0 },
    (_, index) => DESCRIPTOR_MIN + index,
  );
  return takeSockets(host, logger, numbers, names);
}

/** Takes sockets by their numbers. */
export async function takeSockets(
  host: Pick<Host, "takeInherited" | "closeInherited">,
  logger: Logger,
  descriptors: readonly number[],
  names: readonly string[] = [],
): Promise<InheritedSockets> {
  const sockets: NamedSocket[] = [];
  for (const [index, descriptor] of descriptors.entries()) {
    const name = names[index] ?? "";
    const socket = await host.takeInherited(descriptor);
    if (socket !== undefined) {
      sockets.push({ ...socket, name });
      continue;
    }
    const reason = "it is none that listens by TCP or is bound by UDP";
    logger.warn("inherited socket not used", { name, descriptor, reason });
    await host.closeInherited(descriptor).catch(() => undefined);
  }
  return new InheritedSockets(host, logger, sockets);
}
