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
import { BEGINNING, type Continuation } from "../output.ts";
import type { OutputPorts } from "../output-ports.ts";
import { SegmentMeter } from "../segment-meter.ts";
import type { FrameSink } from "../track-gate.ts";
import { CountedAudioTime } from "./counted-audio-time.ts";
import { SegmentEncryption, type SegmentKey } from "./segment-encryption.ts";
import { TimestampFloor } from "./timestamp-floor.ts";
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
  readonly #meter: SegmentMeter;
  readonly #muxer: TsMuxer;
  readonly #encryption: SegmentEncryption | undefined;
  readonly #floor: TimestampFloor | undefined;
  readonly #writer = new ByteWriter(SEGMENT_CAPACITY);
  #description: StreamDescription = EMPTY_DESCRIPTION;
  #audioTime: CountedAudioTime | undefined;
  #open: OpenSegment | undefined;
  #isDiscontinuous = true;
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
    this.#meter = new SegmentMeter({
      targetMs: fragmentMs * settings.hlsTdRatio,
      overflowMs: fragmentMs * settings.hlsAofRatio,
      audioMs: fragmentMs * settings.hlsAofRatio,
      isKeyFrameAwaited: settings.hlsWaitKeyframe,
      sizeMax: settings.hlsWindowBytes / SEGMENT_SHARE,
    });
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
    this.#meter.reset(description.video !== undefined);
  }

  frame(frame: Frame): void {
    const { video, audio } = this.#description;
    if (frame.track !== video && frame.track !== audio) return;
    if (this.#open !== undefined && this.#meter.isDue(frame, this.#writer.size)) this.#close(frame);
    if (this.#open === undefined) this.#start(frame);
    const dtsMs = frame.track === audio ? this.#audioTime?.place(frame) : undefined;
    this.#muxer.writeFrame(this.#writer, frame, dtsMs ?? frame.dtsMs);
    this.#meter.add(frame);
  }

  end(): void {
    this.#close();
    this.#isDiscontinuous = true;
  }

  // -------------------------------------------------------------------------------------------------

  #start(frame: Frame): void {
    const { clock } = this.#ports;
    const seq = this.#nextSeq;
    const wallMs = Math.floor(clock.wallMs());
    const timestamp = this.#floor?.next(wallMs) ?? wallMs;
    const date = dateVariables(wallMs, this.#isUtc);
    const variables = { ...this.#names.variables(this.#name), ...date, timestamp, seq };
    this.#open = {
      timestamp,
      isDiscontinuous: this.#isDiscontinuous,
      variables,
      key: this.#keyFor(seq, variables),
    };
    this.#isDiscontinuous = false;
    this.#meter.start(frame);
    this.#muxer.writeTables(this.#writer);
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
    if (next !== undefined && this.#meter.isJump(next)) this.#isDiscontinuous = true;
    const durationMs = this.#meter.durationMs(next);
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
