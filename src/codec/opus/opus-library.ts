/**
 * libopus, compiled to WebAssembly: the module `wasm/simd.wasm` of the package `@evan/opus`. Its bytes
 * come from outside, so that nothing is read here; a library serves any number of encoders and
 * decoders of one thread.
 *
 * Spec: libopus 1.3 API reference (opus-codec.org), "Opus Encoder", "Opus Decoder", "Error codes".
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";

/** What the module exports, as far as it is used. Pointers and sizes are in bytes. */
interface OpusExports {
  readonly memory: WebAssembly.Memory;
  _initialize(): void;
  malloc(size: number): number;
  free(pointer: number): void;
  opus_encoder_get_size(channelCount: number): number;
  opus_encoder_init(
    state: number,
    sampleRate: number,
    channelCount: number,
    application: number,
  ): number;
  opus_encoder_ctl_set(state: number, request: number, value: number): number;
  opus_encoder_ctl_get(state: number, request: number): number;
  opus_encode(
    state: number,
    pcm: number,
    frameSamples: number,
    packet: number,
    packetSizeMax: number,
  ): number;
  opus_decoder_get_size(channelCount: number): number;
  opus_decoder_init(state: number, sampleRate: number, channelCount: number): number;
  opus_decoder_ctl_set(state: number, request: number, value: number): number;
  opus_decode(
    state: number,
    packet: number,
    packetSize: number,
    pcm: number,
    frameSamplesMax: number,
    decodesFec: number,
  ): number;
}

/** OPUS_INVALID_PACKET: the one fault that is the peer's. */
const INVALID_PACKET = -4;

/** 120 ms at 48 kHz, the longest packet, in 16-bit samples of two channels. */
const PCM_SIZE_MAX = 5760 * 2 * 2;

/** More than any encoder makes of a packet: 1,275 bytes a frame (RFC 6716, 3.2.1), and six frames. */
export const OPUS_PACKET_SIZE_MAX = 8192;

export class OpusLibrary {
  readonly exports: OpusExports;
  /** Where samples and packets go in and out, one call at a time. */
  readonly pcmPointer: number;
  readonly packetPointer: number;
  #samples: Int16Array | undefined;
  #packet: Uint8Array | undefined;

  constructor(module: WebAssembly.Module) {
    const nothing = (): number => 0;
    const instance = new WebAssembly.Instance(module, {
      // It writes nothing, and aborts by a trap.
      wasi_snapshot_preview1: {
        fd_seek: nothing,
        fd_write: nothing,
        fd_close: nothing,
        proc_exit: nothing,
      },
      env: { emscripten_notify_memory_growth: () => this.#forgetViews() },
    });
    this.exports = instance.exports as unknown as OpusExports;
    this.exports._initialize();
    this.pcmPointer = this.allocate(PCM_SIZE_MAX);
    this.packetPointer = this.allocate(OPUS_PACKET_SIZE_MAX);
  }

  /** Interleaved 16-bit samples at `pcmPointer`. Valid until anything is allocated. */
  get samples(): Int16Array {
    this.#samples ??= new Int16Array(
      this.exports.memory.buffer,
      this.pcmPointer,
      PCM_SIZE_MAX / Int16Array.BYTES_PER_ELEMENT,
    );
    return this.#samples;
  }

  /** The packet at `packetPointer`. Valid until anything is allocated. */
  get packet(): Uint8Array {
    this.#packet ??= new Uint8Array(
      this.exports.memory.buffer,
      this.packetPointer,
      OPUS_PACKET_SIZE_MAX,
    );
    return this.#packet;
  }

  allocate(size: number): number {
    const pointer = this.exports.malloc(size);
    if (pointer === 0) throw new Error(`Cannot allocate ${size} bytes for Opus`);
    this.#forgetViews();
    return pointer;
  }

  free(pointer: number): void {
    this.exports.free(pointer);
  }

  #forgetViews(): void {
    this.#samples = undefined;
    this.#packet = undefined;
  }
}

/**
 * Looks at what a function of libopus returned.
 *
 * @throws {MalformedError} If it was the packet's fault.
 */
export function checkOpusResult(result: number, action: string): number {
  if (result >= 0) return result;
  if (result === INVALID_PACKET) throw new MalformedError(`Cannot ${action}: invalid packet`, 0);
  throw new Error(`Cannot ${action}: libopus says ${result}`);
}
