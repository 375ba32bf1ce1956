/**
 * Tones, and how much of one has come through.
 *
 * @module
 */

export interface Tone {
  /** In Hz. */
  readonly frequency: number;
  readonly sampleRate: number;
}

/** Samples `from` to `from + sampleCount` of a sine with its zero at sample 0. */
export function makeTone(tone: Tone, sampleCount: number, from = 0): Float32Array {
  const step = (2 * Math.PI * tone.frequency) / tone.sampleRate;
  return Float32Array.from({ length: sampleCount }, (_, i) => 0.5 * Math.sin(step * (from + i)));
}

export interface ToneFit {
  readonly amplitude: number;
  /** Where the sine has its zero, in samples from the first one; at most half a period away. */
  readonly delay: number;
  /** The tone against all else, in dB. */
  readonly snr: number;
}

/** Fits a tone by least squares. The samples should be whole periods. */
export function fitTone({ frequency, sampleRate }: Tone, samples: Float32Array): ToneFit {
  const step = (2 * Math.PI * frequency) / sampleRate;
  let [sine, cosine] = [0, 0];
  for (const [i, sample] of samples.entries()) {
    sine += (2 / samples.length) * sample * Math.sin(step * i);
    cosine += (2 / samples.length) * sample * Math.cos(step * i);
  }
  let noise = 0;
  for (const [i, sample] of samples.entries()) {
    noise += (sample - sine * Math.sin(step * i) - cosine * Math.cos(step * i)) ** 2;
  }
  const power = (sine ** 2 + cosine ** 2) / 2;
  return {
    amplitude: Math.hypot(sine, cosine),
    delay: -Math.atan2(cosine, sine) / step,
    snr: 10 * Math.log10(power / (noise / samples.length)),
  };
}
