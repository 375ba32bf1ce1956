/**
 * How a playlist or a manifest names AAC.
 *
 * Spec: RFC 6381, 3.3 (`mp4a`, object type indication, audio object type).
 *
 * @module
 */

import { AudioObjectType, type AudioSpecificConfig } from "./audio-specific-config.ts";

/** Such as `mp4a.40.2` of AAC-LC. Where SBR or PS are signalled, a player must know those. */
export function formatAacCodecString(config: AudioSpecificConfig): string {
  if (config.hasParametricStereo) return `mp4a.40.${AudioObjectType.Ps}`;
  if (config.extensionSampleRate !== undefined) return `mp4a.40.${AudioObjectType.Sbr}`;
  return `mp4a.40.${config.objectType}`;
}
