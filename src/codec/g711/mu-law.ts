/**
 * Mu-law: PCMU, telephony of North America and Japan.
 *
 * Spec: ITU-T G.711, tables 2a and 2b; RFC 3551, 4.5.14 (PCMU).
 *
 * @module
 */

/** Added to a magnitude of 16 bits, so that each segment begins with a power of 2. */
const BIAS = 132;
/** Of 14 bits, left-aligned in 16, bias included. */
const MAGNITUDE_MAX = 0x7fff;

/**
 * Decodes one sample a byte to 16 bits (G.711 has 14, here left-aligned).
 *
 * ```text
 * |positive 1|segment 3|interval 4|    all bits inverted
 * ```
 */
export function decodeMuLaw(bytes: Uint8Array): Int16Array {
  return Int16Array.from(bytes, (byte) => {
    const bits = ~byte;
    const segment = (bits >>> 4) & 0x07;
    const magnitude = (((bits & 0x0f) << 3) + BIAS) << segment;
    return (bits & 0x80) === 0 ? magnitude - BIAS : BIAS - magnitude;
  });
}

/** Encodes samples of 16 bits. One on the border of two intervals becomes the higher value. */
export function encodeMuLaw(samples: Int16Array): Uint8Array {
  return Uint8Array.from(samples, (sample) => {
    // The one's complement keeps -32768 in its range.
    const magnitude = Math.min((sample < 0 ? ~sample : sample) + BIAS, MAGNITUDE_MAX);
    const segment = 24 - Math.clz32(magnitude);
    const interval = (magnitude >>> (segment + 3)) & 0x0f;
    return ~((sample < 0 ? 0x80 : 0) | (segment << 4) | interval);
  });
}
