/**
 * Closed captions (CEA-608 and CEA-708) in the pictures of H.264 and HEVC, where SEI messages carry them.
 *
 * Spec: ATSC A/53 part 4, section 6.2.3 (user data "GA94" of type 3: cc_data); ITU-T H.264, section
 * D.1.6, and ITU-T H.265, section D.2.6 (user_data_registered_itu_t_t35).
 *
 * @module
 */

import { unlessMalformed } from "../../base/errors.ts";
import { decodeAvcDecoderConfigurationRecord } from "../../codec/h264/decoder-configuration-record.ts";
import { H264NalUnitType, h264NalUnitType } from "../../codec/h264/nal-unit-type.ts";
import { decodeHevcDecoderConfigurationRecord } from "../../codec/hevc/decoder-configuration-record.ts";
import { HevcNalUnitType, hevcNalUnitType } from "../../codec/hevc/nal-unit-type.ts";
import { type LengthSize, splitLengthPrefixed } from "../../codec/nal/length-prefixed.ts";
import type { Frame } from "../../live/frame.ts";
import type { Track } from "../../live/track.ts";

/**
 * ```text
 * | country B5 | provider 00 31 | "GA94" | type 03 | cc_data ...
 * ```
 */
const CC_DATA = Uint8Array.of(0xb5, 0x00, 0x31, 0x47, 0x41, 0x39, 0x34, 0x03);

export class CaptionScanner {
  readonly #lengthSize: LengthSize;
  readonly #isSei: (nalUnit: Uint8Array) => boolean;

  private constructor(lengthSize: LengthSize, isSei: (nalUnit: Uint8Array) => boolean) {
    this.#lengthSize = lengthSize;
    this.#isSei = isSei;
  }

  /** @returns `undefined` for codecs whose captions are not looked for. */
  static of({ codec, decoderConfigurationRecord: record }: Track): CaptionScanner | undefined {
    if (record === undefined || (codec !== "h264" && codec !== "hevc")) return undefined;
    const isHevc = codec === "hevc";
    const decode = isHevc
      ? decodeHevcDecoderConfigurationRecord
      : decodeAvcDecoderConfigurationRecord;
    const lengthSize = unlessMalformed(() => decode(record).lengthSize);
    return lengthSize && new CaptionScanner(lengthSize, isHevc ? isHevcSei : isH264Sei);
  }

  /** Whether a picture has captions with it. What is malformed has none. */
  hasCaptions({ payload }: Frame): boolean {
    const nalUnits = unlessMalformed(() => splitLengthPrefixed(payload, this.#lengthSize));
    return nalUnits?.some((unit) => this.#isSei(unit) && indexOfCcData(unit) >= 0) === true;
  }
}

function isH264Sei(nalUnit: Uint8Array): boolean {
  return h264NalUnitType(nalUnit) === H264NalUnitType.Sei;
}

function isHevcSei(nalUnit: Uint8Array): boolean {
  return hevcNalUnitType(nalUnit) === HevcNalUnitType.PrefixSei;
}

/** None of these bytes can be part of an emulation prevention, so that they stand there as they are. */
function indexOfCcData(sei: Uint8Array): number {
  const [first = 0] = CC_DATA;
  for (let i = sei.indexOf(first); i >= 0; i = sei.indexOf(first, i + 1)) {
    if (CC_DATA.every((byte, offset) => sei[i + offset] === byte)) return i;
  }
  return -1;
}
