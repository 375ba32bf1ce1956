/**
 * Access units of H.264 and HEVC as RTP payloads: NAL units alone, several in one packet, or one in
 * several. What differs between the two codecs is a value: see h264-packetizer.ts, hevc-packetizer.ts.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import { type LengthSize, splitLengthPrefixed } from "../../codec/nal/length-prefixed.ts";
import type { Frame } from "../../live/frame.ts";
import { cutEvenly } from "./fragments.ts";
import { type RtpPacketizer, type RtpPacketizerOptions, writePicture } from "./packetizer.ts";
import { PayloadBuffer } from "./payload-buffer.ts";
import type { PictureOrder } from "./picture-order.ts";
import type { RtpPayloadOutput } from "./rtp-payload.ts";

/** What one must know of a codec to send its access units. */
export interface NalPayloadSyntax {
  /** Bytes of the header of a NAL unit, which that of an aggregation packet is like. */
  readonly headerSize: number;
  /** All kinds of parameter sets that a decoder needs to start. */
  readonly parameterSetTypes: readonly number[];
  typeOf(nalUnit: Uint8Array): number;
  isSlice(type: number): boolean;
  isSei(type: number): boolean;
  /** Whether it means nothing to a receiver, or something else in RTP. */
  isLeftOut(type: number): boolean;
  /** A decoder can start with a slice of this type. */
  isEntry(type: number): boolean;
  /** Whether a picture that begins with this slice may be done without if it comes late. */
  isDispensable(slice: Uint8Array): boolean;
  /** Whether others may refer to the picture of this slice. */
  isReference(slice: Uint8Array): boolean;
  /** Writes the `headerSize` bytes in front of several NAL units. */
  writeAggregationHeader(target: Uint8Array, nalUnits: readonly Uint8Array[]): void;
  /** Writes the `headerSize + 1` bytes in front of a piece of a NAL unit. */
  writeFragmentHeader(
    target: Uint8Array,
    nalUnit: Uint8Array,
    isFirst: boolean,
    isLast: boolean,
  ): void;
}

/** In front of each NAL unit of several. */
const SIZE_FIELD_SIZE = 2;
/**
 * Bytes of all parameter sets of a track. They are tens to hundreds, and are sent before each key frame:
 * a publisher whose key frames are tiny would have us write all of them for each.
 */
const PARAMETER_SETS_SIZE_MAX = 64 * 1024;

export interface NalPacketizerParts {
  readonly options: RtpPacketizerOptions;
  readonly order: PictureOrder;
}

export class NalPacketizer implements RtpPacketizer {
  readonly #syntax: NalPayloadSyntax;
  readonly #lengthSize: LengthSize;
  readonly #parameterSets: readonly Uint8Array[];
  readonly #parameterSetsSize: number;
  readonly #options: RtpPacketizerOptions;
  readonly #order: PictureOrder;

  /**
   * @param parameterSets Of the decoder configuration record, in the order in which they are sent.
   * @throws {MalformedError} If the parameter sets are larger than any that are meant well.
   */
  constructor(
    syntax: NalPayloadSyntax,
    lengthSize: LengthSize,
    parameterSets: readonly Uint8Array[],
    { options, order }: NalPacketizerParts,
  ) {
    this.#syntax = syntax;
    this.#lengthSize = lengthSize;
    this.#parameterSets = parameterSets;
    this.#parameterSetsSize = parameterSets.reduce((sum, { length }) => sum + length, 0);
    this.#options = options;
    this.#order = order;
    if (this.#parameterSetsSize > PARAMETER_SETS_SIZE_MAX) {
      throw new MalformedError(
        `Cannot repeat parameter sets of ${this.#parameterSetsSize} bytes`,
        0,
      );
    }
  }

  packetize(frame: Frame, output: RtpPayloadOutput): void {
    const { isLeftOut, isSlice, isSei, isEntry, typeOf, isDispensable, isReference } = this.#syntax;
    const kept: Uint8Array[] = [];
    let firstSlice: Uint8Array | undefined;
    let isKeyFrame = frame.isKeyFrame;
    let kinds = 0;
    for (const nalUnit of splitLengthPrefixed(frame.payload, this.#lengthSize)) {
      const type = typeOf(nalUnit);
      if (isLeftOut(type) || (isSei(type) && !this.#options.keepsSei)) continue;
      kept.push(nalUnit);
      const kind = this.#syntax.parameterSetTypes.indexOf(type);
      if (kind >= 0) kinds |= 1 << kind;
      if (!isSlice(type)) continue;
      firstSlice ??= nalUnit;
      isKeyFrame ||= isEntry(type);
    }
    if (firstSlice === undefined) return;
    const timestamp = this.#order.place(frame, {
      isNeeded: isKeyFrame || !isDispensable(firstSlice),
      isReference: isReference(firstSlice),
    });
    if (timestamp === undefined) return;
    const lacksSets = isKeyFrame && kinds !== (1 << this.#syntax.parameterSetTypes.length) - 1;
    const nalUnits = lacksSets ? [...this.#parameterSets, ...kept] : kept;
    writePicture(output, this.#pack(nalUnits, frame.payload.length), timestamp, isKeyFrame);
  }

  /** Parameter sets share packets, and so do other small NAL units if it is wanted. */
  #pack(nalUnits: readonly Uint8Array[], frameSize: number): Uint8Array[] {
    const { headerSize, parameterSetTypes, typeOf } = this.#syntax;
    const { payloadSizeMax, mergesNalUnits } = this.#options;
    const size = this.#parameterSetsSize + frameSize;
    const headers = (headerSize + 1) * Math.ceil(size / (payloadSizeMax - headerSize - 1));
    const overhead = headers + nalUnits.length * (headerSize + SIZE_FIELD_SIZE);
    const buffer = new PayloadBuffer(size + overhead);
    const payloads: Uint8Array[] = [];
    let group: Uint8Array[] = [];
    let groupSize = headerSize;
    const closeGroup = (): void => {
      if (group.length > 0) payloads.push(this.#aggregate(group, groupSize, buffer));
      group = [];
      groupSize = headerSize;
    };
    for (const nalUnit of nalUnits) {
      const isShared = mergesNalUnits || parameterSetTypes.includes(typeOf(nalUnit));
      const sharedSize = SIZE_FIELD_SIZE + nalUnit.length;
      if (!isShared || groupSize + sharedSize > payloadSizeMax) closeGroup();
      if (isShared && groupSize + sharedSize <= payloadSizeMax) {
        group.push(nalUnit);
        groupSize += sharedSize;
      } else if (nalUnit.length <= payloadSizeMax) {
        payloads.push(nalUnit);
      } else {
        this.#fragment(nalUnit, buffer, payloads);
      }
    }
    closeGroup();
    return payloads;
  }

  /** `| header | { size 16, NAL unit } ... |`; one alone goes as it is. */
  #aggregate(nalUnits: readonly Uint8Array[], size: number, buffer: PayloadBuffer): Uint8Array {
    const [first] = nalUnits;
    if (first !== undefined && nalUnits.length === 1) return first;
    const payload = buffer.take(size);
    this.#syntax.writeAggregationHeader(payload, nalUnits);
    let offset = this.#syntax.headerSize;
    for (const nalUnit of nalUnits) {
      payload[offset] = nalUnit.length >>> 8;
      payload[offset + 1] = nalUnit.length & 0xff;
      payload.set(nalUnit, offset + SIZE_FIELD_SIZE);
      offset += SIZE_FIELD_SIZE + nalUnit.length;
    }
    return payload;
  }

  /** `| header | fragment header 8 | a piece of what follows the NAL unit's own header |` */
  #fragment(nalUnit: Uint8Array, buffer: PayloadBuffer, payloads: Uint8Array[]): void {
    const { headerSize } = this.#syntax;
    const body = nalUnit.subarray(headerSize);
    cutEvenly(body.length, this.#options.payloadSizeMax - headerSize - 1, (start, end) => {
      const payload = buffer.take(headerSize + 1 + end - start);
      this.#syntax.writeFragmentHeader(payload, nalUnit, start === 0, end === body.length);
      payload.set(body.subarray(start, end), headerSize + 1);
      payloads.push(payload);
    });
  }
}
