/**
 * One stream and the formats that it is packaged in. It outlives its publishers: who returns goes on
 * with the numbers of segments where the one before left off.
 *
 * @module
 */

import type { StreamName } from "../../base/stream-name.ts";
import { formatStreamUrl } from "../../base/stream-name.ts";
import type { SessionRequest } from "../../live/admission.ts";
import type { Frame } from "../../live/frame.ts";
import type { LiveStream, StreamWaiter } from "../../live/live-stream.ts";
import type { StreamListener } from "../../live/stream-listener.ts";
import type { Track } from "../../live/track.ts";
import { CaptionWatch } from "./caption-watch.ts";
import { CmafOutput } from "./cmaf/cmaf-output.ts";
import { BEGINNING, type Continuation, type Output, type OutputRules } from "./output.ts";
import type { OutputPorts, ServerPorts } from "./output-ports.ts";
import { listOutputRules } from "./output-rules.ts";
import type { TrackGate } from "./track-gate.ts";
import { TsOutput } from "./ts/ts-output.ts";
import type { VhostPackaging } from "./vhost-packaging.ts";

/** How long an output on demand goes on without a request: players pause, and come back. */
const UNWANTED_MS = 60_000;

interface Running {
  readonly rules: OutputRules;
  readonly output: Output;
  /** When it was last asked for, on the monotonic clock. */
  wantedMs: number;
}

export class StreamPackager implements StreamListener, StreamWaiter {
  readonly name: StreamName;
  readonly url: string;
  readonly captions: CaptionWatch = new CaptionWatch();
  #packaging: VhostPackaging;
  readonly #ports: OutputPorts;
  #rules: readonly OutputRules[];
  readonly #running = new Map<OutputRules["name"], Running>();
  /** Where an output that is not running goes on. */
  readonly #next = new Map<OutputRules["name"], Continuation>();
  /** Of outputs that have been stopped, until the disk has let go of them. */
  readonly #disposals = new Set<Promise<void>>();
  #stream: LiveStream | undefined;
  #publisher: SessionRequest | undefined;
  /** It is known what the stream is made of. */
  #isReady = false;
  /** When the stream ended, on the monotonic clock; `undefined` while it is live. */
  #endedMs: number | undefined;

  constructor(name: StreamName, packaging: VhostPackaging, ports: ServerPorts) {
    this.name = name;
    this.url = formatStreamUrl(name);
    this.#packaging = packaging;
    this.#ports = {
      ...ports,
      captions: this.captions,
      publisher: () => this.#publisher,
      onFilesFailed: () => this.#stream?.publication?.publisher.close("packaging_failed"),
    };
    this.#rules = listOutputRules(name, packaging, this.#ports);
  }

  /** Somebody publishes the stream, or has just left and may return. */
  get isLive(): boolean {
    return this.#stream !== undefined;
  }

  /** Nobody has asked for an output yet, or for long. */
  get isIdle(): boolean {
    return this.#running.size === 0;
  }

  get packaging(): VhostPackaging {
    return this.#packaging;
  }

  get outputs(): Iterable<Output> {
    return Array.from(this.#running.values(), ({ output }) => output);
  }

  /** Bytes of media in memory. */
  get heldSize(): number {
    let size = 0;
    for (const { output } of this.#running.values()) size += output.heldSize;
    return size;
  }

  /** Nothing is left of it. */
  get isForgotten(): boolean {
    return this.#stream === undefined && this.#running.size === 0 && this.#disposals.size === 0;
  }

  /** HLS with MPEG-TS, if it is to be had. @param isWanted Begin with it, where it is on demand. */
  ts(isWanted: boolean): TsOutput | undefined {
    const output = this.#output("ts", isWanted);
    return output instanceof TsOutput ? output : undefined;
  }

  /** CMAF for HLS, likewise. */
  cmaf(isWanted: boolean): CmafOutput | undefined {
    const output = this.#output("cmaf", isWanted);
    return output instanceof CmafOutput ? output : undefined;
  }

  /** CMAF for DASH, which may be the same. */
  dash(isWanted: boolean): CmafOutput | undefined {
    const { dash } = this.#packaging;
    if (dash === undefined) return undefined;
    if (dash.settings === undefined) return this.cmaf(isWanted);
    const output = this.#output("dash", isWanted);
    return output instanceof CmafOutput ? output : undefined;
  }

  /** Begins anew where `packaging` is another; `undefined`: the stream is not packaged any more. */
  configure(packaging: VhostPackaging | undefined): void {
    if (packaging === this.#packaging) return;
    for (const running of [...this.#running.values()]) this.#stop(running);
    this.#rules = [];
    if (packaging === undefined) return;
    this.#packaging = packaging;
    this.#rules = listOutputRules(this.name, packaging, this.#ports);
    if (this.#stream?.publication === undefined) return;
    for (const rules of this.#rules) if (!rules.isOnDemand) this.#start(rules);
  }

  // The stream's life -------------------------------------------------------------------------------

  /** Somebody begins to publish it here. */
  published(stream: LiveStream): void {
    if (this.#stream !== stream) {
      this.#detach();
      this.#stream = stream;
      stream.addListener(this);
    }
    this.#publisher = stream.publication?.publisher.request;
    this.#endedMs = undefined;
    this.#isReady = false;
    this.captions.reset();
    for (const running of [...this.#running.values()]) {
      if (running.output.isAhead) this.#stop(running);
      else running.output.published();
    }
    for (const rules of this.#rules) if (!rules.isOnDemand) this.#start(rules);
    if (this.isLive) stream.addWaiter(this);
  }

  /** The publisher has left, and may return. */
  unpublished(): void {
    this.#stream?.removeWaiter(this);
    this.#isReady = false;
    try {
      for (const { output } of this.#running.values()) output.gate.end();
    } catch (error) {
      this.fail(error);
    }
  }

  onMetadata(): void {
    // All that is needed is in the tracks.
  }

  onTrack(track: Track): void {
    for (const { output } of this.#running.values()) output.gate.track(track);
  }

  onFrame(frame: Frame): void {
    if (this.#running.size === 0) return;
    this.captions.frame(frame);
    for (const { output } of this.#running.values()) output.gate.frame(frame);
  }

  onStreamReady(): void {
    this.#isReady = true;
    for (const { output } of this.#running.values()) output.gate.ready();
  }

  onEnd(): void {
    this.#detach();
    this.#endedMs = this.#ports.clock.monotonicMs();
    for (const { output } of this.#running.values()) output.finish();
  }

  /** A bug. The stream goes on without being packaged. */
  fail(error: unknown): void {
    this.#tellOfBug(error);
    this.#detach();
    // What else goes wrong follows from that.
    for (const running of [...this.#running.values()]) this.#stop(running, () => undefined);
  }

  /** Call every second or so: ends what nobody wants, or what has been over for long enough. */
  sweep(nowMs: number): void {
    for (const running of [...this.#running.values()]) {
      const { rules, output, wantedMs } = running;
      output.waiters.sweep(nowMs);
      const endedMs = this.#endedMs;
      const isUnwanted = rules.isOnDemand && nowMs - wantedMs > UNWANTED_MS;
      const isOver = endedMs !== undefined && nowMs - endedMs > rules.disposeMs;
      if (isUnwanted || isOver) this.#stop(running);
      else if (endedMs !== undefined) output.overFor(nowMs - endedMs);
    }
  }

  /** Ends all at once. Files of live streams go, as in SRS. Resolves when they have gone. */
  async close(): Promise<void> {
    this.#detach();
    for (const running of [...this.#running.values()]) this.#stop(running);
    await Promise.all(this.#disposals);
  }

  // -------------------------------------------------------------------------------------------------

  #detach(): void {
    const stream = this.#stream;
    if (stream === undefined) return;
    this.#stream = undefined;
    stream.removeWaiter(this);
    stream.removeListener(this);
  }

  #output(name: OutputRules["name"], isWanted: boolean): Output | undefined {
    const running = this.#running.get(name);
    if (running !== undefined) {
      running.wantedMs = this.#ports.clock.monotonicMs();
      return running.output;
    }
    const rules = this.#rules.find((candidate) => candidate.name === name);
    const isLive = this.#stream?.publication !== undefined;
    if (!isWanted || rules === undefined || !isLive) return undefined;
    return this.#start(rules);
  }

  #start(rules: OutputRules): Output {
    const known = this.#running.get(rules.name);
    if (known !== undefined) return known.output;
    const from = this.#next.get(rules.name) ?? BEGINNING;
    const output = rules.create({ from, filesFree: Promise.all(this.#disposals) });
    const wantedMs = this.#ports.clock.monotonicMs();
    this.#running.set(rules.name, { rules, output, wantedMs });
    try {
      if (this.#stream !== undefined) this.#feed(output.gate, this.#stream);
      if (this.#isReady) output.gate.ready();
    } catch (error) {
      this.fail(error);
    }
    return output;
  }

  #stop({ rules, output }: Running, onError = this.#tellOfBug): void {
    this.#running.delete(rules.name);
    try {
      output.gate.end();
    } catch (error) {
      onError(error);
    }
    this.#next.set(rules.name, output.next);
    const disposal: Promise<void> = output
      .dispose()
      .catch(onError)
      .then(() => void this.#disposals.delete(disposal));
    this.#disposals.add(disposal);
  }

  readonly #tellOfBug = (error: unknown): void =>
    this.#ports.logger.error("packaging failed", { error });

  /** Gives what is known of a stream to who comes to it late: since the latest key frame. */
  #feed(gate: TrackGate, { gopCache, description }: LiveStream): void {
    const { frames } = gopCache;
    const known = frames.length > 0 ? gopCache.description : description;
    if (known.video !== undefined) gate.track(known.video);
    if (known.audio !== undefined) gate.track(known.audio);
    const seen = { ...known };
    for (const frame of frames) {
      if (seen[frame.track.kind] !== frame.track) {
        seen[frame.track.kind] = frame.track;
        gate.track(frame.track);
      }
      this.captions.frame(frame);
      gate.frame(frame);
    }
    if (description.video !== undefined) gate.track(description.video);
    if (description.audio !== undefined) gate.track(description.audio);
  }
}
