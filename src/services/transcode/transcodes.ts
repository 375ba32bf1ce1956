/**
 * Streams that FFmpeg encodes again for as long as they are published: for each engine of the first block
 * of settings that is for them, one FFmpeg that plays from here and publishes wherever it is told to.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { StreamName } from "../../base/stream-name.ts";
import type { SessionRequest } from "../../live/admission.ts";
import type { LiveStream } from "../../live/live-stream.ts";
import type { Publication } from "../../live/publication.ts";
import type { TranscodeReport } from "../../live/reports.ts";
import type { HubListener, StreamHub } from "../../live/stream-hub.ts";
import { FfmpegRun } from "../../programs/ffmpeg/ffmpeg-run.ts";
import { ProgramSet, type WantedRun } from "../../programs/program-set.ts";
import type { Programs } from "../../programs/programs.ts";
import {
  type LocalAddress,
  shownOutput,
  type TranscodeAddresses,
  type TranscodeEngine,
  transcodeAddresses,
  transcodeArguments,
} from "./transcode-job.ts";
import { TranscodeLogs, type TranscodeLogsPorts } from "./transcode-logs.ts";

/** Frames that came so long ago are none to work on. */
const FED_MS = 5_000;

/** One block of a vhost. */
export interface TranscodeBlock {
  /** `*`, an app, or `app/stream`. */
  readonly key: string;
  /** The program. */
  readonly ffmpeg: string;
  /** Those that are enabled, by name. */
  readonly engines: ReadonlyMap<string, TranscodeEngine>;
}

export interface TranscodesPorts extends TranscodeLogsPorts {
  readonly hub: StreamHub;
  readonly programs: Programs;
  readonly clock: Clock;
  /** The block of settings for a stream; `undefined` if there is none. */
  readonly blockOf: (name: StreamName) => TranscodeBlock | undefined;
  /** Where programs find this server. @param tcUrl Where the publisher came to; empty if there is none. */
  readonly localAddress: (tcUrl: string) => LocalAddress;
  /** Whether a publisher is a program of this server, whose stream has been through that block already. */
  readonly isThrough: (request: SessionRequest, vhost: string, block: string) => boolean;
  /** Puts into the addresses by what this server knows its own programs. */
  readonly mark: (addresses: TranscodeAddresses, origin: TranscodeOrigin) => TranscodeAddresses;
  /** Whether dates are in UTC. */
  readonly isUtc: () => boolean;
}

/** What is encoded again, and by what block. */
export interface TranscodeOrigin {
  readonly name: StreamName;
  readonly request: SessionRequest | undefined;
  readonly block: string;
}

interface Transcoded {
  readonly publication: Publication;
  /** When it was published: a reload does not change the date in an output. */
  readonly wallMs: number;
}

/** A run, and what it is for. */
class Engine extends FfmpegRun {
  readonly logPath: string | undefined;
  readonly #about: Pick<TranscodeReport, "url" | "block" | "engine" | "output">;

  constructor(
    about: Pick<TranscodeReport, "url" | "block" | "engine" | "output">,
    ...[ports, job]: ConstructorParameters<typeof FfmpegRun>
  ) {
    super(ports, job);
    this.logPath = job.logPath;
    this.#about = about;
  }

  reportTranscode(): TranscodeReport {
    return { ...this.#about, ...this.report() };
  }
}

export class Transcodes implements HubListener {
  readonly #ports: TranscodesPorts;
  readonly #logs: TranscodeLogs;
  readonly #published = new Map<LiveStream, Transcoded>();
  /** By the stream's URL, and by engine. */
  readonly #engines = new Map<string, ProgramSet<Engine>>();

  constructor(ports: TranscodesPorts) {
    this.#ports = ports;
    this.#logs = new TranscodeLogs(ports);
    ports.hub.addListener(this);
  }

  /** Settings have changed: engines of what is published are begun and ended at once. */
  configure(): void {
    for (const stream of this.#published.keys()) this.#apply(stream);
  }

  /** Call every second or so. */
  sweep(nowMs: number): void {
    for (const [url, engines] of this.#engines) {
      for (const engine of engines.runs) engine.sweep(nowMs);
      if (engines.isEmpty) this.#engines.delete(url);
    }
    this.#logs.sweep(nowMs, () => this.#listLogs());
  }

  /** By stream and engine. */
  report(): readonly TranscodeReport[] {
    return [...this.#engines.values()].flatMap(({ runs }) =>
      runs.map((engine) => engine.reportTranscode()),
    );
  }

  async close(): Promise<void> {
    this.#ports.hub.removeListener(this);
    this.#published.clear();
    await Promise.all(Array.from(this.#engines.values(), (engines) => engines.close()));
  }

  // HubListener -------------------------------------------------------------------------------------

  onStreamCreated(): void {
    // It is published later, if at all.
  }

  onStreamForgotten(stream: LiveStream): void {
    this.#published.delete(stream);
    this.#apply(stream);
  }

  onPublished(stream: LiveStream, publication: Publication): void {
    if (publication.isRelayed) return; // The process that has the publisher does it.
    this.#published.set(stream, { publication, wallMs: this.#ports.clock.wallMs() });
    this.#apply(stream);
  }

  onUnpublished(stream: LiveStream): void {
    if (this.#published.delete(stream)) this.#apply(stream);
  }

  fail(error: unknown): void {
    this.#ports.logger.error("transcoding failed", { error });
  }

  // -------------------------------------------------------------------------------------------------

  #listLogs(): string[] {
    return [...this.#engines.values()].flatMap(({ runs }) => runs.map((run) => run.logPath ?? ""));
  }

  #apply(stream: LiveStream): void {
    const { url } = stream;
    const transcoded = this.#published.get(stream);
    const wanted = transcoded === undefined ? NOTHING : this.#wanted(stream, transcoded);
    let engines = this.#engines.get(url);
    if (engines === undefined) {
      if (wanted.size === 0) return;
      engines = new ProgramSet();
      this.#engines.set(url, engines);
    }
    engines.configure(wanted);
  }

  #wanted(stream: LiveStream, transcoded: Transcoded): ReadonlyMap<string, WantedRun<Engine>> {
    const { blockOf, isThrough, logger } = this.#ports;
    const { name, url } = stream;
    const { request } = transcoded.publication.publisher;
    const block = blockOf(name);
    if (block === undefined) return NOTHING;
    if (request !== undefined && isThrough(request, name.vhost, block.key)) {
      logger.info("transcoding refused", { url, reason: "it is the output of this block" });
      return NOTHING;
    }
    return new Map(
      Array.from(block.engines, ([engineName, engine]) => [
        engineName,
        this.#wantedRun(stream, transcoded, block, [engineName, engine]),
      ]),
    );
  }

  #wantedRun(
    { name, url }: LiveStream,
    { publication, wallMs }: Transcoded,
    block: TranscodeBlock,
    [engineName, engine]: readonly [string, TranscodeEngine],
  ): WantedRun<Engine> {
    const { localAddress, isUtc, mark, programs, clock } = this.#ports;
    const { request } = publication.publisher;
    const addresses = transcodeAddresses(
      { ...name, request },
      [engineName, engine],
      localAddress(request?.tcUrl ?? ""),
      { wallMs, isUtc: isUtc() },
    );
    const marked = mark(addresses, { name, request, block: block.key });
    const job = {
      path: block.ffmpeg,
      args: transcodeArguments(engine, marked),
      logPath: this.#logs.pathOf(name, engineName),
      fields: { program: "transcode", url, engine: engineName },
      isFed: () =>
        clock.monotonicMs() - (publication.lastFrameMs ?? Number.NEGATIVE_INFINITY) < FED_MS,
    };
    const about = {
      url,
      block: block.key,
      engine: engineName,
      output: shownOutput(addresses.output),
    };
    return {
      text: JSON.stringify([job.path, job.args, job.logPath ?? ""]),
      start: () => new Engine(about, { programs, clock }, job),
    };
  }
}

const NOTHING: ReadonlyMap<string, never> = new Map<string, never>();
