/**
 * A stream as HLS with MPEG-TS, as SRS makes it: its segments, their window, its playlist.
 *
 * Spec: RFC 8216, sections 3.2 (segments) and 6.2.1 (playlists of live streams).
 *
 * @module
 */

import { ByteWriter } from "../../../base/byte-writer.ts";
import type { Clock } from "../../../base/clock.ts";
import { dateVariables, type PathVariables } from "../../../base/path-template.ts";
import type { StreamName } from "../../../base/stream-name.ts";
import type { HlsConfig } from "../../../config/vhost-config.ts";
import type { Frame } from "../../../live/frame.ts";
import { EMPTY_DESCRIPTION, type StreamDescription } from "../../../live/track.ts";
import { TsMuxer } from "../../../remux/mpegts/ts-muxer.ts";
import type { Crypto } from "../../../runtime/runtime.ts";
import type { FileMirror } from "../file-mirror.ts";
import { FrameStep } from "../frame-step.ts";
import { type CutRules, isCutDue, isStepBack } from "../segment-cutter.ts";
import type { FrameSink } from "../track-gate.ts";
import { CountedAudioTime } from "./counted-audio-time.ts";
import { SegmentEncryption, type SegmentKey } from "./segment-encryption.ts";
import { TimestampFloor } from "./timestamp-floor.ts";
import type { TsNames } from "./ts-names.ts";
import { TsPlaylist } from "./ts-playlist.ts";
import type { TsSegment } from "./ts-segment.ts";

/** Shorter ones are given up, and their numbers used again. As in SRS. */
const SEGMENT_MS_MIN = 100;
/** A segment is never more than this part of the window's bytes. */
const SEGMENT_SHARE = 4;
const SEGMENT_CAPACITY = 256 * 1024;

export interface TsPackagerPorts {
  readonly clock: Clock;
  readonly crypto: Pick<Crypto, "randomBytes" | "encryptAes">;
  /** Where segments and the playlist are written to; and keys, if that is another folder. */
  readonly files: FileMirror | undefined;
  readonly keyFiles: FileMirror | undefined;
  /** There is something new. */
  readonly onChange: () => void;
}

interface OpenSegment {
  readonly startMs: number;
  readonly isDiscontinuous: boolean;
  readonly variables: PathVariables;
  readonly key: SegmentKey | undefined;
}

export class TsPackager implements FrameSink {
  readonly playlist: TsPlaylist;
  readonly #settings: HlsConfig;
  readonly #names: TsNames;
  readonly #name: StreamName;
  readonly #isUtc: boolean;
  readonly #ports: TsPackagerPorts;
  readonly #rules: CutRules;
  readonly #muxer: TsMuxer;
  readonly #encryption: SegmentEncryption | undefined;
  readonly #floor: TimestampFloor | undefined;
  readonly #writer = new ByteWriter(SEGMENT_CAPACITY);
  #description: StreamDescription = EMPTY_DESCRIPTION;
  #audioTime: CountedAudioTime | undefined;
  #open: OpenSegment | undefined;
  #isDiscontinuous = true;
  /** Of the track that leads: video, if there is any. */
  readonly #step = new FrameStep();
  /** When the newest frame of the open segment is decoded, of whichever track. */
  #newestMs = 0;
  #nextSeq: number;
  #isFirst = true;

  constructor(
    settings: HlsConfig,
    stream: { readonly name: StreamName; readonly names: TsNames; readonly isUtc: boolean },
    ports: TsPackagerPorts,
    firstSeq = 0,
  ) {
    this.#nextSeq = firstSeq;
    this.#settings = settings;
    this.#name = stream.name;
    this.#names = stream.names;
    this.#isUtc = stream.isUtc;
    this.#ports = ports;
    const fragmentMs = settings.hlsFragment * 1_000;
    this.#rules = {
      targetMs: fragmentMs * settings.hlsTdRatio,
      overflowMs: fragmentMs * settings.hlsAofRatio,
      audioMs: fragmentMs * settings.hlsAofRatio,
      isKeyFrameAwaited: settings.hlsWaitKeyframe,
      sizeMax: settings.hlsWindowBytes / SEGMENT_SHARE,
    };
    this.#muxer = new TsMuxer({ isAudioGathered: true });
    this.#floor = settings.hlsTsFloor ? new TimestampFloor(fragmentMs) : undefined;
    this.#encryption = settings.hlsKeys
      ? new SegmentEncryption(ports.crypto, settings.hlsFragmentsPerKey)
      : undefined;
    this.playlist = new TsPlaylist(settings, this.#names.playlist(stream.name), ports);
  }

  /** What the segments are made of. */
  get description(): StreamDescription {
    return this.#description;
  }

  /** The number of the next segment. */
  get nextSeq(): number {
    return this.#nextSeq;
  }

  // FrameSink ---------------------------------------------------------------------------------------

  begin(description: StreamDescription, first: Frame): void {
    this.#close(first.dtsMs, isStepBack(this.#step.lastMs, first.dtsMs));
    this.#isDiscontinuous = true;
    this.#description = description;
    this.#muxer.setTracks(description);
    this.#audioTime = this.#settings.hlsDtsDirectly ? undefined : new CountedAudioTime();
    this.#step.reset();
  }

  frame(frame: Frame): void {
    const { video, audio } = this.#description;
    if (frame.track !== video && frame.track !== audio) return;
    const open = this.#open;
    const hasVideo = video !== undefined;
    const { lastMs } = this.#step;
    const isLeading = !hasVideo || frame.track === video;
    if (open !== undefined) {
      const span = { startMs: open.startMs, lastMs, size: this.#writer.size };
      const isBack = isLeading && isStepBack(lastMs, frame.dtsMs);
      if (isCutDue(span, frame, hasVideo, this.#rules)) this.#close(frame.dtsMs, isBack);
    }
    if (this.#open === undefined) this.#start(frame);
    const dtsMs = frame.track === audio ? this.#audioTime?.place(frame) : undefined;
    this.#muxer.writeFrame(this.#writer, frame, dtsMs ?? frame.dtsMs);
    this.#newestMs = Math.max(this.#newestMs, frame.dtsMs);
    if (isLeading) this.#step.add(frame.dtsMs);
  }

  end(): void {
    this.#close(this.#endMs);
    this.#isDiscontinuous = true;
    this.#step.reset();
  }

  // -------------------------------------------------------------------------------------------------

  /** The end of what has been written, as far as it is known before the next frame. */
  get #endMs(): number {
    return Math.max(this.#newestMs, this.#step.endMs ?? 0);
  }

  #start(frame: Frame): void {
    const { clock } = this.#ports;
    const seq = this.#nextSeq;
    const wallMs = Math.floor(clock.wallMs());
    const timestamp = this.#floor?.next(wallMs) ?? wallMs;
    const date = dateVariables(wallMs, this.#isUtc);
    const variables = { ...this.#names.variables(this.#name), ...date, timestamp, seq };
    this.#open = {
      startMs: frame.dtsMs,
      isDiscontinuous: this.#isDiscontinuous,
      variables,
      key: this.#keyFor(seq, variables),
    };
    this.#isDiscontinuous = false;
    this.#newestMs = frame.dtsMs;
    this.#muxer.writeTables(this.#writer);
  }

  #keyFor(seq: number, variables: PathVariables): SegmentKey | undefined {
    if (this.#encryption === undefined) return undefined;
    return this.#encryption.keyFor(seq, () => this.#names.key(variables));
  }

  /**
   * @param endMs When the first frame after it is decoded.
   * @param isBack That frame's track has begun to count anew.
   */
  #close(endMs: number, isBack = false): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    this.#muxer.flushAudio(this.#writer);
    const plain = this.#writer.take();
    const lastMs = this.#endMs;
    // After a jump of the timestamps the next frame says nothing of this segment's end.
    const isAhead = endMs - lastMs > this.#rules.overflowMs;
    const isJump = isBack || isAhead || endMs < open.startMs;
    const durationMs = (isJump ? lastMs : endMs) - open.startMs;
    if (isJump) this.#isDiscontinuous = true;
    if (durationMs < SEGMENT_MS_MIN) {
      this.#isDiscontinuous ||= open.isDiscontinuous;
      return;
    }
    const { key, isDiscontinuous } = open;
    const bytes = key === undefined ? plain : this.#encrypt(key, plain);
    const variables = { ...open.variables, duration: Math.round(durationMs) };
    const { name, uri } = this.#names.segment(variables);
    const segment: TsSegment = {
      seq: this.#nextSeq,
      name,
      uri,
      durationMs,
      isDiscontinuous,
      isFirst: this.#isFirst,
      key,
      size: bytes.length,
      bytes,
      disk: this.#ports.files === undefined ? "memory" : "pending",
    };
    this.#nextSeq += 1;
    this.#isFirst = false;
    this.playlist.add(segment);
  }

  #encrypt(key: SegmentKey, bytes: Uint8Array): Uint8Array {
    return this.#encryption?.encrypt(key, bytes) ?? bytes;
  }
}
