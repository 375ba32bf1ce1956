/**
 * Lanes without vectors, one packet after another: for runtimes without WebAssembly or its SIMD.
 *
 * @module
 */

import { HMAC_STATE_LENGTH } from "./hmac-sha1-state.ts";
import { writeUint32 } from "./rtp-header.ts";
import { SHA1_BLOCK_SIZE, SHA1_STATE_LENGTH, Sha1Compressor } from "./sha1.ts";
import {
  type CounterRun,
  GROUP_COUNT,
  LANE_COUNT,
  LANE_FIELD_COUNT,
  type LaneLayout,
  PAYLOAD_COUNT,
  type SrtpLanes,
} from "./srtp-lanes.ts";

const BLOCK_SIZE = 16;
const TAG_SIZE = 10;
const ROLLOVER_SIZE = 4;
const DIGEST_SIZE = 20;

/** Header, payload, rollover counter, and the padding of SHA-1. */
const PACKET_STRIDE = 2304;
const PAYLOAD_STRIDE = 2048;
const PAYLOADS_OFFSET = 0;
const LANES_OFFSET: number = PAYLOADS_OFFSET + PAYLOAD_COUNT * PAYLOAD_STRIDE;
const PACKETS_OFFSET: number = LANES_OFFSET + GROUP_COUNT * LANE_COUNT * LANE_FIELD_COUNT * 4;

/** The end of what SHA-1 pads to blocks: a byte, and 8 with the size in bits. */
const PADDING_SIZE_MIN = 9;

export class PlainSrtpLanes implements SrtpLanes {
  readonly layout: LaneLayout = {
    payloads: PAYLOADS_OFFSET,
    payloadStride: PAYLOAD_STRIDE,
    lanes: LANES_OFFSET,
    packets: PACKETS_OFFSET,
    packetStride: PACKET_STRIDE,
    heap: PACKETS_OFFSET + GROUP_COUNT * LANE_COUNT * PACKET_STRIDE,
  };
  bytes: Uint8Array = new Uint8Array(this.layout.heap);
  words: Uint32Array = new Uint32Array(this.bytes.buffer);
  #view = new DataView(this.bytes.buffer);
  #compressor = new Sha1Compressor();
  /** The block of the outer hash: the inner digest and its padding. */
  #outer = new Uint8Array(SHA1_BLOCK_SIZE);
  #outerView = new DataView(this.#outer.buffer);

  grow(size: number): void {
    if (size <= this.bytes.length) return;
    const doubled = Math.max(size, 2 * this.bytes.length);
    const bytes = new Uint8Array(Math.ceil(doubled / BLOCK_SIZE) * BLOCK_SIZE);
    bytes.set(this.bytes);
    this.bytes = bytes;
    this.words = new Uint32Array(bytes.buffer);
    this.#view = new DataView(bytes.buffer);
  }

  protect(group: number, headerSize: number, payloadSize: number): void {
    for (let lane = 0; lane < LANE_COUNT; lane++) {
      const packet = PACKETS_OFFSET + (group * LANE_COUNT + lane) * PACKET_STRIDE;
      const fields = LANES_OFFSET / 4 + (group * LANE_COUNT + lane) * LANE_FIELD_COUNT;
      this.#encrypt(packet + headerSize, fields, payloadSize);
      this.#authenticate(packet, headerSize + payloadSize, fields);
    }
  }

  writeCounters({ offset, blockCount, packetCount, salt, index }: CounterRun): void {
    const [salt0 = 0, salt1 = 0, salt2 = 0, salt3 = 0] = salt;
    const view = this.#view;
    let block = offset;
    for (let packet = index; packet < index + packetCount; packet++) {
      const high = salt2 ^ Math.floor(packet / 0x1_0000);
      const low = (salt3 ^ (packet % 0x1_0000)) << 16;
      for (let counter = 0; counter < blockCount; counter++) {
        view.setUint32(block, salt0);
        view.setUint32(block + 4, salt1);
        view.setUint32(block + 8, high);
        view.setUint32(block + 12, low | counter);
        block += BLOCK_SIZE;
      }
    }
  }

  #encrypt(target: number, fields: number, size: number): void {
    const { bytes, words } = this;
    const keystream = words[fields] ?? 0;
    const payload = words[fields + 3] ?? 0;
    for (let i = 0; i < size; i++) {
      bytes[target + i] = (bytes[payload + i] ?? 0) ^ (bytes[keystream + i] ?? 0);
    }
  }

  #authenticate(packet: number, size: number, fields: number): void {
    const { bytes, words } = this;
    const state = (words[fields + 1] ?? 0) / 4;
    const end = packet + size;
    writeUint32(bytes, end, words[fields + 2] ?? 0);
    const paddedSize = pad(bytes, packet, size + ROLLOVER_SIZE);
    const compressor = this.#compressor;
    compressor.state.set(words.subarray(state, state + SHA1_STATE_LENGTH));
    for (let i = 0; i < paddedSize; i += SHA1_BLOCK_SIZE)
      compressor.compress(this.#view, packet + i);
    const outer = this.#outer;
    compressor.state.forEach((word, index) => {
      writeUint32(outer, index * 4, word);
    });
    pad(outer, 0, DIGEST_SIZE);
    compressor.state.set(words.subarray(state + SHA1_STATE_LENGTH, state + HMAC_STATE_LENGTH));
    compressor.compress(this.#outerView, 0);
    compressor.state.forEach((word, index) => {
      writeUint32(outer, index * 4, word);
    });
    bytes.set(outer.subarray(0, TAG_SIZE), end);
  }
}

/**
 * Writes the padding behind a message that follows one block of the key; returns the size of both
 * message and padding.
 */
function pad(bytes: Uint8Array, start: number, size: number): number {
  const paddedSize = Math.ceil((size + PADDING_SIZE_MIN) / SHA1_BLOCK_SIZE) * SHA1_BLOCK_SIZE;
  bytes.fill(0, start + size, start + paddedSize);
  bytes[start + size] = 0x80;
  writeUint32(bytes, start + paddedSize - 4, (SHA1_BLOCK_SIZE + size) * 8);
  return paddedSize;
}
