/**
 * Samples as integers of 16 bits, and as numbers from -1 to 1.
 *
 * Spec: IEC 60268-18, 3 and AES17, 3.12: full scale is the largest positive value; here, as in most
 * software, it is the largest negative one, so that the way there and back changes nothing.
 *
 * @module
 */

const FULL_SCALE = 32_768;

/** Rounds; what is beyond full scale is clipped to it. */
export function toInt16(samples: Float32Array): Int16Array {
  return Int16Array.from(samples, (sample) =>
    Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, Math.round(sample * FULL_SCALE))),
  );
}

export function fromInt16(samples: Int16Array): Float32Array {
  return Float32Array.from(samples, (sample) => sample / FULL_SCALE);
}
