/**
 * H.264 and HEVC from where parameter sets come among the pictures (MPEG-TS, RTP): NAL units get their
 * sizes in front, and the parameter sets become the configuration of the track.
 *
 * @module
 */

import { ByteWriter } from "../../base/byte-writer.ts";
import { isSameBytes } from "../../base/bytes.ts";
import {
  createAvcDecoderConfigurationRecord,
  encodeAvcDecoderConfigurationRecord,
} from "../../codec/h264/decoder-configuration-record.ts";
import { H264NalUnitType, h264NalUnitType, isH264Slice } from "../../codec/h264/nal-unit-type.ts";
import {
  createHevcDecoderConfigurationRecord,
  encodeHevcDecoderConfigurationRecord,
} from "../../codec/hevc/decoder-configuration-record.ts";
import {
  HevcNalUnitType,
  hevcNalUnitType,
  isHevcSlice,
  isIrap,
} from "../../codec/hevc/nal-unit-type.ts";
import { createTrack, type Track } from "../../live/track.ts";

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
  isSlice: isH264Slice,
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
  isSlice: isHevcSlice,
  isEntry: (type) => isIrap(type as HevcNalUnitType),
  encodeRecord: ([vps = [], sps = [], pps = []]) =>
    encodeHevcDecoderConfigurationRecord(createHevcDecoderConfigurationRecord(vps, sps, pps)),
};

/** Of a kind, at one point of entry. */
const PARAMETER_SETS_MAX = 32;

/** What a frame needs to know of an access unit that holds a picture. */
export interface AccessUnit {
  readonly track: Track;
  /** A decoder can start here. */
  readonly isEntry: boolean;
  /** It brings parameter sets of all kinds. */
  readonly hasParameterSets: boolean;
  /** NAL units behind sizes of four bytes, without parameter sets. */
  readonly payload: Uint8Array;
}

/** Reads the access units of one stream. */
export class AccessUnitInput {
  readonly #syntax: NalSyntax;
  readonly #writeTrack: (track: Track) => Track;
  /** Those of the newest point of entry, by kind. */
  #sets: Uint8Array[][];
  #track: Track | undefined;

  /** @param writeTrack Takes each new configuration; returns the track that frames are to carry. */
  constructor(codec: "h264" | "hevc", writeTrack: (track: Track) => Track) {
    this.#syntax = codec === "h264" ? H264 : HEVC;
    this.#writeTrack = writeTrack;
    this.#sets = this.#syntax.parameterSetTypes.map(() => []);
  }

  /**
   * Takes the NAL units of the next access unit, none of which is empty.
   *
   * @returns `undefined` if there is no picture in it, or if it cannot be decoded yet.
   * @throws {MalformedError} If no configuration can be made of its parameter sets.
   */
  read(nalUnits: readonly Uint8Array[]): AccessUnit | undefined {
    const { typeOf, isSlice, isEntry, parameterSetTypes, superfluousTypes } = this.#syntax;
    const size = nalUnits.reduce((sum, { length }) => sum + length, 0);
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
    if (this.#track === undefined || !hasSlice) return undefined;
    return {
      track: this.#track,
      isEntry: isAtEntry,
      hasParameterSets: sets.every((list) => list.length > 0),
      payload: writer.take(),
    };
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
    this.#track = this.#writeTrack(createTrack("video", codec, record));
  }
}

function isSame(a: readonly Uint8Array[], b: readonly Uint8Array[] | undefined): boolean {
  return a.length === b?.length && a.every((set, index) => isSameBytes(set, b[index]));
}

function copyAll(sets: readonly Uint8Array[]): Uint8Array[] {
  return sets.map((set) => set.slice());
}
