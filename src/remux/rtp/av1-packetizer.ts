/**
 * AV1 as RTP payloads.
 *
 * Spec: RTP Payload Format For AV1 (AOMedia), 4.4 (aggregation header), 4.5 (payload structure), 5
 * (packetization rules).
 *
 * @module
 */

import { unlessMalformed } from "../../base/errors.ts";
import { decodeAv1CodecConfigurationRecord } from "../../codec/av1/codec-configuration-record.ts";
import { isAv1KeyFrame } from "../../codec/av1/frame-header.ts";
import {
  encodeLeb128,
  leb128Size,
  OBU_HAS_SIZE,
  ObuType,
  splitTemporalUnit,
} from "../../codec/av1/obu.ts";
import { findAv1SequenceHeader } from "../../codec/av1/sequence-header-obu.ts";
import type { Frame } from "../../live/frame.ts";
import type { Track } from "../../live/track.ts";
import { type RtpPacketizer, type RtpPacketizerOptions, writePicture } from "./packetizer.ts";
import { PayloadBuffer } from "./payload-buffer.ts";
import { NEEDED, type PictureOrder } from "./picture-order.ts";
import type { RtpPayloadOutput } from "./rtp-payload.ts";

/** Z: the first element goes on with an OBU of the packet before. */
const CONTINUES = 0x80;
/** Y: the last element goes on in the next packet. */
const IS_CONTINUED = 0x40;
const COUNT_SHIFT = 4;
/** N: a coded video sequence starts here. */
const STARTS_SEQUENCE = 0x08;
const AGGREGATION_HEADER_SIZE = 1;
/** W has two bits; 0 is for more. */
const COUNT_MAX = 3;
/** Of a payload whose size has 14 bits at most. */
const SIZE_FIELD_SIZE_MAX = 2;

const LEFT_OUT: readonly number[] = [ObuType.TemporalDelimiter, ObuType.TileList, ObuType.Padding];

/** Less of an OBU is not put behind another one, but begins the next packet. */
const PART_SIZE_MIN = 32;

/** An OBU, or a part of one, in one packet. */
interface Element {
  /** What is in front of `body`: an OBU header without size; none where an OBU goes on. */
  readonly head: Uint8Array;
  readonly body: Uint8Array;
}

const NO_HEAD = new Uint8Array(0);

export class Av1Packetizer implements RtpPacketizer {
  readonly #payloadSizeMax: number;
  readonly #order: PictureOrder;
  /** For key frames that come without it, as MP4 lets them. */
  readonly #sequenceHeader: Element | undefined;

  /** @throws {MalformedError} If the configuration of the track is broken. */
  constructor(
    { decoderConfigurationRecord: record }: Track,
    { payloadSizeMax }: RtpPacketizerOptions,
    order: PictureOrder,
  ) {
    this.#payloadSizeMax = payloadSizeMax;
    this.#order = order;
    const configObus = record && decodeAv1CodecConfigurationRecord(record).configObus;
    const obu = configObus && unlessMalformed(() => findAv1SequenceHeader(configObus));
    [this.#sequenceHeader] = obu === undefined ? [] : elementsOf(obu).elements;
  }

  packetize(frame: Frame, output: RtpPayloadOutput): void {
    const { elements, isKeyFrame, hasSequenceHeader } = elementsOf(frame.payload);
    if (elements.length === 0) return;
    if (isKeyFrame && !hasSequenceHeader && this.#sequenceHeader !== undefined) {
      elements.unshift(this.#sequenceHeader);
    }
    const timestamp = this.#order.place(frame, NEEDED);
    if (timestamp === undefined) return;
    writePicture(output, this.#pack(elements, isKeyFrame), timestamp, isKeyFrame);
  }

  /** Fills one packet after the other; what does not fit goes on in the next. */
  #pack(elements: readonly Element[], isKeyFrame: boolean): Uint8Array[] {
    const packets: Packet[] = [];
    let packet = new Packet(this.#payloadSizeMax, false);
    for (const element of elements) {
      let rest: Element | undefined = element;
      while (rest !== undefined) {
        rest = packet.add(rest);
        if (rest === undefined) continue;
        packets.push(packet);
        packet = new Packet(this.#payloadSizeMax, packet.isContinued);
      }
    }
    packets.push(packet);
    const size = packets.reduce((sum, one) => sum + one.encodedSize, 0);
    const buffer = new PayloadBuffer(size);
    return packets.map((one, index) => one.encode(buffer, isKeyFrame && index === 0));
  }
}

/** The elements of one payload. */
class Packet {
  readonly #elements: Element[] = [];
  readonly #continues: boolean;
  /** Bytes left, if all elements have a size in front. */
  #room: number;
  #isContinued = false;

  constructor(payloadSizeMax: number, continues: boolean) {
    this.#continues = continues;
    this.#room = payloadSizeMax - AGGREGATION_HEADER_SIZE;
  }

  get isContinued(): boolean {
    return this.#isContinued;
  }

  /** @returns What found no room. */
  add(element: Element): Element | undefined {
    const { head, body } = element;
    const bodyRoom = this.#room - SIZE_FIELD_SIZE_MAX - head.length;
    const taken = Math.min(body.length, bodyRoom);
    const isWhole = taken === body.length;
    const isWorthwhile = this.#elements.length === 0 || taken >= PART_SIZE_MIN;
    if (taken < 0 || !(isWhole || isWorthwhile)) return element;
    this.#elements.push({ head, body: body.subarray(0, taken) });
    this.#room -= SIZE_FIELD_SIZE_MAX + head.length + taken;
    if (isWhole) return undefined;
    this.#isContinued = true;
    return { head: NO_HEAD, body: body.subarray(taken) };
  }

  get encodedSize(): number {
    const last = this.#elements.length - 1;
    return this.#elements.reduce(
      (sum, element, index) => sum + sizeOf(element) + this.#sizeFieldSize(element, index === last),
      AGGREGATION_HEADER_SIZE,
    );
  }

  /**
   * ```text
   * | Z Y W 2 N 000 | { size leb128, element } ... | up to three elements: the last without size |
   * ```
   */
  encode(buffer: PayloadBuffer, startsSequence: boolean): Uint8Array {
    const payload = buffer.take(this.encodedSize);
    const count = this.#elements.length;
    payload[0] =
      (this.#continues ? CONTINUES : 0) |
      (this.#isContinued ? IS_CONTINUED : 0) |
      (count > COUNT_MAX ? 0 : count << COUNT_SHIFT) |
      (startsSequence ? STARTS_SEQUENCE : 0);
    let offset = AGGREGATION_HEADER_SIZE;
    for (const [index, element] of this.#elements.entries()) {
      if (this.#sizeFieldSize(element, index === count - 1) > 0) {
        offset = encodeLeb128(payload, offset, sizeOf(element));
      }
      payload.set(element.head, offset);
      payload.set(element.body, offset + element.head.length);
      offset += sizeOf(element);
    }
    return payload;
  }

  #sizeFieldSize(element: Element, isLast: boolean): number {
    return isLast && this.#elements.length <= COUNT_MAX ? 0 : leb128Size(sizeOf(element));
  }
}

function sizeOf({ head, body }: Element): number {
  return head.length + body.length;
}

/** What of a temporal unit is sent. @throws {MalformedError} If it cannot be taken apart. */
function elementsOf(temporalUnit: Uint8Array): {
  readonly elements: Element[];
  readonly isKeyFrame: boolean;
  readonly hasSequenceHeader: boolean;
} {
  const obus = splitTemporalUnit(temporalUnit);
  const elements = obus
    .filter(({ type }) => !LEFT_OUT.includes(type))
    .map(({ start, headerSize, payloadStart, end }) => {
      const head = temporalUnit.slice(start, start + headerSize);
      head[0] = (head[0] ?? 0) & ~OBU_HAS_SIZE;
      return { head, body: temporalUnit.subarray(payloadStart, end) };
    });
  const hasSequenceHeader = obus.some(({ type }) => type === ObuType.SequenceHeader);
  return { elements, isKeyFrame: isAv1KeyFrame(temporalUnit, obus), hasSequenceHeader };
}
