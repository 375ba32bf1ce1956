/**
 * What decoding one message may cost, AMF3 inside of AMF0 included.
 *
 * Everything that a reference repeats is charged again: it takes two or three bytes to repeat a
 * megabyte, and whoever encodes or prints the values, which AMF0 here does without references, would
 * pay for each repetition. What has been decoded within the budget is encoded in less than
 * 80,000 * 13 bytes for values and property names' sizes, and 1 MiB of text: 2.1 MB.
 *
 * Spec: Adobe Action Message Format AMF 0, section 2.9; AMF 3, section 2.2 (references).
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";

/** Levels of objects and arrays. Metadata and commands in use have four at most; the stack is ours. */
export const AMF_DEPTH_MAX = 32;

/**
 * Values in one message. The longest known is the key frame index that recorders put into
 * `onMetaData`: two numbers a second for up to ten hours.
 */
export const AMF_VALUE_COUNT_MAX = 80_000;

/**
 * Bytes of strings, names, class names and XML in one message, as UTF-8 that is written out. The
 * largest metadata in use carry XMP of some tens of kilobytes, the largest commands a token of 4 KiB.
 */
export const AMF_TEXT_SIZE_MAX: number = 1 << 20;

/**
 * Bytes of a property's or class's name. Names are identifiers; the longest in use have about forty.
 * With each byte replaced by U+FFFD they still fit AMF0's 16 bits of size.
 */
export const AMF_NAME_SIZE_MAX = 1024;

const TEXT_ENCODER = new TextEncoder();
/** Stands for what was not UTF-8, and is longer than that was. */
const REPLACEMENT = "\ufffd";

/** What a value costs whoever repeats it. */
export interface AmfCost {
  /** Values in it, itself included. */
  readonly valueCount: number;
  readonly textSize: number;
  /** Levels, its own included. */
  readonly depth: number;
}

export class AmfBudget {
  #valueCount = 0;
  #textSize = 0;
  #depth = 0;
  /** The deepest level reached since the object or array around began. */
  #depthReached = 0;

  /** @throws {MalformedError} As all methods here, if that is more than there may be. */
  addValues(count: number, offset: number): void {
    this.#valueCount += count;
    if (this.#valueCount > AMF_VALUE_COUNT_MAX) {
      throw new MalformedError(`Cannot decode more than ${AMF_VALUE_COUNT_MAX} values`, offset);
    }
  }

  addText(size: number, offset: number): void {
    this.#textSize += size;
    if (this.#textSize > AMF_TEXT_SIZE_MAX) {
      throw new MalformedError(
        `Cannot decode more than ${AMF_TEXT_SIZE_MAX} bytes of text`,
        offset,
      );
    }
  }

  /** Charges what `text` has grown by in being decoded from `size` bytes. @returns Its size now. */
  addReplaced(text: string, size: number, offset: number): number {
    if (!text.includes(REPLACEMENT)) return size;
    const sizeNow = Math.max(size, TEXT_ENCODER.encode(text).length);
    this.addText(sizeNow - size, offset);
    return sizeNow;
  }

  /** An object or array begins, itself counted already. @returns What to give to `leave`. */
  enter(offset: number): AmfCost {
    this.#checkDepth(this.#depth + 1, offset);
    const before = {
      valueCount: this.#valueCount,
      textSize: this.#textSize,
      depth: this.#depthReached,
    };
    this.#depth += 1;
    this.#depthReached = this.#depth;
    return before;
  }

  /** The object or array is complete. @returns What a reference to it costs. */
  leave(before: AmfCost): AmfCost {
    const cost = {
      valueCount: this.#valueCount - before.valueCount + 1,
      textSize: this.#textSize - before.textSize,
      depth: this.#depthReached - this.#depth + 1,
    };
    this.#depth -= 1;
    this.#depthReached = Math.max(before.depth, this.#depthReached);
    return cost;
  }

  /** A reference, itself counted already, stands for an object or array. */
  repeat(cost: AmfCost, offset: number): void {
    this.addValues(cost.valueCount - 1, offset);
    this.addText(cost.textSize, offset);
    const depth = this.#depth + cost.depth;
    this.#checkDepth(depth, offset);
    this.#depthReached = Math.max(this.#depthReached, depth);
  }

  #checkDepth(depth: number, offset: number): void {
    if (depth <= AMF_DEPTH_MAX) return;
    throw new MalformedError(`Cannot decode AMF deeper than ${AMF_DEPTH_MAX}`, offset);
  }
}
