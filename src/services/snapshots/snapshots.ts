/**
 * Pictures of streams: taken when somebody asks, or at intervals for the disk; one at a time of each
 * stream, however many ask.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { RefusedError, toError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { dateVariables, PathTemplate } from "../../base/path-template.ts";
import type { LiveStream } from "../../live/live-stream.ts";
import type { StreamHub } from "../../live/stream-hub.ts";
import type { Programs } from "../../programs/programs.ts";
import type { Files } from "../../runtime/runtime.ts";
import { JpegDecoder } from "./jpeg-decoder.ts";
import { latestKeyFrame, toCodedPicture } from "./key-frame.ts";

/** For a stream of which it is not known whether it has a picture at all. */
const TRACK_MS = 3_000;
/** Of most streams a key frame comes every two to ten seconds. */
const KEY_FRAME_MS = 15_000;
/** How soon it is tried again after a failure. */
const RETRY_MS = 3_000;
/** So many are taken for the disk at the same time: half of what may wait, so that others find room too. */
const KEEPING_MAX = 32;

/** Of a vhost. */
export interface SnapshotSettings {
  readonly ffmpeg: string;
  /** How long a picture is as good as a new one. */
  readonly intervalMs: number;
  /** In samples; 0: as it is. */
  readonly width: number;
  /** Where pictures go at intervals, with variables of the stream; empty: nowhere. */
  readonly path: string;
}

export interface Picture {
  /** JPEG. */
  readonly bytes: Uint8Array;
  /** Wall time in milliseconds since the Unix epoch. */
  readonly takenMs: number;
}

export interface SnapshotsPorts {
  readonly hub: StreamHub;
  readonly programs: Programs;
  readonly files: Pick<Files, "write" | "rename" | "makeFolder">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** `undefined` for a vhost without pictures. */
  readonly settingsOf: (vhost: string) => SnapshotSettings | undefined;
  /** Whether dates are in UTC. */
  readonly isUtc: () => boolean;
}

interface Known {
  /** The latest one that came about, and with which settings. */
  picture: Picture | undefined;
  settings: string;
  /** On the monotonic clock: when it was taken. */
  takenMs: number;
  /** The one that is being taken. */
  taking: Promise<Picture> | undefined;
  failure: Error | undefined;
  failedMs: number;
  /** When one is to be put on disk next. `undefined`: it is not known yet that it is to be. */
  dueMs: number | undefined;
}

/** One that is to be put on disk now. */
interface Due {
  readonly stream: LiveStream;
  readonly settings: SnapshotSettings;
  readonly known: Known;
  readonly dueMs: number;
}

export class Snapshots {
  readonly #ports: SnapshotsPorts;
  readonly #decoder: JpegDecoder;
  readonly #known = new Map<LiveStream, Known>();
  #keepingCount = 0;

  constructor(ports: SnapshotsPorts) {
    this.#ports = ports;
    this.#decoder = new JpegDecoder(ports);
  }

  /**
   * A picture of a stream of this process, no older than the interval.
   *
   * @throws {RefusedError} `unavailable`, if none can be had now.
   */
  async take(stream: LiveStream): Promise<Picture> {
    const settings = this.#ports.settingsOf(stream.name.vhost);
    if (settings === undefined) {
      throw new RefusedError("not_found", "Cannot take a picture: it is not enabled");
    }
    const known = this.#knownOf(stream);
    const nowMs = this.#ports.clock.monotonicMs();
    const text = JSON.stringify(settings);
    const isFresh = known.settings === text && nowMs - known.takenMs < settings.intervalMs;
    if (known.picture !== undefined && isFresh) return known.picture;
    if (known.failure !== undefined && nowMs - known.failedMs < RETRY_MS) throw known.failure;
    known.taking ??= this.#take(stream, settings, known).finally(() => {
      known.taking = undefined;
    });
    return known.taking;
  }

  /** Call every second or so: takes those for the disk, and forgets streams that have gone. */
  sweep(nowMs: number): void {
    for (const stream of this.#known.keys()) if (!stream.isLive) this.#known.delete(stream);
    const room = Math.min(KEEPING_MAX - this.#keepingCount, this.#decoder.room);
    if (room <= 0) return;
    // Who has waited for the longest comes first, so that each has its turn.
    const due = this.#listDue(nowMs).sort((one, other) => one.dueMs - other.dueMs);
    for (const { stream, settings, known } of due.slice(0, room)) {
      known.dueMs = nowMs + settings.intervalMs;
      this.#keepingCount += 1;
      void this.#keep(stream, settings).finally(() => {
        this.#keepingCount -= 1;
      });
    }
  }

  #listDue(nowMs: number): Due[] {
    const all: Due[] = [];
    for (const stream of this.#ports.hub.streams) {
      const { publication, name } = stream;
      if (publication === undefined || publication.isRelayed) continue;
      const settings = this.#ports.settingsOf(name.vhost);
      if (settings === undefined || settings.path === "") continue;
      const known = this.#knownOf(stream);
      // A reload may have made the interval shorter.
      known.dueMs = Math.min(known.dueMs ?? nowMs, nowMs + settings.intervalMs);
      const { dueMs } = known;
      if (dueMs <= nowMs) all.push({ stream, settings, known, dueMs });
    }
    return all;
  }

  #knownOf(stream: LiveStream): Known {
    let known = this.#known.get(stream);
    if (known === undefined) {
      known = {
        picture: undefined,
        settings: "",
        takenMs: 0,
        taking: undefined,
        failure: undefined,
        failedMs: 0,
        dueMs: undefined,
      };
      this.#known.set(stream, known);
    }
    return known;
  }

  async #take(stream: LiveStream, settings: SnapshotSettings, known: Known): Promise<Picture> {
    const { clock, logger } = this.#ports;
    const { url } = stream;
    try {
      const hasVideo = stream.description.video !== undefined;
      const frame = await latestKeyFrame(stream, clock, hasVideo ? KEY_FRAME_MS : TRACK_MS);
      const picture = toCodedPicture(frame);
      if (picture === undefined) throw new Error(`Cannot take a picture of ${frame.track.codec}`);
      const { ffmpeg, width } = settings;
      const bytes = await this.#decoder.decode({ ffmpeg, picture, width, url });
      known.picture = { bytes, takenMs: clock.wallMs() };
      known.takenMs = clock.monotonicMs();
      known.settings = JSON.stringify(settings);
      known.failure = undefined;
      return known.picture;
    } catch (error) {
      const { message } = toError(error);
      // What a decoder says of a stranger's frames is for the log alone.
      known.failure = new RefusedError("unavailable", "Cannot take a picture of this stream now");
      known.failedMs = clock.monotonicMs();
      logger.warn("snapshot failed", { url, reason: message });
      throw known.failure;
    }
  }

  async #keep(stream: LiveStream, settings: SnapshotSettings): Promise<void> {
    const { files, clock, logger, isUtc } = this.#ports;
    const dates = dateVariables(clock.wallMs(), isUtc());
    const timestamp = Math.floor(clock.wallMs());
    const path = new PathTemplate(settings.path).expand({ ...stream.name, ...dates, timestamp });
    let picture: Picture;
    try {
      picture = await this.take(stream);
    } catch {
      return; // The log has it.
    }
    try {
      const slash = path.lastIndexOf("/");
      if (slash > 0) await files.makeFolder(path.slice(0, slash));
      await files.write(`${path}.tmp`, picture.bytes);
      await files.rename(`${path}.tmp`, path);
    } catch (error) {
      const reason = toError(error).message;
      logger.warn("snapshot not kept", { url: stream.url, path, reason });
    }
  }
}
