/**
 * H.264 and HEVC out of MPEG-TS: access units of a byte stream become NAL units behind their sizes, and
 * the parameter sets among them the configuration of the track.
 *
 * @module
 */

import { ByteWriter } from "../../base/byte-writer.ts";
import { isSameBytes } from "../../base/bytes.ts";
import {
  createAvcDecoderConfigurationRecord,
  encodeAvcDecoderConfigurationRecord,
} from "../../codec/h264/decoder-configuration-record.ts";
import { H264NalUnitType, h264NalUnitType } from "../../codec/h264/nal-unit-type.ts";
import {
  createHevcDecoderConfigurationRecord,
  encodeHevcDecoderConfigurationRecord,
} from "../../codec/hevc/decoder-configuration-record.ts";
import { HevcNalUnitType, hevcNalUnitType, isIrap } from "../../codec/hevc/nal-unit-type.ts";
import { splitAnnexB } from "../../codec/nal/annex-b.ts";
import { createTrack, type Track } from "../../live/track.ts";
import type { FlvOutput } from "../flv/to-stream.ts";
import type { ElementaryInput, PesTime, UnitPacket } from "./elementary-input.ts";

/** What one must know of a codec to read its access units. */
interface NalSyntax {
  readonly codec: "h264" | "hevc";
  /** In the order of the record. The last kind is the one of which a stream may have several. */
  readonly parameterSetTypes: readonly number[];
  /** What says nothing that the container does not say itself. */
  readonly superfluousTypes: readonly number[];
  typeOf(nalUnit: Uint8Array): number;
  isSlice(type: number): boolean;
  /** A decoder can start with a slice of this type. */
  isEntry(type: number): boolean;
  /** @throws {MalformedError} If no configuration can be made of the parameter sets. */
  encodeRecord(sets: readonly (readonly Uint8Array[])[]): Uint8Array;
}

const H264: NalSyntax = {
  codec: "h264",
  parameterSetTypes: [H264NalUnitType.Sps, H264NalUnitType.Pps],
  superfluousTypes: [
    H264NalUnitType.AccessUnitDelimiter,
    H264NalUnitType.EndOfSequence,
    H264NalUnitType.EndOfStream,
    H264NalUnitType.FillerData,
  ],
  typeOf: h264NalUnitType,
  isSlice: (type) => type >= H264NalUnitType.NonIdrSlice && type <= H264NalUnitType.Idr,
  isEntry: (type) => type === H264NalUnitType.Idr,
  encodeRecord: ([sps = [], pps = []]) =>
    encodeAvcDecoderConfigurationRecord(createAvcDecoderConfigurationRecord(sps, pps)),
};

const HEVC: NalSyntax = {
  codec: "hevc",
  parameterSetTypes: [HevcNalUnitType.Vps, HevcNalUnitType.Sps, HevcNalUnitType.Pps],
  superfluousTypes: [
    HevcNalUnitType.AccessUnitDelimiter,
    HevcNalUnitType.EndOfSequence,
    HevcNalUnitType.EndOfBitstream,
    HevcNalUnitType.FillerData,
  ],
  typeOf: hevcNalUnitType,
  isSlice: (type) => type < HevcNalUnitType.Vps,
  isEntry: (type) => isIrap(type as HevcNalUnitType),
  encodeRecord: ([vps = [], sps = [], pps = []]) =>
    encodeHevcDecoderConfigurationRecord(createHevcDecoderConfigurationRecord(vps, sps, pps)),
};

/** Of a kind, at one point of entry. */
const PARAMETER_SETS_MAX = 32;
/** A picture in pieces without times of their own; see `PesReader` for the size of one. */
const PICTURE_SIZE_MAX = 32 * 1024 * 1024;

interface Picture {
  readonly time: PesTime;
  readonly isRandomAccess: boolean;
  readonly pieces: Uint8Array[];
  size: number;
}

export function createVideoInput(codec: "h264" | "hevc", output: FlvOutput): ElementaryInput {
  return new VideoInput(codec === "h264" ? H264 : HEVC, output);
}

class VideoInput implements ElementaryInput {
  readonly #syntax: NalSyntax;
  readonly #output: FlvOutput;
  /** Those of the newest point of entry, by kind. */
  #sets: Uint8Array[][];
  #track: Track | undefined;
  /** A picture may go on in another packet, so it is whole when the next one begins. */
  #picture: Picture | undefined;

  constructor(syntax: NalSyntax, output: FlvOutput) {
    this.#syntax = syntax;
    this.#output = output;
    this.#sets = syntax.parameterSetTypes.map(() => []);
  }

  read({ payload, isRandomAccess }: UnitPacket, time: PesTime | undefined): void {
    if (time === undefined) {
      const picture = this.#picture;
      if (picture === undefined || picture.size + payload.length > PICTURE_SIZE_MAX) return;
      picture.pieces.push(payload);
      picture.size += payload.length;
      return;
    }
    const whole = this.#picture;
    this.#picture = { time, isRandomAccess, pieces: [payload], size: payload.length };
    if (whole !== undefined) this.#write(whole);
  }

  flush(): void {
    const whole = this.#picture;
    this.#picture = undefined;
    if (whole !== undefined) this.#write(whole);
  }

  #write({ time: { dtsMs, ptsMs }, isRandomAccess, pieces, size }: Picture): void {
    const { typeOf, isSlice, isEntry, parameterSetTypes, superfluousTypes } = this.#syntax;
    const [first = new Uint8Array()] = pieces;
    const nalUnits = splitAnnexB(pieces.length === 1 ? first : join(pieces, size));
    const writer = new ByteWriter(size + 4 * nalUnits.length);
    const sets: Uint8Array[][] = parameterSetTypes.map(() => []);
    let isAtEntry = false;
    let hasSlice = false;
    for (const nalUnit of nalUnits) {
      const type = typeOf(nalUnit);
      const kind = parameterSetTypes.indexOf(type);
      if (kind >= 0) {
        const list = sets[kind] ?? [];
        if (list.length < PARAMETER_SETS_MAX) list.push(nalUnit);
      } else if (!superfluousTypes.includes(type)) {
        hasSlice ||= isSlice(type);
        isAtEntry ||= isEntry(type);
        writer.writeUint32(nalUnit.length);
        writer.writeBytes(nalUnit);
      }
    }
    this.#configure(sets);
    if (this.#track === undefined || !hasSlice) return;
    // Some encoders have no IDR pictures but the first: theirs come with all that a decoder needs.
    const isRecovery = isRandomAccess && sets.every((list) => list.length > 0);
    this.#output.writeFrame({
      track: this.#track,
      dtsMs,
      compositionTimeOffsetMs: ptsMs - dtsMs,
      isKeyFrame: isAtEntry || isRecovery,
      payload: writer.take(),
      flvBody: undefined,
    });
  }

  /** Takes over the parameter sets of an access unit, of the kinds that it has. @throws {MalformedError} */
  #configure(found: readonly Uint8Array[][]): void {
    const next = this.#sets.map((before, kind) => {
      const list = found[kind] ?? [];
      return list.length === 0 ? before : list;
    });
    if (next.some((list) => list.length === 0)) {
      this.#sets = next.map(copyAll);
      return;
    }
    if (this.#track !== undefined && next.every((list, i) => isSame(list, this.#sets[i]))) return;
    const { codec, encodeRecord } = this.#syntax;
    const record = encodeRecord(next);
    this.#sets = next.map(copyAll);
    this.#track = this.#output.writeTrack(createTrack("video", codec, record));
  }
}

function isSame(a: readonly Uint8Array[], b: readonly Uint8Array[] | undefined): boolean {
  return a.length === b?.length && a.every((set, index) => isSameBytes(set, b[index]));
}

function copyAll(sets: readonly Uint8Array[]): Uint8Array[] {
  return sets.map((set) => set.slice());
}

function join(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}
