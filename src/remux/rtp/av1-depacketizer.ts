/**
 * AV1 out of RTP payloads. All layers of a temporal unit make one frame.
 *
 * Spec: RTP Payload Format For AV1 (AOMedia), 4.4 (aggregation header), 4.5 (payload structure).
 *
 * @module
 */

import { concatBytes } from "../../base/bytes.ts";
import { MalformedError } from "../../base/errors.ts";
import {
  createAv1CodecConfigurationRecord,
  encodeAv1CodecConfigurationRecord,
} from "../../codec/av1/codec-configuration-record.ts";
import { isAv1KeyFrame } from "../../codec/av1/frame-header.ts";
import {
  decodeLeb128,
  decodeObu,
  encodeLeb128,
  leb128Size,
  OBU_COUNT_MAX,
  OBU_HAS_SIZE,
  ObuType,
  splitTemporalUnit,
} from "../../codec/av1/obu.ts";
import { findAv1SequenceHeader } from "../../codec/av1/sequence-header-obu.ts";
import type { Track } from "../../live/track.ts";
import type { DepacketizedPicture, VideoDepacketizer } from "./depacketizer.ts";
import { RecordedTrack } from "./recorded-track.ts";

const CONTINUES = 0x80;
const IS_CONTINUED = 0x40;
const STARTS_SEQUENCE = 0x08;
const LEFT_OUT: readonly number[] = [ObuType.TemporalDelimiter, ObuType.TileList, ObuType.Padding];

export class Av1Depacketizer implements VideoDepacketizer {
  readonly #track: RecordedTrack;

  /** @param writeTrack Takes each new configuration; returns the track that frames are to carry. */
  constructor(writeTrack: (track: Track) => Track) {
    this.#track = new RecordedTrack("av1", writeTrack);
  }

  /** Of a key frame, which is all that matters after a gap. */
  isPictureStart([header = 0]: Uint8Array): boolean {
    return (header & CONTINUES) === 0 && (header & STARTS_SEQUENCE) !== 0;
  }

  read(payloads: readonly Uint8Array[]): DepacketizedPicture | undefined {
    const payload = concatBytes(joinElements(payloads).flatMap(toSizedObu));
    const obus = splitTemporalUnit(payload);
    const sequenceHeader = findAv1SequenceHeader(payload);
    if (sequenceHeader !== undefined) {
      const record = createAv1CodecConfigurationRecord(sequenceHeader.slice());
      this.#track.configure(encodeAv1CodecConfigurationRecord(record));
    }
    const track = this.#track.current;
    const hasFrame = obus.some(({ type }) => FRAME_TYPES.includes(type));
    return track && hasFrame
      ? { track, isKeyFrame: isAv1KeyFrame(payload, obus), payload }
      : undefined;
  }
}

const FRAME_TYPES: readonly number[] = [ObuType.Frame, ObuType.FrameHeader];

/** Puts OBUs together that go over several packets. */
function joinElements(payloads: readonly Uint8Array[]): Uint8Array[] {
  const obus: Uint8Array[] = [];
  let pieces: Uint8Array[] = [];
  for (const payload of payloads) {
    const [header = 0] = payload;
    const elements = splitElements(payload);
    if (((header & CONTINUES) !== 0) !== pieces.length > 0) {
      throw new MalformedError("Cannot put OBUs together: a part is amiss", 0);
    }
    for (const [index, element] of elements.entries()) {
      pieces.push(element);
      if (index === elements.length - 1 && (header & IS_CONTINUED) !== 0) continue;
      obus.push(concatBytes(pieces));
      pieces = [];
      if (obus.length > OBU_COUNT_MAX) {
        throw new MalformedError(`Cannot take more than ${OBU_COUNT_MAX} OBUs`, 0);
      }
    }
  }
  if (pieces.length > 0) throw new MalformedError("Cannot find the end of an OBU", 0);
  return obus;
}

/**
 * ```text
 * | Z Y W 2 N 000 | { size leb128, element } ... | if W is not 0: the last of W elements |
 * ```
 */
function splitElements(payload: Uint8Array): Uint8Array[] {
  const count = ((payload[0] ?? 0) >>> 4) & 0b11;
  const elements: Uint8Array[] = [];
  let offset = 1;
  while (offset < payload.length) {
    const isLast = elements.length === count - 1;
    const size = isLast ? undefined : decodeLeb128(payload, offset);
    const start = size === undefined ? offset : size.end;
    const end = size === undefined ? payload.length : size.end + size.value;
    if (end > payload.length) {
      throw new MalformedError(`Cannot take an OBU up to ${end} of ${payload.length}`, offset);
    }
    elements.push(payload.subarray(start, end));
    offset = end;
  }
  if (elements.length === 0 || (count > 0 && elements.length !== count)) {
    throw new MalformedError(`Cannot find ${count} OBUs but ${elements.length}`, 0);
  }
  return elements;
}

/** The OBU with a size of its own, in pieces; none of what is not kept. */
function toSizedObu(element: Uint8Array): Uint8Array[] {
  if (element.length === 0) return [];
  const { type, headerSize, payloadStart, end } = decodeObu(element, 0);
  if (LEFT_OUT.includes(type)) return [];
  const size = end - payloadStart;
  const head = new Uint8Array(headerSize + leb128Size(size));
  head.set(element.subarray(0, headerSize));
  head[0] = (head[0] ?? 0) | OBU_HAS_SIZE;
  encodeLeb128(head, headerSize, size);
  return [head, element.subarray(payloadStart, end)];
}
