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
import type { HlsConfig } from "../../../config/packaging-config.ts";
import type { Frame } from "../../../live/frame.ts";
import { EMPTY_DESCRIPTION, type StreamDescription } from "../../../live/track.ts";
import { TsMuxer } from "../../../remux/mpegts/ts-muxer.ts";
import type { Crypto } from "../../../runtime/runtime.ts";
import type { FileMirror } from "../file-mirror.ts";
import { FrameStep } from "../frame-step.ts";
import { BEGINNING, type Continuation } from "../output.ts";
import type { OutputPorts } from "../output-ports.ts";
import { type CutRules, isCutDue, isStepBack } from "../segment-cutter.ts";
import type { FrameSink } from "../track-gate.ts";
import { CountedAudioTime } from "./counted-audio-time.ts";
import { SegmentEncryption, type SegmentKey } from "./segment-encryption.ts";
import { TimestampFloor } from "./timestamp-floor.ts";
import { TrackSpan } from "./track-span.ts";
import type { TsNames } from "./ts-names.ts";
import { TsPlaylist, type TsPlaylistPorts } from "./ts-playlist.ts";
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
  readonly publisher: OutputPorts["publisher"];
  readonly onSegment: TsPlaylistPorts["onSegment"];
}

interface OpenSegment {
  readonly startMs: number;
  /** The variable of names. */
  readonly timestamp: number;
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
  /** What the open segment has of that track, and of the other. */
  readonly #leading: TrackSpan;
  readonly #other: TrackSpan;
  /** When the other track's newest frame is decoded, and how far it has come since the leading one's. */
  #otherLastMs: number | undefined;
  #silentMs = 0;
  #nextSeq: number;
  #isFirst: boolean;

  constructor(
    settings: HlsConfig,
    stream: { readonly name: StreamName; readonly names: TsNames; readonly isUtc: boolean },
    ports: TsPackagerPorts,
    from: Continuation = BEGINNING,
  ) {
    this.#nextSeq = from.msn;
    this.#isFirst = from.msn === 0;
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
    this.#leading = new TrackSpan(this.#rules.overflowMs);
    this.#other = new TrackSpan(this.#rules.overflowMs);
    this.#muxer = new TsMuxer({ isAudioGathered: true });
    this.#floor = settings.hlsTsFloor ? new TimestampFloor(fragmentMs) : undefined;
    this.#encryption = settings.hlsKeys
      ? new SegmentEncryption(ports.crypto, settings.hlsFragmentsPerKey)
      : undefined;
    const playlistName = this.#names.playlist(stream.name);
    this.playlist = new TsPlaylist(settings, playlistName, ports, from);
  }

  /** What the segments are made of. */
  get description(): StreamDescription {
    return this.#description;
  }

  /** Where another packager of the stream goes on. */
  get next(): Continuation {
    const { discontinuityCount: discontinuity, targetDuration } = this.playlist;
    return { msn: this.#nextSeq, discontinuity, targetDuration };
  }

  // FrameSink ---------------------------------------------------------------------------------------

  begin(description: StreamDescription, first: Frame): void {
    this.#close(first);
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
    if (open !== undefined) {
      const spanMs = this.#spanOf(frame).upTo(frame.dtsMs, open.startMs);
      const span = { spanMs, size: this.#writer.size };
      const isDue = isCutDue(span, frame, hasVideo, this.#rules);
      if (isDue || this.#isJump(frame)) this.#close(frame);
    }
    const { startMs } = this.#open ?? this.#start(frame);
    const dtsMs = frame.track === audio ? this.#audioTime?.place(frame) : undefined;
    this.#muxer.writeFrame(this.#writer, frame, dtsMs ?? frame.dtsMs);
    this.#spanOf(frame).add(frame.dtsMs, startMs);
    this.#noteProgress(frame);
  }

  end(): void {
    this.#close();
    this.#isDiscontinuous = true;
    this.#step.reset();
  }

  /** A track that goes on while the one that leads is silent shows how much time passes. */
  #noteProgress(frame: Frame): void {
    const { dtsMs } = frame;
    if (this.#isLeading(frame)) {
      this.#step.add(dtsMs);
      this.#silentMs = 0;
      return;
    }
    const stepMs = dtsMs - (this.#otherLastMs ?? dtsMs);
    if (stepMs > 0 && stepMs <= this.#rules.overflowMs) this.#silentMs += stepMs;
    this.#otherLastMs = dtsMs;
  }

  // -------------------------------------------------------------------------------------------------

  #isLeading({ track }: Frame): boolean {
    return track.kind === "video" || this.#description.video === undefined;
  }

  #spanOf(frame: Frame): TrackSpan {
    return this.#isLeading(frame) ? this.#leading : this.#other;
  }

  /** How long the open segment is, as far as that is known before the next frame. */
  #spanMs({ startMs }: OpenSegment): number {
    const leadMs = this.#leading.upTo(this.#step.endMs ?? startMs, startMs);
    return Math.max(leadMs, this.#other.upTo(this.#other.lastMs ?? startMs, startMs));
  }

  /** Whether a frame has nothing to do with those before it: the timestamps of its track begin anew. */
  #isJump(frame: Frame): boolean {
    const { lastMs, endMs } = this.#step;
    if (!this.#isLeading(frame) || lastMs === undefined || endMs === undefined) return false;
    return (
      isStepBack(lastMs, frame.dtsMs) ||
      frame.dtsMs - endMs - this.#silentMs > this.#rules.overflowMs
    );
  }

  #start(frame: Frame): OpenSegment {
    const { clock } = this.#ports;
    const seq = this.#nextSeq;
    const wallMs = Math.floor(clock.wallMs());
    const timestamp = this.#floor?.next(wallMs) ?? wallMs;
    const date = dateVariables(wallMs, this.#isUtc);
    const variables = { ...this.#names.variables(this.#name), ...date, timestamp, seq };
    const open: OpenSegment = {
      startMs: frame.dtsMs,
      timestamp,
      isDiscontinuous: this.#isDiscontinuous,
      variables,
      key: this.#keyFor(seq, variables),
    };
    this.#open = open;
    this.#isDiscontinuous = false;
    this.#leading.reset();
    this.#other.reset();
    this.#muxer.writeTables(this.#writer);
    return open;
  }

  #keyFor(seq: number, variables: PathVariables): SegmentKey | undefined {
    if (this.#encryption === undefined) return undefined;
    return this.#encryption.keyFor(seq, () => this.#names.key(variables));
  }

  /** @param next The first frame after it, if there is one. */
  #close(next?: Frame): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    this.#muxer.flushAudio(this.#writer);
    const plain = this.#writer.take();
    const isJump = next !== undefined && this.#isJump(next);
    if (isJump) this.#isDiscontinuous = true;
    // After a jump of the timestamps the next frame says nothing of this segment's end.
    const isKnown = next !== undefined && !isJump;
    const knownMs = isKnown ? this.#spanOf(next).upTo(next.dtsMs, open.startMs) : 0;
    // Nor does the first frame of a track that counts from another start.
    const durationMs = knownMs > 0 ? knownMs : this.#spanMs(open);
    if (durationMs < SEGMENT_MS_MIN) {
      this.#isDiscontinuous ||= open.isDiscontinuous;
      return;
    }
    const { key, isDiscontinuous } = open;
    const bytes = key === undefined ? plain : this.#encrypt(key, plain);
    const variables = { ...open.variables, duration: Math.round(durationMs) };
    const { name, uri } = this.#names.segment(variables);
    const segment: TsSegment = {
      publisher: this.#ports.publisher(),
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
    this.#floor?.used(open.timestamp);
    this.#nextSeq += 1;
    this.#isFirst = false;
    this.playlist.add(segment);
  }

  #encrypt(key: SegmentKey, bytes: Uint8Array): Uint8Array {
    return this.#encryption?.encrypt(key, bytes) ?? bytes;
  }
}
