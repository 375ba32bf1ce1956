/**
 * All streams that are packaged: published here, on a vhost that packages.
 *
 * @module
 */

import type { Logger } from "../../base/logger.ts";
import { formatStreamUrl, type StreamName } from "../../base/stream-name.ts";
import type { LiveStream } from "../../live/live-stream.ts";
import type { Publication } from "../../live/publication.ts";
import type { HubListener, StreamHub } from "../../live/stream-hub.ts";
import type { ServerPorts } from "./output-ports.ts";
import { StreamPackager } from "./stream-packager.ts";
import type { VhostPackaging } from "./vhost-packaging.ts";

export interface PackagerPorts extends ServerPorts {
  readonly hub: StreamHub;
  readonly logger: Logger;
  /** How the vhost of that name packages; `undefined` if it does not. */
  packagingOf(vhost: string): VhostPackaging | undefined;
}

export class Packager implements HubListener {
  readonly #ports: PackagerPorts;
  readonly #streams = new Map<string, StreamPackager>();

  constructor(ports: PackagerPorts) {
    this.#ports = ports;
    ports.hub.addListener(this);
  }

  get size(): number {
    return this.#streams.size;
  }

  /** Bytes of media in memory. */
  get heldSize(): number {
    let size = 0;
    for (const stream of this.#streams.values()) size += stream.heldSize;
    return size;
  }

  /** A stream that is packaged, or was until recently. */
  find(name: StreamName): StreamPackager | undefined {
    return this.#streams.get(formatStreamUrl(name));
  }

  /** The app of a stream that is packaged; of several any. */
  findApp(vhost: string, stream: string): string | undefined {
    for (const { name } of this.#streams.values()) {
      if (name.vhost === vhost && name.stream === stream) return name.app;
    }
    return undefined;
  }

  /** How vhosts package has changed: streams go on as it is set now, with the next segment numbers. */
  configure(): void {
    const { hub, packagingOf } = this.#ports;
    for (const stream of this.#streams.values()) stream.configure(packagingOf(stream.name.vhost));
    for (const stream of hub.streams) {
      const { publication } = stream;
      if (publication !== undefined && !this.#streams.has(stream.url)) {
        this.onPublished(stream, publication);
      }
    }
  }

  /** Call every second or so. */
  sweep(nowMs: number): void {
    for (const [url, stream] of this.#streams) {
      stream.sweep(nowMs);
      if (stream.isForgotten) this.#streams.delete(url);
    }
  }

  /** Lets go of everything. Resolves when the disk has too. */
  async close(): Promise<void> {
    this.#ports.hub.removeListener(this);
    const streams = [...this.#streams.values()];
    this.#streams.clear();
    await Promise.all(streams.map((stream) => stream.close()));
  }

  // HubListener -------------------------------------------------------------------------------------

  onStreamCreated(): void {
    // It is packaged when somebody publishes it.
  }

  onStreamForgotten(): void {
    // What has been packaged of it can still be had for a while.
  }

  /** What another process publishes is packaged there, once for all. */
  onPublished(stream: LiveStream, publication: Publication): void {
    if (publication.isRelayed) return;
    const packaging = this.#ports.packagingOf(stream.name.vhost);
    if (packaging === undefined) return;
    this.#getOrCreate(stream, packaging).published(stream);
  }

  onUnpublished(stream: LiveStream, publication: Publication): void {
    if (!publication.isRelayed) this.#streams.get(stream.url)?.unpublished();
  }

  fail(error: unknown): void {
    this.#ports.logger.error("packaging failed", { error });
  }

  // -------------------------------------------------------------------------------------------------

  #getOrCreate(stream: LiveStream, packaging: VhostPackaging): StreamPackager {
    const known = this.#streams.get(stream.url);
    if (known !== undefined) return known;
    const { clock, files, crypto, logger, onSegment, onCmafSegment } = this.#ports;
    const created = new StreamPackager(stream.name, packaging, {
      clock,
      files,
      crypto,
      logger: logger.child({ url: stream.url }),
      onSegment,
      onCmafSegment,
    });
    this.#streams.set(stream.url, created);
    return created;
  }
}
