/**
 * Programs beside the server, as a part of it: who has them run, with what the configuration says.
 *
 * @module
 */

import type { Logger } from "../base/logger.ts";
import type { StreamName } from "../base/stream-name.ts";
import type { Config } from "../config/config.ts";
import { findVhost } from "../config/find-vhost.ts";
import { transcodeKeys } from "../config/transcode-keys.ts";
import type { Admission } from "../live/admission.ts";
import type { ProgramsPort } from "../live/local-view.ts";
import type { StreamHub } from "../live/stream-hub.ts";
import { Programs } from "../programs/programs.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { Exec, type ExecSettings } from "../services/exec/exec.ts";
import { type IngestSettings, Ingests } from "../services/ingest/ingests.ts";
import { type SnapshotSettings, Snapshots } from "../services/snapshots/snapshots.ts";
import { type TranscodeBlock, Transcodes } from "../services/transcode/transcodes.ts";
import type { Disposal } from "./disposal.ts";
import { OwnPrograms } from "./own-programs.ts";

const DEFAULT_FFMPEG = "ffmpeg";

export interface ServerProgramsOptions {
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly hub: StreamHub;
  /** As it is now. */
  readonly config: () => Config;
  /** The same, with what has been added to be ingested. */
  readonly configWithFeeds: () => Config;
  /** By which the server knows its own programs; the same in all of its processes. */
  readonly secret: string;
  /** What is to run once for the whole server runs here. */
  readonly isFirst: boolean;
}

export class ServerPrograms {
  readonly own: OwnPrograms;
  readonly exec: Exec;
  readonly snapshots: Snapshots;
  readonly #programs: Programs;
  readonly #transcodes: Transcodes;
  readonly #ingests: Ingests;

  constructor(options: ServerProgramsOptions, disposal: Disposal) {
    const { runtime, logger, hub, config, configWithFeeds, secret, isFirst } = options;
    const { clock, crypto, files, processes, host } = runtime;
    const programs = new Programs({
      ...{ processes, files, clock, logger },
      environment: host.environment,
      countMax: () => config().limits.programs,
    });
    disposal.add("programs", () => programs.close());
    const own = new OwnPrograms({ config, crypto, host, secret });
    const { localAddress, isThrough } = own;
    const isUtc = (): boolean => config().utcTime;
    const logFolder = (): string => config().ffLogDir;
    const shared = { hub, programs, clock, logger, files, localAddress, isUtc, logFolder };
    this.own = own;
    this.#programs = programs;
    this.exec = new Exec({ ...shared, settingsOf: (vhost) => execOf(config(), vhost) });
    disposal.add("exec", () => this.exec.close());
    this.#transcodes = new Transcodes({
      ...shared,
      blockOf: (name) => transcodeOf(config(), name),
      isThrough,
      mark: own.markTranscode,
    });
    disposal.add("transcoding", () => this.#transcodes.close());
    this.#ingests = new Ingests({
      ...shared,
      settings: () => (isFirst ? ingestsOf(configWithFeeds()) : []),
      port: () => config().listen[0]?.port ?? 0,
      mark: own.markIngest,
      logLevel: () => config().ffLogLevel,
    });
    disposal.add("ingest", () => this.#ingests.close());
    this.snapshots = new Snapshots({
      ...shared,
      settingsOf: (vhost) => snapshotOf(config(), vhost),
    });
  }

  readonly view: ProgramsPort = {
    report: () => this.#programs.report(),
    transcodes: () => this.#transcodes.report(),
    ingests: () => this.#ingests.report(),
    setIngest: (vhost, id, isRunning) => this.#ingests.set(vhost, id, isRunning),
  };

  /** Lets in those whom this server has sent, and asks `access` about others. */
  watch(access: Admission): Admission {
    return this.own.watch(access);
  }

  /** The ports are open: what comes by itself may come. */
  start(): void {
    this.#ingests.configure();
  }

  /** Nobody waits for what would never end by itself. */
  endFeeds(): void {
    void this.#ingests.close();
  }

  /** The configuration has changed. */
  configure(): void {
    for (const part of [this.exec, this.#transcodes, this.#ingests]) part.configure();
  }

  /** Call every second or so. */
  sweep(nowMs: number): void {
    this.exec.sweep();
    this.#transcodes.sweep(nowMs);
    this.#ingests.sweep(nowMs);
    this.snapshots.sweep(nowMs);
  }
}

function execOf(config: Config, name: string): ExecSettings | undefined {
  const { enabled, exec } = findVhost(config, name) ?? {};
  if (enabled !== true || exec?.enabled !== true) return undefined;
  return {
    publish: exec.publish,
    events: {
      publish_done: exec.publishDone,
      play: exec.play,
      play_done: exec.playDone,
      record_done: exec.recordDone,
    },
    timeoutMs: exec.timeout * 1_000,
  };
}

/** The first that is enabled, in SRS's order: from what is for all to what is for one. */
function transcodeOf(config: Config, name: StreamName): TranscodeBlock | undefined {
  const { enabled, transcode } = findVhost(config, name.vhost) ?? {};
  if (enabled !== true || transcode === undefined) return undefined;
  for (const key of transcodeKeys(name)) {
    const block = Object.hasOwn(transcode, key) ? transcode[key] : undefined;
    if (block?.enabled !== true) continue;
    const engines = Object.entries(block.engines).filter(([, engine]) => engine.enabled);
    return { key, ffmpeg: block.ffmpeg || DEFAULT_FFMPEG, engines: new Map(engines) };
  }
  return undefined;
}

function ingestsOf({ vhosts }: Config): IngestSettings[] {
  return Object.entries(vhosts).flatMap(([vhost, { enabled: isServed, ingest }]) =>
    Object.entries(ingest).flatMap(([id, { enabled, ffmpeg, input, engines }]) => {
      if (!isServed || !enabled) return [];
      const { type, url, options } = input;
      const kind = type === "stream" || type === "device" ? type : "file";
      return [
        {
          ...{ vhost, id, ffmpeg: ffmpeg || DEFAULT_FFMPEG },
          input: { type: kind, url, options },
          engines: new Map(Object.entries(engines)),
        } as const,
      ];
    }),
  );
}

function snapshotOf(config: Config, name: string): SnapshotSettings | undefined {
  const { enabled, snapshot } = findVhost(config, name) ?? {};
  if (enabled !== true || snapshot?.enabled !== true) return undefined;
  const { ffmpeg, interval, width, path } = snapshot;
  return { ffmpeg: ffmpeg || DEFAULT_FFMPEG, intervalMs: interval * 1_000, width, path };
}
