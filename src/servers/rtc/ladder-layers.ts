/**
 * A ladder: streams of one programme, known by the endings of their names, as versions of a picture
 * between which players of WebRTC change. They are joined while somebody plays.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { Frame } from "../../live/frame.ts";
import type { LiveStream } from "../../live/live-stream.ts";
import type { Publication } from "../../live/publication.ts";
import type { StreamHub } from "../../live/stream-hub.ts";
import type { StreamListener } from "../../live/stream-listener.ts";
import type { VideoLayer, VideoLayerListener, VideoLayers } from "../../live/video-layers.ts";
import { BitrateMeter } from "../../protocols/rtc/bitrate-meter.ts";
import { LadderRung, meterCached, RATE_WINDOW_MS, type RungOutput } from "./ladder-rung.ts";

export interface LadderPorts {
  readonly hub: Pick<StreamHub, "getOrCreate">;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly logger: Logger;
}

export class LadderLayers implements VideoLayers {
  readonly ownName: string;
  /** What it was made with. */
  readonly endings: readonly string[];
  readonly #stream: LiveStream;
  readonly #ports: LadderPorts;
  readonly #listeners = new Set<VideoLayerListener>();
  readonly #rungs = new Map<string, LadderRung>();
  #meter = new BitrateMeter(RATE_WINDOW_MS);
  #leave: (() => void) | undefined;
  #publication: Publication | undefined;

  /**
   * @param stream The base as players of WebRTC get it.
   * @param endings Such as `_720`.
   */
  constructor(stream: LiveStream, endings: readonly string[], ports: LadderPorts) {
    this.#stream = stream;
    this.endings = endings;
    this.#ports = ports;
    this.ownName = stream.name.stream;
  }

  list(nowMs: number): readonly VideoLayer[] {
    const own: VideoLayer = {
      name: this.ownName,
      aliases: [""],
      isActive: true,
      bitrate: this.#meter.bitrate(nowMs),
      track: this.#stream.description.video,
    };
    return [own, ...Array.from(this.#rungs.values(), (rung) => rung.layer(nowMs))];
  }

  addListener(listener: VideoLayerListener): void {
    this.#listeners.add(listener);
    if (this.#leave === undefined) this.#join();
  }

  removeListener(listener: VideoLayerListener): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size === 0) this.#leave?.();
  }

  requestKeyFrame(name: string): boolean {
    return this.#rungs.get(name)?.requestKeyFrame() ?? false;
  }

  #join(): void {
    const { hub, clock } = this.#ports;
    const { name } = this.#stream;
    const monotonicMs = (): number => clock.monotonicMs();
    this.#meter = new BitrateMeter(RATE_WINDOW_MS);
    const main = hub.getOrCreate(name);
    this.#publication = this.#currentPublication(main);
    for (const ending of new Set(this.endings)) {
      if (ending === "") continue;
      const stream = hub.getOrCreate({ ...name, stream: `${name.stream}${ending}` });
      const output = this.#outputOf(stream, main);
      this.#rungs.set(stream.name.stream, new LadderRung(stream, ending, output, monotonicMs));
    }
    meterCached(this.#meter, this.#stream.gopCache.frames, monotonicMs());
    for (const { track, payload, dtsMs, publisherDtsMs } of main.gopCache.frames) {
      if (track.kind !== "audio") continue;
      this.#heard(payload, this.#isBridgedBack ? (publisherDtsMs ?? dtsMs) : dtsMs);
    }
    const listeners: [LiveStream, StreamListener][] = [
      [this.#stream, this.#listen((frame) => this.#sideFrame(frame, main))],
      [main, this.#listen((frame) => this.#mainFrame(frame, main))],
    ];
    for (const [stream, listener] of listeners) stream.addListener(listener);
    this.#leave = () => {
      this.#leave = undefined;
      for (const [stream, listener] of listeners) stream.removeListener(listener);
      for (const rung of this.#rungs.values()) rung.close();
      this.#rungs.clear();
    };
  }

  #outputOf({ name: { stream: name }, url }: LiveStream, main: LiveStream): RungOutput {
    return {
      hasBase: () => {
        const publication = this.#publication;
        return publication !== undefined && publication === this.#currentPublication(main);
      },
      frame: (frame) => {
        for (const listener of this.#listeners) listener.layerFrame(name, frame);
      },
      restarted: () => {
        for (const listener of this.#listeners) listener.layerRestarted(name);
      },
      fail: (error) => {
        this.#ports.logger.error("rung of a ladder failed", { url, error });
        this.#rungs.get(name)?.close();
        this.#rungs.delete(name);
      },
    };
  }

  #listen(onFrame: (frame: Frame) => void): StreamListener {
    return {
      onMetadata: () => undefined,
      onTrack: () => undefined,
      onFrame,
      onEnd: () => undefined,
      fail: (error) => {
        this.#ports.logger.error("ladder failed", { url: this.#stream.url, error });
        this.#leave?.();
      },
    };
  }

  /** The stream is published by WebRTC itself, and the one of all others is made of it. */
  get #isBridgedBack(): boolean {
    const { publication } = this.#stream;
    return publication !== undefined && !publication.isRelayed;
  }

  /** So it is too if another process has the publisher, and sends what players of WebRTC get. */
  #isTimedBySide(main: LiveStream): boolean {
    return this.#isBridgedBack || main.publication === undefined;
  }

  #currentPublication(main: LiveStream): Publication | undefined {
    return this.#isTimedBySide(main) ? this.#stream.publication : main.publication;
  }

  /** What players of WebRTC get. */
  #sideFrame(frame: Frame, main: LiveStream): void {
    if (frame.track.kind !== "video") return;
    this.#meter.add(frame.payload.length, this.#ports.clock.monotonicMs());
    if (this.#isTimedBySide(main)) this.#timed(frame, main);
  }

  /** What all others get, whose sound may be that of the rungs too. */
  #mainFrame(frame: Frame, main: LiveStream): void {
    const { track, payload, dtsMs, publisherDtsMs = dtsMs } = frame;
    if (track.kind === "audio") this.#heard(payload, this.#isBridgedBack ? publisherDtsMs : dtsMs);
    else if (!this.#isTimedBySide(main)) this.#timed(frame, main);
  }

  #heard(payload: Uint8Array, timeMs: number): void {
    for (const rung of this.#rungs.values()) rung.baseHeard(payload, timeMs);
  }

  #timed({ dtsMs, publisherDtsMs = dtsMs }: Frame, main: LiveStream): void {
    const publication = this.#currentPublication(main);
    if (publication !== this.#publication) {
      this.#publication = publication;
      for (const rung of this.#rungs.values()) rung.restart();
    }
    const arrivalMs = this.#ports.clock.monotonicMs();
    const timed = { timeMs: dtsMs, publisherMs: publisherDtsMs, arrivalMs };
    for (const rung of this.#rungs.values()) rung.baseFrame(timed);
  }
}
