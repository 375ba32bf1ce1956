/**
 * Audio out of MPEG-TS: PES packets hold several frames, and end anywhere in one.
 *
 * Spec: ISO/IEC 13818-1, 2.4.3.7 (a PTS is that of the first access unit that begins in the packet).
 *
 * @module
 */

import { isSameBytes } from "../../base/bytes.ts";
import { MalformedError } from "../../base/errors.ts";
import { type AdtsHeader, decodeAdtsHeader, fromAdtsFormat } from "../../codec/aac/adts.ts";
import { encodeAudioSpecificConfig } from "../../codec/aac/audio-specific-config.ts";
import { decodeMp3FrameHeader } from "../../codec/mp3/frame-header.ts";
import { decodeOpusControlHeader } from "../../codec/mpegts/opus-control-header.ts";
import { encodeOpusHead } from "../../codec/opus/opus-head.ts";
import { OPUS_SAMPLE_RATE, opusPacketSamples } from "../../codec/opus/packet-duration.ts";
import { createTrack, type Track } from "../../live/track.ts";
import type { FlvOutput } from "../flv/to-stream.ts";
import type { ElementaryInput, PesTime, UnitPacket } from "./elementary-input.ts";

/** A frame as it stands in the stream. */
interface FramePlace {
  /** Bytes in front of what a decoder is given. */
  readonly headerSize: number;
  /** Bytes in all. */
  readonly size: number;
  readonly durationMs: number;
  /** What the track is, as the frame says it. */
  readonly record: Uint8Array | undefined;
}

/** What one must know of a codec to tell its frames apart. */
interface AudioSyntax {
  readonly codec: "aac" | "mp3" | "opus";
  /**
   * The frame that begins at `offset`.
   *
   * @returns `undefined` if more input is needed to say.
   * @throws {MalformedError} If there is none.
   */
  findFrame(bytes: Uint8Array, offset: number): FramePlace | undefined;
}

const AAC: AudioSyntax = {
  codec: "aac",
  findFrame: (bytes, offset) => {
    const header = decodeAdtsHeader(bytes, offset);
    if (header === undefined) return undefined;
    const { headerSize, frameSize: size, rawDataBlockCount } = header;
    if (rawDataBlockCount > 1) {
      throw new MalformedError(`Cannot split ${rawDataBlockCount} raw data blocks`, offset);
    }
    const config = fromAdtsFormat(header);
    const durationMs = (config.samplesPerFrame * 1_000) / config.sampleRate;
    return { headerSize, size, durationMs, record: aacRecord(header, offset) };
  },
};

const MP3: AudioSyntax = {
  codec: "mp3",
  findFrame: (bytes, offset) => {
    const header = decodeMp3FrameHeader(bytes, offset);
    if (header === undefined) return undefined;
    const { frameSize: size, samplesPerFrame, sampleRate } = header;
    if (size === undefined)
      throw new MalformedError("Cannot split MPEG audio of free format", offset);
    return {
      headerSize: 0,
      size,
      durationMs: (samplesPerFrame * 1_000) / sampleRate,
      record: undefined,
    };
  },
};

/** Streams, coupled streams and channels by their count, in Vorbis order (RFC 7845, 5.1.1.2). */
const OPUS_LAYOUTS: Readonly<Record<number, readonly [number, number, readonly number[]]>> = {
  3: [2, 1, [0, 2, 1]],
  4: [2, 2, [0, 1, 2, 3]],
  5: [3, 2, [0, 4, 1, 2, 3]],
  6: [4, 2, [0, 4, 1, 2, 3, 5]],
  7: [4, 3, [0, 4, 1, 2, 3, 5, 6]],
  8: [5, 3, [0, 6, 1, 2, 3, 4, 5, 7]],
};
const EMPTY = new Uint8Array();

export function createAacInput(output: FlvOutput): ElementaryInput {
  return new AudioInput(AAC, output);
}

export function createMp3Input(output: FlvOutput): ElementaryInput {
  return new AudioInput(MP3, output);
}

/**
 * @param channelCode The channel configuration code of the descriptor.
 * @returns `undefined` if it is that of no layout which a receiver would know.
 */
export function createOpusInput(
  output: FlvOutput,
  channelCode: number,
): ElementaryInput | undefined {
  const record = opusRecord(channelCode);
  if (record === undefined) return undefined;
  return new AudioInput({ codec: "opus", findFrame: (...at) => findOpus(record, ...at) }, output);
}

class AudioInput implements ElementaryInput {
  readonly #syntax: AudioSyntax;
  readonly #output: FlvOutput;
  /** The beginning of a frame whose end has not come, and when it is played. */
  #rest: Uint8Array = EMPTY;
  #nextMs: number | undefined;
  #track: Track | undefined;

  constructor(syntax: AudioSyntax, output: FlvOutput) {
    this.#syntax = syntax;
    this.#output = output;
  }

  read({ payload }: UnitPacket, time: PesTime | undefined): void {
    const restSize = this.#rest.length;
    const bytes = restSize === 0 ? payload : join(this.#rest, payload);
    this.#rest = EMPTY;
    let atMs = this.#nextMs;
    this.#nextMs = undefined;
    let offset = 0;
    let isTimed = false;
    while (offset < bytes.length) {
      if (!isTimed && offset >= restSize) {
        atMs = time?.ptsMs ?? atMs;
        isTimed = true;
      }
      const place = this.#syntax.findFrame(bytes, offset);
      if (place === undefined || offset + place.size > bytes.length) break;
      if (atMs !== undefined) {
        this.#write(bytes.slice(offset + place.headerSize, offset + place.size), place, atMs);
        atMs += place.durationMs;
      }
      offset += place.size;
    }
    this.#nextMs = atMs;
    this.#rest = bytes.slice(offset);
  }

  flush(): void {
    this.#rest = EMPTY;
    this.#nextMs = undefined;
  }

  #write(payload: Uint8Array, { record }: FramePlace, dtsMs: number): void {
    const { codec } = this.#syntax;
    const before = this.#track;
    if (before === undefined || !isSameBytes(before.decoderConfigurationRecord, record)) {
      this.#track = this.#output.writeTrack(createTrack("audio", codec, record));
    }
    this.#output.writeFrame({
      track: this.#track as Track,
      dtsMs,
      compositionTimeOffsetMs: 0,
      isKeyFrame: true,
      payload,
      flvBody: undefined,
    });
  }
}

/** @throws {MalformedError} If the layout of the channels has no number. */
function aacRecord(header: AdtsHeader, offset: number): Uint8Array {
  if (header.channelConfiguration === 0) {
    throw new MalformedError("Cannot tell the channels of AAC by its ADTS header", offset);
  }
  return encodeAudioSpecificConfig(fromAdtsFormat(header));
}

function findOpus(record: Uint8Array, bytes: Uint8Array, offset: number): FramePlace {
  const { headerSize, packetSize } = decodeOpusControlHeader(bytes.subarray(offset));
  const start = offset + headerSize;
  const samples = opusPacketSamples(bytes.subarray(start, start + packetSize));
  const durationMs = (samples * 1_000) / OPUS_SAMPLE_RATE;
  return { headerSize, size: headerSize + packetSize, durationMs, record };
}

function opusRecord(channelCode: number): Uint8Array | undefined {
  const layout = OPUS_LAYOUTS[channelCode];
  if (layout === undefined && channelCode !== 1 && channelCode !== 2) return undefined;
  const [streamCount, coupledCount, channels] = layout ?? [];
  const isPlain = streamCount === undefined || coupledCount === undefined || !channels;
  return encodeOpusHead({
    channelCount: channelCode,
    preSkip: 0, // What a decoder skips at the stream's beginning is long past.
    inputSampleRate: OPUS_SAMPLE_RATE,
    outputGain: 0,
    mapping: isPlain ? undefined : { family: 1, streamCount, coupledCount, channels },
  });
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}
