/**
 * All that records streams, without sockets and disks: frames go in at the live core, and files come to
 * be in memory. Nothing happens but what a test says, at the time that it says.
 *
 * @module
 */

import { onTestFinished } from "vitest";
import { createLogging, type Logging } from "../../src/app/logging.ts";
import { createDvr } from "../../src/app/recording.ts";
import { streamSettings } from "../../src/app/stream-settings.ts";
import type { Logger } from "../../src/base/logger.ts";
import type { StreamName } from "../../src/base/stream-name.ts";
import type { SessionRequest } from "../../src/live/admission.ts";
import type { Frame } from "../../src/live/frame.ts";
import type { Publication } from "../../src/live/publication.ts";
import type { ServerEvent } from "../../src/live/server-event.ts";
import { StreamHub } from "../../src/live/stream-hub.ts";
import { MemoryRuntime } from "../../src/runtime/memory/memory-runtime.ts";
import type { Dvr } from "../../src/services/dvr/dvr.ts";
import { type ConfigValue, memoryConfig } from "./memory-server.ts";
import { settleTasks } from "./packaging-bench.ts";
import { TEST_METADATA_OF_BOTH } from "./packaging-frames.ts";

export const REC = "/rec";

export type LogLine = Readonly<Record<string, unknown>>;

export interface RecordingBenchOptions {
  /** Files and clock of a server that ended before. */
  readonly runtime?: MemoryRuntime;
  /** What the vhost sets besides. */
  readonly vhost?: ConfigValue;
  /** Other vhosts. */
  readonly vhosts?: ConfigValue;
}

/** A server's recordings, by default as FLV in `/rec`, with times as they come. */
export class RecordingBench {
  readonly runtime: MemoryRuntime;
  readonly hub: StreamHub;
  readonly dvr: Dvr;
  /** What backends are told of: files by their names, in order. */
  readonly recorded: { readonly publisher: SessionRequest; readonly file: string }[] = [];
  readonly told: ServerEvent[] = [];
  #config: ReturnType<typeof memoryConfig>;
  readonly #vhost: ConfigValue;
  readonly #vhosts: ConfigValue;
  #logText = "";
  readonly #logging: Logging;
  #sweptMs = 0;

  constructor(
    dvr: ConfigValue = {},
    { runtime, vhost = {}, vhosts = {} }: RecordingBenchOptions = {},
  ) {
    this.runtime = runtime ?? new MemoryRuntime();
    this.#vhosts = vhosts;
    this.#vhost = vhost;
    this.#config = this.#load(dvr);
    const { clock } = this.runtime;
    this.#logging = createLogging({
      level: "debug",
      format: "json",
      hasColour: false,
      target: (text) => {
        this.#logText += text;
      },
    });
    const { logger } = this.#logging;
    this.#sweptMs = clock.monotonicMs();
    this.hub = new StreamHub(clock, (name) => streamSettings(this.#config, name));
    this.dvr = createDvr({
      ...{ hub: this.hub, runtime: this.runtime, logger },
      tell: (event) => void this.told.push(event),
      config: () => this.#config,
      onRecorded: ({ publisher, path: file }) => {
        if (publisher !== undefined) this.recorded.push({ publisher, file });
      },
    });
    this.dvr.recover();
    onTestFinished(() => this.dvr.close());
  }

  /** The configuration is loaded anew. */
  async reload(dvr: ConfigValue): Promise<void> {
    this.#config = this.#load(dvr);
    this.hub.configure();
    this.dvr.configure();
    await settleTasks();
  }

  get logger(): Logger {
    return this.#logging.logger;
  }

  /** The log's lines with that event. */
  events(event: string): LogLine[] {
    const lines = this.#logText.split("\n").filter((line) => line !== "");
    const values = lines.map((line) => JSON.parse(line) as LogLine);
    return values.filter((line) => line["event"] === event);
  }

  /** Lets time pass, with a sweep every second. */
  async advance(ms: number): Promise<void> {
    const { clock } = this.runtime;
    for (let left = ms; left > 0; ) {
      const step = Math.min(left, Math.max(1, 1_000 - (clock.monotonicMs() - this.#sweptMs)));
      clock.advance(step);
      left -= step;
      if (clock.monotonicMs() - this.#sweptMs < 1_000) continue;
      this.#sweptMs = clock.monotonicMs();
      this.hub.sweep(this.#sweptMs);
      this.dvr.sweep(this.#sweptMs);
    }
    await settleTasks();
  }

  async publish(url = "live/show", vhost = "__defaultVhost__"): Promise<RecordedPublisher> {
    const cut = url.lastIndexOf("/");
    const [app, stream] = [url.slice(0, cut), url.slice(cut + 1)];
    const name = { vhost, app, stream };
    const publication = await this.hub.publish(name, {
      clientId: "publisher",
      request: requestOf(name),
      close: () => undefined,
    });
    publication.writeMetadata(TEST_METADATA_OF_BOTH);
    return new RecordedPublisher(this, publication);
  }

  /** The paths of all files below a folder, in order, without what is the server's own. */
  async files(root: string = REC): Promise<string[]> {
    const { files } = this.runtime;
    if ((await files.stat(root)) === undefined) return [];
    const paths: string[] = [];
    for (const name of await files.list(root)) {
      const path = `${root}/${name}`;
      const isFolder = (await files.stat(path))?.isFolder === true;
      if (name.startsWith(".")) continue;
      paths.push(...(isFolder ? await this.files(path) : [path]));
    }
    return paths;
  }

  contentOf(path: string): Uint8Array {
    return this.runtime.files.contentOf(path);
  }

  #load(dvr: ConfigValue): ReturnType<typeof memoryConfig> {
    const defaults = { enabled: true, dvr_path: `${REC}/[app]/[stream].[timestamp].flv` };
    const vhost = {
      hls: { enabled: false },
      cmaf: { enabled: false },
      play: { time_jitter: "off" },
      publish: { grace_ms: 0 },
      ...this.#vhost,
      dvr: { ...defaults, ...dvr },
    };
    return memoryConfig({ vhosts: { __defaultVhost__: vhost, ...this.#vhosts } });
  }
}

/** Files as they are at this moment, on a machine whose clock goes on from there. */
export async function copyFiles({ files, clock }: MemoryRuntime): Promise<MemoryRuntime> {
  const copy = new MemoryRuntime();
  copy.clock.advance(clock.monotonicMs() + 1);
  for (const folder of [`${REC}/.dvr`, `${REC}/live`]) {
    await copy.files.makeFolder(folder);
    for (const name of await files.list(folder)) {
      const path = `${folder}/${name}`;
      await copy.files.write(path, files.contentOf(path));
    }
  }
  return copy;
}

function requestOf({ vhost, app, stream }: StreamName): SessionRequest {
  return {
    clientId: "publisher",
    clientType: "fmle-publish",
    remoteAddress: "127.0.0.1",
    ...{ vhost, app, stream },
    param: "?token=secret",
    tcUrl: `rtmp://127.0.0.1/${app}`,
    pageUrl: "",
    swfUrl: "",
  };
}

export class RecordedPublisher {
  readonly publication: Publication;
  readonly #bench: RecordingBench;
  /** What the clock showed when the first frame came, less its timestamp. */
  #startMs: number | undefined;

  constructor(bench: RecordingBench, publication: Publication) {
    this.#bench = bench;
    this.publication = publication;
  }

  /** Sends frames as fast as their timestamps say. */
  async send(frames: readonly Frame[]): Promise<void> {
    for (const frame of frames) {
      const nowMs = this.#bench.runtime.clock.monotonicMs();
      this.#startMs ??= nowMs - frame.dtsMs;
      const aheadMs = this.#startMs + frame.dtsMs - nowMs;
      if (aheadMs >= 1) await this.#bench.advance(aheadMs);
      this.sendNow(frame);
    }
    await settleTasks();
  }

  /** Sends a frame at once, behind its track if that is new. */
  sendNow(frame: Frame): void {
    const track = this.publication.writeTrack(frame.track);
    this.publication.writeFrame({ ...frame, track });
  }

  async leave(): Promise<void> {
    this.publication.end();
    await settleTasks();
    await settleTasks();
  }
}
