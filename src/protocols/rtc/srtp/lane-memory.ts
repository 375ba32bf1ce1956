/**
 * Memory of the lanes, lent out in pieces of a few sizes.
 *
 * @module
 */

import type { SrtpLanes } from "./srtp-lanes.ts";

/** Pieces that were given back are lent again; the memory itself never shrinks. */
export class LaneMemory {
  readonly lanes: SrtpLanes;
  /** Protects what still waits for it, by pieces that are about to be given back. */
  readonly settle: () => void;
  #end: number;
  /** Offsets of free pieces, by their size. */
  #free = new Map<number, number[]>();

  constructor(lanes: SrtpLanes, settle: () => void) {
    this.lanes = lanes;
    this.settle = settle;
    this.#end = lanes.layout.heap;
  }

  /** @returns The offset of a piece; what is in it is anything. `size` is a multiple of 16. */
  take(size: number): number {
    const offset = this.#free.get(size)?.pop();
    if (offset !== undefined) return offset;
    const start = this.#end;
    this.#end += size;
    this.lanes.grow(this.#end);
    return start;
  }

  /** Wipes a piece, which held what is secret, and takes it back. */
  release(offset: number, size: number): void {
    this.lanes.bytes.fill(0, offset, offset + size);
    const free = this.#free.get(size);
    if (free === undefined) this.#free.set(size, [offset]);
    else free.push(offset);
  }
}
