/**
 * One second of a tone of 1 kHz, as FFmpeg 5.1 has encoded it, and the codecs' modules.
 *
 * ```text
 * ffmpeg -f lavfi -i sine=frequency=1000:sample_rate=$rate:duration=1,volume=4 -ac 2 ...
 *   tone-opus.packets   -c:a libopus -b:a 64k, each packet behind its size in 16 bits
 * ```
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { OpusLibrary } from "../../src/codec/opus/opus-library.ts";

const FIXTURES = new URL("../fixtures/audio/", import.meta.url);
const OPUS_MODULE = new URL("../../node_modules/@evan/opus/wasm/simd.wasm", import.meta.url);

export function readAudioFixture(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(name, FIXTURES)));
}

export function readOpusModule(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(OPUS_MODULE));
}

export function loadOpusLibrary(): OpusLibrary {
  return new OpusLibrary(new WebAssembly.Module(readOpusModule()));
}

/** The packets of `tone-opus.packets`. */
export function readOpusPackets(): Uint8Array<ArrayBuffer>[] {
  const bytes = readAudioFixture("tone-opus.packets");
  const packets: Uint8Array<ArrayBuffer>[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const size = ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
    packets.push(bytes.subarray(offset + 2, offset + 2 + size));
    offset += 2 + size;
  }
  return packets;
}
