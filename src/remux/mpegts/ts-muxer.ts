/**
 * Frames of a stream as an MPEG transport stream with one program.
 *
 * @module
 */

import { ByteWriter } from "../../base/byte-writer.ts";
import { MalformedError } from "../../base/errors.ts";
import { AdaptationFlag, Pid } from "../../codec/mpegts/packet.ts";
import { PacketWriter } from "../../codec/mpegts/packet-writer.ts";
import { beginPes, endPes, PTS_TICKS_PER_MS, wrapPts } from "../../codec/mpegts/pes.ts";
import type { Frame } from "../../live/frame.ts";
import type { Track } from "../../live/track.ts";
import { createElementaryStream } from "./create-elementary-stream.ts";
import type { ElementaryStream } from "./elementary-stream.ts";
import { PcrClock } from "./pcr-clock.ts";
import { ProgramTables, type TablesMark } from "./program-tables.ts";

/**
 * A PES packet that comes so long after the latest clock reference has one itself. They may be 100 ms
 * apart; at 25 pictures a second every one has it, and at 50 every second one.
 */
const PCR_INTERVAL = 40 * PTS_TICKS_PER_MS;
/**
 * Where pictures are rarer, audio that comes so long after it is preceded by a packet with nothing but
 * a reference; with the next audio frame it would be 80 ms.
 */
const PCR_ALONE_INTERVAL = 55 * PTS_TICKS_PER_MS;

/** As in SRS: a PES packet of audio for every frame wastes a tenth of a stream that has no video. */
const GATHERED_AUDIO_MS = 720;

/**
 * Bytes of audio in a PES packet, whose size has 16 bits, without the small headers that some codecs
 * have for each frame. No audio frame comes near it; 720 ms of sound do at 660 kbps.
 */
const AUDIO_SIZE_MAX = 60_000;

export interface TsMuxerOptions {
  /**
   * Put audio frames together in PES packets of some 720 ms while there is no video. For segments:
   * there is but one clock reference for each, and a listener would hear it all that much later.
   */
  readonly isAudioGathered?: boolean;
}

export interface TsTracks {
  readonly video?: Track | undefined;
  readonly audio?: Track | undefined;
}

/**
 * PIDs, table versions and continuity counters go on for as long as the muxer lives, so that what it
 * writes may be cut into segments anywhere between two frames.
 */
export class TsMuxer {
  /** Frames that were not written: malformed ones, and those of tracks that cannot be carried. */
  droppedFrames = 0;
  readonly #isAudioGathered: boolean;
  readonly #tables = new ProgramTables();
  readonly #clock = new PcrClock();
  readonly #packets = new Map<number, PacketWriter>();
  #videoTrack: Track | undefined;
  #audioTrack: Track | undefined;
  #video: ElementaryStream | undefined;
  #audio: ElementaryStream | undefined;
  /** Audio for the next PES packet, of the stream that it is of. */
  readonly #gathered = new ByteWriter();
  #gatheredStream: ElementaryStream | undefined;
  #gatheredMs = 0;

  constructor({ isAudioGathered = false }: TsMuxerOptions = {}) {
    this.#isAudioGathered = isAudioGathered;
  }

  /**
   * Says what the stream is made of from now on. Tracks that cannot be carried (`canCarryInTs`) are
   * left out. Frames of another track than the current one of their kind replace it by themselves.
   */
  setTracks({ video, audio }: TsTracks): void {
    if (video !== this.#videoTrack) {
      this.#videoTrack = video;
      this.#video = video === undefined ? undefined : createElementaryStream(video);
    }
    if (audio !== this.#audioTrack) {
      this.#audioTrack = audio;
      this.#audio = audio === undefined ? undefined : createElementaryStream(audio);
    }
    const streams = [this.#video, this.#audio].filter((stream) => stream !== undefined);
    this.#tables.update(streams[0]?.pid ?? Pid.Null, streams);
  }

  /** Writes PAT and PMT. `writeFrame` does so by itself if they have changed. */
  writeTables(writer: ByteWriter): void {
    this.#tables.write(writer);
  }

  /** For whoever joins before what is written next. */
  markTables(): TablesMark {
    return this.#tables.mark();
  }

  /** The tables as they were at a mark. */
  encodeTablesAt(mark: TablesMark): Uint8Array {
    return this.#tables.encodeAt(mark);
  }

  /**
   * Writes a frame, or drops and counts it: one whose NAL units do not fit into it, or whose track
   * lacks a configuration, is no reason to end a live stream, as the next one may be well.
   *
   * @param dtsMs What to take for the frame's DTS.
   */
  writeFrame(writer: ByteWriter, frame: Frame, dtsMs: number = frame.dtsMs): void {
    const { track } = frame;
    const isVideo = track.kind === "video";
    if (track !== (isVideo ? this.#videoTrack : this.#audioTrack)) {
      const [video, audio] = isVideo ? [track, this.#audioTrack] : [this.#videoTrack, track];
      this.setTracks({ video, audio });
    }
    if (this.#gatheredStream !== undefined && !this.#isGathering()) this.flushAudio(writer);
    if (this.#tables.isDue) this.#tables.write(writer);
    const stream = isVideo ? this.#video : this.#audio;
    const isTooLarge = !isVideo && frame.payload.length > AUDIO_SIZE_MAX;
    if (stream === undefined || isTooLarge) {
      this.droppedFrames += 1;
    } else if (isVideo) {
      this.#writeVideo(writer, stream, frame, dtsMs);
    } else if (this.#isGathering()) {
      this.#gather(writer, stream, frame, dtsMs);
    } else {
      this.#writeAudio(writer, stream, frame, dtsMs);
    }
  }

  /** Writes the audio that has been gathered: call it before a segment is closed. */
  flushAudio(writer: ByteWriter): void {
    const stream = this.#gatheredStream;
    if (stream === undefined) return;
    this.#gatheredStream = undefined;
    const dts = toTicks(this.#gatheredMs);
    const start = writer.size;
    beginPes(writer, stream.streamId, wrapPts(dts), wrapPts(dts));
    writer.writeBytes(this.#gathered.view());
    this.#gathered.truncate(0);
    this.#endAudio(writer, stream, start, dts);
  }

  #writeVideo(writer: ByteWriter, stream: ElementaryStream, frame: Frame, dtsMs: number): void {
    const dts = toTicks(dtsMs);
    const pts = dts + toTicks(frame.compositionTimeOffsetMs);
    const start = writer.size;
    beginPes(writer, stream.streamId, wrapPts(pts), wrapPts(dts));
    if (!this.#tryFrame(writer, stream, frame, start)) return;
    endPes(writer, start);
    const { isKeyFrame } = frame;
    const hasPcr = isKeyFrame || this.#clock.isDue(dts, PCR_INTERVAL);
    const pcr = hasPcr ? this.#clock.next(dts) : undefined;
    const flags = (isKeyFrame ? AdaptationFlag.RandomAccess : 0) | (hasPcr ? this.#clockFlags : 0);
    this.#packetsOf(stream).packetize(writer, start, flags, pcr);
  }

  #writeAudio(writer: ByteWriter, stream: ElementaryStream, frame: Frame, dtsMs: number): void {
    const dts = toTicks(dtsMs);
    const video = this.#video;
    if (video !== undefined && this.#clock.isDue(dts, PCR_ALONE_INTERVAL)) {
      const pcr = this.#clock.next(dts);
      this.#packetsOf(video).writePcr(writer, this.#clockFlags, pcr);
    }
    const start = writer.size;
    beginPes(writer, stream.streamId, wrapPts(dts), wrapPts(dts));
    if (this.#tryFrame(writer, stream, frame, start)) this.#endAudio(writer, stream, start, dts);
  }

  /** Cuts a PES packet of audio into transport packets. Without video it has the clock. */
  #endAudio(writer: ByteWriter, stream: ElementaryStream, start: number, dts: number): void {
    endPes(writer, start);
    const isClock = this.#video === undefined;
    const hasPcr = isClock && this.#clock.isDue(dts, PCR_INTERVAL);
    const pcr = hasPcr ? this.#clock.next(dts) : undefined;
    const flags = hasPcr ? AdaptationFlag.RandomAccess | this.#clockFlags : 0;
    this.#packetsOf(stream).packetize(writer, start, flags, pcr);
  }

  /** Whether audio is gathered now, into the packet that has been begun if one has. */
  #isGathering(): boolean {
    const stream = this.#gatheredStream ?? this.#audio;
    return this.#isAudioGathered && this.#video === undefined && stream === this.#audio;
  }

  #gather(writer: ByteWriter, stream: ElementaryStream, frame: Frame, dtsMs: number): void {
    const isLong = Math.abs(dtsMs - this.#gatheredMs) >= GATHERED_AUDIO_MS;
    const isLarge = this.#gathered.size + frame.payload.length > AUDIO_SIZE_MAX;
    if (isLong || isLarge) this.flushAudio(writer);
    if (!this.#tryFrame(this.#gathered, stream, frame, this.#gathered.size)) return;
    if (this.#gatheredStream === undefined) this.#gatheredMs = dtsMs;
    this.#gatheredStream = stream;
  }

  /** @returns Whether it was written; else `writer` ends at `start` again. */
  #tryFrame(writer: ByteWriter, stream: ElementaryStream, frame: Frame, start: number): boolean {
    try {
      stream.writeFrame(writer, frame);
      return true;
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      writer.truncate(start);
      this.droppedFrames += 1;
      return false;
    }
  }

  get #clockFlags(): number {
    return this.#clock.isDiscontinuous ? AdaptationFlag.Discontinuity : 0;
  }

  #packetsOf({ pid }: ElementaryStream): PacketWriter {
    let packets = this.#packets.get(pid);
    if (packets === undefined) {
      packets = new PacketWriter(pid);
      this.#packets.set(pid, packets);
    }
    return packets;
  }
}

function toTicks(ms: number): number {
  return Math.round(ms * PTS_TICKS_PER_MS);
}
