/**
 * A network of local sockets behind the calls of a TCP one, so that both pass the same tests. A port
 * stands for a file in a folder of its own.
 *
 * @module
 */

import type {
  Files,
  Tcp,
  TcpConnectOptions,
  TcpHandler,
  TcpListener,
  TcpListenOptions,
  TcpSocket,
} from "../../../src/runtime/runtime.ts";
import type { Network } from "./recorder.ts";

/** The calls that it stands before. */
type LocalCalls = Pick<Tcp, "listenLocal" | "connectLocal">;

const idle = (): void => undefined;

export class LocalNetwork implements Network {
  #network: LocalCalls;
  #files: Files;
  #folder: Promise<string>;
  #portCount = 0;

  constructor(network: LocalCalls, files: Files) {
    this.#network = network;
    this.#files = files;
    this.#folder = files.makePrivateFolder("sluice-local-");
  }

  async listen(
    options: TcpListenOptions,
    accept: (socket: TcpSocket) => void,
  ): Promise<TcpListener> {
    const { host } = options;
    const port = options.port === 0 ? ++this.#portCount : options.port;
    const listener = await this.#network.listenLocal(await this.#pathOf(port), accept);
    return { host, port, setTlsIdentity: idle, take: idle, close: () => listener.close() };
  }

  async connect(options: TcpConnectOptions, handler: TcpHandler): Promise<TcpSocket> {
    const path = await this.#pathOf(options.port);
    return this.#network.connectLocal(path, options.timeoutMs, handler);
  }

  /** Removes the folder. */
  async close(): Promise<void> {
    await this.#files.removeAll(await this.#folder);
  }

  async #pathOf(port: number): Promise<string> {
    return `${await this.#folder}/${port}`;
  }
}
