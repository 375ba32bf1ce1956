/**
 * How loud the audio in a packet is, and whether it is speech.
 *
 * Spec: RFC 6464, 3.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";

/** Its name in SDP. */
export const AUDIO_LEVEL_URI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";

export interface AudioLevel {
  /** Whether the sender takes it for speech; senders that do not look say `true`. */
  readonly isVoice: boolean;
  /** 0 (as loud as can be) to -127 (silence), in dB relative to the overload point. */
  readonly levelDbov: number;
}

const VOICE_FLAG = 0x80;

/** @throws {MalformedError} If the value is not of one byte. */
export function decodeAudioLevel(value: Uint8Array): AudioLevel {
  const byte = value[0];
  if (byte === undefined || value.length !== 1) {
    throw new MalformedError(`Cannot read audio level of ${value.length} bytes`, 0);
  }
  // Subtracted, as the negation of 0 would be a zero of its own.
  return { isVoice: (byte & VOICE_FLAG) !== 0, levelDbov: 0 - (byte & 0x7f) };
}

/** The byte of the value. Levels are rounded and kept within 0 to -127. */
export function encodeAudioLevel({ isVoice, levelDbov }: AudioLevel): Uint8Array {
  const level = Math.min(Math.max(Math.round(-levelDbov), 0), 127);
  return Uint8Array.of((isVoice ? VOICE_FLAG : 0) | level);
}
