/**
 * A source of packets in counter mode, whose keystream is made for several packets ahead: that costs a
 * third of making it for each, since which counters come next is known.
 *
 * Spec: RFC 3711, section 4.1.1.
 *
 * @module
 */

import { assert } from "../../../base/assert.ts";
import { createHmacSha1State, HMAC_STATE_LENGTH } from "./hmac-sha1-state.ts";
import type { LaneMemory } from "./lane-memory.ts";
import type { CounterRun } from "./srtp-lanes.ts";
import type { SrtpSender } from "./srtp-sender.ts";
import type { SrtpStreamOptions, SrtpTarget } from "./srtp-stream-options.ts";

const BLOCK_SIZE = 16;

/** Packets that the keystream is made for at once, at most. */
const AHEAD_COUNT_MAX = 16;

/** And at least: what has larger packets gets more memory. */
const AHEAD_COUNT_MIN = 8;

/** Bytes of keystream for small packets, such as those of audio, and for large ones. */
const SMALL_SIZE = 2048;
const LARGE_SIZE = 10_240;

const STATE_SIZE = 48;

export class CounterModeStream {
  readonly profile = "aes128-cm-sha1-80";
  /** Changes when the peer's address does. */
  target: SrtpTarget;
  /** For the fan-out: how many of its packets wait to be protected, and in which group. */
  waitingCount = 0;
  waitingGroup = 0;
  /** Where the HMAC state is in the memory of the lanes. */
  readonly stateOffset: number;
  #memory: LaneMemory;
  #sender: SrtpSender;
  #isSparse: boolean;
  #isClosed = false;
  /** The next counters; the salt of it has the SSRC added. */
  #run: CounterRun;
  /** The keystream: where it is, its bytes, and those of each packet. */
  #offset = 0;
  #capacity = 0;
  #stride = 0;
  /** The packets that it is for. */
  #firstIndex = 0;
  #aheadCount = 0;
  /** The largest payload since the keystream was made. */
  #sizeMax = 0;

  constructor(memory: LaneMemory, sender: SrtpSender, options: SrtpStreamOptions) {
    const { ssrc, target, isSparse = false } = options;
    const { authenticationKey, salt } = sender.sessionKeys;
    this.#memory = memory;
    this.#sender = sender;
    this.#isSparse = isSparse;
    this.target = target;
    const view = new DataView(salt.buffer, salt.byteOffset, salt.length);
    const words = [
      view.getUint32(0),
      view.getUint32(4) ^ ssrc,
      view.getUint32(8),
      view.getUint16(12),
    ];
    const salted = Uint32Array.from(words);
    this.#run = { offset: 0, blockCount: 0, packetCount: 0, salt: salted, index: 0 };
    this.stateOffset = memory.take(STATE_SIZE);
    const state = createHmacSha1State(authenticationKey);
    memory.lanes.words.set(state.subarray(0, HMAC_STATE_LENGTH), this.stateOffset / 4);
  }

  /** Where in the memory of the lanes the keystream of a packet is ready; `undefined` if it is not. */
  findKeystream(index: number, payloadSize: number): number | undefined {
    if (payloadSize > this.#sizeMax) this.#sizeMax = payloadSize;
    const distance = index - this.#firstIndex;
    const isReady = distance >= 0 && distance < this.#aheadCount && payloadSize <= this.#stride;
    return isReady ? this.#offset + distance * this.#stride : undefined;
  }

  /** Whether keystream should be made ahead for a packet that is not ready: not for one sent again. */
  isAhead(index: number): boolean {
    return !this.#isSparse && index >= this.#firstIndex;
  }

  /** Makes keystream for a packet and those behind it, in place of what was ready; returns where. */
  makeAhead(index: number): number {
    assert(!this.#isClosed, "a stream that sends is open");
    const blockCount = Math.max(1, Math.ceil(this.#sizeMax / BLOCK_SIZE));
    this.#stride = blockCount * BLOCK_SIZE;
    this.#sizeMax = 0;
    const capacity = this.#stride * AHEAD_COUNT_MIN <= SMALL_SIZE ? SMALL_SIZE : LARGE_SIZE;
    if (capacity > this.#capacity) {
      if (this.#capacity > 0) this.#memory.release(this.#offset, this.#capacity);
      this.#offset = this.#memory.take(capacity);
      this.#capacity = capacity;
    }
    const fittingCount = Math.floor(this.#capacity / this.#stride);
    this.#aheadCount = Math.min(AHEAD_COUNT_MAX, fittingCount);
    this.#firstIndex = index;
    this.#make(this.#offset, blockCount, this.#aheadCount, index);
    return this.#offset;
  }

  /** Makes keystream for a single packet at `offset`, where there is room for whole blocks. */
  makeAt(offset: number, index: number, payloadSize: number): void {
    assert(!this.#isClosed, "a stream that sends is open");
    this.#make(offset, Math.ceil(payloadSize / BLOCK_SIZE), 1, index);
  }

  /** Gives its memory back. Nothing may be sent afterwards. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#memory.settle();
    this.#memory.release(this.stateOffset, STATE_SIZE);
    if (this.#capacity > 0) this.#memory.release(this.#offset, this.#capacity);
    this.#capacity = 0;
    this.#aheadCount = 0;
  }

  #make(offset: number, blockCount: number, packetCount: number, index: number): void {
    const { lanes } = this.#memory;
    const run = this.#run;
    run.offset = offset;
    run.blockCount = blockCount;
    run.packetCount = packetCount;
    run.index = index;
    lanes.writeCounters(run);
    const end = offset + blockCount * packetCount * BLOCK_SIZE;
    const counters = lanes.bytes.subarray(offset, end);
    lanes.bytes.set(this.#sender.blockEncryptor.encrypt(counters), offset);
  }
}
