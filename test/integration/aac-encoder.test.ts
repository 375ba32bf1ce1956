/**
 * Goal: what the encoder of AAC writes is good for decoders that others wrote.
 *
 * Method: FFmpeg decodes sound with tones, noise, attacks and silence, at several rates, without a
 * word, and to the same samples as our decoder.
 */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ByteWriter } from "../../src/base/byte-writer.ts";
import { toAdtsFormat, writeAdtsHeader } from "../../src/codec/aac/adts.ts";
import { AacDecoder } from "../../src/codec/aac/decoder/aac-decoder.ts";
import { AacEncoder, type AacEncoderOptions } from "../../src/codec/aac/encoder/aac-encoder.ts";
import { decodeInterleaved, toSnr } from "../support/aac-file.ts";
import { runProgram } from "../support/program.ts";
import { createRandom } from "../support/seeded-random.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aac-encoder-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Seconds of chords, of bursts of noise, and of silence. */
function soundOf({ sampleRate, channelCount }: AacEncoderOptions): Float32Array[] {
  const random = createRandom(3);
  return Array.from({ length: channelCount }, (_, channel) =>
    Float32Array.from({ length: sampleRate * 3 }, (_, n) => {
      const seconds = n / sampleRate;
      if (seconds > 2) return 0;
      const burst = Math.exp(-40 * (seconds % (0.3 + channel / 10)));
      const chord = Math.sin(1382 * seconds) + Math.sin((1741 + 300 * channel) * seconds);
      return 0.2 * chord + 0.4 * burst * (random(2001) / 1000 - 1);
    }),
  );
}

function toAdts(encoder: AacEncoder, accessUnits: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter();
  const format = toAdtsFormat(encoder.config);
  if (format === undefined) throw new Error("the configuration is one of ADTS");
  for (const accessUnit of accessUnits) {
    writeAdtsHeader(writer, format, accessUnit.length);
    writer.writeBytes(accessUnit);
  }
  return writer.take();
}

test.each([
  [48_000, 2, 128_000],
  [48_000, 2, 48_000],
  [44_100, 2, 320_000],
  [44_100, 1, 64_000],
  [32_000, 1, 32_000],
  [22_050, 2, 40_000],
  [16_000, 1, 24_000],
  [8000, 1, 12_000],
  [96_000, 2, 192_000],
] as const)("FFmpeg decodes %i Hz, %i channels, %i bit/s", async (...values) => {
  const [sampleRate, channelCount, bitrate] = values;
  const options = { sampleRate, channelCount, bitrate };
  const encoder = new AacEncoder(options);
  const accessUnits = [...encoder.encode(soundOf(options)), ...encoder.flush()];
  const input = join(folder, `${values.join("-")}.aac`);
  const output = join(folder, `${values.join("-")}.f32`);
  await writeFile(input, toAdts(encoder, accessUnits));
  const args = ["-v", "error", "-f", "aac", "-i", input, "-f", "f32le", "-y", output];
  const { code, stderr } = await runProgram("ffmpeg", args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const expected = new Float32Array(Uint8Array.from(await readFile(output)).buffer);
  const actual = decodeInterleaved(new AacDecoder(encoder.config), accessUnits);
  expect(actual.length).toBe(expected.length);
  expect(toSnr(expected, actual)).toBeGreaterThan(110);
});
