/**
 * A stream in the live core with viewers who keep what they get, for tests of output formats.
 *
 * @module
 */

import type { BroadcastFormat } from "../../src/live/broadcast-format.ts";
import type { Frame } from "../../src/live/frame.ts";
import type { LiveStream } from "../../src/live/live-stream.ts";
import type { Publication } from "../../src/live/publication.ts";
import type { StreamSettings } from "../../src/live/settings.ts";
import { StreamHub } from "../../src/live/stream-hub.ts";
import type { Subscriber } from "../../src/live/subscriber.ts";
import type { Track } from "../../src/live/track.ts";
import { ManualClock } from "../../src/runtime/memory.ts";
import { joinBytes } from "./hex.ts";
import { SETTINGS } from "./live.ts";

/** Longer than frames wait in a block. */
const FLUSH_MS = 400;

/** A viewer who takes everything, but for as long as a test makes it hesitate. */
export class CollectingViewer {
  isStuck = false;
  subscriber: Subscriber | undefined;
  #pieces: Uint8Array[] = [];

  get bytes(): Uint8Array {
    return joinBytes(...this.#pieces);
  }

  write(bytes: Uint8Array): number {
    if (this.isStuck) return 0;
    this.#pieces.push(bytes);
    return bytes.length;
  }

  /** Takes what it has not taken, if it can still be had. */
  goOn(): void {
    this.isStuck = false;
    this.subscriber?.pump();
  }

  /** What has come since the last call. */
  news(): Uint8Array {
    const { bytes } = this;
    this.#pieces = [];
    return bytes;
  }

  end(): void {
    // The tests look at bytes only.
  }

  fail(error: unknown): void {
    throw error;
  }
}

export class PlayedStream {
  readonly clock: ManualClock = new ManualClock();
  readonly stream: LiveStream;
  #publication: Publication | undefined;

  constructor(settings: Partial<StreamSettings> = {}) {
    const hub = new StreamHub(this.clock, () => ({ ...SETTINGS, ...settings }));
    this.stream = hub.getOrCreate({ vhost: "v", app: "live", stream: "show" });
  }

  /** A publisher comes, in place of the one before if there is one. */
  publish(...tracks: readonly Track[]): void {
    this.#publication?.end();
    this.#publication = this.stream.publish({ clientId: "p", close: () => undefined });
    for (const track of tracks) this.#publication.writeTrack(track);
  }

  /** Sends frames and lets them reach the viewers. */
  send(...frames: readonly Frame[]): void {
    for (const frame of frames) this.#publication?.writeFrame({ ...frame });
    this.clock.advance(FLUSH_MS);
  }

  /** The publisher has another track from now on. */
  change(track: Track): void {
    this.#publication?.writeTrack(track);
  }

  join(format: BroadcastFormat): CollectingViewer {
    const viewer = new CollectingViewer();
    viewer.subscriber = this.stream.subscribe(format, viewer, { isLasting: true }).subscriber;
    viewer.subscriber.pump();
    return viewer;
  }
}
