/**
 * Fixtures of MPEG audio: files of bare frames.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import type { Mp3Decoder } from "../../src/codec/mp3/decoder/mp3-decoder.ts";
import { decodeMp3FrameHeader } from "../../src/codec/mp3/frame-header.ts";

function fixture(name: string): Uint8Array {
  return Uint8Array.from(readFileSync(new URL(`../fixtures/mp3/${name}`, import.meta.url)));
}

/** Reads the frames of `test/fixtures/mp3/<name>`. */
export function readMp3Frames(name: string): Uint8Array[] {
  const bytes = fixture(name);
  const frames: Uint8Array[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const size = decodeMp3FrameHeader(bytes, offset)?.frameSize;
    if (size === undefined) throw new Error("the fixture is cut off");
    frames.push(bytes.subarray(offset, offset + size));
    offset += size;
  }
  return frames;
}

/** Reads `test/fixtures/mp3/<name>.f32`: interleaved samples. */
export function readMp3Samples(name: string): Float32Array {
  return new Float32Array(fixture(`${name}.f32`).buffer);
}

/** Decodes all payloads; interleaved. */
export function decodeMp3Interleaved(
  decoder: Mp3Decoder,
  payloads: readonly Uint8Array[],
): Float32Array {
  const parts = payloads.map((payload) => {
    const { channels } = decoder.decode(payload);
    const part = new Float32Array(channels.length * (channels[0]?.length ?? 0));
    for (const [channel, samples] of channels.entries()) {
      for (const [n, value] of samples.entries()) part[n * channels.length + channel] = value;
    }
    return part;
  });
  const samples = new Float32Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    samples.set(part, offset);
    offset += part.length;
  }
  return samples;
}
