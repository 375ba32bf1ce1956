/**
 * VP9 out of RTP payloads, in either mode. All spatial layers of a picture make one frame.
 *
 * Spec: RFC 9628, 4.2 (payload descriptor), 4.2.1 (scalability structure).
 *
 * @module
 */

import { ByteReader } from "../../base/byte-reader.ts";
import { concatBytes } from "../../base/bytes.ts";
import { MalformedError } from "../../base/errors.ts";
import {
  createVpCodecConfigurationRecord,
  encodeVpCodecConfigurationRecord,
} from "../../codec/vp9/codec-configuration-record.ts";
import { decodeVp9FrameHeader } from "../../codec/vp9/frame-header.ts";
import { joinVp9Superframe } from "../../codec/vp9/superframe.ts";
import type { Track } from "../../live/track.ts";
import type { DepacketizedPicture, VideoDepacketizer } from "./depacketizer.ts";
import { RecordedTrack } from "./recorded-track.ts";

/** What the descriptor says that is needed to put frames together. */
interface Descriptor {
  readonly isStart: boolean;
  readonly isEnd: boolean;
  readonly spatialId: number;
  /** Where the piece of the frame begins. */
  readonly size: number;
}

const HAS_PICTURE_ID = 0x80;
const PREDICTED = 0x40;
const HAS_LAYER = 0x20;
/** F: flexible mode. */
const FLEXIBLE = 0x10;
const START = 0x08;
const END = 0x04;
const HAS_STRUCTURE = 0x02;
const LONG_PICTURE_ID = 0x80;
/** References of a picture in flexible mode. */
const REFERENCES_MAX = 3;

const LEVEL_UNKNOWN = 0;

export class Vp9Depacketizer implements VideoDepacketizer {
  readonly #track: RecordedTrack;

  /** @param writeTrack Takes each new configuration; returns the track that frames are to carry. */
  constructor(writeTrack: (track: Track) => Track) {
    this.#track = new RecordedTrack("vp9", writeTrack);
  }

  isPictureStart(payload: Uint8Array): boolean {
    const [flags = 0] = payload;
    if ((flags & START) === 0) return false;
    if ((flags & HAS_LAYER) === 0) return true;
    const hasLongId = ((payload[1] ?? 0) & LONG_PICTURE_ID) !== 0;
    const idSize = (flags & HAS_PICTURE_ID) === 0 ? 0 : hasLongId ? 2 : 1;
    return spatialIdOf(payload[1 + idSize] ?? 0) === 0;
  }

  read(payloads: readonly Uint8Array[]): DepacketizedPicture | undefined {
    const layers: Uint8Array[] = [];
    let pieces: Uint8Array[] | undefined;
    for (const payload of payloads) {
      const { isStart, isEnd, size } = readDescriptor(payload);
      if (isStart !== (pieces === undefined)) {
        throw new MalformedError("Cannot put VP9 frames together: the start is amiss", 0);
      }
      pieces ??= [];
      pieces.push(payload.subarray(size));
      if (!isEnd) continue;
      layers.push(concatBytes(pieces));
      pieces = undefined;
    }
    if (pieces !== undefined) throw new MalformedError("Cannot find the end of a VP9 frame", 0);
    const payload = joinVp9Superframe(layers);
    const { profile, keyFrame } = decodeVp9FrameHeader(payload);
    if (keyFrame !== undefined) {
      const record = createVpCodecConfigurationRecord(profile, keyFrame, LEVEL_UNKNOWN);
      this.#track.configure(encodeVpCodecConfigurationRecord(record));
    }
    const track = this.#track.current;
    return track && { track, isKeyFrame: keyFrame !== undefined, payload };
  }
}

/**
 * ```text
 * | I P L F B E V Z | if I: M, picture id 7 or 15 | if L: TID 3, U, SID 3, D
 * | if L and not F: TL0PICIDX 8 | if P and F: { P_DIFF 7, N } ... | if V: structure
 * ```
 */
function readDescriptor(payload: Uint8Array): Descriptor {
  const reader = new ByteReader(payload);
  const flags = reader.readUint8();
  const isFlexible = (flags & FLEXIBLE) !== 0;
  if ((flags & HAS_PICTURE_ID) !== 0 && (reader.readUint8() & LONG_PICTURE_ID) !== 0) {
    reader.skip(1);
  }
  const spatialId = (flags & HAS_LAYER) === 0 ? 0 : spatialIdOf(reader.readUint8());
  if ((flags & HAS_LAYER) !== 0 && !isFlexible) reader.skip(1);
  if ((flags & PREDICTED) !== 0 && isFlexible) skipReferences(reader);
  if ((flags & HAS_STRUCTURE) !== 0) skipStructure(reader);
  if (reader.remaining === 0) throw new MalformedError("Cannot find a piece of a VP9 frame", 0);
  return {
    isStart: (flags & START) !== 0,
    isEnd: (flags & END) !== 0,
    spatialId,
    size: reader.offset,
  };
}

function spatialIdOf(layer: number): number {
  return (layer >>> 1) & 0b111;
}

function skipReferences(reader: ByteReader): void {
  for (let count = 1; (reader.readUint8() & 1) !== 0; count++) {
    if (count === REFERENCES_MAX) {
      throw new MalformedError(`Cannot take more than ${count} references`, reader.offset);
    }
  }
}

/**
 * ```text
 * | N_S 3, Y, G, 000 | if Y: { width 16, height 16 } for each of N_S + 1 layers
 * | if G: N_G 8, { TID 3, U, R 2, 00 | R bytes } ...
 * ```
 */
function skipStructure(reader: ByteReader): void {
  const flags = reader.readUint8();
  if ((flags & 0x10) !== 0) reader.skip(4 * (1 + (flags >>> 5)));
  if ((flags & 0x08) === 0) return;
  const count = reader.readUint8();
  for (let i = 0; i < count; i++) reader.skip((reader.readUint8() >>> 2) & 0b11);
}
