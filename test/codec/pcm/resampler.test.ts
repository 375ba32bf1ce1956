/**
 * Goal: sound keeps its pitch, level and time at another rate, however it is cut into pieces.
 *
 * Method: tones, which can be reckoned at any rate; aliases as what is left of tones that the lower
 * rate cannot have; pieces of odd sizes against the whole.
 */

import { describe, expect, test } from "vitest";
import { Resampler } from "../../../src/codec/pcm/resampler.ts";
import { toSnr } from "../../support/aac-file.ts";
import { joinSamples, toneOf } from "../../support/samples.ts";
import { createRandom } from "../../support/seeded-random.ts";

function resample(input: Float32Array, inputRate: number, outputRate: number): Float32Array {
  const resampler = new Resampler({ inputRate, outputRate, channelCount: 1 });
  return joinSamples([...resampler.push([input]), ...resampler.flush()]);
}

const RATES = [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000];

describe.each(RATES)("from %i Hz", (inputRate) => {
  test.each([8000, 44_100, 48_000])("to %i Hz a tone is the same", (outputRate) => {
    const input = toneOf({ sampleRate: inputRate, frequency: 1000, length: inputRate / 5 });
    const output = resample(input, inputRate, outputRate);
    expect(Math.abs(output.length - outputRate / 5)).toBeLessThanOrEqual(1);
    const expected = toneOf({ sampleRate: outputRate, frequency: 1000, length: output.length });
    const margin = outputRate / 100; // Before and after it is silence.
    const [a, b] = [expected, output].map((samples) => samples.subarray(margin, -margin));
    expect(toSnr(a ?? expected, b ?? output)).toBeGreaterThan(80);
  });
});

test("what the lower rate cannot have is taken out", () => {
  const input = toneOf({ sampleRate: 48_000, frequency: 12_000, length: 9600 });
  const output = resample(input, 48_000, 16_000).subarray(160, -160);
  expect(Math.max(...output.map(Math.abs))).toBeLessThan(1e-4 * 2);
});

test("what both rates have passes up to 16 kHz", () => {
  const input = toneOf({ sampleRate: 44_100, frequency: 16_000, length: 8820 });
  const output = resample(input, 44_100, 48_000);
  const expected = toneOf({ sampleRate: 48_000, frequency: 16_000, length: output.length });
  expect(toSnr(expected.subarray(480, -480), output.subarray(480, -480))).toBeGreaterThan(40);
});

test.each([
  [44_100, 48_000],
  [48_000, 8000],
  [48_000, 48_000],
  [44_056, 48_000],
])("from %i to %i Hz, pieces make the whole", (inputRate, outputRate) => {
  const random = createRandom(5);
  const input = Float32Array.from({ length: 20_000 }, () => random(2001) / 1000 - 1);
  const whole = resample(input, inputRate, outputRate);
  const resampler = new Resampler({ inputRate, outputRate, channelCount: 2 });
  const left: Float32Array[] = [];
  const right: Float32Array[] = [];
  const take = ([first, second]: readonly Float32Array[]): void => {
    if (first !== undefined) left.push(first);
    if (second !== undefined) right.push(second);
  };
  for (let offset = 0; offset < input.length; ) {
    const piece = input.subarray(offset, offset + random(1200));
    take(resampler.push([piece, piece.map((sample) => -sample)]));
    offset += piece.length;
  }
  take(resampler.flush());
  expect(joinSamples(left)).toEqual(whole);
  expect(joinSamples(right)).toEqual(whole.map((sample) => -sample));
});

test("after a flush it begins anew", () => {
  const resampler = new Resampler({ inputRate: 44_100, outputRate: 48_000, channelCount: 1 });
  const input = toneOf({ sampleRate: 44_100, frequency: 440, length: 3000 });
  const runs = [0, 1].map(() => joinSamples([...resampler.push([input]), ...resampler.flush()]));
  expect(runs[1]).toEqual(runs[0]);
});

test("a minute is a minute", () => {
  const resampler = new Resampler({ inputRate: 44_100, outputRate: 48_000, channelCount: 1 });
  const piece = new Float32Array(1024);
  let count = 0;
  let input = 0;
  while (input < 44_100 * 60) {
    count += resampler.push([piece])[0]?.length ?? 0;
    input += piece.length;
  }
  count += resampler.flush()[0]?.length ?? 0;
  expect(count).toBe(Math.ceil((input * 160) / 147));
});
