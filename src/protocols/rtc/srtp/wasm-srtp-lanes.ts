/**
 * Lanes in the vectors of WebAssembly (srtp-lanes.as).
 *
 * @module
 */

import { assert } from "../../../base/assert.ts";
import { decodeBase64 } from "../../../base/base64.ts";
import type { CounterRun, LaneLayout, SrtpLanes } from "./srtp-lanes.ts";
import { SRTP_LANES_WASM } from "./srtp-lanes-wasm.ts";

const PAGE_SIZE = 65_536;

/** Memory is taken a mebibyte at a time. */
const GROWTH_PAGE_COUNT = 16;

/** What srtp-lanes.as exports. */
interface LaneExports {
  readonly memory: WebAssembly.Memory;
  readonly PAYLOADS: WebAssembly.Global;
  readonly PAYLOAD_STRIDE: WebAssembly.Global;
  readonly LANES: WebAssembly.Global;
  readonly PACKETS: WebAssembly.Global;
  readonly PACKET_STRIDE: WebAssembly.Global;
  readonly HEAP: WebAssembly.Global;
  readonly protect: SrtpLanes["protect"];
  /** Offset, blocks a packet, packets; four words of salt; rollover counter, sequence number. */
  readonly writeCounters: (...fields: number[]) => void;
}

export class WasmSrtpLanes implements SrtpLanes {
  readonly layout: LaneLayout;
  readonly protect: SrtpLanes["protect"];
  #exports: LaneExports;
  #bytes: Uint8Array;
  #words: Uint32Array;

  /** `undefined` if the runtime has no WebAssembly, or none with vectors. */
  static create(): WasmSrtpLanes | undefined {
    const wasm = decodeBase64(SRTP_LANES_WASM);
    assert(wasm !== undefined, "what was generated is Base 64");
    try {
      const module = new WebAssembly.Module(new Uint8Array(wasm));
      const { exports } = new WebAssembly.Instance(module);
      return new WasmSrtpLanes(exports as unknown as LaneExports);
    } catch {
      return undefined;
    }
  }

  constructor(exports: LaneExports) {
    this.#exports = exports;
    this.protect = exports.protect;
    this.layout = {
      payloads: exports.PAYLOADS.value,
      payloadStride: exports.PAYLOAD_STRIDE.value,
      lanes: exports.LANES.value,
      packets: exports.PACKETS.value,
      packetStride: exports.PACKET_STRIDE.value,
      heap: exports.HEAP.value,
    };
    this.#bytes = new Uint8Array(exports.memory.buffer);
    this.#words = new Uint32Array(exports.memory.buffer);
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  get words(): Uint32Array {
    return this.#words;
  }

  grow(size: number): void {
    const { memory } = this.#exports;
    const missing = Math.ceil((size - this.#bytes.length) / PAGE_SIZE);
    if (missing <= 0) return;
    memory.grow(Math.max(missing, GROWTH_PAGE_COUNT));
    this.#bytes = new Uint8Array(memory.buffer);
    this.#words = new Uint32Array(memory.buffer);
  }

  writeCounters({ offset, blockCount, packetCount, salt, index }: CounterRun): void {
    this.#exports.writeCounters(
      offset,
      blockCount,
      packetCount,
      salt[0] ?? 0,
      salt[1] ?? 0,
      salt[2] ?? 0,
      salt[3] ?? 0,
      Math.floor(index / 0x1_0000),
      index % 0x1_0000,
    );
  }
}
