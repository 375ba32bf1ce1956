/**
 * An HLS client: asks for the playlist and the segments as a player does, and keeps nothing of them.
 *
 * Specification: RFC 8216, section 6.3.
 *
 * @module
 */

import { ByteWriter } from "../base/byte-writer.ts";
import type { Timer } from "../base/clock.ts";
import { ClosedError, ProtocolError } from "../base/errors.ts";
import { type HlsSegment, type MediaPlaylist, parseHlsPlaylist } from "./hls-playlist.ts";
import type { HlsTotals } from "./hls-totals.ts";
import { HttpSession } from "./http-session.ts";
import { CONNECT_TIMEOUT_MS, type Player, type PlayerPorts, type PlayerTarget } from "./player.ts";
import type { PlayerMeter } from "./player-meter.ts";
import { TimeMarkFinder } from "./time-mark.ts";
import type { WallTime } from "./wall-time.ts";

/** Ten thousand segments; nobody plays a live stream from a larger one. */
const PLAYLIST_SIZE_MAX = 1 << 20;
/** Where a player begins: so many segments from the end (section 6.3.3). */
const START_SEGMENT_COUNT = 3;
/** A multivariant playlist leads to a media playlist; one that leads on and on leads nowhere. */
const VARIANT_DEPTH_MAX = 3;
/** How soon to ask again for a playlist that is not there yet. */
const RETRY_MS = 500;
/** A playlist is to change at the latest one and a half target durations after it last did (6.2.2). */
const STALE_FACTOR = 1.5;
/** However short the target: no client asks more often than this. */
const RELOAD_MS_MIN = 100;

export interface HlsContext {
  readonly ports: PlayerPorts;
  readonly wallTime: WallTime;
  readonly totals: HlsTotals;
}

/** Plays until it is stopped. What becomes of it, the meter is told. */
export function startHlsClient(context: HlsContext, target: PlayerTarget): Player {
  const client = new HlsClient(context, target);
  void client.play();
  return client;
}

class HlsClient implements Player {
  readonly #context: HlsContext;
  readonly #target: PlayerTarget;
  readonly #meter: PlayerMeter;
  readonly #session: HttpSession;
  #isStopped = false;
  #timer: Timer | undefined;
  #wake: (() => void) | undefined;
  /** When the playlist was last there. */
  #answeredMs = 0;
  /** The number of the segment to fetch next; -1 before the first playlist. */
  #nextNumber = -1;
  /** The end of the last playlist, and when it came to be there. */
  #lastNumber = -1;
  #changedMs = 0;
  /** When a viewer has seen all that has been fetched; 0 before the first segment. */
  #playedMs = 0;

  constructor(context: HlsContext, target: PlayerTarget) {
    this.#context = context;
    this.#target = target;
    this.#meter = target.meter;
    this.#session = new HttpSession(context.ports, target.tls);
  }

  async play(): Promise<void> {
    const { clock } = this.#context.ports;
    this.#meter.start(clock.monotonicMs());
    try {
      const url = await this.#findMediaPlaylist();
      this.#meter.connected(clock.monotonicMs());
      while (!this.#isStopped) await this.#cycle(url);
    } catch (error) {
      if (!this.#isStopped) this.#meter.over(error, clock.monotonicMs());
      this.stop();
    }
  }

  pause(): void {
    // HLS clients are all of one class: whoever does not ask costs nothing.
  }

  resume(): void {
    // Likewise.
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#wake?.();
    this.#session.close();
  }

  // Playlists ---------------------------------------------------------------------------------------

  /** Goes from a multivariant playlist to the media playlist; waits for one that is not there yet. */
  async #findMediaPlaylist(): Promise<string> {
    const { clock } = this.#context.ports;
    const deadlineMs = clock.monotonicMs() + CONNECT_TIMEOUT_MS;
    let url = this.#target.url;
    for (let depth = 0; depth < VARIANT_DEPTH_MAX; ) {
      const { status, text, url: finalUrl } = await this.#fetchPlaylist(url);
      if (status === 200) {
        const playlist = parseHlsPlaylist(text, finalUrl);
        if (!("variantUrl" in playlist)) {
          this.#answeredMs = clock.monotonicMs();
          return url;
        }
        url = playlist.variantUrl;
        depth += 1;
      } else if (status === 404 && clock.monotonicMs() < deadlineMs && !this.#isStopped) {
        await this.#wait(RETRY_MS);
      } else {
        throw refused(status);
      }
    }
    throw new ProtocolError("Cannot play: the playlists lead nowhere");
  }

  async #fetchPlaylist(url: string): Promise<{ status: number; text: string; url: string }> {
    const { clock } = this.#context.ports;
    const writer = new ByteWriter(4_096);
    const answer = await this.#session.get(url, (bytes) => {
      this.#meter.received(bytes.length, clock.monotonicMs());
      if (writer.size + bytes.length > PLAYLIST_SIZE_MAX) {
        throw new ProtocolError(`Cannot read playlist of more than ${PLAYLIST_SIZE_MAX} bytes`);
      }
      writer.writeBytes(bytes);
    });
    if (answer.status !== 200) this.#context.totals.failedRequestCount += 1;
    const text = new TextDecoder().decode(writer.view());
    return { status: answer.status, text, url: answer.url };
  }

  /** Asks for the playlist, fetches what is new, and waits as long as a player has to. */
  async #cycle(url: string): Promise<void> {
    const { clock } = this.#context.ports;
    const askedMs = clock.monotonicMs();
    const answer = await this.#fetchPlaylist(url);
    if (answer.status !== 200) {
      if (askedMs - this.#answeredMs > CONNECT_TIMEOUT_MS) throw refused(answer.status);
      await this.#wait(RETRY_MS);
      return;
    }
    this.#answeredMs = askedMs;
    const playlist = parseHlsPlaylist(answer.text, answer.url);
    if ("variantUrl" in playlist) throw new ProtocolError("Cannot play: the playlist has changed");
    const isChanged = this.#watchAge(playlist, askedMs);
    const fetchedAll = await this.#fetchNew(playlist);
    if (playlist.isEnded && fetchedAll) throw new ClosedError("The playlist has ended");
    // Half as long if there was nothing new (section 6.3.4).
    const periodMs = playlist.targetSeconds * 1_000 * (isChanged ? 1 : 0.5);
    const passedMs = clock.monotonicMs() - askedMs;
    await this.#wait(Math.max(RELOAD_MS_MIN, periodMs - passedMs));
  }

  /** @returns Whether there is anything new. */
  #watchAge({ mediaSequence, segments, targetSeconds }: MediaPlaylist, nowMs: number): boolean {
    const { totals } = this.#context;
    const lastNumber = mediaSequence + segments.length;
    const isChanged = lastNumber !== this.#lastNumber;
    if (isChanged) this.#changedMs = nowMs;
    this.#lastNumber = lastNumber;
    const ageMs = nowMs - this.#changedMs;
    totals.playlistCount += 1;
    totals.playlistAge.add(ageMs * 1_000);
    if (ageMs > targetSeconds * STALE_FACTOR * 1_000) totals.stalePlaylistCount += 1;
    return isChanged;
  }

  // Segments ----------------------------------------------------------------------------------------

  /** @returns False if a segment could not be fetched; the next playlist says whether to try again. */
  async #fetchNew({ mediaSequence, segments }: MediaPlaylist): Promise<boolean> {
    const { totals } = this.#context;
    const start = Math.max(0, segments.length - START_SEGMENT_COUNT);
    if (this.#nextNumber < 0) this.#nextNumber = mediaSequence + start;
    if (this.#nextNumber > mediaSequence + segments.length) {
      this.#nextNumber = mediaSequence + start; // The server has begun to count anew.
    }
    if (this.#nextNumber < mediaSequence) {
      totals.skippedSegmentCount += mediaSequence - this.#nextNumber;
      this.#nextNumber = mediaSequence;
    }
    for (const segment of segments.slice(this.#nextNumber - mediaSequence)) {
      if (this.#isStopped || !(await this.#fetchSegment(segment))) return false;
      this.#nextNumber += 1;
    }
    return true;
  }

  async #fetchSegment({ url, seconds }: HlsSegment): Promise<boolean> {
    const { ports, totals } = this.#context;
    const startMs = ports.clock.monotonicMs();
    const mark = new TimeMarkFinder();
    const { status } = await this.#session.get(url, (bytes) => {
      this.#meter.received(bytes.length, ports.clock.monotonicMs());
      mark.push(bytes);
    });
    if (status !== 200) {
      totals.failedRequestCount += 1;
      return false;
    }
    const nowMs = ports.clock.monotonicMs();
    totals.segmentCount += 1;
    totals.segmentTime.add((nowMs - startMs) * 1_000);
    this.#countLatency(mark.timeUs, nowMs);
    if (this.#playedMs > 0 && nowMs > this.#playedMs) totals.lateSegmentCount += 1;
    this.#playedMs = Math.max(this.#playedMs, nowMs) + seconds * 1_000;
    if (!this.#meter.hasFirstFrame) this.#meter.firstFrame();
    return true;
  }

  /** How old a segment's first picture is when the segment is there. */
  #countLatency(sentUs: number, nowMs: number): void {
    if (sentUs === 0) return;
    const { wallTime } = this.#context;
    this.#meter.totals.addLatency(wallTime.atUs(nowMs) - sentUs);
  }

  #wait(ms: number): Promise<void> {
    if (this.#isStopped) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#timer = this.#context.ports.clock.setTimer(ms, resolve);
    });
  }
}

function refused(status: number): ProtocolError {
  return new ProtocolError(`Cannot play: the server answered ${status}`);
}
