/**
 * AAC fixtures: files of ADTS, and samples compared.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { decodeAdtsHeader, fromAdtsFormat } from "../../src/codec/aac/adts.ts";
import {
  type AudioSpecificConfig,
  decodeAudioSpecificConfig,
  encodeAudioSpecificConfig,
} from "../../src/codec/aac/audio-specific-config.ts";
import type { AacDecoder } from "../../src/codec/aac/decoder/aac-decoder.ts";

export interface AacFile {
  readonly config: AudioSpecificConfig;
  readonly accessUnits: readonly Uint8Array[];
}

function fixture(name: string): Uint8Array {
  return readFileSync(new URL(`../fixtures/aac/${name}`, import.meta.url));
}

/** Reads `test/fixtures/aac/<name>.aac`. */
export function readAacFile(name: string): AacFile {
  const bytes = Uint8Array.from(fixture(`${name}.aac`));
  const accessUnits: Uint8Array[] = [];
  let config: AudioSpecificConfig | undefined;
  for (let offset = 0; offset < bytes.length; ) {
    const header = decodeAdtsHeader(bytes, offset);
    if (header === undefined) throw new Error("the fixture is cut off");
    config ??= decodeAudioSpecificConfig(encodeAudioSpecificConfig(fromAdtsFormat(header)));
    accessUnits.push(bytes.subarray(offset + header.headerSize, offset + header.frameSize));
    offset += header.frameSize;
  }
  if (config === undefined) throw new Error("the fixture is empty");
  return { config, accessUnits };
}

/** Reads `test/fixtures/aac/<name>.f32`: interleaved samples. */
export function readSamples(name: string): Float32Array {
  return new Float32Array(Uint8Array.from(fixture(`${name}.f32`)).buffer);
}

/** Decodes all access units; interleaved. */
export function decodeInterleaved(
  decoder: AacDecoder,
  accessUnits: readonly Uint8Array[],
): Float32Array {
  const { channelCount } = decoder;
  const samples = new Float32Array(accessUnits.length * 1024 * channelCount);
  for (const [index, accessUnit] of accessUnits.entries()) {
    for (const [channel, values] of decoder.decode(accessUnit).entries()) {
      for (const [n, value] of values.entries()) {
        samples[(index * 1024 + n) * channelCount + channel] = value;
      }
    }
  }
  return samples;
}

/** Signal to noise ratio in dB. */
export function toSnr(expected: Float32Array, actual: Float32Array): number {
  let signal = 0;
  let noise = 0;
  for (const [index, value] of expected.entries()) {
    signal += value ** 2;
    noise += (value - (actual[index] ?? 0)) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}

/**
 * How far a tone stands above all else in dB, whatever its amplitude and phase.
 *
 * @param frequency In cycles per sample.
 */
export function toToneSnr(samples: Float32Array, frequency: number): number {
  const angles = Array.from(samples, (_, n) => 2 * Math.PI * frequency * n);
  let [cc, cs, ss, xc, xs, xx] = [0, 0, 0, 0, 0, 0];
  for (const [n, angle] of angles.entries()) {
    const [c, s, x] = [Math.cos(angle), Math.sin(angle), samples[n] ?? 0];
    cc += c * c;
    cs += c * s;
    ss += s * s;
    xc += x * c;
    xs += x * s;
    xx += x * x;
  }
  // The least squares fit of a cosine and a sine.
  const determinant = cc * ss - cs * cs;
  const a = (xc * ss - xs * cs) / determinant;
  const b = (xs * cc - xc * cs) / determinant;
  const signal = a * xc + b * xs;
  return 10 * Math.log10(signal / Math.max(xx - signal, Number.MIN_VALUE));
}
