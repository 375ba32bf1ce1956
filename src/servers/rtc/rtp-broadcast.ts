/**
 * A stream as WebRTC players get it: packetized once, kept once, sent to each with headers and keys of
 * its own.
 *
 * ```text
 * frames -> payloads -> history (audio, video) -> viewers who have all there is: some at a time, in batches
 *                                              \-> viewers who are behind: each at its pace
 * ```
 *
 * @module
 */

import type { Clock, Timer } from "../../base/clock.ts";
import { MalformedError } from "../../base/errors.ts";
import type { Frame } from "../../live/frame.ts";
import type { LiveStream } from "../../live/live-stream.ts";
import type { StreamListener } from "../../live/stream-listener.ts";
import type { StreamDescription, TrackKind } from "../../live/track.ts";
import type { VideoLayers } from "../../live/video-layers.ts";
import { PacketHistory } from "../../protocols/rtc/send/packet-history.ts";
import { StreamClock } from "../../protocols/rtc/send/stream-clock.ts";
import { StreamToRtp } from "../../remux/rtp/from-stream.ts";
import type { RtpPacketizerOptions } from "../../remux/rtp/packetizer.ts";
import type { RtpPayload } from "../../remux/rtp/rtp-payload.ts";
import { LayerPackets, type VideoVersion } from "./layer-packets.ts";
import type { PacketOutput } from "./packet-output.ts";
import type { RtpViewer } from "./rtp-viewer.ts";

/** Viewers who are behind get some packets so often. */
const PACE_MS = 10;
/** After so many packets in one go others have their turn: some ten milliseconds. */
const PACKETS_AT_ONCE = 2_000;
/**
 * So many viewers get all that is new before the next ones do: they have a whole frame earlier, what belongs
 * to them stays in the processor's cache, and the packets of a frame to each of them leave together if they
 * fit a batch (UdpBatch). A multiple of what is protected at a time.
 */
export const VIEWERS_AT_ONCE = 32;

/** A version of the picture may be so much ahead of the stream. */
const AHEAD_MS_MAX = 5_000;

/** New packets of a kind. */
interface Span {
  readonly history: PacketHistory;
  readonly first: number;
  readonly end: number;
}

/** What is new, and who has not got it yet: viewers from `next` on. */
interface Round {
  readonly spans: readonly Span[];
  readonly viewers: readonly RtpViewer[];
  next: number;
}

export interface RtpBroadcastPorts {
  readonly clock: Clock;
  readonly outputs: Iterable<PacketOutput>;
  /** In which versions the picture of a stream comes. */
  layersOf(stream: LiveStream): VideoLayers | undefined;
  /** Frames of the stream are left out as they cannot be sent; called for the first. */
  leftOut(stream: LiveStream, error: MalformedError): void;
  /** A bug in making packets of one layer of the picture, which nobody gets any more. */
  layerFailed(stream: LiveStream, layer: string, error: unknown): void;
  /** A bug in what serves the stream, which is the end of its viewers and of nobody else. */
  fail(error: unknown): void;
}

export class RtpBroadcast implements StreamListener {
  readonly stream: LiveStream;
  readonly histories: Readonly<Record<TrackKind, PacketHistory>> = {
    audio: new PacketHistory(),
    video: new PacketHistory(),
  };
  readonly streamClock: StreamClock = new StreamClock();
  /** Packets of video are lost until the next key frame after this machine has time again. */
  isDying = false;
  /** When a viewer last asked for a key frame, and got none in time. */
  keyFrameMissedMs: number = Number.NEGATIVE_INFINITY;
  readonly #ports: RtpBroadcastPorts;
  readonly #packetizer: StreamToRtp;
  readonly #viewers = new Set<RtpViewer>();
  /** The same in a row; `undefined` after a change. */
  #row: readonly RtpViewer[] | undefined;
  /** One that has been begun, while others have their turn. */
  #round: Round | undefined;
  /** Of one history, while they are served; kept, as it is for every frame. */
  readonly #takers: RtpViewer[] = [];
  /** Up to where those have been served who have all there is. */
  readonly #served = new WeakMap<PacketHistory, number>();
  readonly #options: Partial<RtpPacketizerOptions>;
  #layers: LayerPackets | undefined;
  /** Those before, as long as there are packets of theirs. */
  readonly #formerLayers = new Set<LayerPackets>();
  #isVideoHeld = false;
  #hasLeftOut = false;
  #isServing = false;
  #paceTimer: Timer | undefined;
  #serveTimer: Timer | undefined;
  #nowMs = 0;
  /** When the present frame would have come if it were not late. */
  #usualMs = 0;

  constructor(
    stream: LiveStream,
    options: Partial<RtpPacketizerOptions>,
    ports: RtpBroadcastPorts,
  ) {
    this.stream = stream;
    this.#options = options;
    this.#ports = ports;
    this.#packetizer = new StreamToRtp((payload) => this.#append(payload), options);
    this.#fillFromCache();
    stream.addListener(this);
  }

  get viewerCount(): number {
    return this.#viewers.size;
  }

  get description(): StreamDescription {
    return this.stream.description;
  }

  /** The versions of the picture that viewers may have, from small to large; none if there is one. */
  versions(nowMs: number): readonly VideoVersion[] {
    for (const former of this.#formerLayers) {
      if (former.free(nowMs)) this.#formerLayers.delete(former);
    }
    const layers = this.#layers;
    if (layers === undefined) return [];
    const versions = layers.versions(nowMs);
    this.histories.audio.deferralMs = layers.deferralMs;
    return versions;
  }

  /** The layer, or the rung, whose packets are these; `undefined` for those of the stream itself. */
  layerOf(history: PacketHistory): string | undefined {
    return this.#layers?.nameOf(history);
  }

  /**
   * Asks whoever publishes a version of the picture for a key frame.
   *
   * @returns False if there is no way to ask.
   */
  requestKeyFrame(layer: string): boolean {
    return this.#layers?.layers.requestKeyFrame(layer) ?? false;
  }

  /** Bits per second of what a viewer gets. */
  bitrate(nowMs: number): number {
    return this.histories.audio.bitrate(nowMs) + this.histories.video.bitrate(nowMs);
  }

  /** Adds a viewer, who begins with the latest key frame, or the next if that is near. */
  add(viewer: RtpViewer): void {
    this.#viewers.add(viewer);
    this.#row = undefined;
    viewer.begin(this.#ports.clock.monotonicMs());
    this.#pace();
  }

  remove(viewer: RtpViewer): void {
    this.#viewers.delete(viewer);
    this.#row = undefined;
  }

  /** A viewer has been set back: it is to catch up. */
  catchUp(): void {
    this.#pace();
  }

  close(): void {
    this.stream.removeListener(this);
    this.#layers?.close();
    this.#paceTimer?.cancel();
    this.#serveTimer?.cancel();
  }

  // StreamListener ----------------------------------------------------------------------------------

  onMetadata(): void {
    // RTP carries none.
  }

  onTrack(): void {
    for (const viewer of [...this.#viewers]) viewer.tracksChanged();
  }

  onFrame(frame: Frame): void {
    const nowMs = this.#ports.clock.monotonicMs();
    this.#nowMs = nowMs;
    const timeMs = frame.dtsMs + frame.compositionTimeOffsetMs;
    this.streamClock.frameReceived(timeMs, nowMs);
    this.#usualMs = this.#usualOf(timeMs, nowMs);
    this.#followLayers(frame);
    if (frame.track.kind === "video" && this.#isHeld(frame)) return;
    this.#send(frame);
    this.#serve();
  }

  onEnd(): void {
    for (const history of Object.values(this.histories)) history.clear();
  }

  fail(error: unknown): void {
    this.#ports.fail(error);
  }

  // -------------------------------------------------------------------------------------------------

  /** Who comes first sees what has been since the last key frame. */
  #fillFromCache(): void {
    this.#nowMs = this.#ports.clock.monotonicMs();
    this.#usualMs = this.#nowMs;
    for (const frame of this.stream.gopCache.frames) this.#send(frame);
    for (const history of Object.values(this.histories)) {
      this.#served.set(history, history.nextIndex);
    }
  }

  /** What cannot be sent is left out; the first is told of. */
  #send(frame: Frame): void {
    try {
      this.#packetizer.frame(frame);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      if (!this.#hasLeftOut) this.#ports.leftOut(this.stream, error);
      this.#hasLeftOut = true;
    }
  }

  /** The publisher sends its picture in several versions, or another one does, or none any more. */
  #followLayers(frame: Frame): void {
    const layers = this.#ports.layersOf(this.stream);
    if (layers !== this.#layers?.layers) {
      this.#layers?.close();
      if (this.#layers !== undefined) this.#formerLayers.add(this.#layers);
      this.#layers = layers && this.#packetize(layers);
    }
    // The times of a ladder are the stream's.
    if (layers === undefined || layers.ownName !== undefined || this.#layers === undefined) return;
    this.#layers.offsetMs = frame.dtsMs - (frame.publisherDtsMs ?? frame.dtsMs);
  }

  #packetize(layers: VideoLayers): LayerPackets {
    const packets = new LayerPackets(layers, {
      options: this.#options,
      ownHistory: this.histories.video,
      monotonicMs: () => this.#ports.clock.monotonicMs(),
      usualMs: (timeMs, nowMs) => this.#usualOf(timeMs, nowMs),
      appended: (nowMs) => this.#serveLayer(nowMs),
      failed: (name, error) => this.#ports.layerFailed(this.stream, name, error),
    });
    // Viewers who are late by those before stay so.
    packets.deferralMs = this.histories.audio.deferralMs;
    return packets;
  }

  /** The publisher calls, whom a bug in what viewers get does not concern. */
  #serveLayer(nowMs: number): void {
    this.#nowMs = nowMs;
    try {
      this.#serve();
    } catch (error) {
      this.#ports.fail(error);
    }
  }

  *#histories(): Iterable<PacketHistory> {
    yield this.histories.audio;
    yield this.histories.video;
    if (this.#layers !== undefined) yield* this.#layers.histories;
  }

  #isHeld(frame: Frame): boolean {
    if (this.isDying) this.#isVideoHeld = true;
    else if (frame.isKeyFrame) this.#isVideoHeld = false;
    return this.#isVideoHeld;
  }

  #append(payload: RtpPayload): void {
    this.histories[payload.kind].append(payload, this.#nowMs, this.#usualMs);
  }

  /** When frames of a time come that are as early as any. */
  #usualOf(timeMs: number, nowMs: number): number {
    const streamMs = this.streamClock.streamMs(nowMs) ?? timeMs;
    return Math.min(nowMs + timeMs - streamMs, nowMs + AHEAD_MS_MAX);
  }

  /**
   * Sends what is new to all who have what was before. Payload by payload, as it is protected for
   * several viewers at once.
   */
  #serve(): void {
    if (this.#isServing || this.#serveTimer !== undefined) return;
    this.#isServing = true;
    let count = 0;
    try {
      for (;;) {
        const round = this.#round ?? this.#beginRound();
        this.#round = undefined;
        if (round === undefined) return;
        while (round.next < round.viewers.length) {
          if (count >= PACKETS_AT_ONCE) {
            this.#round = round;
            this.#serveSoon();
            return;
          }
          count += this.#serveSome(round);
        }
      }
    } finally {
      this.#isServing = false;
      for (const output of this.#ports.outputs) output.flush();
    }
  }

  #beginRound(): Round | undefined {
    const spans: Span[] = [];
    for (const history of this.#histories()) {
      const served = this.#served.get(history) ?? 0;
      const first = Math.max(served, history.firstIndex);
      const end = history.nextIndex;
      // There was no time to send what is not kept any more: all are behind.
      if (first > served) this.#pace();
      if (first < end) spans.push({ history, first, end });
      this.#served.set(history, end);
    }
    if (spans.length === 0) return undefined;
    this.#row ??= [...this.#viewers];
    return { spans, viewers: this.#row, next: 0 };
  }

  /** @returns How many packets that were. */
  #serveSome(round: Round): number {
    const { spans, viewers, next } = round;
    const end = Math.min(next + VIEWERS_AT_ONCE, viewers.length);
    round.next = end;
    let count = 0;
    const takers = this.#takers;
    for (const { history, first, end: spanEnd } of spans) {
      // Of several layers, most viewers get one.
      takers.length = 0;
      for (let i = next; i < end; i++) {
        const viewer = viewers[i];
        if (viewer?.takes(history) === true) takers.push(viewer);
      }
      for (let index = first; index < spanEnd; index++) {
        const isKeyFrameStart = history.get(index)?.isKeyFrameStart === true;
        for (const viewer of takers) {
          if (!this.#isHere(viewer, viewers)) continue;
          if (viewer.serve(history, index, isKeyFrameStart, this.#nowMs)) count += 1;
        }
      }
    }
    return count;
  }

  /** Viewers may leave while a round goes on. */
  #isHere(viewer: RtpViewer, viewers: readonly RtpViewer[]): boolean {
    return viewers === this.#row || this.#viewers.has(viewer);
  }

  #serveSoon(): void {
    this.#serveTimer = this.#setTimer(0, () => {
      this.#serveTimer = undefined;
      this.#nowMs = this.#ports.clock.monotonicMs();
      this.#serve();
    });
  }

  /** Sends to those who are behind, as long as there are any. */
  #pace(): void {
    if (this.#paceTimer !== undefined) return;
    const nowMs = this.#ports.clock.monotonicMs();
    const bitrate = this.bitrate(nowMs);
    let isAnyBehind = false;
    for (const viewer of this.#viewers) {
      if (!viewer.catchUp(nowMs, bitrate)) isAnyBehind = true;
    }
    for (const output of this.#ports.outputs) output.flush();
    if (!isAnyBehind) return;
    this.#paceTimer = this.#setTimer(PACE_MS, () => {
      this.#paceTimer = undefined;
      this.#pace();
    });
  }

  #setTimer(ms: number, then: () => void): Timer {
    return this.#ports.clock.setTimer(ms, () => {
      try {
        then();
      } catch (error) {
        this.#ports.fail(error);
      }
    });
  }
}
