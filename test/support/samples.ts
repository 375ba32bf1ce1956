/**
 * Sound made by arithmetic.
 *
 * @module
 */

export interface ToneOptions {
  /** In Hz. */
  readonly sampleRate: number;
  /** In Hz. */
  readonly frequency: number;
  /** In samples. */
  readonly length: number;
  /** Default 0.5. */
  readonly amplitude?: number;
}

/** A tone that begins with a zero. */
export function toneOf(options: ToneOptions): Float32Array {
  const { sampleRate, frequency, length, amplitude = 0.5 } = options;
  const turns = (2 * Math.PI * frequency) / sampleRate;
  return Float32Array.from({ length }, (_, n) => amplitude * Math.sin(turns * n));
}

/** Puts pieces of one channel together. */
export function joinSamples(pieces: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    joined.set(piece, offset);
    offset += piece.length;
  }
  return joined;
}
