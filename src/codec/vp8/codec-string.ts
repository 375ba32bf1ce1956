/**
 * How MP4's players name a kind of VP8.
 *
 * Spec: VP Codec ISO Media File Format Binding (The WebM Project), "Codecs Parameter String".
 *
 * @module
 */

import type { VpCodecConfigurationRecord } from "../vp9/codec-configuration-record.ts";
import { formatVpCodecString } from "../vp9/codec-string.ts";

/** `vp08.00.30.08`: version, level, bit depth. */
export function formatVp8CodecString(record: VpCodecConfigurationRecord): string {
  return formatVpCodecString("vp08", record);
}
