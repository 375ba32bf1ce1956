/**
 * Parameter sets of H.264 and HEVC in the session description: for senders who do not send them with
 * their key frames.
 *
 * Spec: RFC 6184, section 8.1 (sprop-parameter-sets); RFC 7798, section 7.1 (sprop-vps, -sps, -pps).
 *
 * @module
 */

import { decodeBase64 } from "../../base/base64.ts";
import { parseFormatParameters } from "../../codec/sdp/payload-format.ts";
import type { AgreedSection } from "../../protocols/rtc/negotiation/agreement.ts";

const NAMES: Partial<Record<AgreedSection["codec"], readonly string[]>> = {
  h264: ["sprop-parameter-sets"],
  hevc: ["sprop-vps", "sprop-sps", "sprop-pps"],
};
/** An encoder has some; a description is no place for more. */
const SETS_MAX = 16;

/** NAL units without start codes. What is no base64 is left out. */
export function describedParameterSets({ codec, fmtp }: AgreedSection): readonly Uint8Array[] {
  const parameters = parseFormatParameters(fmtp);
  return (NAMES[codec] ?? [])
    .flatMap((name) => (parameters.get(name) ?? "").split(","))
    .slice(0, SETS_MAX)
    .flatMap((text) => decodeBase64(text.trim()) ?? [])
    .filter(({ length }) => length > 0);
}
