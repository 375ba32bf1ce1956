/**
 * A-law: PCMA, telephony of most of the world.
 *
 * Spec: ITU-T G.711, tables 1a and 1b; RFC 3551, 4.5.14 (PCMA).
 *
 * @module
 */

/** On the line every second bit is inverted. */
const INVERTED = 0x55;

/**
 * Decodes one sample a byte to 16 bits (G.711 has 13, here left-aligned).
 *
 * ```text
 * |positive 1|segment 3|interval 4|    every second bit inverted
 * ```
 */
export function decodeALaw(bytes: Uint8Array): Int16Array {
  return Int16Array.from(bytes, (byte) => {
    const bits = byte ^ INVERTED;
    const segment = (bits >>> 4) & 0x07;
    // The middle of the interval. Segment 0 is as fine as segment 1, and begins at 0.
    const middle = ((bits & 0x0f) << 4) + 8;
    const magnitude = segment === 0 ? middle : (middle + 0x100) << (segment - 1);
    return (bits & 0x80) === 0 ? -magnitude : magnitude;
  });
}

/** Encodes samples of 16 bits. One on the border of two intervals becomes the higher value. */
export function encodeALaw(samples: Int16Array): Uint8Array {
  return Uint8Array.from(samples, (sample) => {
    // The one's complement keeps -32768 in its range.
    const magnitude = sample < 0 ? ~sample : sample;
    const segment = Math.max(24 - Math.clz32(magnitude), 0);
    const interval = (magnitude >>> (segment === 0 ? 4 : segment + 3)) & 0x0f;
    return ((sample < 0 ? 0 : 0x80) | (segment << 4) | interval) ^ INVERTED;
  });
}
