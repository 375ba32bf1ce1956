/**
 * Streams that are fetched from other servers, as the configuration names them.
 *
 * @module
 */

import type { StreamName } from "../../base/stream-name.ts";
import type { PullReport } from "../../live/reports.ts";
import type { Files, TlsConnectOptions } from "../../runtime/runtime.ts";
import { PulledStream, type PulledStreamPorts } from "./pulled-stream.ts";

/** A stream that is wanted. */
export interface PullSettings {
  readonly id: string;
  readonly name: StreamName;
  readonly url: string;
  readonly tls: { readonly isVerified: boolean; readonly authoritiesPath: string };
}

export interface PullsPorts extends Omit<PulledStreamPorts, "tlsOptions"> {
  readonly files: Pick<Files, "readText">;
  /** What is wanted at present. */
  readonly settings: () => readonly PullSettings[];
}

export class Pulls {
  readonly #ports: PullsPorts;
  /** By all that makes one what it is. */
  readonly #pulled = new Map<string, PulledStream>();
  #isClosed = false;

  constructor(ports: PullsPorts) {
    this.#ports = ports;
  }

  /** Fetches what is wanted now and has not been, and no more what is not wanted any more. */
  configure(): void {
    if (this.#isClosed) return;
    const wanted = new Map(this.#ports.settings().map((one) => [JSON.stringify(one), one]));
    for (const [key, pulled] of [...this.#pulled]) {
      if (wanted.has(key)) continue;
      pulled.stop();
      this.#pulled.delete(key);
    }
    for (const [key, settings] of wanted) {
      if (this.#pulled.has(key)) continue;
      const { id, name, url } = settings;
      const tlsOptions = (): Promise<TlsConnectOptions> => this.#tlsOptions(settings);
      const pulled = new PulledStream({ ...this.#ports, tlsOptions }, id, name, url);
      this.#pulled.set(key, pulled);
      pulled.start();
    }
  }

  /** In the order of the streams' names. */
  report(): readonly PullReport[] {
    const reports = Array.from(this.#pulled.values(), (pulled) => pulled.report());
    return reports.sort((a, b) => (a.url < b.url ? -1 : 1));
  }

  /** Nobody waits for what would never end by itself. */
  endFeeds(): void {
    this.close();
  }

  /** Nothing is fetched from now on. */
  close(): void {
    this.#isClosed = true;
    for (const pulled of this.#pulled.values()) pulled.stop();
    this.#pulled.clear();
  }

  /** Read anew for each connection: the file may have been replaced. */
  async #tlsOptions({ tls }: PullSettings): Promise<TlsConnectOptions> {
    const { isVerified, authoritiesPath } = tls;
    if (authoritiesPath === "") return { isVerified };
    return { isVerified, authorities: await this.#ports.files.readText(authoritiesPath) };
  }
}
