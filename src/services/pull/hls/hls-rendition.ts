/**
 * One media playlist that is followed, segment by segment.
 *
 * Spec: RFC 8216, section 6.3 (client responsibilities).
 *
 * @module
 */

import type { Timer } from "../../../base/clock.ts";
import { ClosedError, ProtocolError, TimeoutError, toError } from "../../../base/errors.ts";
import {
  type ReadMediaPlaylist,
  type ReadSegment,
  readPlaylist,
} from "../../../codec/m3u8/playlist-reader.ts";
import type { PullPorts } from "../pull-source.ts";
import type { EndedPlaylists } from "./ended-playlists.ts";
import type { PlayoutLane } from "./playout.ts";
import { type FetchedText, type HlsResources, resolveUrl } from "./resources.ts";
import type { SegmentInput } from "./segment-input.ts";

/** Begins so many target durations before the end, as the specification wants. */
const HOLD_BACK = 3;
/** What waits to be played out, in target durations and in bytes; then nothing more is fetched. */
const WAITING_MAX = 4;
const WAITING_SIZE_MAX = 64 * 1024 * 1024;
/** Without anything new, in target durations and at least. */
const SILENCE_MAX = 5;
const SILENCE_MS_MIN = 20_000;
/** Segments in a row that cannot be had, or have nothing in them that is taken. */
const FAILURES_MAX = 3;
const ROOM_POLL_MS = 200;

export interface HlsRenditionOptions extends Pick<PullPorts, "clock" | "crypto"> {
  readonly url: string;
  readonly resources: HlsResources;
  readonly lane: PlayoutLane;
  readonly input: SegmentInput;
  /** What has ended before. */
  readonly ended: EndedPlaylists;
  /** Tells it apart there. */
  readonly purpose: string;
}

export class HlsRendition {
  /** Seconds; 0 before the first playlist. */
  targetDuration = 0;
  /** Segments that were passed over, as they could not be had. */
  missedCount = 0;
  readonly #options: HlsRenditionOptions;
  /** The media sequence number of the next segment. */
  #next: number | undefined;
  #lastNewMs = 0;
  #failureCount = 0;
  #emptyCount = 0;
  /** Of the latest initialization section. */
  #mapId = "";
  #isStopped = false;
  /** What it waits for. */
  #pause: { readonly timer: Timer; readonly resolve: () => void } | undefined;

  constructor(options: HlsRenditionOptions) {
    this.#options = options;
  }

  stop(): void {
    this.#isStopped = true;
    this.#pause?.timer.cancel();
    this.#pause?.resolve();
  }

  /**
   * Follows the playlist to its end.
   *
   * @param first What has been fetched of it already.
   * @throws If it cannot be had any more, nothing new comes, or what comes is malformed.
   */
  async run(first: FetchedText | undefined): Promise<void> {
    const { clock, resources, url, lane, ended, purpose } = this.#options;
    this.#lastNewMs = clock.monotonicMs();
    let fetched: FetchedText | undefined = first;
    for (;;) {
      const askedMs = clock.monotonicMs();
      fetched ??= await this.#reload(() => resources.playlist(url));
      this.#expectWanted();
      if (fetched !== undefined) {
        const playlist = readPlaylist(fetched.text);
        if (playlist.type !== "media") throw new ProtocolError("A playlist leads to another one");
        if (ended.has(purpose, playlist)) throw new ClosedError("The stream has ended");
        const count = await this.#readAll(playlist, fetched.url);
        ended.note(purpose, playlist);
        if (playlist.isEnded) break;
        if (count > 0) this.#lastNewMs = clock.monotonicMs();
        await this.#waitFor(askedMs, count > 0);
      } else await this.#waitFor(askedMs, false);
      fetched = undefined;
    }
    lane.end();
  }

  /** @returns `undefined` if it could not be had, which may pass. */
  async #reload(load: () => Promise<FetchedText>): Promise<FetchedText | undefined> {
    try {
      return await load();
    } catch (error) {
      this.#expectWanted();
      if (this.#next === undefined) throw error;
      this.#expectNew(toError(error).message);
      return undefined;
    }
  }

  /** Until the playlist may have changed: a target duration, or half of one if it had not. */
  async #waitFor(askedMs: number, hasChanged: boolean): Promise<void> {
    const { clock } = this.#options;
    const targetMs = Math.max(1, this.targetDuration) * 1_000;
    const untilMs = askedMs + (hasChanged ? targetMs : targetMs / 2);
    this.#expectNew("nothing new");
    await this.#sleep(Math.max(0, untilMs - clock.monotonicMs()));
    this.#expectWanted();
  }

  /** @returns How many segments were new. */
  async #readAll(playlist: ReadMediaPlaylist, base: string): Promise<number> {
    const { segments } = playlist;
    this.targetDuration = playlist.targetDuration;
    const last = segments.at(-1);
    if (last === undefined) return 0;
    // A server that has begun anew counts from somewhere else.
    if (this.#next !== undefined && last.mediaSequence + 1 < this.#next) this.#next = undefined;
    const { ended, purpose } = this.#options;
    const next = this.#next ?? firstOf(playlist, ended.wasLive(purpose));
    const fresh = segments.filter(({ mediaSequence }) => mediaSequence >= next);
    for (const segment of fresh) {
      await this.#waitForRoom();
      await this.#read(segment, base);
      this.#next = segment.mediaSequence + 1;
    }
    this.#next ??= last.mediaSequence + 1;
    return fresh.length;
  }

  async #read(segment: ReadSegment, base: string): Promise<void> {
    if (segment.isGap) return;
    const { lane, input } = this.#options;
    try {
      await this.#initialize(segment, base);
      const bytes = await this.#load(segment, base);
      this.#expectWanted();
      const frames = input.read(bytes);
      this.#emptyCount = frames.length === 0 ? this.#emptyCount + 1 : 0;
      lane.add(segment.discontinuitySequence, frames);
      this.#failureCount = 0;
    } catch (error) {
      this.#expectWanted();
      this.missedCount += 1;
      this.#failureCount += 1;
      // It may have left the playlist meanwhile; the next one may be there.
      if (this.#failureCount >= FAILURES_MAX || this.#next === undefined) throw error;
    }
    // Others would wait for it for ever.
    if (this.#emptyCount >= FAILURES_MAX) {
      throw new ProtocolError(`Segments have no ${this.#options.purpose} that is known here`);
    }
  }

  async #initialize({ map }: ReadSegment, base: string): Promise<void> {
    if (map === undefined) return;
    const id = `${map.uri} ${map.byteRange?.offset ?? ""}`;
    if (id === this.#mapId) return;
    const { resources, input } = this.#options;
    input.initialize(await resources.segment(resolveUrl(map.uri, base), map.byteRange));
    this.#mapId = id;
  }

  async #load(segment: ReadSegment, base: string): Promise<Uint8Array> {
    const { uri, byteRange, key, mediaSequence } = segment;
    const { resources, crypto } = this.#options;
    if (key !== undefined && key.method !== "AES-128") {
      throw new ProtocolError(`Segments are encrypted by ${key.method}`);
    }
    const bytes = await resources.segment(resolveUrl(uri, base), byteRange);
    if (key === undefined) return bytes;
    const secret = await resources.key(resolveUrl(key.uri, base));
    return crypto.decryptAes("cbc", secret, key.iv ?? toIv(mediaSequence), bytes);
  }

  async #waitForRoom(): Promise<void> {
    const { lane, clock } = this.#options;
    const waitingMsMax = WAITING_MAX * this.targetDuration * 1_000;
    while (lane.durationMs > waitingMsMax || lane.size > WAITING_SIZE_MAX) {
      await this.#sleep(ROOM_POLL_MS);
      this.#expectWanted();
      this.#lastNewMs = clock.monotonicMs();
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#pause = { timer: this.#options.clock.setTimer(ms, resolve), resolve };
    });
  }

  #expectWanted(): void {
    if (this.#isStopped) throw new ClosedError("Cannot follow playlist: it is not wanted");
  }

  #expectNew(why: string): void {
    const silentMs = this.#options.clock.monotonicMs() - this.#lastNewMs;
    const silentMsMax = Math.max(SILENCE_MS_MIN, SILENCE_MAX * this.targetDuration * 1_000);
    if (silentMs < silentMsMax) return;
    throw new TimeoutError(`No new segment for ${Math.round(silentMs / 1_000)} s: ${why}`);
  }
}

/** Where to begin. @param wasLive What is left of it, if it has ended, is no recording. */
function firstOf(
  { segments, targetDuration, isEnded }: ReadMediaPlaylist,
  wasLive: boolean,
): number {
  const [first] = segments;
  if (first === undefined) return 0;
  if (isEnded && !wasLive) return first.mediaSequence;
  let seconds = 0;
  for (const { duration, mediaSequence } of [...segments].reverse()) {
    seconds += duration;
    if (seconds >= HOLD_BACK * targetDuration) return mediaSequence;
  }
  return first.mediaSequence;
}

/** The media sequence number, of 128 bits. */
function toIv(mediaSequence: number): Uint8Array {
  const iv = new Uint8Array(16);
  const view = new DataView(iv.buffer);
  view.setUint32(8, Math.floor(mediaSequence / 2 ** 32));
  view.setUint32(12, mediaSequence % 2 ** 32);
  return iv;
}
