/**
 * Goal: the fast transforms are the sums by which ISO/IEC 14496-3 defines them.
 *
 * Method: the sums themselves, over seeded values; and there and back, with overlap.
 */

import { describe, expect, test } from "vitest";
import { CosineTransform } from "../../../../src/codec/aac/spectrum/cosine-transform.ts";
import { createWindowSlopes } from "../../../../src/codec/aac/spectrum/window-shape.ts";
import { createRandom } from "../../../support/seeded-random.ts";

function randomValues(count: number): Float32Array {
  const random = createRandom(7);
  return Float32Array.from({ length: count }, () => random(2001) / 1000 - 1);
}

const kernel = (size: number, n: number, k: number): number =>
  Math.cos((Math.PI / size) * (n + 0.5 + size / 2) * (k + 0.5));

describe.each([16, 128, 1024])("the transform of %i coefficients", (size) => {
  const step = size === 1024 ? 37 : 1;

  test("goes from spectrum to samples", () => {
    const spectrum = randomValues(size);
    const samples = new Float32Array(2 * size);
    new CosineTransform(size).inverse(spectrum, 0, samples);
    for (let n = 0; n < samples.length; n += step) {
      const sum = spectrum.reduce((total, value, k) => total + value * kernel(size, n, k), 0);
      expect(samples[n]).toBeCloseTo(sum, 4);
    }
  });

  test("goes from samples to spectrum", () => {
    const samples = randomValues(2 * size + 3);
    const spectrum = new Float32Array(size);
    new CosineTransform(size).forward(samples, 3, spectrum, 0);
    for (let k = 0; k < size; k += step) {
      let sum = 0;
      for (let n = 0; n < 2 * size; n++) sum += (samples[n + 3] ?? 0) * kernel(size, n, k);
      expect(spectrum[k]).toBeCloseTo(sum, 4);
    }
  });
});

test.each([0, 1] as const)("slopes of shape %i square to 1 where windows overlap", (shape) => {
  const { long, short } = createWindowSlopes();
  for (const slope of [long[shape], short[shape]]) {
    for (let n = 0; n < slope.length; n++) {
      const falling = slope[slope.length - 1 - n] ?? 0;
      expect((slope[n] ?? 0) ** 2 + falling ** 2).toBeCloseTo(1, 6);
    }
  }
});

test("there and back with overlap gives the samples, times half the size", () => {
  const size = 1024;
  const transform = new CosineTransform(size);
  const [slope] = createWindowSlopes().long;
  const input = randomValues(3 * size);
  const middle = new Float32Array(size);
  for (const block of [0, 1]) {
    const windowed = input.slice(block * size, (block + 2) * size);
    const apply = (values: Float32Array): void => {
      for (let n = 0; n < size; n++) {
        values[n] = (values[n] ?? 0) * (slope[n] ?? 0);
        values[2 * size - 1 - n] = (values[2 * size - 1 - n] ?? 0) * (slope[n] ?? 0);
      }
    };
    apply(windowed);
    const spectrum = new Float32Array(size);
    transform.forward(windowed, 0, spectrum, 0);
    const samples = new Float32Array(2 * size);
    transform.inverse(spectrum, 0, samples);
    apply(samples);
    for (let n = 0; n < size; n++) {
      middle[n] = (middle[n] ?? 0) + (samples[block === 0 ? size + n : n] ?? 0) / (size / 2);
    }
  }
  for (let n = 0; n < size; n++) expect(middle[n]).toBeCloseTo(input[size + n] ?? 0, 4);
});
