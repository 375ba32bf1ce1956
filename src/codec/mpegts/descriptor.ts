/**
 * Descriptors: what the PMT says of a stream beside its type.
 *
 * Spec: ISO/IEC 13818-1, 2.6.8 (registration descriptor); ETSI EN 300 468, 6.2.16 (extension
 * descriptor); "Opus in MPEG-TS" (Xiph), section 3 (Opus audio descriptor).
 *
 * @module
 */

import { assert } from "../../base/assert.ts";

const REGISTRATION_TAG = 0x05;
/** DVB's: the first byte behind the length says which descriptor it is. */
const EXTENSION_TAG = 0x7f;
/** The extension that Opus took, of those for private use. */
const OPUS_EXTENSION_TAG = 0x80;

/**
 * Says what private data are.
 *
 * ```text
 * |0x05|4|format identifier 32|
 * ```
 *
 * @param format Four characters, such as `Opus`.
 */
export function encodeRegistrationDescriptor(format: string): Uint8Array {
  assert(/^[ -~]{4}$/.test(format), "a format identifier has four characters");
  return Uint8Array.of(REGISTRATION_TAG, 4, ...new TextEncoder().encode(format));
}

/**
 * ```text
 * |0x7f|2|0x80|channel configuration code 8|
 * ```
 *
 * @param channelConfigurationCode The count of channels, in the order of Vorbis if there are more
 * than two; 0 for two that are not a stereo pair.
 */
export function encodeOpusDescriptor(channelConfigurationCode: number): Uint8Array {
  return Uint8Array.of(EXTENSION_TAG, 2, OPUS_EXTENSION_TAG, channelConfigurationCode);
}

/**
 * What the descriptors of private data say that they are.
 *
 * @returns The four characters of the first registration descriptor; `undefined` if there is none.
 */
export function findRegistration(descriptors: Uint8Array): string | undefined {
  for (const { tag, body } of readDescriptors(descriptors)) {
    if (tag === REGISTRATION_TAG && body.length >= 4) {
      return String.fromCharCode(...body.subarray(0, 4));
    }
  }
  return undefined;
}

/** The channel configuration code of Opus; `undefined` if nothing says it. */
export function findOpusChannels(descriptors: Uint8Array): number | undefined {
  for (const { tag, body } of readDescriptors(descriptors)) {
    if (tag === EXTENSION_TAG && body[0] === OPUS_EXTENSION_TAG) return body[1];
  }
  return undefined;
}

/** One that is cut off is left out. */
function* readDescriptors(
  bytes: Uint8Array,
): Generator<{ readonly tag: number; readonly body: Uint8Array }, void, undefined> {
  let offset = 0;
  while (offset + 2 <= bytes.length) {
    const tag = bytes[offset] ?? 0;
    const end = offset + 2 + (bytes[offset + 1] ?? 0);
    if (end > bytes.length) return;
    yield { tag, body: bytes.subarray(offset + 2, end) };
    offset = end;
  }
}
